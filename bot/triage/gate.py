"""The red-flag gate: does this message tell of a danger sign?"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from bot.knowledge.model import KnowledgeBase, Level
from bot.text.normalise import Normalised
from bot.text.utterance import Part, Preparer, Utterance
from bot.triage.negation import negated
from bot.triage.stems import stems

_Wording = tuple[str, ...]

_ASKING_IN_GENERAL = re.compile(
    r"\b(?:what are (?:the )?(?:signs?|symptoms?)|(?:signs?|symptoms?) of|how (?:do|would|will) (?:i|you) know"
    r"|what (?:would|does|do) .{0,30}(?:feel|look) like|what is the risk|risk of|can it cause|could it cause"
    r"|hypothetically|in theory|is it true)\b"
)


@dataclass(frozen=True)
class RedFlag:
    """A danger sign: its group's id, or ``None`` when the gate failed and the kind is unknown."""

    group: str | None
    level: Level


UNKNOWN = RedFlag(None, Level.NOW)
"""What a message counts as when the gate could not judge it."""


@dataclass(frozen=True)
class _Rule:
    """Ideas (names of word lists of one group) that together are a sign."""

    flag: RedFlag
    ideas: frozenset[tuple[str, str]]


class Gate:
    """Looks for danger signs. Pure and immutable once built."""

    def __init__(self, knowledge: KnowledgeBase, preparer: Preparer) -> None:
        self._wordings: dict[str, list[tuple[_Wording, tuple[str, str]]]] = {}
        self._rules: list[_Rule] = []
        self._messages: dict[Normalised, RedFlag] = {}
        self._look_alikes = set()
        for group in knowledge.red_flags.values():
            for idea, wordings in group.words.items():
                self._index((group.id, idea), map(preparer.part, wordings))
            for signs in group.signs:
                flag = RedFlag(group.id, signs.level)
                self._rules += [_Rule(flag, frozenset((group.id, i) for i in row)) for row in signs.together]
                self._messages.update({p.repaired: flag for p in map(preparer.part, signs.messages)})
            self._look_alikes |= {p.repaired for p in map(preparer.part, group.look_alikes)}

    def examine(self, utterance: Utterance) -> RedFlag | None:
        """Return the most urgent danger sign in ``utterance``, or nothing.

        Signs that only together are a flag may stand in two neighbouring sentences.
        """
        if utterance.whole.repaired in self._look_alikes:
            return None
        found = [self._messages[p.repaired] for p in utterance.sentences if p.repaired in self._messages]
        if utterance.whole.repaired in self._messages:
            found.append(self._messages[utterance.whole.repaired])
        ideas = [self._ideas(sentence) for sentence in utterance.sentences]
        windows: Iterable[set[tuple[str, str]]] = [a | b for a, b in pairwise(ideas)] if len(ideas) > 1 else ideas
        for window in windows:
            found += [rule.flag for rule in self._rules if rule.ideas <= window]
        return max(found, key=lambda flag: flag.level, default=None)

    def _ideas(self, sentence: Part) -> set[tuple[str, str]]:
        if _ASKING_IN_GENERAL.search(sentence.repaired):
            return set()
        tokens = stems(sentence.repaired)
        covered = negated(tokens)
        found = set()
        for at, token in enumerate(tokens):
            for wording, idea in self._wordings.get(token, ()):
                if tokens[at : at + len(wording)] == wording and not covered[at]:
                    found.add(idea)
        return found

    def _index(self, idea: tuple[str, str], wordings: Iterable[Part]) -> None:
        for part in wordings:
            for text in {part.normalised, part.repaired}:
                wording = stems(text)
                if wording:
                    self._wordings.setdefault(wording[0], []).append((wording, idea))
