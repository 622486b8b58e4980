"""Word combinations: ideas that only together are a danger sign, as staff wrote them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from bot.knowledge.model import KnowledgeBase, Level, RedFlagGroup
from bot.text.likeness.utterance import Part, Preparer
from bot.text.normalise import Normalised, words
from bot.triage.negation import negated
from bot.triage.stems import places, stems

SELF_HARM = "self-harm"
"""The group that gets words of its own."""
_GAP = 2
"""Words between two that count, up to which they are quoted in one piece."""
Idea = tuple[str, str]
"""(group, name of a word list): a code that says what kind of thing was mentioned, never how."""


@dataclass(frozen=True)
class RedFlag:
    """A danger sign: its group's id, or ``None`` when the gate failed and the kind is unknown."""

    group: str | None
    level: Level

    @classmethod
    def of(cls, group: RedFlagGroup) -> "RedFlag":
        """Return the flag of ``group`` at its base level."""
        return cls(group.id, group.signs[0].level)


UNKNOWN = RedFlag(None, Level.NOW)
"""What a danger of no known kind counts as."""
PLANNED = RedFlag(SELF_HARM, Level.NOW)
"""A plan, means, or tablets taken: always an alarm where a word combination proves it, and never taken back."""


@dataclass(frozen=True)
class Mentioned:
    """The ideas in a text: those asserted, and those that a negation covers."""

    asserted: frozenset[Idea] = frozenset()
    denied: frozenset[Idea] = field(default=frozenset())

    def joined(self, other: "Mentioned") -> "Mentioned":
        """Return the ideas of both texts."""
        return Mentioned(self.asserted | other.asserted, self.denied | other.denied)


@dataclass(frozen=True)
class _Rule:
    flag: RedFlag
    ideas: frozenset[Idea]


class WordRules:
    """Finds the ideas in a sentence and the danger signs they add up to."""

    def __init__(self, knowledge: KnowledgeBase, preparer: Preparer) -> None:
        self._wordings: dict[tuple[str, ...], tuple[Idea, ...]] = {}
        self._lengths: dict[str, set[int]] = {}
        """First word of a wording → how many words the wordings that begin with it have."""
        self._rules: list[_Rule] = []
        self._listed: dict[tuple[str, ...], RedFlag] = {}
        self._harmless: set[tuple[str, ...]] = set()
        known: dict[str, set[tuple[str, ...]]] = {}  # many a wording stands in several lists
        for group in knowledge.red_flags.values():
            for name, wordings in group.words.items():
                for wording in wordings:
                    if wording not in known:
                        known[wording] = _spellings(preparer.part(wording))
                    self._index((group.id, name), known[wording])
            for signs in group.signs:
                flag = RedFlag(group.id, signs.level)
                self._rules += [_Rule(flag, frozenset((group.id, i) for i in row)) for row in signs.together]
                self._listed.update(dict.fromkeys(map(_spoken, preparer.mended(signs.messages)), flag))
            self._harmless.update(map(_spoken, preparer.mended(group.look_alikes)))
        self._with: dict[Idea, list[int]] = {}
        for number, rule in enumerate(self._rules):
            for idea in rule.ideas:
                self._with.setdefault(idea, []).append(number)

    def listed(self, text: Normalised) -> RedFlag | None:
        """Return the flag of ``text`` when staff listed it as a sign, word for word, whatever its marks."""
        return self._listed.get(_spoken(text))

    def is_look_alike(self, text: Normalised) -> bool:
        """Return whether staff listed ``text``, word for word, as a look-alike, whatever its marks."""
        return _spoken(text) in self._harmless

    def mentioned(self, text: Normalised) -> Mentioned:
        """Return the ideas that ``text``, one sentence, mentions."""
        tokens = stems(text)
        covered = negated(tokens)
        asserted: set[Idea] = set()
        denied: set[Idea] = set()
        for at, _, ideas in self._found(tokens):
            (denied if covered[at] else asserted).update(ideas)
        return Mentioned(frozenset(asserted), frozenset(denied))

    def quoted(self, text: Normalised, ideas: frozenset[Idea]) -> tuple[tuple[str, ...], frozenset[Idea]]:
        """Return the stretches of ``text``, one sentence, that assert any of ``ideas``, and which they assert."""
        tokens = stems(text)
        covered = negated(tokens)
        stretches: list[tuple[int, int]] = []
        asserted: set[Idea] = set()
        for at, length, named in self._found(tokens):
            if covered[at] or ideas.isdisjoint(named):
                continue
            asserted.update(ideas.intersection(named))
            start, end = stretches.pop() if stretches and at <= stretches[-1][1] + _GAP else (at, at)
            stretches.append((start, max(end, at + length)))
        where = places(text)
        return tuple(text[where[a][0] : where[b - 1][1]] for a, b in stretches), frozenset(asserted)

    def _found(self, tokens: tuple[str, ...]) -> Iterator[tuple[int, int, tuple[Idea, ...]]]:
        """Yield where a listed wording begins, how many tokens it has, and the ideas that it stands for."""
        for at, token in enumerate(tokens):
            for length in self._lengths.get(token, ()):
                wording = tokens[at : at + length]  # at the end of a text, fewer
                if ideas := self._wordings.get(wording):
                    yield at, len(wording), ideas

    def flags(self, mentioned: Mentioned, earlier: frozenset[Idea] = frozenset()) -> list[RedFlag]:
        """Return the danger signs that the asserted ideas add up to.

        Ideas mentioned ``earlier`` may complete a sign, but at least one must be new.
        """
        return [flag for flag, _ in self.combinations(mentioned, earlier)]

    def combinations(
        self, mentioned: Mentioned, earlier: frozenset[Idea] = frozenset()
    ) -> list[tuple[RedFlag, frozenset[Idea]]]:
        """Return what ``flags`` returns, each with the ideas that add up to it."""
        asserted = mentioned.asserted | earlier
        return [(rule.flag, rule.ideas) for rule in self._touching(mentioned.asserted) if rule.ideas <= asserted]

    def denied_flags(self, mentioned: Mentioned) -> list[RedFlag]:
        """Return the danger signs there would be if nothing were negated, but are not."""
        everything = mentioned.asserted | mentioned.denied
        return [
            rule.flag for rule in self._touching(mentioned.denied - mentioned.asserted) if rule.ideas <= everything
        ]

    def _touching(self, ideas: frozenset[Idea]) -> Iterator[_Rule]:
        """Yield the rules that have one of ``ideas``, in the order in which they are written."""
        return (self._rules[number] for number in sorted({n for idea in ideas for n in self._with.get(idea, ())}))

    def _index(self, idea: Idea, spellings: Iterable[tuple[str, ...]]) -> None:
        for wording in spellings:
            self._wordings[wording] = (*self._wordings.get(wording, ()), idea)
            self._lengths.setdefault(wording[0], set()).add(len(wording))


def _spellings(part: Part) -> set[tuple[str, ...]]:
    """Return the stems of a wording, as typed and as mended."""
    return {wording for text in {part.normalised, part.repaired} if (wording := stems(text))}


def _spoken(text: Normalised) -> tuple[str, ...]:
    """Return the words of ``text``: a full stop, or an emoji behind it, makes no other sign of a sign."""
    return tuple(words(text))


def most_urgent(flags: Sequence[RedFlag]) -> RedFlag | None:
    """Return the flag with the highest level, the first of equals, or nothing."""
    return max(flags, key=lambda flag: flag.level, default=None)
