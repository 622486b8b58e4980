"""Pure: what a text means. The one way from a text to a decision, with the gate in front.

The terminal, Telegram, evaluation and checks all come through here, so what is measured is
what people get.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bot.knowledge.model import KnowledgeBase
from bot.matching.calibration import DEFAULT_WRONG_BUDGET
from bot.matching.decision import Answer, Candidate, Decision, Fallback
from bot.matching.matcher import Matcher
from bot.text.encoder import Encoder
from bot.text.language import is_foreign
from bot.text.utterance import Preparer
from bot.triage.gate import UNKNOWN, Gate
from bot.triage.rules import Idea, RedFlag


@dataclass(frozen=True)
class Flagged:
    """A danger sign; ``failure`` names the error type when the gate itself failed.

    ``ranking`` is what the message would have been answered with.
    """

    flag: RedFlag
    failure: str = ""
    ranking: tuple[Candidate, ...] = ()


@dataclass(frozen=True)
class Understood:
    """No danger sign: the ranking of all entries, what to do about it, and what was mentioned in passing."""

    ranking: tuple[Candidate, ...]
    decision: Decision
    ideas: frozenset[Idea] = frozenset()


@dataclass(frozen=True)
class NoWords:
    """There was nothing to understand."""


@dataclass(frozen=True)
class Foreign:
    """The message is in another language, and nothing in it was recognised for sure."""


Understanding = Flagged | Understood | NoWords | Foreign


@dataclass(frozen=True)
class Mind:
    """Everything built from one state of the knowledge files that it takes to understand a text."""

    knowledge: KnowledgeBase
    preparer: Preparer
    gate: Gate
    matcher: Matcher

    @classmethod
    def for_knowledge(
        cls,
        knowledge: KnowledgeBase,
        *,
        encoder: Encoder | None = None,
        cache: Path | None = None,
        wrong_budget: float = DEFAULT_WRONG_BUDGET,
    ) -> "Mind":
        """Build the parts from ``knowledge``; phrase vectors are kept in the folder ``cache``."""
        preparer = Preparer.for_knowledge(knowledge, encoder, cache)
        mind = cls(
            knowledge,
            preparer,
            Gate(knowledge, preparer),
            Matcher.for_knowledge(knowledge, preparer, wrong_budget=wrong_budget),
        )
        preparer.tidy_cache()
        return mind

    def understand(self, text: str, earlier: Iterable[Idea] = ()) -> Understanding:
        """Return what ``text`` means; danger signs come before everything.

        ``earlier``: parts of danger signs mentioned before in the conversation. A failure inside the gate
        counts as a flag of unknown kind: a message that could not be judged must not pass as harmless.
        """
        try:
            utterance = self.preparer.prepare(text)
            found = self.gate.examine(utterance, earlier)
        except Exception as error:
            return Flagged(UNKNOWN, failure=type(error).__name__)
        if utterance.is_empty:
            return NoWords()
        ranking = tuple(self.matcher.rank(utterance))
        if found.flag is not None:
            return Flagged(found.flag, ranking=ranking)
        decision = self.matcher.decide(ranking) if ranking else Fallback()
        if not isinstance(decision, Answer) and is_foreign(utterance.whole.normalised):
            return Foreign()
        return Understood(ranking, decision, found.ideas)
