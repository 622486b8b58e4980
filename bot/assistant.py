"""The use case: an utterance in, a reply out, the exchange remembered. Knows no Telegram."""

import time
from collections.abc import Callable

import structlog

from bot.dialogue.composer import SELF_HARM, Composer
from bot.dialogue.conversation import Conversation
from bot.dialogue.reply import Action, Outcome, Reply
from bot.knowledge.model import Status
from bot.matching.decision import Answer, Choices
from bot.storage.store import Store
from bot.understanding import Flagged, Foreign, Mind, NoWords, Understood

log = structlog.get_logger(__name__)


class Assistant:
    """Answers what people send. Every text goes through ``Mind.understand``, danger signs first."""

    def __init__(self, mind: Mind, store: Store, clock: Callable[[], float] = time.time) -> None:
        """``clock`` returns Unix time."""
        self._mind = mind
        self._composer = Composer(mind.knowledge)
        self._store = store
        self._clock = clock

    async def reply(self, text: str, chat: str) -> Reply:
        """Return the reply to ``text`` in the conversation ``chat``."""
        now = self._clock()
        conversation = await self._recall(chat, now)
        understood = self._mind.understand(text, conversation.ideas)
        if isinstance(understood, Flagged):
            top = understood.ranking[0].entry_id if understood.ranking else ""
            if understood.failure:
                # Only the error's type is logged: its text could quote the message.
                log.error("gate failed", error=understood.failure)
            conversation = conversation.alarmed(understood.flag, now, top)
            reply = self._urgent(conversation)
        elif text.lstrip().startswith("/"):
            reply = self._reminded(self._command(text.split()[0], conversation.turn), conversation)
        elif isinstance(understood, NoWords):
            reply = self._reminded(self._composer.notice("empty", conversation.turn), conversation)
        elif isinstance(understood, Foreign):
            reply = self._reminded(self._composer.notice("other_language", conversation.turn), conversation)
        else:
            conversation = conversation.mentioning(understood.ideas, now)
            conversation, reply = self._answer(understood, conversation)
        await self._remember(chat, conversation)
        return reply

    async def tap(self, code: str, chat: str) -> Reply:
        """Return the reply to a tapped button; a code that means nothing (any more) is said kindly."""
        conversation = await self._recall(chat, self._clock())
        action, _, argument = code.partition(":")
        if action == Action.NONE_APPLIES:
            conversation, reply = self._calm(conversation)
        elif action == Action.ENTRY and self._barred(conversation, argument):
            conversation = conversation.pressed(argument)
            reply = self._urgent(conversation)
        else:
            reply = self._reminded(self._tapped(action, argument, conversation.turn), conversation)
        await self._remember(chat, conversation)
        return reply

    async def notice(self, key: str, chat: str) -> Reply:
        """Return the bot's own text ``key`` for something that is not text, such as ``photo``."""
        conversation = await self._recall(chat, self._clock())
        await self._remember(chat, conversation)
        return self._reminded(self._composer.notice(key, conversation.turn), conversation)

    # --- danger signs and what follows them ---------------------------------------------

    def _urgent(self, conversation: Conversation) -> Reply:
        alarm = conversation.alarm
        assert alarm is not None
        log.info("red flag", group=alarm.group, urgency=alarm.level.name, replies=alarm.replies)
        return self._composer.red_flag(alarm.flag, alarm.replies)

    def _barred(self, conversation: Conversation, entry_id: str) -> bool:
        """Return whether an alarm keeps ``entry_id`` from being answered: it is about needling or running."""
        return conversation.alarm is not None and not self._mind.knowledge.answered_after_red_flag(entry_id)

    def _reminded(self, reply: Reply, conversation: Conversation) -> Reply:
        if conversation.alarm is None or reply.outcome is Outcome.RED_FLAG:
            return reply
        return self._composer.reminded(reply, conversation.alarm.flag)

    def _calm(self, conversation: Conversation) -> tuple[Conversation, Reply]:
        """Return what follows when a person says that none of a danger sign applies to them."""
        alarm, question = conversation.alarm, conversation.question
        if alarm is None or alarm.replies < 2 or alarm.group == SELF_HARM:
            return conversation, self._composer.notice("old_button", conversation.turn)
        log.info("red flag denied", group=alarm.group)  # counted as a possible false alarm
        entry = self._mind.knowledge.entries.get(question)
        if entry is not None and entry.status is Status.PUBLISHED:
            reply = self._composer.answer(entry, conversation.turn)
        else:
            reply = self._composer.page("red_flag_calmed", conversation.turn)
        return conversation.calmed(), self._composer.reminded(reply, alarm.flag)

    # --- everything else --------------------------------------------------------------------

    def _answer(self, understood: Understood, conversation: Conversation) -> tuple[Conversation, Reply]:
        decision = understood.decision
        turn = conversation.turn
        if isinstance(decision, Answer | Choices) and self._barred(conversation, understood.ranking[0].entry_id):
            conversation = conversation.pressed(understood.ranking[0].entry_id)
            return conversation, self._urgent(conversation)
        if isinstance(decision, Answer):
            entry = self._mind.knowledge.entries[decision.best.entry_id]
            reply = self._composer.answer(entry, turn, decision.best.confidence)
        elif isinstance(decision, Choices):
            reply = self._composer.choices(decision, turn)
        else:
            reply = self._composer.fallback(turn, decision.nearest)
        return conversation, self._reminded(reply, conversation)

    def _command(self, word: str, turn: int) -> Reply:
        composer = self._composer
        match word.partition("@")[0].lower():
            case "/start":
                return composer.start(turn)
            case "/help":
                return composer.page("help", turn)
            case "/privacy":
                return composer.page("privacy", turn)
            case "/topics":
                return composer.topics(turn)
            case "/therapist":
                return composer.therapist(turn)
            case "/sources":
                return composer.sources(turn)
            case _:
                return composer.notice("unknown_command", turn)

    def _tapped(self, action: str, argument: str, turn: int) -> Reply:
        composer = self._composer
        if action == Action.ENTRY:
            entry = self._mind.knowledge.entries.get(argument)
            if entry is not None and entry.status is Status.PUBLISHED:
                return composer.answer(entry, turn)
        elif action == Action.SECTION:
            return composer.section(argument, turn)
        elif action == Action.TOPICS:
            return composer.topics(turn)
        elif action == Action.THERAPIST:
            return composer.therapist(turn)
        elif action == Action.NONE_OF_THESE:
            return composer.notice("none_of_these_reply", turn)
        return composer.notice("old_button", turn)

    async def _recall(self, chat: str, now: float) -> Conversation:
        """Return the conversation so far; a fresh one when the store fails, since people must still be answered."""
        try:
            codes = await self._store.conversation(chat)
        except Exception as error:
            log.error("conversation not read", error=type(error).__name__)
            codes = ""
        return Conversation.from_codes(codes).at(now)

    async def _remember(self, chat: str, conversation: Conversation) -> None:
        try:
            await self._store.save_conversation(chat, conversation.next().to_codes())
        except Exception as error:
            log.error("conversation not kept", error=type(error).__name__)
