"""Pure: which messages two versions of the knowledge are asked, and what a difference between them means."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from bot.dialogue.reply import Outcome, Reply
from bot.knowledge.model import OUT_OF_SCOPE, KnowledgeBase
from bot.matching.decision import Answer, Choices, Decision
from bot.triage.rules import RedFlag
from bot.understanding.mind import Cry, Flagged, Screened, Understanding, Understood


class Kind(StrEnum):
    """Where a message that is replayed comes from."""

    GOLDEN = "golden question"
    FOLLOW_UP = "golden follow-up"
    SIGN = "danger sign"
    LOOK_ALIKE = "look-alike"
    QUESTION = "kept question"
    MESSAGE = "message"
    PHRASING = "phrasing"


class Effect(StrEnum):
    """What a change means; the first are the most important."""

    RED_FLAG_WORSE = "danger sign worse"
    GOLDEN_WORSE = "golden question worse"
    WRONG = "now wrong"
    LOST = "answer lost"
    TIE = "now asks which"
    OTHER = "other answer"
    BETTER = "better"

    @property
    def is_error(self) -> bool:
        """Whether such a change must not go out: a golden question or a danger sign got worse."""
        return self in (Effect.RED_FLAG_WORSE, Effect.GOLDEN_WORSE)


ORDER = {effect: place for place, effect in enumerate(Effect)}


@dataclass(frozen=True)
class Got:
    """What a message got: entries answered or offered, or a danger group with its level. Never how sure it was."""

    outcome: Outcome
    ids: tuple[str, ...] = ()
    level: str = ""

    @classmethod
    def flagged(cls, outcome: Outcome, flag: RedFlag) -> "Got":
        """Return an alarm or a screening question about ``flag``."""
        return cls(outcome, (flag.group or "unknown",), flag.level.name)

    @classmethod
    def of(cls, understood: Understanding) -> "Got":
        """Return what a message that was ``understood`` so gets."""
        match understood:
            case Flagged(flag):
                return cls.flagged(Outcome.RED_FLAG, flag)
            case Screened(flag):
                return cls.flagged(Outcome.SCREENING, flag)
            case Cry():
                return cls(Outcome.RED_FLAG, ("cry",))
            case Understood() as meant:
                return cls.decided(meant.decisions)
            case _:
                return cls(Outcome.FALLBACK)

    @classmethod
    def decided(cls, decisions: Sequence[Decision]) -> "Got":
        """Return what comes of ``decisions``: the answers, or else the first choices."""
        answers = tuple(d.best.entry_id for d in decisions if isinstance(d, Answer))
        if answers:
            return cls(Outcome.ANSWER, answers)
        offered = next((d for d in decisions if isinstance(d, Choices)), None)
        if offered is None:
            return cls(Outcome.FALLBACK)
        return cls(Outcome.CHOICES, tuple(candidate.entry_id for candidate in offered.candidates))

    @classmethod
    def replied(cls, reply: Reply) -> "Got":
        """Return what ``reply`` says."""
        if reply.outcome.is_urgent:
            level = reply.level.name if reply.level is not None else ""
            return cls(reply.outcome, (reply.red_flag or "unknown",), level)
        return cls(reply.outcome, reply.entries or reply.choices)

    def same_as(self, other: "Got") -> bool:
        """Return whether a person would notice no difference; the order of choices is none."""
        return (self.outcome, frozenset(self.ids), self.level) == (
            other.outcome,
            frozenset(other.ids),
            other.level,
        )

    def __str__(self) -> str:
        match self.outcome:
            case Outcome.ANSWER:
                return " + ".join(self.ids) or "a page"
            case Outcome.CHOICES:
                return f"which: {', '.join(self.ids)}"
            case Outcome.FALLBACK:
                return "no answer"
            case Outcome.SCREENING:
                return f"asks about {self.ids[0]} ({self.level})"
            case Outcome.RED_FLAG:
                return f"danger sign {self.ids[0]}" + (f" ({self.level})" if self.level else "")


@dataclass(frozen=True)
class Case:
    """A message to be asked of both versions.

    ``owner``: the entry or group it belongs to, ``""`` for a kept question. ``after``: what was said before it.
    ``was`` and ``now`` are filled in where a version need not be asked, since it holds the message as its own.
    ``left_out``: both hold it, so each is asked without it.
    """

    kind: Kind
    text: str
    owner: str = ""
    after: tuple[str, ...] = ()
    was: Got | None = None
    now: Got | None = None
    left_out: bool = False
    harmless: bool = False
    """Whether the new version says that it is no danger sign."""


@dataclass(frozen=True)
class Change:
    """A message that gets something else now."""

    case: Case
    was: Got
    now: Got
    effect: Effect

    @property
    def entry(self) -> str:
        """The entry, danger group or ``OUT_OF_SCOPE`` under which it is told."""
        return self.case.owner or (self.was.ids or self.now.ids or (OUT_OF_SCOPE,))[0]


def cases(old: KnowledgeBase, new: KnowledgeBase, questions: Iterable[str] = ()) -> list[Case]:
    """Return what both versions are to be asked: all that either holds, and ``questions`` that were kept.

    Where both agree on all that danger signs are told from, the signs and look-alikes of both are left out: what is
    listed is law to the gate.
    """
    found = [*_golden(old, new)]
    if not same_signs(old, new):
        found += _signs(old, new)
    found += [Case(Kind.QUESTION, text) for text in dict.fromkeys(questions)]
    if not same_understanding(old, new):
        found += _messages(old, new)
        found += _phrasings(old, new)
    return found


def same_signs(old: KnowledgeBase, new: KnowledgeBase) -> bool:
    """Return whether both agree on all that danger signs are told from, harmless phrasings excepted."""
    return _signs_in(old) == _signs_in(new)


def same_understanding(old: KnowledgeBase, new: KnowledgeBase) -> bool:
    """Return whether both understand a first message alike, since they differ in what they say at most."""
    return understood_from(old) == understood_from(new)


def understood_from(knowledge: KnowledgeBase) -> tuple[object, ...]:
    """Return all that the understanding of a first message rests on.

    What the bot says is not part of it. It matters only to whoever pastes it back.
    """
    entries = [
        (e.id, e.title, e.subject, e.menu, e.status, e.ask, e.not_about, e.follow_ups, e.caution, e.part_of)
        for e in knowledge.entries.values()
    ]
    unsaid = [(section.id, section.listed, section.after_red_flag) for section in knowledge.menu]
    return (
        entries,
        unsaid,
        _signs_in(knowledge),
        *(knowledge.off_topic, knowledge.follow_ups, sorted(knowledge.messages.items())),
    )


def _signs_in(knowledge: KnowledgeBase) -> tuple[object, ...]:
    groups = [(g.id, g.signs, sorted(g.words.items()), g.look_alikes) for g in knowledge.red_flags.values()]
    return (
        groups,
        sorted(knowledge.synonyms.items()),
        sorted(knowledge.cries.items()),
        sorted(knowledge.languages.items()),
    )


def _golden(old: KnowledgeBase, new: KnowledgeBase) -> Iterator[Case]:
    owners = {q: owner for version in (old, new) for owner, asked in version.golden.items() for q in asked}
    yield from (Case(Kind.GOLDEN, text, owner) for text, owner in owners.items())
    talks = {(talk.after, talk.ask): talk.gets for version in (old, new) for talk in version.golden_talks}
    yield from (Case(Kind.FOLLOW_UP, ask, gets, after) for (after, ask), gets in talks.items())


def _signs(old: KnowledgeBase, new: KnowledgeBase) -> Iterator[Case]:
    owners: dict[str, str] = {}
    harmless: dict[str, str] = {}
    for version in (old, new):
        for group in version.red_flags.values():
            owners |= {text: group.id for signs in group.signs for text in signs.messages}
            harmless |= dict.fromkeys(group.look_alikes, group.id)
    declared = {text for group in new.red_flags.values() for text in group.look_alikes}
    for text, owner in owners.items():
        if text not in declared:
            yield Case(Kind.SIGN, text, owner)
    listed = {text for group in new.red_flags.values() for signs in group.signs for text in signs.messages}
    for text, owner in harmless.items():
        if text not in listed:
            yield Case(Kind.LOOK_ALIKE, text, owner, harmless=text in declared)


def _messages(old: KnowledgeBase, new: KnowledgeBase) -> Iterator[Case]:
    owners = {text: owner for version in (old, new) for owner, texts in version.messages.items() for text in texts}
    for text, owner in owners.items():
        yield Case(Kind.MESSAGE, text, owner, harmless=True)


def _phrasings(old: KnowledgeBase, new: KnowledgeBase) -> Iterator[Case]:
    before, after = _asked(old), _asked(new)
    for text in before | after:
        was, now = before.get(text, ""), after.get(text, "")
        case = Case(Kind.PHRASING, text, now or was, harmless=True)
        if was == now:
            yield replace(case, left_out=True)
            continue
        held = [Got(Outcome.ANSWER, (owner,)) if owner else None for owner in (was, now)]
        yield replace(case, was=held[0], now=held[1])


def _asked(knowledge: KnowledgeBase) -> dict[str, str]:
    """Return the phrasings that are learned from, each with its entry."""
    return {phrase: entry.id for entry in knowledge.published for phrase in knowledge.teaching_phrases(entry)}


def changes(
    asked: Sequence[Case], was: Sequence[Got], now: Sequence[Got], old: KnowledgeBase, new: KnowledgeBase
) -> list[Change]:
    """Return what ``asked`` got before and gets now where it differs, the most important first, then by entry."""
    found = [
        Change(case, before, after, _effect(case, before, after, old, new))
        for case, before, after in zip(asked, was, now, strict=True)
        if not before.same_as(after)
    ]
    return sorted(found, key=lambda c: (ORDER[c.effect], c.entry, c.case.kind, c.case.text))


def _effect(case: Case, was: Got, now: Got, old: KnowledgeBase, new: KnowledgeBase) -> Effect:
    danger = _alarm(now) - _alarm(was)
    if case.kind is Kind.SIGN or (case.kind is Kind.FOLLOW_UP and case.owner in {*new.red_flags, *old.red_flags}):
        return Effect.RED_FLAG_WORSE if danger < 0 else Effect.BETTER if danger > 0 else Effect.OTHER
    if case.kind is Kind.LOOK_ALIKE and danger:
        return Effect.BETTER if danger < 0 else Effect.RED_FLAG_WORSE if case.harmless else Effect.OTHER
    if danger < 0 and not case.harmless and case.kind is Kind.QUESTION:
        return Effect.RED_FLAG_WORSE  # nobody has said that it is harmless
    gain = _helped(case.owner, now, new) - _helped(case.owner, was, old)
    # An answer that was taken away on purpose takes its golden questions along.
    gone = case.owner in old.entries and new.published_entry(case.owner) is None
    if case.kind in (Kind.GOLDEN, Kind.FOLLOW_UP) and gain < 0 and not gone:
        return Effect.GOLDEN_WORSE
    if gain > 0:
        return Effect.BETTER
    return _plain_effect(case.owner, was, now, new)


def _plain_effect(owner: str, was: Got, now: Got, new: KnowledgeBase) -> Effect:
    if owner and now.outcome is Outcome.ANSWER and not _is_right(owner, now, new):
        return Effect.WRONG
    if was.outcome is Outcome.ANSWER and now.outcome is Outcome.CHOICES:
        return Effect.TIE
    if was.outcome in (Outcome.ANSWER, Outcome.CHOICES) and now.outcome is not Outcome.ANSWER:
        lost = owner not in now.ids if owner in was.ids else now.outcome is not Outcome.CHOICES
        return Effect.LOST if lost and owner != OUT_OF_SCOPE else Effect.OTHER
    return Effect.OTHER


def _alarm(got: Got) -> int:
    """Return how urgently a message is taken for a danger sign: 0 not at all, an alarm before any question."""
    levels = ("", "BEFORE", "TODAY", "NOW")
    match got.outcome:
        case Outcome.RED_FLAG:
            return len(levels) + levels.index(got.level)
        case Outcome.SCREENING:
            return levels.index(got.level)
        case _:
            return 0


def _helped(owner: str, got: Got, knowledge: KnowledgeBase) -> int:
    """Return how well ``got`` helps somebody who meant ``owner``: 3 at once, 2 offered, 1 without harm, else 0."""
    if not owner:
        return 0
    if owner == OUT_OF_SCOPE:
        return {Outcome.FALLBACK: 3, Outcome.CHOICES: 2}.get(got.outcome, 0)
    if _is_right(owner, got, knowledge):
        return 3 if got.outcome is Outcome.ANSWER else 2
    return 0 if got.outcome in (Outcome.ANSWER, Outcome.RED_FLAG) else 1


def _is_right(owner: str, got: Got, knowledge: KnowledgeBase) -> bool:
    return got.outcome in (Outcome.ANSWER, Outcome.CHOICES) and owner in knowledge.with_topics(got.ids)
