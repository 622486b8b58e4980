"""The running bot: everything started in order, watched while it runs, and stopped without losing a question."""

import asyncio
import contextlib
import hashlib
import hmac
import signal
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import TypeVar, cast

import httpx
import structlog
from telegram.error import InvalidToken, TelegramError

from bot.assistant import Assistant
from bot.bootstrap import Storage, build_mind, build_storage
from bot.errors import BotError, CannotRunError
from bot.health import Health
from bot.knowledge.markup import parse
from bot.settings import Settings
from bot.storage.leader import leading
from bot.storage.migrations import upgrade
from bot.storage.protocol import StoreError
from bot.storage.retention import expire
from bot.tg.app import App, build_application, handle, usable_token
from bot.tg.dispatcher import Dispatcher
from bot.tg.intake import KINDS, Intake
from bot.tg.polling import Poller
from bot.tg.slots import Slots
from bot.tg.words import set_words
from bot.web.app import Pages, Webhook, build_app
from bot.web.pages import page
from bot.web.server import WebServer

log = structlog.get_logger(__name__)

T = TypeVar("T")

DEFAULT_PORT = 8080
_GRACE = 3.5
"""Seconds for work in hand at a stop; Railway kills after 3 s unless told otherwise, Fly after 5."""
_WEBHOOK_CHECK = 60.0
_RETENTION_EVERY = 6 * 3600.0
_UPGRADE_EVERY = 5.0
_MOST_CONNECTIONS = 40


async def run(settings: Settings) -> None:
    """Answer until SIGTERM or SIGINT. Raise ``BotError`` when the bot cannot start or has gone deaf."""
    usable_token(settings)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await _Bot(settings).run(stop)


class _Bot:
    """One process: its parts, in the order in which they start and, turned round, stop."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._token = usable_token(settings)
        self._health = Health()
        self._storage: Storage = build_storage(settings)
        self._intake = Intake(self._storage.inbox)
        self._pages = Pages(
            self._health,
            metrics_token=settings.metrics_token.get_secret_value(),
            ping=self._storage.database.ping,
            webhook=Webhook(self._path, self._secret) if settings.public_url else None,
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Start, work until ``stop`` is set or something ends for good, stop."""
        async with contextlib.AsyncExitStack() as parts:
            parts.push_async_callback(self._close_storage)
            await parts.enter_async_context(self._serving())
            jobs = await parts.enter_async_context(_jobs())
            stopped = jobs(stop.wait())
            starting = jobs(self._start(parts, jobs), ends=False)
            await _first(stopped, starting)
            if not stopped.done():
                await _first(*jobs.running)
            log.info("stopping")
            self._health.stopping = True
            # Nothing more comes in; then the dispatcher ends what is in hand.
            await jobs.cancel()

    # --- the parts --------------------------------------------------------------------------

    @contextlib.asynccontextmanager
    async def _serving(self) -> AsyncIterator[None]:
        """Open the port, where there is one, before anything slow is done."""
        if self._settings.port is None and not self._settings.public_url:
            yield
            return
        server = WebServer(
            build_app(self._pages), DEFAULT_PORT if self._settings.port is None else self._settings.port
        )
        port = await server.start()
        log.info("port open", port=port)
        try:
            yield
        finally:
            await server.stop()

    async def _start(self, parts: contextlib.AsyncExitStack, jobs: "_Jobs") -> None:
        await self._upgrade(jobs)
        mind = await _in_thread(partial(build_mind, self._settings))
        if not mind.knowledge.red_flags:
            raise CannotRunError("The knowledge folder has no red flags. The bot does not run without them.")
        assistant = Assistant(mind, self._storage.store)
        self._pages.privacy = page("Privacy", parse(assistant.words("privacy")))
        application = build_application(self._settings, assistant)
        await self._initialise(application)
        parts.push_async_callback(application.shutdown)
        slots = Slots()
        dispatcher = Dispatcher(self._storage.inbox, self._intake.arrived, partial(handle, application), slots)
        dispatcher.start()
        parts.push_async_callback(dispatcher.stop, _GRACE)
        self._health.knowledge_loaded = True
        if self._settings.public_url:
            await self._listen(application, jobs)
        else:
            await self._fetch(application, jobs)
        jobs(set_words(application.bot, assistant), ends=False)
        jobs(self._tidy_for_ever())
        log.info("ready", mode="webhook" if self._settings.public_url else "polling")

    async def _initialise(self, application: App) -> None:
        try:
            await application.initialize()
        except InvalidToken:
            raise CannotRunError("Telegram refuses TELEGRAM_BOT_TOKEN. Copy it again from @BotFather.") from None
        except TelegramError as error:
            raise BotError(
                f"Telegram cannot be reached at {self._settings.telegram_api_url} ({type(error).__name__}). "
                "Check the network and TELEGRAM_API_URL."
            ) from None

    async def _listen(self, application: App, jobs: "_Jobs") -> None:
        """Take updates by webhook. It stays set when the bot stops: the next one is already coming up."""
        assert self._pages.webhook is not None
        self._pages.webhook.take = self._intake.take
        await self._set_webhook(application)
        jobs(self._watch_webhook(application))

    async def _fetch(self, application: App, jobs: "_Jobs") -> None:
        await application.bot.delete_webhook(drop_pending_updates=False)
        client = httpx.AsyncClient()
        poller = Poller(client, f"{self._settings.telegram_api_url}/bot{self._token}", self._intake, self._health)
        jobs(_closing(client, poller.run()))

    async def _set_webhook(self, application: App) -> None:
        assert self._pages.webhook is not None
        await application.bot.set_webhook(
            self._settings.public_url + self._path,
            secret_token=self._secret,
            allowed_updates=list(KINDS),
            max_connections=_MOST_CONNECTIONS,
            drop_pending_updates=False,
        )
        self._health.webhook_is_ours(True)

    async def _watch_webhook(self, application: App) -> None:
        """Look whether Telegram still posts here, and set the webhook again when it does not."""
        while True:
            await asyncio.sleep(_WEBHOOK_CHECK)
            try:
                info = await application.bot.get_webhook_info()
                ours = info.url == self._settings.public_url + self._path
                self._health.webhook_is_ours(ours)
                if not ours:
                    log.warning("the webhook pointed elsewhere and is set again")
                    await self._set_webhook(application)
                elif info.last_error_date is not None:
                    age = time.time() - info.last_error_date.timestamp()
                    if age < 2 * _WEBHOOK_CHECK:
                        log.warning("Telegram could not deliver", pending=info.pending_update_count)
            except TelegramError as error:
                log.warning("webhook not checked", error=type(error).__name__)

    async def _upgrade(self, jobs: "_Jobs") -> None:
        """Bring the schema up to date; with the database away the bot starts all the same and goes on trying."""
        try:
            await upgrade(self._storage.database)
        except StoreError as error:
            if not error.cause or error.cause == StoreError.__name__:
                raise  # a newer schema: waiting will not help
            log.error("database not ready; answering from memory", error=error.cause)
            jobs(self._upgrade_later(), ends=False)

    async def _upgrade_later(self) -> None:
        while True:
            await asyncio.sleep(_UPGRADE_EVERY)
            with contextlib.suppress(StoreError):
                await upgrade(self._storage.database)
                log.info("database ready")
                return

    async def _tidy_for_ever(self) -> None:
        while True:
            try:
                async with leading(self._storage.database, "retention") as mine:
                    if mine:
                        await expire(self._storage.database, time.time())
            except StoreError as error:
                log.warning("old rows not deleted", error=error.cause)
            await asyncio.sleep(_RETENTION_EVERY)

    async def _close_storage(self) -> None:
        with contextlib.suppress(StoreError, TimeoutError):
            async with asyncio.timeout(1):
                await self._storage.database.close()

    # --- what follows from the token ----------------------------------------------------------

    @property
    def _secret(self) -> str:
        return self._settings.webhook_secret.get_secret_value() or self._derived("webhook secret")

    @property
    def _path(self) -> str:
        """A path nobody can guess, the same in every process with this token."""
        return f"/telegram/{self._derived('webhook path')[:32]}"

    def _derived(self, purpose: str) -> str:
        return hmac.new(self._token.encode(), purpose.encode(), hashlib.sha256).hexdigest()


class _Jobs:
    """Tasks that are cancelled together; those that must not end are watched."""

    def __init__(self) -> None:
        self.running: set[asyncio.Task[object]] = set()
        self._all: set[asyncio.Task[object]] = set()

    def __call__(self, work: Awaitable[object], *, ends: bool = True) -> "asyncio.Task[object]":
        """Start ``work``; ``ends``: the bot stops when it does."""
        task: asyncio.Task[object] = asyncio.ensure_future(work)
        self._all.add(task)
        if ends:
            self.running.add(task)
        return task

    async def cancel(self) -> None:
        """End all of them."""
        for task in self._all:
            task.cancel()
        await asyncio.gather(*self._all, return_exceptions=True)


@contextlib.asynccontextmanager
async def _jobs() -> AsyncIterator[_Jobs]:
    jobs = _Jobs()
    try:
        yield jobs
    finally:
        await jobs.cancel()


async def _first(*tasks: "asyncio.Task[object]") -> None:
    """Wait for one of ``tasks``; raise what it raised."""
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()


async def _in_thread(work: Callable[[], T]) -> T:
    """Return what ``work`` returns. Unlike an executor's, the thread does not keep a stopping process waiting."""
    loop = asyncio.get_running_loop()
    result: asyncio.Future[T] = loop.create_future()

    def finish(value: T | None, error: BaseException | None) -> None:
        if not result.done():
            if error is None:
                result.set_result(cast(T, value))
            else:
                result.set_exception(error)

    def work_and_tell() -> None:
        value, failure = None, None
        try:
            value = work()
        except BaseException as error:  # handed on to whoever waits
            failure = error
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(finish, value, failure)

    threading.Thread(target=work_and_tell, daemon=True).start()
    return await result


async def _closing(client: httpx.AsyncClient, work: Awaitable[None]) -> None:
    async with client:
        await work
