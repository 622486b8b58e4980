"""From runners to the clinic's therapists: consent, what is passed on, and what becomes of it.

What is passed on goes into the outbox with the conversation it belongs to, in one transaction, before the runner
reads that it was: it outlives the process. The update that brought it is handled again after a kill, and then
changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto

import structlog
from telegram import CallbackQuery, Message

from bot.assistant import Assistant
from bot.clinic import handoff
from bot.clinic.desk import Desk
from bot.dialogue.handing import ANYWAY, FURTHER
from bot.dialogue.reply import Action, Reply
from bot.knowledge.markup import plain
from bot.storage.protocol import HandoffStore, Handover, Speaker, StoreError
from bot.storage.switch import CALL_WITHIN, Switch
from bot.tg.bot import Bot
from bot.tg.flood import Budget, Spent
from bot.tg.reading import can_be_copied, check_number, speaker_of
from bot.tg.sending import confirm, edit, send

log = structlog.get_logger(__name__)

ACTIONS = frozenset({Action.ASK, Action.SEND, Action.HOLD, Action.CLOSE})
"""What the buttons do that are handled here."""


class Meant(Enum):
    """Whom a message is for."""

    BOT = auto()
    CLINIC = auto()
    OVER = auto()
    """The clinic, in a conversation that is over."""


@dataclass(frozen=True)
class Passing:
    """Passes on what runners let the clinic read. Every text has gone through the gate before."""

    bot: Bot
    assistant: Assistant
    desk: Desk
    store: HandoffStore
    budget: Budget
    reads: Switch

    @classmethod
    def over(cls, bot: Bot, assistant: Assistant, desk: Desk, store: HandoffStore) -> "Passing":
        """Return it with its budget: ``handoff.AN_HOUR`` messages of one person an hour."""
        budget = Budget(handoff.AN_HOUR, seconds=3600.0)
        return cls(bot, assistant, desk, store, budget, Switch("conversations with the clinic", CALL_WITHIN, _back))

    def pinned(self, assistant: Assistant) -> "Passing":
        """Return the same with another ``assistant``; what people have spent is shared."""
        return replace(self, assistant=assistant)

    # --- messages -------------------------------------------------------------------------------

    async def meant(self, message: Message, *, edited: bool) -> Meant:
        """Return whom a message of a private chat is for: the clinic if it is a reply to the clinic's own words, or
        the edit of what was passed on; a command is always for the bot.
        """
        if (message.text or "").startswith("/"):
            return Meant.BOT
        ref = ref_of(message.reply_to_message, self.bot.bot.id)
        if not ref and not edited:
            return Meant.BOT
        try:
            talk = await self.reads.attempt(lambda: self.store.of_person(speaker_of(message).person))
        except StoreError:
            return Meant.CLINIC if ref else Meant.BOT
        if ref:
            return Meant.CLINIC if talk is not None and talk.ref == ref else Meant.OVER
        return Meant.CLINIC if talk is not None and talk.has_passed_on(message.message_id) else Meant.BOT

    async def late(self, message: Message) -> Reply:
        """Return the reply to words for the clinic in a conversation that is over; danger signs come first."""
        speaker = speaker_of(message)
        text = message.text or message.caption or ""
        urgent = None
        if text:
            urgent = await self.assistant.urgent_only(text, speaker, shared=False, for_clinic=message.message_id)
        return urgent or await self.assistant.about_clinic(speaker, "handoff_over")

    async def pass_on(self, message: Message, passed: Reply, *, edited: bool = False) -> Reply:
        """Pass on the words of a message and return ``passed``, or what kept them from being passed on.

        The change of one that was kept back, or that the runner wished to keep from the clinic, is asked about.
        """
        text = message.text or ""
        if edited and (kept := await self._kept_back(message)):
            return await self.assistant.about_clinic(
                speaker_of(message), lambda made, turn: made.not_yet(turn, kept, FURTHER)
            )
        texts = handoff.wrote(text) if message.reply_to_message is not None else handoff.asked(text)
        handover = Handover(texts, message.message_id, check_number(message), handoff.changed(text))
        return await self._put(speaker_of(message), handover, passed)

    async def along(self, message: Message, first: int) -> None:
        """Pass on ``message``, of an album whose ``first`` picture was passed on before this one came: consent was
        for all of it. Raise ``StoreError`` where that cannot be known.
        """
        if await self.store.pass_along(speaker_of(message), _another(message.message_id), first):
            self.desk.outbox.ring()

    async def _kept_back(self, message: Message) -> str:
        """Return the text that asks about the change of a ``message`` that was not passed on, or may not have been;
        ``""`` for one that was.
        """
        try:
            talk = await self.store.of_person(speaker_of(message).person)
        except StoreError:
            return "handoff_unsure"
        return "" if talk is not None and talk.has_passed_on(message.message_id) else "handoff_settled"

    async def further(self, message: Message) -> Reply:
        """Return the question whether a photo, a voice message or a file may be passed on."""
        speaker = speaker_of(message)
        if not can_be_copied(message):
            return await self.assistant.about_clinic(speaker, "handoff_words_only")
        before = await self.assistant.before_passing_on(speaker, message.message_id, anyway=True)
        if before is not None:
            return before
        album = await self._begins_album(speaker, message)
        return await self.assistant.about_clinic(speaker, lambda made, turn: made.further(turn, album=album))

    async def aside(self, message: Message, reply: Reply) -> Reply:
        """Return ``reply``, to what was meant for the bot, with the word that the clinic does not read that: once,
        to somebody whom a therapist has written to.
        """
        if reply.outcome.is_urgent or (message.text or "").startswith("/"):
            return reply
        person = speaker_of(message).person
        try:
            first = await self.reads.attempt(lambda: self.store.first_aside(person))
        except StoreError:
            return reply
        return self.assistant.below("handoff_stays_here", reply) if first else reply

    async def left(self, person: str) -> None:
        """End the conversation of somebody who blocked the bot, if there is one, and tell therapists at once; with
        the database away they are told when they next write.
        """
        try:
            talk = await self.store.of_person(person)
            if talk is not None and await self.store.close(talk.ref, handoff.BLOCKED):
                self.desk.outbox.ring()
        except StoreError as error:
            log.warning("conversation of somebody who left not closed", error=error.cause)

    # --- taps -----------------------------------------------------------------------------------

    async def tapped(self, query: CallbackQuery) -> None:
        """Answer a tap on a button that has one of ``ACTIONS``."""
        await confirm(query)
        message = query.message
        if not isinstance(message, Message):
            return
        action, _, argument = (query.data or "").partition(":")
        speaker = Speaker(str(query.from_user.id), str(message.chat.id))
        if action == Action.CLOSE:
            await send(self.bot, message.chat.id, await self._closed(argument, speaker))
        elif action == Action.HOLD:
            try:
                await edit(self.bot, query, await self._refused(message.reply_to_message, speaker))
            except StoreError:
                # The buttons stay: by now they may be those that end the conversation.
                await send(self.bot, message.chat.id, await self.assistant.about_clinic(speaker, "handoff_unsure"))
        elif action == Action.SEND:
            await edit(self.bot, query, await self._agreed(argument, message.reply_to_message, speaker))
        else:
            # The answer stays: it is sent below the question, from which "Yes" then reads it.
            asked = message.reply_to_message
            reply_to = asked.message_id if asked is not None else None
            await send(self.bot, message.chat.id, await self._wished(argument, asked, speaker), reply_to=reply_to)

    async def _wished(self, answered: str, asked: Message | None, speaker: Speaker) -> Reply:
        if (before := await self.assistant.before_passing_on(speaker)) is not None:
            return before
        lost, album = self.desk.lost, asked is not None and await self._begins_album(speaker, asked)
        return await self.assistant.about_clinic(
            speaker, lambda made, turn: made.consent(turn, answered, lost=lost, album=album)
        )

    async def _agreed(self, argument: str, asked: Message | None, speaker: Speaker) -> Reply:
        """Pass on what somebody agreed to, ``asked``; where that is gone, ask for it."""
        anyway, further = argument == ANYWAY, argument in (FURTHER, ANYWAY)
        number = asked.message_id if asked is not None else 0
        # Words that go on with a conversation are passed on under an alarm too, and so is what goes with them.
        before = await self.assistant.before_passing_on(speaker, number, anyway=further)
        if before is not None:
            return before
        if asked is None:
            return await self.assistant.about_clinic(speaker, "handoff_type_it", waits=True)
        words = asked.text or asked.caption or ""
        if not asked.text and not can_be_copied(asked):
            return await self.assistant.about_clinic(speaker, "handoff_words_only")
        danger = handoff.TOLD_ANYWAY if anyway else ""
        if not anyway and words and await self.assistant.tells_of_danger(words):
            danger = handoff.DANGER
        changed = handoff.changed(words, danger)
        album = await self._album(speaker, asked)
        alone = asked.media_group_id is not None and not album
        if not asked.text:
            texts = handoff.pictured(words, danger, alone=alone)
            changed = handoff.pictured(words, danger, changed=True)
        elif further:
            texts = handoff.wrote(words, danger)
        else:
            entry = self.assistant.mind.knowledge.published_entry(argument)
            told = (entry.title, plain(entry.answer)) if entry is not None else ("", "")
            texts = handoff.asked(words, *told, danger)
        copied = 0 if asked.text else asked.message_id
        passed = await self.assistant.about_clinic(
            speaker, lambda made, turn: made.passed_on(turn, first=not further)
        )
        handover = Handover(texts, asked.message_id, check_number(asked), changed, copied)
        others = [_another(other) for other in album[1:]] if album[:1] == (asked.message_id,) else []
        above = "handoff_alone" if alone else ""
        return await self._put(speaker, handover, passed, argument, others, above)

    async def _album(self, speaker: Speaker, message: Message) -> tuple[int, ...]:
        """Return the pictures known of the album that ``message`` belongs to, the first one first."""
        album = message.media_group_id
        return await self.assistant.pictures(speaker, album) if album is not None else ()

    async def _begins_album(self, speaker: Speaker, message: Message) -> bool:
        return (await self._album(speaker, message))[:1] == (message.message_id,)

    async def _refused(self, asked: Message | None, speaker: Speaker) -> Reply:
        """Return the word that nothing was passed on, unless ``asked`` was, at a "Yes" before. Raise ``StoreError``
        where that cannot be known.
        """
        talk = await self.store.of_person(speaker.person)
        number = f"{asked.message_id}:{check_number(asked):x}" if asked is not None else ""
        if talk is None or number not in talk.passed.split():
            return await self.assistant.about_clinic(speaker, "handoff_not_passed")
        before = await self.assistant.about_clinic(speaker, "handoff_passed_before")
        return self.assistant.closable(before, talk.ref)

    async def _closed(self, ref: str, speaker: Speaker) -> Reply:
        try:
            talk = await self.store.of_person(speaker.person)
            if talk is None or talk.ref != ref:
                return await self.assistant.about_clinic(speaker, "handoff_over")
            await self.store.close(ref, handoff.CLOSED_BY_RUNNER)
        except StoreError:
            return await self.assistant.about_clinic(speaker, "handoff_away")
        self.desk.outbox.ring()
        return await self.assistant.about_clinic(speaker, "handoff_closed")

    async def _put(
        self,
        speaker: Speaker,
        handover: Handover,
        passed: Reply,
        argument: str = FURTHER,
        others: Sequence[Handover] = (),
        above: str = "",
    ) -> Reply:
        """Return ``passed`` once it is so; else why not, above the buttons to try it again, with ``argument``.

        ``others``: the other pictures of an album. ``above``: the text that stands above what was passed on.
        """
        if self.budget.spend(speaker.person) is not Spent.WITHIN:
            return await self.assistant.about_clinic(
                speaker, lambda made, turn: made.not_yet(turn, "handoff_too_many", argument)
            )
        try:
            talk = await self.store.pass_on(speaker, handover, handoff.new_ref(), others)
        except StoreError as error:
            log.error("message for the clinic not kept", error=error.cause)
            return await self.assistant.about_clinic(
                speaker, lambda made, turn: made.not_yet(turn, "handoff_away", argument)
            )
        self.desk.outbox.ring()
        reply = await self.assistant.about_clinic(speaker, "handoff_lost") if self.desk.lost else passed
        return self.assistant.closable(self.assistant.below(above, reply) if above else reply, talk.ref)


def ref_of(message: Message | None, bot: int) -> str:
    """Return the conversation that a message of the bot's to a runner belongs to, or ``""``."""
    if message is None or message.from_user is None or message.from_user.id != bot or message.reply_markup is None:
        return ""
    codes = (button.callback_data for row in message.reply_markup.inline_keyboard for button in row)
    found = (data.partition(":") for data in codes if isinstance(data, str))
    return next((ref for action, _, ref in found if action == Action.CLOSE), "")


def _another(message: int) -> Handover:
    """Return a further picture of an album, which has no words of its own."""
    return Handover([handoff.ANOTHER], message, copied=message)


def _back() -> None:
    log.info("store available again", part="conversations with the clinic")
