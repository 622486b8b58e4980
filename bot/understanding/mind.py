"""Pure: what a text means. The one way from a text to a decision, with the gate in front.

The terminal, Telegram, evaluation and checks all come through here, so what is measured is
what people get.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bot.knowledge.model import KnowledgeBase
from bot.matching.decision import DEFAULT_WRONG_BUDGET, Answer, Candidate, Decision, Fallback
from bot.matching.matcher import Matcher
from bot.text.likeness.encoder import Encoder
from bot.text.likeness.shipped import Shipped
from bot.text.likeness.utterance import LONGEST_WHOLE, Part, Preparer, Utterance
from bot.text.normalise import normalise, words
from bot.text.questions import split_questions
from bot.text.spoken import in_words, speaks_of_bleeding, speaks_of_breath
from bot.triage.gate import CLEAR, Band, Finding, Gate
from bot.triage.rules import UNKNOWN, Idea, RedFlag
from bot.understanding.context import NO_CONTEXT, Context, body_part
from bot.understanding.cries import Cries
from bot.understanding.fragments import is_fragment
from bot.understanding.passages import Passage, Passages
from bot.understanding.quoting import Quotes, without_addresses, without_asides
from bot.understanding.reader import Link, Reader, Reading

_BLEEDING, _BREATH = "needling-complication", "chest-or-breathing"
"""The danger groups of what emoji show."""
_FEWEST_OF_OWN = 4
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
    language: str = ""
    """The code of the language that it was told in, ``""`` for English."""


@dataclass(frozen=True)
class Examined:
    """A message as it is read: ``text`` of it, prepared, and what the gate ``found`` in ``judged``.

    ``judged`` is what its writer says themselves, nothing where all of it is quoted. ``shown`` is what emoji show.
    ``quotes``: whether a part is quoted, or an address on the web, and is not judged.
    """

    text: str
    utterance: Utterance
    judged: Utterance | None
    found: Finding
    shown: RedFlag | None
    quotes: bool


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
    link: Link = Link.NONE

    @property
    def decision(self) -> Decision:
        """The only decision, or the one about the question asked first."""
        return self.decisions[0]


@dataclass(frozen=True)
class NoWords:
    """There was nothing to understand."""


@dataclass(frozen=True)
class Foreign:
    """The message is in another language: ``language`` is its code, ``""`` where it has no file of its own."""

    language: str = ""


@dataclass(frozen=True)
class Screened:
    """A message that may tell of a danger sign: of which is to be asked, and what it means if not."""

    flag: RedFlag
    instead: Understood | Foreign


@dataclass(frozen=True)
class Fragment:
    """The message begins something and says nothing yet."""


@dataclass(frozen=True)
class Cry:
    """The message calls for help and does not say why; ``language`` as in ``Flagged``."""

    language: str = ""


Understanding = Cry | Fragment | Flagged | Screened | Understood | NoWords | Foreign


@dataclass(frozen=True)
class Mind:
    """Everything built from one state of the knowledge files that it takes to understand a text."""

    knowledge: KnowledgeBase
    preparer: Preparer
    gate: Gate
    matcher: Matcher
    reader: Reader
    passages: Passages
    cries: Cries
    quotes: Quotes

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
        mind = cls(knowledge, preparer, gate, matcher, reader, passages, Cries(knowledge), Quotes(knowledge))
        preparer.fits.prune()
        return mind

    def without(self, entry_ids: Collection[str]) -> "Mind":
        """Return the mind that finds none of these entries; the gate is the same. Nothing is fitted anew.

        Questions that it would no longer answer are no examples of what to ask, unless none is left.
        """
        if not entry_ids:
            return self
        fewer = replace(
            self,
            knowledge=self.knowledge.without(entry_ids),
            matcher=self.matcher.without(entry_ids),
            reader=self.reader.without(entry_ids),
        )
        examples = tuple(question for question in self.knowledge.texts["examples"] if fewer._answers(question))
        texts = {**self.knowledge.texts, "examples": examples or self.knowledge.texts["examples"]}
        return replace(fewer, knowledge=replace(fewer.knowledge, texts=texts))

    def _answers(self, question: str) -> bool:
        understood = self.understand(question)
        return isinstance(understood, Understood) and not isinstance(understood.decision, Fallback)

    def is_brief(self, text: str) -> bool:
        """Return whether ``text`` is understood so quickly that others may wait for it."""
        return self.preparer.is_brief(text)

    def suspects(self, text: str) -> bool:
        """Return whether ``text`` is to be understood before others that wait: it may tell of a danger sign.

        A look at its first thousand characters, by what staff wrote down alone, without vectors.
        """
        parts = self.preparer.sentences(in_words(text[:_QUICK_LOOK]))
        return self.gate.suspects(parts) or (len(parts) == 1 and self._cry(parts[0]) is not None)

    def understand(self, text: str, earlier: Iterable[Idea] = (), context: Context = NO_CONTEXT) -> Understanding:
        """Return what ``text`` means; danger signs come before everything.

        ``earlier``: parts of danger signs mentioned before in the conversation. ``context``: what it was about;
        the gate never sees it. A failure inside the gate
        counts as a flag of unknown kind: a message that could not be judged must not pass as harmless.
        """
        return self.understand_openly(text, earlier, context)[0]

    def understand_openly(
        self, text: str, earlier: Iterable[Idea] = (), context: Context = NO_CONTEXT
    ) -> tuple[Understanding, Examined | None]:
        """Return what ``text`` means and how it was read, nothing where the gate failed: see ``understand``."""
        try:
            examined = self.examine(text, earlier)
        except Exception as error:
            return Flagged(UNKNOWN, failure=type(error).__name__), None
        return self._understanding(examined, context), examined

    def _understanding(self, examined: Examined, context: Context) -> Understanding:
        text, utterance, found, shown = examined.text, examined.utterance, examined.found, examined.shown
        if shown is not None and found.flag is None:
            found = Finding(Band.SCREENING, shown, found.ideas)
        if utterance.is_empty and shown is not None:
            return Screened(shown, Understood((), (Fallback(),)))
        if utterance.is_empty:
            return NoWords()
        if found.band is Band.ALARM and found.flag is not None:
            ranking = tuple(self.matcher.rank(utterance))
            return Flagged(found.flag, ranking=ranking, proved=found.proved, language=found.language)
        # "/help" is a command.
        if not text.lstrip().startswith("/") and (language := self._cry(utterance.whole)) is not None:
            return Cry(language)
        whole = utterance.whole
        flag = self.cries.asked_about(whole.normalised) or self.cries.asked_about(whole.repaired)
        if flag is None or (found.flag is not None and found.flag.group == flag.group):
            flag = found.flag  # the gate may know of a worse level
        if flag is None and is_fragment(text):
            return Fragment()
        meant = self._meaning(utterance, text, found.ideas, context)
        return meant if flag is None else Screened(flag, meant)

    def examine(self, text: str, earlier: Iterable[Idea] = ()) -> Examined:
        """Return how ``text`` is read, and what the gate finds; ``earlier`` as in ``understand``."""
        shown, spoken = self._shown(text), in_words(text)
        text, own = self._parts(spoken)
        utterance = self.preparer.prepare(text)
        judged: Utterance | None = utterance
        if own != text:
            judged = self.preparer.prepare(own) if words(normalise(own)) else None
        found = self.gate.examine(judged, earlier) if judged is not None else CLEAR
        return Examined(text, utterance, judged, found, shown, quotes=own != spoken)

    def understand_all(self, texts: Sequence[str], name: str | None = None) -> Iterator[Understanding]:
        """Yield what each of ``texts`` means as the first message of a conversation, much quicker than one by one.

        Where ``name`` is given, vectors that had to be computed are kept there between runs.
        """
        read = [self._parts(in_words(text))[0] for text in texts]
        # The reader takes several questions apart; a single one is the message itself.
        asked = [split_questions(text[:LONGEST_WHOLE]) for text in read]
        groups = [[text, *(several if len(several) > 1 else ())] for text, several in zip(read, asked, strict=True)]
        for place, preparer in self.preparer.rehearsals(groups, name):
            ready = replace(self, preparer=preparer, reader=self.reader.over(preparer))
            yield ready.understand(texts[place])

    def _parts(self, text: str) -> tuple[str, str]:
        """Return what of ``text`` is read as a question, and what its writer says themselves: the gate's part.

        What they add to something quoted is the question, where it is more than a few words.
        """
        bare = without_asides(text)
        own = self.quotes.own_part(bare)
        if not words(normalise(bare)):
            return without_addresses(text), own
        return (own, own) if len(words(normalise(own))) >= _FEWEST_OF_OWN else (text, own)

    def _shown(self, text: str) -> RedFlag | None:
        """Return what is to be asked about because emoji in ``text`` show it."""
        groups = self.knowledge.red_flags
        for group_id, shows in ((_BLEEDING, speaks_of_bleeding), (_BREATH, speaks_of_breath)):
            if shows(text):
                return RedFlag.of(groups[group_id]) if group_id in groups else UNKNOWN
        return None

    def _cry(self, part: Part) -> str | None:
        """Return the code of the language in which ``part`` is a cry for help, as typed or mended."""
        as_typed = self.cries.language(part.normalised)
        return as_typed if as_typed is not None else self.cries.language(part.repaired)

    def _meaning(
        self, utterance: Utterance, text: str, ideas: frozenset[Idea], context: Context
    ) -> Understood | Foreign:
        if utterance.language is not None:
            return Foreign(utterance.language)
        reading = self.reader.read(utterance, text, context)
        return Understood(
            reading.ranking,
            reading.decisions,
            ideas,
            reading.leaned_on,
            link=reading.link,
            body_part=body_part(utterance.whole.repaired),
            cautions=self.reader.cautions_in(utterance),
            passage=self._passage(utterance, reading, context.topic),
        )

    def _passage(self, utterance: Utterance, reading: Reading, last: str) -> Passage | None:
        answers = [decision.best.entry_id for decision in reading.decisions if isinstance(decision, Answer)]
        again = answers == [last] and not self.knowledge.is_small_talk(self.knowledge.entries[last])
        return self.passages.answering(utterance.whole, last) if again else None
