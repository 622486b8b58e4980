"""What answers: storage, understanding and Telegram, started in order and watched while they run."""

import asyncio
import contextlib
import time
from functools import partial
from typing import TYPE_CHECKING

import httpx
import structlog

from bot.assistant import Assistant
from bot.bootstrap import build_storage
from bot.clinic.desk import Desk
from bot.clinic.rights import Rights
from bot.clinic.zone import day_at
from bot.errors import BotError, CannotRunError
from bot.inbox.dispatcher import Dispatcher
from bot.inbox.slots import Slots
from bot.knowledge.markup import parse
from bot.ops.threads import in_thread
from bot.service.certificates import tell_of_certificates
from bot.service.jobs import Jobs, every
from bot.service.reloading import Reloader
from bot.service.tidying import tidy
from bot.service.watching import Watch
from bot.service.weekly import Weekly
from bot.settings import Settings
from bot.storage.migrations import restore, upgrade
from bot.storage.protocol import StaffStore, StoreError
from bot.storage.sql_staff import SqlStaffStore
from bot.tg.app import App
from bot.tg.bot import Bot, build_bot
from bot.tg.contact import Contact, NameNotKnown
from bot.tg.courier import Courier
from bot.tg.intake import KINDS, Intake
from bot.tg.polling import Poller
from bot.tg.profile import set_profile, set_staff_menus
from bot.tg.relay import Relay
from bot.tg.staff import follow
from bot.tg.token import usable_token
from bot.understanding.mind import Mind
from bot.web.app import Pages
from bot.web.pages import page

if TYPE_CHECKING:
    from bot.web.preview.show import Show

log = structlog.get_logger(__name__)

_GRACE = 1.5
"""Seconds for work in hand at a stop; Railway kills after 3 s unless told otherwise, Fly after 5."""
_CLOSE_WITHIN = 0.5
_WEBHOOK_CHECK = 60.0
_NAME_AGAIN = 10.0
_NAME_TRIES = 30
"""Five minutes for a new host's name to become known to Telegram: usually it takes one or two."""
_RETENTION_EVERY = 600.0
_FIRST_RETENTION = 60.0
_LOOK_EVERY = 5.0
_CERTIFICATES_EVERY = 3600.0
_REMIND_EVERY = 60.0
_FORGET_EVERY = 60.0
_ORDERS_EVERY = 2.0
"""Seconds until an order given to another process is obeyed here."""


class Engine:
    """Everything behind the port. ``pages`` is filled in as parts become ready."""

    def __init__(self, settings: Settings, pages: Pages, watch: Watch | None = None) -> None:
        """Raise ``StoreError`` for a database address that cannot be used."""
        self._settings = settings
        self._pages = pages
        self._health = pages.health
        self._storage = build_storage(settings)
        self._reloader = Reloader(settings, self._storage.database, watch=watch)
        self._parts = contextlib.AsyncExitStack()
        self._parts.push_async_callback(self._close_storage)

    async def start(self, job: Jobs) -> None:
        """Get everything going; raise ``BotError`` when that cannot be."""
        self._pages.ping = self._storage.database.ping
        if self._settings.host and not self._settings.database_url.get_secret_value():
            log.warning(
                "SQLite on a disk that this host may wipe: conversations and unanswered questions go with it"
            )
        bot = build_bot(self._settings)
        contact = Contact(bot, self._settings.telegram_api_url)
        # Before the knowledge is loaded, so that a wrong token is said at once.
        await contact.begin()
        self._parts.push_async_callback(bot.shutdown)
        await self._upgrade()
        mind = await self._reloader.begin()
        if not mind.knowledge.red_flags:
            raise CannotRunError("The knowledge folder has no red flags. The bot does not run without them.")
        assistant = Assistant(mind, self._storage.store, asks=self._settings.staff_chat_id is not None)
        self._show_privacy(assistant)
        if self._pages.preview is not None:
            self._pages.preview.show = show = await in_thread(partial(self._preview, assistant))
            job(every(_FORGET_EVERY, show.tidy))
        desk = await self._staff(bot, assistant, job)
        app = App(
            bot, assistant, desk=desk, handoffs=self._storage.handoffs, repository=self._settings.repository_url
        )
        if app.relay is not None:
            job(every(_REMIND_EVERY, app.relay.remind))
        dispatcher = Dispatcher(
            self._storage.inbox, app.handle, Slots(), KINDS, hurries=app.hurries, alone=self._storage.alone
        )
        intake = Intake(dispatcher.take)
        dispatcher.start()
        self._parts.push_async_callback(dispatcher.stop, _GRACE)
        job(self._keep_tables(dispatcher), ends=False)
        self._health.knowledge_loaded = True
        if self._pages.webhook is not None:
            self._pages.webhook.take = intake.take
            named = await self._set_webhook(contact)
            job(self._keep_webhook(contact, named))
        else:
            await contact.remove_webhook()
            job(self._fetch(intake))

        def use(mind: Mind) -> None:
            assistant.use(mind)
            self._show_privacy(assistant)
            job(self._show_commands(bot, assistant, desk.rights), ends=False)

        job(self._show_commands(bot, assistant, desk.rights), ends=False)
        job(self._reloader.watch(use))
        job(self._tidy_for_ever(app.relay))
        log.info("ready", mode="webhook" if self._pages.webhook is not None else "polling")

    def _show_privacy(self, assistant: Assistant) -> None:
        self._pages.privacy = page(assistant.text("privacy_title"), parse(assistant.text("privacy")))

    def _preview(self, assistant: Assistant) -> "Show":
        # Only who has a preview pays for what makes it.
        from bot.web.preview.show import Show, Sight

        def look() -> Sight:
            problems = self._reloader.problems if self._reloader.refuses else ()
            return Sight(assistant.mind, assistant.whole.knowledge, problems=problems, is_live=True)

        return Show(look, asks=assistant.asks)

    async def stop(self) -> None:
        """End what is in hand, then let go of Telegram and of the database."""
        await self._parts.aclose()

    # --- the clinic's people ------------------------------------------------------------------

    async def _staff(self, bot: Bot, assistant: Assistant, job: Jobs) -> Desk:
        """Return the desk, with what was ordered before obeyed and the outbox brought to the staff chat."""
        rights = Rights.of(self._settings.admin_user_ids, self._settings.staff_chat_id)
        store = SqlStaffStore(self._storage.database)
        desk = Desk(store, rights, assistant.pause, reload=self._reloader.hurry)
        await desk.refresh()
        await self._reloader.telling.begin(desk.outbox.put)
        job(every(_ORDERS_EVERY, desk.refresh))
        if rights.staff_chat is not None:
            moved = partial(follow, bot, assistant, desk)
            courier = Courier(bot, desk, store, self._storage.handoffs, alone=self._storage.alone, moved=moved)
            self._parts.push_async_callback(courier.stop, _GRACE / 2)
            job(courier.run())
            job(Weekly(self._storage.database, store, assistant, desk).run())
            job(self._watch_certificates(assistant, desk, store))
        return desk

    async def _watch_certificates(self, assistant: Assistant, desk: Desk, store: StaffStore) -> None:
        """Tell the clinic's people of certifications that end, now and every hour; each is told once."""
        while True:
            clinic = assistant.mind.knowledge.clinic
            # Shielded, as ``every`` does it.
            await asyncio.shield(tell_of_certificates(store, clinic, day_at(time.time(), clinic.timezone)))
            desk.outbox.ring()
            await asyncio.sleep(_CERTIFICATES_EVERY)

    async def _show_commands(self, bot: Bot, assistant: Assistant, rights: Rights) -> None:
        await set_profile(bot, assistant)
        await set_staff_menus(bot, assistant, rights)

    # --- Telegram ---------------------------------------------------------------------------

    async def _fetch(self, intake: Intake) -> None:
        address = f"{self._settings.telegram_api_url}/bot{usable_token(self._settings)}"
        async with httpx.AsyncClient() as client:
            await Poller(client, address, intake, self._health).run()

    @property
    def _webhook_url(self) -> str:
        assert self._pages.webhook is not None
        return self._settings.public_url + self._pages.webhook.path

    async def _set_webhook(self, contact: Contact) -> bool:
        """Let Telegram post here; return whether it could. It stays set at a stop, for the next one coming up."""
        assert self._pages.webhook is not None
        try:
            await contact.set_webhook(self._webhook_url, self._pages.webhook.secret)
        except NameNotKnown as error:
            log.warning("webhook not set yet", reason=str(error))
            return False
        self._health.webhook_is_ours(True)
        return True

    async def _keep_webhook(self, contact: Contact, named: bool) -> None:
        """Look whether Telegram still posts here, and set the webhook again when it does not.

        ``named``: whether Telegram knows the host's name; where it does not, that is tried for some minutes.
        """
        tries = 0
        while not named:
            if tries == _NAME_TRIES:
                raise BotError("Telegram has not found the host of PUBLIC_URL for some minutes. Check PUBLIC_URL.")
            await asyncio.sleep(_NAME_AGAIN)
            named = await self._set_webhook(contact)
            tries += 1
        while True:
            await asyncio.sleep(_WEBHOOK_CHECK)
            try:
                ours = await contact.webhook_is(self._webhook_url, within=2 * _WEBHOOK_CHECK)
                self._health.webhook_is_ours(ours)
                if not ours:
                    log.warning("the webhook pointed elsewhere and is set again")
                    await self._set_webhook(contact)
            except CannotRunError:
                raise
            except BotError as error:
                log.warning("webhook not checked", reason=str(error))

    # --- storage ----------------------------------------------------------------------------

    async def _upgrade(self) -> None:
        """Bring the schema up to date; with the database away the bot starts all the same."""
        try:
            await upgrade(self._storage.database)
        except StoreError as error:
            if error.cause == StoreError.__name__:
                raise  # a newer schema: waiting will not help
            log.error("database not ready; answering from memory", error=error.cause)

    async def _keep_tables(self, dispatcher: Dispatcher) -> None:
        """Make the tables once a database that was away at the start is there, and again when they are deleted."""
        while True:
            await asyncio.sleep(_LOOK_EVERY)
            # What the database is away for is told by whoever needs it.
            with contextlib.suppress(StoreError):
                if await restore(self._storage.database):
                    self._storage.keep_key()
                    log.warning("database was empty or gone; made anew")
                    self._storage.store.emptied()
                    await dispatcher.emptied()

    async def _tidy_for_ever(self, relay: Relay | None) -> None:
        """Delete what is kept no longer."""
        await asyncio.sleep(_FIRST_RETENTION)
        while True:
            # Shielded: broken off by a stop in its middle, it could keep the file locked for what is still in hand.
            await asyncio.shield(tidy(self._storage.database, relay, time.time()))
            await asyncio.sleep(_RETENTION_EVERY)

    async def _close_storage(self) -> None:
        with contextlib.suppress(StoreError, TimeoutError):
            async with asyncio.timeout(_CLOSE_WITHIN):
                await self._storage.database.close()
        if self._storage.sole is not None:
            self._storage.sole.release()
