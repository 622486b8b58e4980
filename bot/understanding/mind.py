"""Pure: what a text means. The one way from a text to a decision, with the gate in front.

The terminal, Telegram, evaluation and checks all come through here, so what is measured is
what people get.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bot.knowledge.model import KnowledgeBase
from bot.matching.decision import DEFAULT_WRONG_BUDGET, Answer, Candidate, Decision
from bot.matching.matcher import Matcher
from bot.text.language import is_foreign
from bot.text.likeness.encoder import Encoder
from bot.text.likeness.shipped import Shipped
from bot.text.likeness.utterance import Preparer, Utterance
from bot.triage.gate import UNKNOWN, Band, Gate
from bot.triage.rules import Idea, RedFlag
from bot.understanding.context import NO_CONTEXT, Context, body_part
from bot.understanding.fragments import is_fragment
from bot.understanding.passages import Passage, Passages
from bot.understanding.reader import Reader, Reading

_QUICK_LOOK = 1_000
"""Characters of a waiting message that are looked at before it is its turn."""


@dataclass(frozen=True)
class Flagged:
    """A danger sign; ``failure`` names the error type when the gate itself failed.

    ``ranking`` is what the message would have been answered with.
    """

    flag: RedFlag
    failure: str = ""
    ranking: tuple[Candidate, ...] = ()
    proved: bool = False
    """Whether a listed sign or a word combination stands behind it, or a guess alone."""


@dataclass(frozen=True)
class Understood:
    """No danger sign: the ranking of all entries, what to do about it, and what was mentioned in passing.

    ``decisions`` has one member, or several answers in the order in which they were asked for. ``leaned_on`` is
    the entry that the message was taken to follow on from, ``body_part`` the last one named.
    """

    ranking: tuple[Candidate, ...]
    decisions: tuple[Decision, ...]
    ideas: frozenset[Idea] = frozenset()
    leaned_on: str = ""
    body_part: str = ""
    cautions: tuple[str, ...] = ()
    """Entries about what the message tells that one must be careful with."""
    passage: Passage | None = None
    """What of the answer speaks of the question, where that answer was the last one given already."""

    @property
    def decision(self) -> Decision:
        """The only decision, or the one about the question asked first."""
        return self.decisions[0]


@dataclass(frozen=True)
class NoWords:
    """There was nothing to understand."""


@dataclass(frozen=True)
class Foreign:
    """The message is in another language, and nothing in it was recognised for sure."""


@dataclass(frozen=True)
class Screened:
    """A message that may tell of a danger sign: of which is to be asked, and what it means if not."""

    flag: RedFlag
    instead: Understood | Foreign


@dataclass(frozen=True)
class Fragment:
    """The message begins something and says nothing yet."""


Understanding = Fragment | Flagged | Screened | Understood | NoWords | Foreign


@dataclass(frozen=True)
class Mind:
    """Everything built from one state of the knowledge files that it takes to understand a text."""

    knowledge: KnowledgeBase
    preparer: Preparer
    gate: Gate
    matcher: Matcher
    reader: Reader
    passages: Passages

    @classmethod
    def for_knowledge(
        cls,
        knowledge: KnowledgeBase,
        *,
        encoder: Encoder | None = None,
        cache: Path | None = None,
        shipped: Shipped | None = None,
        wrong_budget: float = DEFAULT_WRONG_BUDGET,
    ) -> "Mind":
        """Build the parts from ``knowledge``; what is computed is kept in the folder ``cache``."""
        preparer = Preparer.for_knowledge(knowledge, encoder, cache, shipped)
        gate = Gate(knowledge, preparer)
        matcher = Matcher.for_knowledge(knowledge, preparer, wrong_budget=wrong_budget)
        reader, passages = Reader(knowledge, preparer, matcher), Passages(knowledge, preparer)
        mind = cls(knowledge, preparer, gate, matcher, reader, passages)
        preparer.fits.prune()
        return mind

    def is_brief(self, text: str) -> bool:
        """Return whether ``text`` is understood so quickly that others may wait for it."""
        return self.preparer.is_brief(text)

    def suspects(self, text: str) -> bool:
        """Return whether ``text`` is to be understood before others that wait: it may tell of a danger sign.

        A look at its first thousand characters, by what staff wrote down alone, without vectors.
        """
        return self.gate.suspects(self.preparer.sentences(text[:_QUICK_LOOK]))

    def understand(self, text: str, earlier: Iterable[Idea] = (), context: Context = NO_CONTEXT) -> Understanding:
        """Return what ``text`` means; danger signs come before everything.

        ``earlier``: parts of danger signs mentioned before in the conversation. ``context``: what it was about;
        the gate never sees it. A failure inside the gate
        counts as a flag of unknown kind: a message that could not be judged must not pass as harmless.
        """
        try:
            utterance = self.preparer.prepare(text)
            found = self.gate.examine(utterance, earlier)
        except Exception as error:
            return Flagged(UNKNOWN, failure=type(error).__name__)
        if utterance.is_empty:
            return NoWords()
        if found.band is Band.ALARM and found.flag is not None:
            return Flagged(found.flag, ranking=tuple(self.matcher.rank(utterance)), proved=found.proved)
        if found.flag is None and is_fragment(text):
            return Fragment()
        meant = self._meaning(utterance, text, found.ideas, context)
        return meant if found.flag is None else Screened(found.flag, meant)

    def _meaning(
        self, utterance: Utterance, text: str, ideas: frozenset[Idea], context: Context
    ) -> Understood | Foreign:
        reading = self.reader.read(utterance, text, context)
        if not isinstance(reading.decisions[0], Answer) and is_foreign(utterance.whole.normalised):
            return Foreign()
        return Understood(
            reading.ranking,
            reading.decisions,
            ideas,
            reading.leaned_on,
            body_part=body_part(utterance.whole.repaired),
            cautions=self.reader.cautions_in(utterance),
            passage=self._passage(utterance, reading, context.topic),
        )

    def _passage(self, utterance: Utterance, reading: Reading, last: str) -> Passage | None:
        answers = [decision.best.entry_id for decision in reading.decisions if isinstance(decision, Answer)]
        again = answers == [last] and not self.knowledge.is_small_talk(self.knowledge.entries[last])
        return self.passages.answering(utterance.whole, last) if again else None
