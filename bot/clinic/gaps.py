"""What the answers lack: kept questions, grouped by what their writers need. Pure."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from bot.storage.protocol import KeptQuestion
from bot.text.likeness.among import alike
from bot.text.likeness.arrays import Floats
from bot.understanding.mind import Mind

TOGETHER = 0.136
"""Average likeness from which two groups are one need; chosen on made-up questions about other needs."""
NEAREST = 3
MOST = 500
"""Kept questions that are grouped, the latest: to group takes the third power of their number."""
SHORT_ID = 7
"""Digits of a question's id that name its gap on a button, where little fits beside an entry's id."""
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


def gaps_of(mind: Mind, kept: Sequence[KeptQuestion]) -> list[Gap]:
    """Return ``kept`` grouped by meaning, the most asked first: a second for some dozen. One alone is a gap."""
    kept = sorted(kept, key=lambda question: (question.last or question.day, question.text))[-MOST:]
    if not kept:
        return []
    said = [mind.preparer.said(_MARK.sub(" ", question.text)) for question in kept]
    utterances = mind.preparer.compared(said)
    likeness = alike([utterance.whole for utterance in utterances], mind.preparer.book)
    groups = grouped(likeness) if likeness is not None else [[place] for place in range(len(kept))]
    talk = {entry.id for entry in mind.knowledge.published if mind.knowledge.is_small_talk(entry)}
    found = []
    for group in groups:
        sums: defaultdict[str, float] = defaultdict(float)
        for place in group:
            for candidate in mind.matcher.rank(utterances[place]):
                if candidate.entry_id not in talk:
                    sums[candidate.entry_id] += candidate.confidence
        nearest = sorted(sums, key=lambda entry_id: -sums[entry_id])[:NEAREST]
        asked = sorted((kept[place] for place in group), key=lambda q: (-q.count, q.day, q.text))
        found.append(Gap(tuple(asked), tuple(nearest)))
    return sorted(found, key=lambda gap: (-gap.count, -gap.last.toordinal(), gap.id))


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
