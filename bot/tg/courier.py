"""Brings the staff chat what the outbox holds: in order, joined where much waits, and not too fast for a group."""

import asyncio
import contextlib
import uuid
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from itertools import takewhile
from typing import Any

import structlog
from telegram import LinkPreviewOptions
from telegram.constants import ChatAction
from telegram.error import BadRequest, ChatMigrated, Forbidden, TelegramError

from bot.clinic import handoff
from bot.clinic.desk import Desk
from bot.clinic.orders import chat_lost
from bot.clinic.outbox import joined
from bot.dialogue.reply import Action, Button, code
from bot.ops.metrics import UNDELIVERED
from bot.storage.protocol import Handoff, HandoffStore, Letter, StaffStore, StoreError
from bot.tg.bot import Bot
from bot.tg.pacing import Uncertain
from bot.tg.render import keyboard
from bot.tg.sending import closed

log = structlog.get_logger(__name__)

REST = 4.0
"""Seconds after each message: 15 a minute, which leaves five of a group's 20 for answers to what staff order."""
AGAIN = 30.0
"""Seconds until the next try after a failure, beyond what the pacing has tried already."""
LOST_AGAIN = 60.0
"""Seconds between looks whether a lost chat is back."""
LOOK_EVERY = 3.0
"""Seconds after which is looked for what other processes have put into the outbox."""
LEASE = 120.0
_SEND_WITHIN = 90.0
"""Seconds for one message, less than the lease, so that no other process takes it for left behind."""
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


class Courier:
    """Sends what the outbox holds, one process at a time. Nothing is deleted before Telegram has it."""

    def __init__(
        self,
        bot: Bot,
        desk: Desk,
        store: StaffStore,
        handoffs: HandoffStore,
        *,
        alone: Callable[[], bool],
        moved: Callable[[int], Awaitable[None]],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """``alone``: whether no other process lives on the store. ``moved`` follows the chat to a new id."""
        self._bot = bot
        self._desk = desk
        self._outbox = desk.outbox
        self._store = store
        self._handoffs = handoffs
        self._alone = alone
        self._moved = moved
        self._sleep = sleep
        self._worker = uuid.uuid4().hex
        self._sent: Sequence[Letter] = ()
        """What Telegram has and the store could not yet delete."""
        self._message = 0
        """The number it got in the staff chat."""
        self._chat: int | None = None
        """The staff chat in which the open conversations go on."""
        self._singly = False
        """Whether letters go alone, after some together were refused: only the one at fault is given up."""
        self._round: asyncio.Future[float] | None = None

    async def run(self) -> None:
        """Look whether the chat can be reached, then bring it whatever comes; never ends."""
        await self._watched(self._look)
        while True:
            pause = await self._watched(self._bring)
            await (self._sleep(pause) if pause else self._outbox.news(LOOK_EVERY))

    async def stop(self, grace: float) -> None:
        """End what is being sent, within ``grace`` seconds, and leave the rest to the next process."""
        if self._round is not None and not self._round.done():
            await asyncio.wait({self._round}, timeout=grace)
            self._round.cancel()
        with contextlib.suppress(StoreError, TimeoutError):
            async with asyncio.timeout(grace):
                await self._outbox.save()
                await self._settle()
                await self._store.release(self._worker)

    async def _watched(self, work: Callable[[], Awaitable[float]]) -> float:
        """Do ``work`` and return how long to rest; a cancelled caller leaves it to ``stop`` to wait for its end."""
        self._round = asyncio.ensure_future(work())
        return await asyncio.shield(self._round)

    async def _look(self) -> float:
        """Tell at a start, and not at the first news, that the chat cannot be reached."""
        return await self._attempt(partial(self._bot.send_chat_action, action=ChatAction.TYPING), [])

    async def _bring(self) -> float:
        """Send one message, of as many letters as fit; return how long to rest."""
        await self._outbox.save()
        try:
            await self._settle()
            await self._go_on_here()
            letters, talk = await self._claimed()
            if letters and letters[0].handoff:
                return await self._attempt(partial(self._send_alone, letters[0], talk), letters[:1])
        except StoreError:
            return AGAIN
        if not letters:
            return 0.0
        news = list(takewhile(lambda letter: not letter.handoff, letters))
        number, text = joined([letter.text for letter in (news[:1] if self._singly else news)])
        send = partial(self._bot.send_message, text=text, link_preview_options=_NO_PREVIEW)
        return await self._attempt(send, letters[:number])

    async def _go_on_here(self) -> None:
        """Begin what is open anew where the staff chat is another: replies to what stands elsewhere get lost."""
        chat = self._desk.rights.staff_chat
        if chat is not None and chat != self._chat:
            await self._handoffs.moved(chat, handoff.MOVED)
            self._chat = chat

    async def _claimed(self) -> tuple[Sequence[Letter], Handoff | None]:
        """Return what waits, and the conversation that the first letter belongs to."""
        while True:
            letters = await self._store.claim(self._worker, lease=LEASE, alone=self._alone())
            talk = await self._handoffs.find(letters[0].handoff) if letters and letters[0].handoff else None
            if talk is None or talk.is_open:
                return letters, talk
            # The runner may have had it deleted since it was claimed; what is there after that is to be sent.
            again = await self._store.claim(self._worker, lease=LEASE, alone=self._alone())
            if again[:1] == letters[:1]:
                return again, talk

    async def _attempt(self, send: Callable[..., Awaitable[object]], letters: Sequence[Letter]) -> float:
        """Call ``send``, which brings ``letters``, with the staff chat's id; return how long to rest."""
        try:
            async with asyncio.timeout(_SEND_WITHIN):
                message = await self._send(send)
        except BadRequest as error:
            if closed(error):
                return await self._lose(error)
            if len(letters) > 1:
                self._singly = True
                return REST
            # Telegram will never take it, and what waits behind it must not wait for ever.
            log.error("news for the staff refused", error=type(error).__name__)
            UNDELIVERED.labels("refused").inc()
            message = 0
        except TelegramError as error:
            if closed(error):
                return await self._lose(error)
            log.warning("news for the staff not sent yet", error=type(error).__name__)
            return AGAIN
        except TimeoutError:
            log.warning("news for the staff not sent yet", error=TimeoutError.__name__)
            return AGAIN
        if not letters:
            return 0.0
        self._singly = False
        self._sent, self._message = letters, message
        try:
            if self._desk.lost:
                await self._desk.lose(lost=False)
                log.info("staff chat found again")
            await self._settle()
        except StoreError as error:
            log.warning("sent news for the staff not deleted yet", error=error.cause)
        return REST

    async def _settle(self) -> None:
        """Delete what Telegram has."""
        if self._sent:
            chat = self._desk.rights.staff_chat or 0
            await self._store.sent(self._worker, self._sent, self._message, chat)
            self._sent, self._message = (), 0

    async def _send(self, send: Callable[..., Awaitable[object]]) -> int:
        """Call ``send``; return the number of its message, 0 where Telegram did not say it."""
        chat = self._desk.rights.staff_chat
        sent: object = None
        try:
            sent = await send(chat)
        except ChatMigrated as error:
            log.info("staff chat became a supergroup")
            await self._moved(error.new_chat_id)
            sent = await send(error.new_chat_id)
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            log.warning("news for the staff taken, but not confirmed", error=type(error).__name__)
        except Uncertain:
            # Better read twice than not at all; but not for ever, where Telegram takes it and never says so.
            log.warning("news for the staff not confirmed, sent once more")
            with contextlib.suppress(Uncertain):
                sent = await send(chat)
        return getattr(sent, "message_id", 0)

    async def _send_alone(self, letter: Letter, talk: Handoff | None, chat: int) -> object:
        """Bring a letter of a conversation with a runner, below the last one of it."""
        begins = talk is not None and talk.is_open and not talk.message
        arguments: dict[str, Any] = {}
        if talk is not None and talk.is_open:
            arguments["reply_markup"] = keyboard([[Button(handoff.CLOSE, code(Action.CLOSE, letter.handoff))]])
        if talk is not None and talk.message > 0:
            arguments |= {"reply_to_message_id": talk.message, "allow_sending_without_reply": True}
        if talk is not None and talk.topic:
            arguments["message_thread_id"] = talk.topic
        text = f"{letter.text}\n\n{handoff.HOW}" if begins else letter.text
        while True:
            try:
                return await self._send_or_copy(letter, talk, chat, text, arguments)
            except BadRequest as error:
                # The topic may be closed or deleted, which says nothing of the chat.
                if not _is_about_topic(error) or arguments.pop("message_thread_id", None) is None:
                    raise

    async def _send_or_copy(
        self, letter: Letter, talk: Handoff | None, chat: int, text: str, arguments: dict[str, Any]
    ) -> object:
        """Copy what the runner sent, if that is wished and can be; else say it in words alone."""
        if letter.copied and talk is not None and talk.runner:
            caption = handoff.headed(letter.handoff, text, handoff.LONGEST_CAPTION)
            try:
                return await self._bot.copy_message(chat, talk.runner, letter.copied, caption=caption, **arguments)
            except (BadRequest, Forbidden) as error:
                if "message_thread_id" in arguments and _is_about_topic(error):
                    raise
                # It may be gone, or be what the chat does not take. Whether the chat can be reached, words show.
                log.warning("copy for the staff refused, words sent alone", error=type(error).__name__)
        said = handoff.headed(letter.handoff, f"{text}\n{handoff.GONE}" if letter.copied else text)
        return await self._bot.send_message(chat, said, link_preview_options=_NO_PREVIEW, **arguments)

    async def _lose(self, error: TelegramError) -> float:
        """Tell the admins once, whichever process finds out, that the staff chat cannot be reached."""
        chat = self._desk.rights.staff_chat
        try:
            if chat is None or not await self._desk.lose(lost=True):
                return LOST_AGAIN
        except StoreError:
            return AGAIN
        log.error("staff chat cannot be reached", error=error.message)
        said = chat_lost(chat, error.message)
        told = [await self._told(admin, said) for admin in sorted(self._desk.rights.admins)]
        if None in told:  # not refused, only not possible just now
            with contextlib.suppress(StoreError):
                await self._desk.lose(lost=False)
        return LOST_AGAIN

    async def _told(self, admin: int, text: str) -> bool | None:
        """Return whether the admin was told, ``None`` where that is worth another try."""
        try:
            await self._bot.send_message(admin, text, link_preview_options=_NO_PREVIEW)
        except Uncertain:
            return True
        except TelegramError as error:
            log.warning("admin not told", error=type(error).__name__)
            return False if closed(error) else None
        return True


def _is_about_topic(error: TelegramError) -> bool:
    return any(word in error.message.lower() for word in ("thread", "topic"))
