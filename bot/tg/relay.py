"""From the clinic's therapists to runners: whose reply goes to whom, and what therapists are told of it.

A therapist's message waits in the inbox like any other update and is settled only once the runner has been sent it:
after a kill it is sent again, twice rather than never. A stop, or a staff chat that takes no more for now, leaves
over only what therapists are told of it.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog
from cachetools import TTLCache
from telegram import Message
from telegram.error import NetworkError, RetryAfter

from bot.assistant import Assistant
from bot.clinic import handoff, orders
from bot.clinic.desk import Desk
from bot.clinic.rights import Sender
from bot.dialogue.conversation import Conversation
from bot.dialogue.reply import Action, Button, Reply, code
from bot.inbox.slots import Stopping, send_again
from bot.storage.protocol import Handoff, HandoffStore, Speaker, StoreError
from bot.tg.bot import Bot
from bot.tg.pacing import Uncertain
from bot.tg.reading import topic_of
from bot.tg.sending import send, send_short

log = structlog.get_logger(__name__)

_A_DAY = 86_400.0
_MOST_TOLD = 1_000


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
        """Return whether ``message``, in the staff chat, was a reply to a runner; it is then dealt with."""
        answered = message.reply_to_message
        if answered is None or answered.from_user is None or answered.from_user.id != self.bot.bot.id:
            return False
        ref = handoff.ref_in(answered.text or answered.caption or "")
        if not self.desk.rights.allow(sender):
            if ref and sender.as_chat:
                await self._say(message, orders.ANONYMOUS)
            return bool(ref)
        if ref:
            await self._relay(ref, message, edited=edited)
            return True
        return await self._is_no_runners(answered, message)

    async def close(self, ref: str, message: Message) -> None:
        """End a conversation, as a therapist wishes below ``message``, and tell both sides."""
        if not ref:
            await self._say(message, handoff.WHICH)
            return
        try:
            talk = await self.store.find(ref)
            if talk is None or not talk.is_open:
                await self._say(message, handoff.headed(ref, handoff.OVER))
                return
            # Told first: of a conversation that is closed nobody knows any more whom to tell.
            gone = await self.assistant.about_clinic(
                _speaker(talk), "handoff_closed_by_clinic", Conversation.clinic_settled
            )
            await self._reached(talk, gone)
            await self.store.close(ref)
        except StoreError:
            await self._say(message, handoff.headed(ref, handoff.AWAY))
            return
        await self._say_of(ref, message, handoff.CLOSED)

    async def _relay(self, ref: str, message: Message, *, edited: bool) -> None:
        try:
            talk = await self.store.find(ref)
            if talk is None or not talk.is_open:
                said = handoff.OVER
            elif not message.text:
                said = handoff.WORDS_ONLY
            else:
                said = await self._passed(talk, message, message.text, edited=edited)
        except StoreError:
            said = handoff.AWAY
        await self._say_of(ref, message, said, button=ref)

    async def _passed(self, talk: Handoff, message: Message, text: str, *, edited: bool) -> str:
        """Send ``text`` to the runner and return what therapists are told of it."""
        danger = await self.assistant.tells_of_danger(text)
        reply = await self.assistant.about_clinic(
            _speaker(talk),
            lambda made, turn: made.relayed(turn, text, talk.ref, danger=danger, changed=edited),
            Conversation.not_asking if talk.answered else Conversation.clinic_begun,
        )
        reached = await self._reached(talk, reply)
        if reached is False:
            await self.store.close(talk.ref)
            return handoff.BLOCKED
        helper = str(message.from_user.id) if message.from_user is not None else ""
        try:
            await self.store.answer(talk.ref, helper, topic_of(message) or 0)
        except StoreError as error:
            log.warning("therapist's answer not noted", error=error.cause)
        if reached is None:
            return handoff.NOT_CONFIRMED
        by_another = talk.helper and talk.helper != self.store.hashed(helper)
        return handoff.ANSWERED_ALREADY if by_another and not talk.waiting else handoff.PASSED_ON

    async def _reached(self, talk: Handoff, reply: Reply) -> bool | None:
        """Return whether the runner was sent ``reply``, ``None`` where Telegram took it and did not say so."""
        for _ in range(2):  # what a therapist took the time to write is better read twice than not at all
            try:
                return await send(self.bot, talk.runner, reply)
            except Uncertain:
                log.warning("therapist's answer not confirmed")
            except asyncio.CancelledError:
                send_again()  # the bot stops in the middle of it
                raise
        return None

    async def _is_no_runners(self, answered: Message, message: Message) -> bool:
        """Say once that a reply goes to no runner; what is said below the same message then is asked of the bot."""
        if (
            answered.message_id in self.told
            or not message.text
            or await self.assistant.tells_of_danger(message.text)
        ):
            return False
        self.told[answered.message_id] = True
        await self._say(message, handoff.NO_HANDOFF)
        return True

    async def _say_of(self, ref: str, message: Message, said: str, *, button: str = "") -> None:
        """Tell therapists what became of ``message``, later where that cannot be now."""
        try:
            await self._say(message, handoff.headed(ref, said), button=button)
        except (Stopping, RetryAfter, NetworkError) as error:
            # Handled again, the message would be sent to the runner again.
            try:
                await self.store.say(ref, said)
            except StoreError:
                raise error from None
            self.desk.outbox.ring()

    async def _say(self, message: Message, text: str, *, button: str = "") -> None:
        rows = [[Button(handoff.CLOSE, code(Action.CLOSE, button))]] if button else []
        await send_short(self.bot, message, text, rows, topic=topic_of(message))

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
                    await self._reached(talk, await self.assistant.about_clinic(_speaker(talk), "handoff_lost"))
        except StoreError:
            return  # it is tried again


def _speaker(talk: Handoff) -> Speaker:
    """Return the runner, who is alone with the bot: the chat has their id."""
    return Speaker(str(talk.runner), str(talk.runner))
