"""From the clinic's therapists to runners: whose reply goes to whom, and what therapists are told of it.

A therapist's message waits in the inbox like any other update, and that the runner was sent it is noted as soon
as Telegram says so: only what a kill catches between the two is sent again, twice rather than never. A stop, or a
staff chat that takes no more for now, leaves over only what therapists are told of it.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog
from cachetools import TTLCache
from telegram import Message, MessageOriginUser
from telegram.error import BadRequest, TelegramError

from bot.assistant import Assistant
from bot.clinic import handoff, orders
from bot.clinic.desk import Desk
from bot.clinic.rights import Sender
from bot.dialogue.handing import Handing
from bot.dialogue.reply import Action, Button, Reply, code
from bot.dialogue.splitting import length
from bot.inbox.slots import Stopping, send_again
from bot.storage.protocol import HANDOFF_KEPT, Handoff, HandoffStore, Speaker, StoreError
from bot.tg.bot import Bot
from bot.tg.pacing import Uncertain
from bot.tg.reading import can_be_copied, check_number, topic_of, words_of
from bot.tg.sending import send, send_short

log = structlog.get_logger(__name__)

_A_DAY = 86_400.0
_MOST_TOLD = 1_000
_PICTURE = "+"
"""Behind the number of a message whose picture the runner was sent, and not its words."""


class _WordsRefused(Exception):
    """The runner was sent the picture; Telegram refused what stands below it."""


@dataclass(frozen=True)
class Relay:
    """Relays what therapists reply in the staff chat."""

    bot: Bot
    assistant: Assistant
    desk: Desk
    store: HandoffStore
    clock: Callable[[], float] = time.time
    # Messages of the bot that are no runner's, and whose repliers were told so.
    told: "TTLCache[int, bool]" = field(default_factory=lambda: TTLCache(_MOST_TOLD, ttl=_A_DAY))

    async def took(self, message: Message, sender: Sender, *, edited: bool) -> bool:
        """Return whether ``message``, in a group, was a reply to a runner; it is then dealt with.

        Words on a danger sign that no runner is sent are left to the bot, which answers them, as everywhere.
        """
        answered, here = message.reply_to_message, message.chat.id == self.desk.rights.staff_chat
        if answered is None and here and message.external_reply is not None:
            return await self._from_elsewhere(message, sender, edited=edited)
        if answered is None or answered.from_user is None or answered.from_user.id != self.bot.bot.id:
            return False
        ref = handoff.ref_in(answered.text or answered.caption or "")
        if ref and not here:
            return await self._told_if_harmless(message, handoff.FORMER)
        if ref:
            return await self._took(ref, message, sender, edited=edited)
        return here and self.desk.rights.allow(sender) and await self._is_no_runners(answered, message)

    async def _took(self, ref: str, message: Message, sender: Sender, *, edited: bool) -> bool:
        if not self.desk.rights.allow(sender):
            if sender.as_chat:
                await self._say(message, orders.ANONYMOUS)
            return not await self._tells_of_danger(message)
        passed = await self._relay(ref, message, edited=edited)
        return passed or bool(message.text) or not await self._tells_of_danger(message)

    async def _from_elsewhere(self, message: Message, sender: Sender, *, edited: bool) -> bool:
        """Return the same for a reply to what stands in another chat, as in a group before it became a supergroup:
        Telegram tells of it what the therapist quoted, at most.
        """
        origin = message.external_reply.origin if message.external_reply is not None else None
        if not isinstance(origin, MessageOriginUser) or origin.sender_user.id != self.bot.bot.id:
            return False
        ref = handoff.ref_in(message.quote.text) if message.quote is not None else ""
        if ref:
            return await self._took(ref, message, sender, edited=edited)
        return self.desk.rights.allow(sender) and await self._told_if_harmless(message, handoff.FROM_ELSEWHERE)

    async def _told_if_harmless(self, message: Message, said: str) -> bool:
        if await self._tells_of_danger(message):
            return False
        await self._say(message, said)
        return True

    async def close(self, ref: str, message: Message) -> None:
        """End a conversation, as a therapist wishes below ``message``, and tell both sides."""
        if not ref:
            await self._say(message, handoff.WHICH)
            return
        try:
            talk = await self.store.find(ref)
            if talk is None or not talk.is_open:
                await self._confirm(ref, message, handoff.CLOSED_BEFORE)
                return
            # Told first: of a conversation that is closed nobody knows any more whom to tell.
            gone = await self.assistant.from_clinic(_speaker(talk), "handoff_closed_by_clinic")
            reached = await self._reached(talk, gone)
            await self.store.close(ref)
        except StoreError:
            await self._confirm(ref, message, handoff.NOT_CLOSED)
            return
        await self._confirm(ref, message, handoff.CLOSED if reached else handoff.CLOSED_UNTOLD)

    async def _relay(self, ref: str, message: Message, *, edited: bool) -> bool:
        """Return whether the runner was sent ``message``, and tell therapists what became of it."""
        text, passed = message.text or "", False
        try:
            talk = await self.store.find(ref)
            if talk is None or not talk.is_open:
                said = handoff.OVER
            elif text.startswith("/") and len(text.split()) == 1:
                said = handoff.NO_ORDER
            elif not text and not can_be_copied(message):
                said = handoff.NOT_THIS
            else:
                said = await self._passed(talk, message, edited=edited)
                passed = True
        except StoreError:
            said = handoff.AWAY
        except BadRequest as error:
            log.warning("therapist's answer refused", error=type(error).__name__)
            said = handoff.REFUSED
        except _WordsRefused:
            log.warning("words below a therapist's picture refused")
            said = handoff.WORDS_REFUSED
        await self._confirm(ref, message, said, button=ref)
        return passed

    async def _passed(self, talk: Handoff, message: Message, *, edited: bool) -> str:
        """Send ``message`` to the runner and return what therapists are told of it."""
        this = f"{message.message_id}:{check_number(message):x}"
        for known, said in ((this, handoff.PASSED_ON), (f"{this}?", handoff.NOT_CONFIRMED)):
            if known in talk.relayed.split():
                return said  # handled once more after a kill, or changed in nothing that is passed on
        changed = edited and talk.has_relayed(message.message_id)
        reached = await self._sent(talk, message, this, changed=changed)
        if reached is False:
            await self.store.close(talk.ref)
            return handoff.BLOCKED
        await self._note(talk, message, this if reached else f"{this}?")
        if reached is None:
            return handoff.NOT_CONFIRMED
        by_another = talk.helper and talk.helper != self.store.hashed(_helper(message))
        return handoff.ANSWERED_ALREADY if by_another and not talk.waiting else handoff.PASSED_ON

    async def _note(self, talk: Handoff, message: Message, relayed: str) -> None:
        try:
            await self.store.answer(talk.ref, _helper(message), topic_of(message) or 0, relayed)
        except StoreError as error:
            log.warning("therapist's answer not noted", error=error.cause)

    async def _sent(self, talk: Handoff, message: Message, this: str, *, changed: bool) -> bool | None:
        """Send the runner ``message``, which ``this`` names in ``relayed``, its words below where a picture leaves
        them no room; see ``_reached``. Raise ``_WordsRefused`` where Telegram does not take these.
        """
        words = words_of(message)
        danger = bool(words) and await self.assistant.tells_of_danger(words)

        async def said(words: str, *, danger: bool) -> Reply:
            def make(made: Handing, turn: int) -> Reply:
                return made.relayed(turn, words, talk.ref, danger=danger, changed=changed)

            return await self.assistant.from_clinic(_speaker(talk), make)

        reply = await said(words, danger=danger)
        if message.text:
            return await self._reached(talk, reply)
        if len(reply.messages) == 1 and length(reply.messages[0]) <= handoff.LONGEST_CAPTION:
            return await self._reached(talk, reply, beside=message)
        noted = {f"{this}{_PICTURE}": True, f"{this}{_PICTURE}?": None}
        before = [noted[known] for known in talk.relayed.split() if known in noted]
        if before:
            picture = before[0]  # handled once more: it is not sent twice
        elif (picture := await self._reached(talk, await said("", danger=False), beside=message)) is False:
            return False
        else:
            await self._note(talk, message, f"{this}{_PICTURE}" if picture else f"{this}{_PICTURE}?")
        try:
            return await self._reached(talk, reply) and picture
        except BadRequest as error:
            raise _WordsRefused from error

    async def _reached(self, talk: Handoff, reply: Reply, *, beside: Message | None = None) -> bool | None:
        """Return whether the runner was sent ``reply``, ``None`` where Telegram took it and did not say so."""
        for _ in range(2):  # what a therapist took the time to write is better read twice than not at all
            try:
                return await send(self.bot, talk.runner, reply, beside=beside)
            except Uncertain:
                log.warning("therapist's answer not confirmed")
            except asyncio.CancelledError:
                send_again()  # the bot stops in the middle of it
                raise
        return None

    async def _is_no_runners(self, answered: Message, message: Message) -> bool:
        """Say once that a reply goes to no runner; what is said below the same message then is asked of the bot."""
        if answered.message_id in self.told or not message.text or await self._tells_of_danger(message):
            return False
        self.told[answered.message_id] = True
        await self._say(message, handoff.NO_HANDOFF)
        return True

    async def _tells_of_danger(self, message: Message) -> bool:
        text = message.text or message.caption or ""
        return bool(text) and await self.assistant.tells_of_danger(text)

    async def _say(self, message: Message, text: str, *, button: str = "") -> bool:
        rows = [[Button(handoff.CLOSE, code(Action.CLOSE, button))]] if button else []
        return await send_short(self.bot, message, text, rows, topic=topic_of(message))

    async def _confirm(self, ref: str, message: Message, said: str, *, button: str = "") -> None:
        """Tell therapists what became of ``message``, now or, where Telegram does not take it now, by the outbox.

        Not raised: handled again, the message would be sent to the runner again.
        """
        try:
            if await self._say(message, handoff.headed(ref, said), button=button):
                return
        except Uncertain:
            log.warning("word to a therapist not confirmed")
            return
        except (TelegramError, Stopping) as error:
            log.warning("word to a therapist left to the outbox", error=type(error).__name__)
        try:
            await self.store.say(ref, said)
            self.desk.outbox.ring()
        except StoreError:
            await self.desk.outbox.put(handoff.headed(ref, said))

    # --- what needs nobody's message -----------------------------------------------------------------

    async def remind(self) -> None:
        """Remind therapists of runners who wait; tell runners who wait for a chat that cannot be reached."""
        now = self.clock()
        try:
            by_day = handoff.reminds(now, self.assistant.mind.knowledge.clinic.timezone)
            if by_day and await self.store.remind(now - handoff.REMIND_AFTER, handoff.REMINDER):
                self.desk.outbox.ring()
            for talk in await self.store.stranded() if self.desk.lost else ():
                if await self.store.tell(talk.ref):
                    await self._told(talk, "handoff_lost")
        except StoreError:
            return  # it is tried again

    async def end_silent(self) -> None:
        """End the conversations in which nobody has written for ``HANDOFF_KEPT``, and tell both sides.

        Who cannot be told just now is told the next time. Raise ``StoreError`` when the database cannot be used.
        """
        for talk, unread in (await self.store.silent(self.clock() - HANDOFF_KEPT)).items():
            page, notice = ("handoff_unread", handoff.UNREAD) if unread else ("handoff_silent", handoff.SILENT)
            if await self._told(talk, page) and await self.store.close(talk.ref, notice, drop=True):
                self.desk.outbox.ring()

    async def _told(self, talk: Handoff, page: str) -> bool:
        """Return whether there is no use in telling the runner ``page`` once more."""
        try:
            await self._reached(talk, await self.assistant.from_clinic(_speaker(talk), page))
        except TelegramError as error:
            log.warning("runner not told", page=page, error=type(error).__name__)
            return False
        return True


def _helper(message: Message) -> str:
    return str(message.from_user.id) if message.from_user is not None else ""


def _speaker(talk: Handoff) -> Speaker:
    """Return the runner, who is alone with the bot: the chat has their id."""
    return Speaker(str(talk.runner), str(talk.runner))
