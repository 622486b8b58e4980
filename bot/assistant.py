"""The use case: an utterance in, a reply out, the exchange remembered. Knows no Telegram."""

import structlog

from bot.dialogue.composer import Composer
from bot.dialogue.conversation import Conversation
from bot.dialogue.reply import Action, Reply
from bot.knowledge.model import Status
from bot.matching.decision import Answer, Choices
from bot.storage.store import Store
from bot.understanding import Flagged, Mind, NoWords, Understood

log = structlog.get_logger(__name__)


class Assistant:
    """Answers what people send. Every text goes through ``Mind.understand``, danger signs first."""

    def __init__(self, mind: Mind, store: Store) -> None:
        self._mind = mind
        self._composer = Composer(mind.knowledge)
        self._store = store

    async def reply(self, text: str, chat: str) -> Reply:
        """Return the reply to ``text`` in the conversation ``chat``."""
        understood = self._mind.understand(text)
        if isinstance(understood, Flagged):
            flag = understood.flag
            log.info("red flag", group=flag.group, urgency=flag.level.name, failure=understood.failure)
            return self._composer.red_flag(flag)
        turn = await self._next_turn(chat)
        if text.lstrip().startswith("/"):
            return self._command(text.split()[0], turn)
        if isinstance(understood, NoWords):
            return self._composer.notice("empty", turn)
        return self._answer(understood, turn)

    async def tap(self, code: str, chat: str) -> Reply:
        """Return the reply to a tapped button; a code that means nothing (any more) is said kindly."""
        turn = await self._next_turn(chat)
        composer = self._composer
        action, _, argument = code.partition(":")
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

    async def notice(self, key: str, chat: str) -> Reply:
        """Return the bot's own text ``key`` for something that is not text, such as ``photo``."""
        return self._composer.notice(key, await self._next_turn(chat))

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

    def _answer(self, understood: Understood, turn: int) -> Reply:
        decision = understood.decision
        if isinstance(decision, Answer):
            entry = self._mind.knowledge.entries[decision.best.entry_id]
            return self._composer.answer(entry, turn, decision.best.confidence)
        if isinstance(decision, Choices):
            return self._composer.choices(decision, turn)
        return self._composer.fallback(turn, decision.nearest)

    async def _next_turn(self, chat: str) -> int:
        conversation = Conversation.from_codes(await self._store.conversation(chat))
        await self._store.save_conversation(chat, conversation.next().to_codes())
        return conversation.turn
