"""What the answers lack: kept questions, grouped by what their writers need. Pure."""

import hashlib
import re
import threading
import weakref
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from bot.clinic.masking import masked_again, masking
from bot.storage.protocol import KeptQuestion
from bot.text.likeness.among import alike
from bot.text.likeness.arrays import Floats
from bot.text.normalise import Normalised
from bot.understanding.mind import Mind

TOGETHER = 0.136
"""Average likeness from which two groups are one need; chosen on made-up questions about other needs."""
NEAREST = 3
MOST = 500
"""Kept questions that are grouped, the latest: to group takes the third power of their number."""
SHORT_ID = 7
"""Digits of a question's id that name its gap on a button, where little fits beside an entry's id."""
_LONGEST = 400
"""Characters of a question that are compared. A likeness takes 100 kB for each of its sentences, and one runner
could have long ones kept until there is no memory left to answer anybody."""
_BLOCK = 16
"""Questions compared at once: more take more memory, fewer more time."""
_MARK = re.compile(r"\[[a-z-]+\]")


@dataclass(frozen=True)
class Gap:
    """One need that nothing answers: its questions, the most asked first, and the ids of the nearest entries."""

    questions: tuple[KeptQuestion, ...]
    nearest: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Names it as long as its first question is kept."""
        return self.questions[0].id[:SHORT_ID]

    @property
    def version(self) -> str:
        """Changes with the questions in it."""
        ids = "".join(sorted(question.id for question in self.questions))
        return hashlib.sha256(ids.encode()).hexdigest()[:SHORT_ID]

    @property
    def count(self) -> int:
        """How many people asked, one who asked in several ways counted for each."""
        return sum(question.count for question in self.questions)

    @property
    def first(self) -> date:
        """The day it was asked first."""
        return min(question.day for question in self.questions)

    @property
    def last(self) -> date:
        """The day it was asked last."""
        return max(question.last or question.day for question in self.questions)


@dataclass(frozen=True)
class _Need:
    """The ids of questions that mean the same, and of the entries nearest to them."""

    questions: tuple[str, ...]
    nearest: tuple[str, ...]


@dataclass(frozen=True)
class _Compared:
    """What is left of a question once it is compared: little, beside all that it was compared by."""

    text: Normalised
    vector: Floats | None
    confidence: Mapping[str, float]
    """By entry, small talk left out."""


class Grouping:
    """Groups kept questions by meaning, and remembers, without their words, how it grouped the last ones.

    Whoever taps button after button does not wait each time, and of two who look at once one waits for the other.
    """

    def __init__(self) -> None:
        self._busy = threading.Lock()
        self._mind: weakref.ref[Mind] | None = None
        """Not to keep knowledge in memory that nothing is answered from any more."""
        self._ids: frozenset[str] = frozenset()
        self._needs: list[_Need] = []

    def gaps_of(self, mind: Mind, kept: Sequence[KeptQuestion]) -> list[Gap]:
        """Return ``kept`` grouped by meaning, the most asked first: a second for some dozen. One alone is a gap."""
        kept = sorted(kept, key=lambda question: (question.last or question.day, question.text))[-MOST:]
        if not kept:
            return []
        mask = masking(mind.knowledge, mind.preparer.knows)
        by_id = {one.id: one for one in masked_again(kept, mask)}
        with self._busy:
            if self._mind is None or self._mind() is not mind or self._ids != by_id.keys():
                self._needs = _needs(mind, by_id)
                self._mind, self._ids = weakref.ref(mind), frozenset(by_id)
            needs = self._needs
        found = []
        for need in needs:
            asked = sorted((by_id[one] for one in need.questions), key=lambda q: (-q.count, q.day, q.text))
            found.append(Gap(tuple(asked), need.nearest))
        return sorted(found, key=lambda gap: (-gap.count, -gap.last.toordinal(), gap.id))


def gaps_of(mind: Mind, kept: Sequence[KeptQuestion]) -> list[Gap]:
    """Return what a new ``Grouping`` makes of ``kept``."""
    return Grouping().gaps_of(mind, kept)


def _needs(mind: Mind, kept: Mapping[str, KeptQuestion]) -> list[_Need]:
    """Return the needs behind ``kept``, which are by their ids."""
    ids = list(kept)
    compared = _compared(mind, [_MARK.sub(" ", question.text)[:_LONGEST] for question in kept.values()])
    likeness = alike([one.text for one in compared], [one.vector for one in compared], mind.preparer.book)
    groups = grouped(likeness) if likeness is not None else [[place] for place in range(len(ids))]
    needs = []
    for group in groups:
        sums: defaultdict[str, float] = defaultdict(float)
        for place in group:
            for entry_id, confidence in compared[place].confidence.items():
                sums[entry_id] += confidence
        nearest = sorted(sums, key=lambda entry_id: -sums[entry_id])[:NEAREST]
        needs.append(_Need(tuple(ids[place] for place in group), tuple(nearest)))
    return needs


def _compared(mind: Mind, texts: Sequence[str]) -> list[_Compared]:
    talk = {entry.id for entry in mind.knowledge.published if mind.knowledge.is_small_talk(entry)}
    found = []
    for start in range(0, len(texts), _BLOCK):
        said = [mind.preparer.said(text) for text in texts[start : start + _BLOCK]]
        for utterance in mind.preparer.compared(said):
            ranking = mind.matcher.rank(utterance)
            confidence = {one.entry_id: one.confidence for one in ranking if one.entry_id not in talk}
            found.append(_Compared(utterance.whole.repaired, utterance.whole.vector, confidence))
    return found


def grouped(likeness: Floats, together: float = TOGETHER) -> list[list[int]]:
    """Return the places of ``likeness`` in groups: the two most alike become one while they are so ``together``.

    How alike two groups are is the average over their pairs.
    """
    table = likeness.astype(np.float64)
    np.fill_diagonal(table, -np.inf)
    groups: list[list[int]] = [[place] for place in range(len(table))]
    while len(table):
        one, other = divmod(int(table.argmax()), len(table))
        if table[one, other] < together:
            break
        mine, theirs = len(groups[one]), len(groups[other])
        joined = (mine * table[one] + theirs * table[other]) / (mine + theirs)
        table[one], table[:, one] = joined, joined
        table[one, one] = -np.inf
        table[other], table[:, other] = -np.inf, -np.inf
        groups[one], groups[other] = groups[one] + groups[other], []
    return [sorted(group) for group in groups if group]


def named(gaps: Sequence[Gap], gap_id: str) -> Gap | None:
    """Return the gap that holds the question whose id begins with ``gap_id``."""
    found = [gap for gap in gaps if any(question.id.startswith(gap_id) for question in gap.questions)]
    return found[0] if gap_id and len(found) == 1 else None
