"""The phrases a matcher learns from, with the entry each belongs to."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.knowledge.model import KnowledgeBase
from bot.text.likeness.arrays import Floats, Rows
from bot.text.likeness.ridge import balanced_weights
from bot.text.likeness.utterance import Preparer
from bot.text.normalise import Normalised

_COUNTER_EXAMPLE_TARGET = -1.0
"""What a ``not_about`` phrase teaches its own entry; all other entries are left at 0."""


@dataclass(frozen=True)
class Examples:
    """Phrases as rows, entries as classes, out-of-scope as the last class.

    ``phrases`` are the mended texts, ``book_rows`` their places in the phrasebook. ``labels[i]`` is the class of
    row ``i``. Rows from ``counter_start`` on are ``not_about`` phrases: their label names the entry they do *not*
    belong to.
    """

    phrases: tuple[Normalised, ...]
    book_rows: Rows
    labels: NDArray[np.int64]
    entry_ids: tuple[str, ...]
    counter_start: int

    @classmethod
    def from_knowledge(cls, knowledge: KnowledgeBase, preparer: Preparer) -> "Examples":
        """Collect the phrases of all published entries, the off-topic examples and the counterexamples."""
        entries = knowledge.published
        out_of_scope = len(entries)
        rows = [
            (phrase, label) for label, entry in enumerate(entries) for phrase in knowledge.teaching_phrases(entry)
        ]
        rows += [(phrase, out_of_scope) for phrase in knowledge.teaching_off_topic]
        counter_start = len(rows)
        rows += [(phrase, label) for label, entry in enumerate(entries) for phrase in entry.not_about]
        phrases = [phrase for phrase, _ in rows]
        return cls(
            preparer.mended(phrases),
            preparer.rows(phrases),
            np.array([label for _, label in rows], dtype=np.int64),
            tuple(entry.id for entry in entries),
            counter_start,
        )

    @property
    def out_of_scope(self) -> int:
        """The class of messages that no entry should answer."""
        return len(self.entry_ids)

    @property
    def classes(self) -> int:
        """The number of classes, out-of-scope included."""
        return len(self.entry_ids) + 1

    def targets(self) -> Floats:
        """Return the one-hot targets (rows, classes), counterexamples pulling their entry down."""
        targets = np.zeros((len(self.phrases), self.classes), dtype=np.float32)
        rows = np.arange(len(self.phrases))
        targets[rows, self.labels] = 1.0
        targets[self.counter_start :] = 0.0
        targets[rows[self.counter_start :], self.labels[self.counter_start :]] = _COUNTER_EXAMPLE_TARGET
        return targets

    def weights(self) -> Floats:
        """Return the rows' weights: balanced between classes, 1 for a counterexample."""
        weights = np.ones(len(self.phrases), dtype=np.float32)
        weights[: self.counter_start] = balanced_weights(self.labels[: self.counter_start], self.classes)
        return weights
