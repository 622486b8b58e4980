"""The red-flag gate: decides whether a message tells of a danger sign.

Four kinds of evidence about every sentence, and about the message as a whole, are weighed together:
the word combinations that staff wrote (negation heeded), what a classifier over words and sentence vectors
sees, how near the text is to listed signs, look-alikes and harmless questions, and turns of phrase that
show whether it is happening or only spoken of. The weights come from logistic regression on messages held
out from the classifier: ``tests/benchmarks/fit_gate.py`` prints them and says what they cost.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from bot.knowledge.model import KnowledgeBase, Level
from bot.text.likeness import logistic
from bot.text.likeness.utterance import Heard, Part, Preparer, Utterance
from bot.text.normalise import words
from bot.triage.classifier import Resemblance, SignClassifier
from bot.triage.cues import Cues
from bot.triage.evidence import Evidence
from bot.triage.rules import Idea, Mentioned, RedFlag, WordRules, most_urgent
from bot.triage.weights import THRESHOLD, WEIGHTS

UNKNOWN = RedFlag(None, Level.NOW)
"""What a message counts as when the gate could not judge it."""
_URGENT_SHARE = 0.5
"""A more urgent level of the same group is taken when its score is at least this share of the milder one's:
any doubt goes one level up."""
_LONGEST = 40
"""Words from which on a text counts as long."""


@dataclass(frozen=True)
class Unit:
    """A sentence or a whole message, with all the evidence about it."""

    part: Heard
    mentioned: Mentioned
    rule_flags: tuple[RedFlag, ...]
    denied: bool
    cues: Cues
    resemblance: Resemblance

    def evidence(self) -> Evidence:
        """Return the evidence as numbers."""
        seen, cues = self.resemblance, self.cues
        to_signs, to_look_alikes, to_harmless = seen.meaning
        return Evidence(
            score=seen.score,
            best_flag=seen.best[0][1] if seen.best else 0.0,
            to_signs=seen.to_signs,
            to_look_alikes=seen.to_look_alikes,
            meaning_to_signs=to_signs,
            meaning_to_look_alikes=to_look_alikes,
            meaning_to_harmless=to_harmless,
            word_combination=float(bool(self.rule_flags)),
            denied_combination=float(self.denied),
            asks=cues.asks,
            supposes=cues.supposes,
            past=cues.past,
            told=cues.told,
            denies=cues.denies,
            now=cues.now,
            length=min(len(words(self.part.repaired)), _LONGEST) / _LONGEST,
        )


@dataclass(frozen=True)
class Finding:
    """The most urgent danger sign of a message, or ``None``, and all ideas the message asserts."""

    flag: RedFlag | None
    ideas: frozenset[Idea]


class Gate:
    """Looks for danger signs. Pure and immutable once built."""

    def __init__(
        self, knowledge: KnowledgeBase, preparer: Preparer, classifier: SignClassifier | None = None
    ) -> None:
        self._rules = WordRules(knowledge, preparer)
        self._classifier = classifier or SignClassifier.for_knowledge(knowledge, preparer)
        self._order = {group: place for place, group in enumerate(knowledge.red_flags)}

    def examine(self, utterance: Utterance, earlier: Iterable[Idea] = ()) -> Finding:
        """Return the most urgent danger sign in ``utterance``, if there is one, and the ideas it mentions.

        ``earlier``: ideas mentioned before in the conversation; they count together with new ones.
        """
        # What staff wrote down is law: a listed sign is one, a listed look-alike alone is none; a sign wins.
        listed = [self._rules.listed(part.repaired) for part in (utterance.whole, *utterance.sentences)]
        if not any(listed) and self._rules.is_look_alike(utterance.whole.repaired):
            return Finding(None, frozenset())
        units = self.units(utterance, frozenset(earlier))
        flagged = sorted((unit for unit in units if probability(unit) >= THRESHOLD), key=probability, reverse=True)
        flags = [flag for unit in flagged for flag in self._named(unit)]
        flag = most_urgent([*(flag for flag in listed if flag is not None), *flags])
        return Finding(flag, frozenset(idea for unit in units for idea in unit.mentioned.asserted))

    def suspects(self, parts: Sequence[Part]) -> bool:
        """Return whether sentences tell of a danger sign as staff wrote it down: a quick look, without vectors."""
        if any(self._rules.listed(part.repaired) for part in parts):
            return True
        alone = [self._rules.mentioned(part.repaired) for part in parts]
        return any(self._rules.flags(window) for window in _windows(alone))

    def units(self, utterance: Utterance, earlier: frozenset[Idea] = frozenset()) -> list[Unit]:
        """Return the evidence about each sentence and, if there are several, about the whole.

        Ideas of neighbouring sentences count together, and with those mentioned ``earlier``.
        """
        sentences = utterance.sentences
        alone = [self._rules.mentioned(sentence.repaired) for sentence in sentences]
        windows = _windows(alone)
        parts = list(sentences)
        mentioned = [*windows, windows[-1]] if len(windows) < len(parts) else list(windows)
        if len(sentences) > 1:
            parts.append(utterance.whole)
            mentioned.append(self._together(windows))
        seen = self._classifier.judge(parts) if parts else []
        return [
            Unit(
                part,
                ideas,
                tuple(self._rules.flags(ideas, earlier)),
                bool(self._rules.denied_flags(ideas)),
                Cues.of(part.repaired),
                resemblance,
            )
            for part, ideas, resemblance in zip(parts, mentioned, seen, strict=True)
        ]

    def _together(self, windows: Sequence[Mentioned]) -> Mentioned:
        """Return the ideas of the window that adds up to most, for the whole message."""
        return max(windows, key=lambda window: (len(self._rules.flags(window)), len(window.asserted)))

    def _named(self, unit: Unit) -> list[RedFlag]:
        """Return which flags a flagged unit raises: those of its word combinations, else the classifier's best.

        Several groups often share words; the one that the classifier finds most like the text comes first.
        """
        likeness = {flag.group: score for flag, score in reversed(unit.resemblance.best)}
        flags = sorted(unit.rule_flags, key=lambda flag: -likeness.get(flag.group, 0.0))
        if unit.resemblance.best and not flags:
            best, score = unit.resemblance.best[0]
            # A score below zero is below half of itself: the best one then stands alone.
            near = [other for other, share in unit.resemblance.best if share >= _URGENT_SHARE * score]
            level = max((flag.level for flag in near if flag.group == best.group), default=best.level)
            flags.append(RedFlag(best.group, level))
        return flags


def _windows(alone: Sequence[Mentioned]) -> list[Mentioned]:
    """Return the ideas of each two neighbouring sentences, or of the only one."""
    return [a.joined(b) for a, b in pairwise(alone)] or list(alone)


def probability(unit: Unit) -> float:
    """Return how likely ``unit`` tells of a danger sign, from 0 to 1."""
    return float(logistic.probability(np.array(unit.evidence()), np.array(WEIGHTS)))
