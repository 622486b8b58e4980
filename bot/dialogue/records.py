"""What is kept of people beside their conversations: ratings, questions, and their right to see and delete it."""

import asyncio
from dataclasses import dataclass

import structlog

from bot.clinic.masking import masked_for
from bot.dialogue.composer import Composer
from bot.dialogue.conversation import Conversation
from bot.dialogue.danger import Danger
from bot.dialogue.reply import Action, Reason, Reply, Verdict
from bot.knowledge.model import KnowledgeBase
from bot.storage.failsafe import done
from bot.storage.protocol import Held, Speaker, Store
from bot.understanding.mind import Mind

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Records:
    """Keeps it, and says what became of it. ``whole`` knows of what is paused at present, too."""

    store: Store
    knowledge: KnowledgeBase
    whole: Mind
    composer: Composer
    danger: Danger

    async def rated(self, action: str, argument: str, speaker: Speaker, turn: int) -> Reply:
        """Keep what ``speaker`` thinks of an answer; the answer itself stays as it is."""
        reason, _, entry_id = argument.rpartition(".") if action == Action.REASON else ("", "", argument)
        toasts, entry = self.composer.toasts, self.knowledge.published_entry(entry_id)
        if entry is None or reason not in ("", *Reason):
            return self.composer.notice("old_button", turn)
        verdict = Verdict.HELPED if action == Action.HELPED else Verdict.DID_NOT_HELP
        if not await done(self.store.rate(speaker, entry_id, verdict, reason), "rating not kept"):
            return toasts.not_noted(entry)
        if action == Action.HELPED:
            return toasts.helped(entry)
        return toasts.reason_noted(entry) if reason else toasts.did_not_help(entry)

    async def kept(self, question: str, speaker: Speaker, turn: int) -> Reply:
        """Keep a question that its writer lets the clinic read, without what tells who wrote it."""
        if not question.strip():
            return self.composer.notice("old_button", turn)
        # In a thread: it looks at all words of the knowledge base.
        shown = await asyncio.to_thread(masked_for, self.whole, question)
        kept = await done(self.store.keep_question(speaker, shown), "question not kept")
        return self.composer.page("question_kept" if kept else "store_away", turn)

    async def held(self, person: str, turn: int) -> Reply:
        """Return what is kept of ``person``, as they read it."""
        try:
            held = await self.store.held(person)
        except Exception as error:
            log.error("records not read", error=type(error).__name__)
            return self.composer.page("store_away", turn)
        if held == Held():
            return self.composer.page("my_data_none", turn)
        kept = [question.text for question in held.questions]
        conversations, ratings = len(held.conversations), len(held.ratings)
        page = self.composer.page("my_data", turn, kept, conversations=conversations, ratings=ratings)
        return self.composer.below("my_data_handoff", page) if held.handoffs else page

    async def forgotten(self, person: str, conversation: Conversation) -> Reply:
        """Delete what is kept of ``person``; nothing is recorded of this exchange, a danger sign excepted."""
        try:
            talked = (await self.store.held(person)).handoffs
        except Exception:  # whatever it is, the person is told below
            talked = 0
        gone = await done(self.store.forget(person), "records not deleted")
        page = self.composer.page("forgotten" if gone else "store_away", conversation.turn)
        if talked and gone:
            page = self.composer.below("forgotten_handoff", page)
        return self.danger.coloured(page, conversation)
