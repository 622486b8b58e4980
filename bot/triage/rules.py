"""Word combinations: ideas that only together are a danger sign, as staff wrote them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.knowledge.model import KnowledgeBase, Level, RedFlagGroup
from bot.text.likeness.utterance import Part, Preparer
from bot.text.normalise import Normalised, words
from bot.triage.negation import negated
from bot.triage.stems import stems

SELF_HARM = "self-harm"
"""The group that gets words of its own."""
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
        self._wordings: dict[str, list[tuple[tuple[str, ...], Idea]]] = {}
        self._rules: list[_Rule] = []
        self._listed: dict[tuple[str, ...], RedFlag] = {}
        self._harmless: set[tuple[str, ...]] = set()
        for group in knowledge.red_flags.values():
            for name, wordings in group.words.items():
                for wording in wordings:
                    self._index((group.id, name), preparer.part(wording))
            for signs in group.signs:
                flag = RedFlag(group.id, signs.level)
                self._rules += [_Rule(flag, frozenset((group.id, i) for i in row)) for row in signs.together]
                self._listed.update(dict.fromkeys(map(_spoken, preparer.mended(signs.messages)), flag))
            self._harmless.update(map(_spoken, preparer.mended(group.look_alikes)))

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
        for at, token in enumerate(tokens):
            for wording, idea in self._wordings.get(token, ()):
                if tokens[at : at + len(wording)] == wording:
                    (denied if covered[at] else asserted).add(idea)
        return Mentioned(frozenset(asserted), frozenset(denied))

    def flags(self, mentioned: Mentioned, earlier: frozenset[Idea] = frozenset()) -> list[RedFlag]:
        """Return the danger signs that the asserted ideas add up to.

        Ideas mentioned ``earlier`` may complete a sign, but at least one must be new.
        """
        asserted = mentioned.asserted | earlier
        return [
            rule.flag
            for rule in self._rules
            if rule.ideas <= asserted and not rule.ideas.isdisjoint(mentioned.asserted)
        ]

    def denied_flags(self, mentioned: Mentioned) -> list[RedFlag]:
        """Return the danger signs there would be if nothing were negated, but are not."""
        everything = mentioned.asserted | mentioned.denied
        return [
            rule.flag for rule in self._rules if rule.ideas <= everything and not rule.ideas <= mentioned.asserted
        ]

    def _index(self, idea: Idea, part: Part) -> None:
        for text in {part.normalised, part.repaired}:
            wording = stems(text)
            if wording:
                self._wordings.setdefault(wording[0], []).append((wording, idea))


def _spoken(text: Normalised) -> tuple[str, ...]:
    """Return the words of ``text``: a full stop, or an emoji behind it, makes no other sign of a sign."""
    return tuple(words(text))


def most_urgent(flags: Sequence[RedFlag]) -> RedFlag | None:
    """Return the flag with the highest level, the first of equals, or nothing."""
    return max(flags, key=lambda flag: flag.level, default=None)
