"""Scores of every entry from an utterance's similarities to all phrases."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.matching.examples import Examples
from bot.text.likeness.arrays import Floats, Gram, unpacked
from bot.text.likeness.ridge import solve

REGULARISATION = 0.5
"""λ of the ridge; 0.3 to 1 rank the project's phrases, held out in turn, within a point of each other."""
NEAREST_SHARE = 0.25
"""Weight of the nearest phrases beside the ridge, found on the project's held-out phrases: more of it ranks
them worse, none of it lets a lone unusual phrase count for little."""
WHOLE_SHARE = 0.65
"""What the whole message counts beside its best sentence, found on the development sets told as stories: with 0.5
three of a hundred real posts fewer are ranked among the first three, with 0.35 nine."""
TOLD_SHARE = 0.8
"""What a sentence counts that only tells, beside one that asks: with it one real post more has its entry among the
first three, and one story more is ranked first; other messages are ranked the same."""
FOLDS = 5
FIT_SETTINGS = (REGULARISATION, NEAREST_SHARE, WHOLE_SHARE, TOLD_SHARE, FOLDS)
"""What fits depend on beside the phrases."""


@dataclass(frozen=True)
class Scores:
    """A row for each utterance, a column for each class, out-of-scope last.

    ``blended`` is what ranks, ``nearest`` the similarity to the class's nearest phrases alone, ``covered``
    the share of the utterance's words that the class knows. ``lengths``, a number for each utterance, tells how
    long it is, from 0 to 1.
    """

    blended: Floats
    nearest: Floats
    covered: Floats
    lengths: Floats

    @classmethod
    def stacked(cls, tables: Sequence["Scores"]) -> "Scores":
        """Return the rows of all ``tables`` in one."""
        return cls(
            np.concatenate([table.blended for table in tables]),
            np.concatenate([table.nearest for table in tables]),
            np.concatenate([table.covered for table in tables]),
            np.concatenate([table.lengths for table in tables]),
        )

    def to_table(self) -> Floats:
        """Return all scores as one array of shape (4, utterances, classes); the lengths are repeated."""
        lengths = np.broadcast_to(self.lengths[:, None], self.blended.shape)
        return np.stack((self.blended, self.nearest, self.covered, lengths))

    @classmethod
    def from_table(cls, table: Floats) -> "Scores":
        """Return the scores that ``to_table`` made an array of."""
        blended, nearest, covered, lengths = table
        return cls(blended, nearest, covered, lengths[:, 0])

    def mixed(self, asking: Sequence[bool]) -> "Scores":
        """Return one row: ``WHOLE_SHARE`` of the first, the whole message, and the rest of its best sentence.

        ``asking`` tells of each sentence whether it asks; where any does, the others count ``TOLD_SHARE``.
        """
        weights = np.where(asking, 1.0, TOLD_SHARE if any(asking) else 1.0).astype(np.float32)[:, None]
        return Scores(
            _mixed(self.blended, weights), _mixed(self.nearest, weights), self.covered[:1], self.lengths[:1]
        )


def _mixed(table: Floats, weights: Floats) -> Floats:
    best = (weights * table[1:]).max(axis=0, keepdims=True)
    mixed: Floats = np.float32(WHOLE_SHARE) * table[:1] + np.float32(1 - WHOLE_SHARE) * best
    return mixed


@dataclass(frozen=True)
class Scorer:
    """A fitted ridge and the phrases of each class."""

    coefficients: Floats
    members: tuple[NDArray[np.int64], ...]

    @classmethod
    def over(cls, examples: Examples, coefficients: Floats, rows: NDArray[np.int64] | None = None) -> "Scorer":
        """Return the scorer for ``coefficients`` (phrases, classes), fitted on ``rows``, all by default."""
        used = np.ones(len(examples.phrases), dtype=bool)
        if rows is not None:
            used[:] = False
            used[rows] = True
        used[examples.counter_start :] = False
        members = tuple(np.flatnonzero(used & (examples.labels == label)) for label in range(examples.classes))
        return cls(coefficients, members)

    def score(self, similarities: Floats, covered: Floats, lengths: Floats) -> Scores:
        """Return the scores for ``similarities`` (utterances, phrases); ``covered`` and ``lengths`` are passed on.

        A score mixes the ridge's output and the mean of the class's two nearest phrases, each in about [0, 1].
        """
        ridge = similarities @ self.coefficients
        nearest = np.zeros_like(ridge)
        filled = [label for label, rows in enumerate(self.members) if len(rows)]
        if filled:
            sizes = np.array([len(self.members[label]) for label in filled])
            nearest[:, filled] = _two_nearest(similarities[:, np.concatenate(self.members)], sizes)
        return Scores(blend(ridge, nearest), nearest, covered, lengths)


def _two_nearest(similarities: Floats, sizes: NDArray[np.int64]) -> Floats:
    """Return the mean of the two largest of each run of columns, of the only one where a run has one.

    ``sizes`` are the runs' lengths. A loop over the runs would take a tenth of the time of a whole message.
    """
    starts = np.concatenate(([0], np.cumsum(sizes)[:-1]))
    first = np.maximum.reduceat(similarities, starts, axis=1)
    is_first = similarities == np.repeat(first, sizes, axis=1)
    others = np.maximum.reduceat(np.where(is_first, np.float32(-1), similarities), starts, axis=1)
    repeated = np.add.reduceat(is_first, starts, axis=1, dtype=np.int64) > 1
    second = np.where(repeated | (sizes == 1), first, others)
    mean: Floats = ((first + second) / 2).astype(np.float32)
    return mean


def fit(examples: Examples, gram: Gram, rows: NDArray[np.int64] | None = None) -> Floats:
    """Return the ridge's coefficients, shape (phrases, classes), fitted on ``rows`` of ``gram``, all by default.

    Rows not fitted on get zeros.
    """
    targets, weights = examples.targets(), examples.weights()
    if rows is None:
        return solve(gram, targets, weights, regularisation=REGULARISATION)
    coefficients = np.zeros_like(targets)
    part = gram[np.ix_(rows, rows)]
    coefficients[rows] = solve(part, targets[rows], weights[rows], regularisation=REGULARISATION)
    return coefficients


def blend(ridge: Floats, nearest: Floats) -> Floats:
    """Return the mix of the ridge's output and the nearest phrases that ranks the classes."""
    return ((1 - NEAREST_SHARE) * ridge + NEAREST_SHARE * nearest).astype(np.float32, copy=False)


def held_out(examples: Examples, gram: Gram, covered: Floats, lengths: Floats) -> Scores:
    """Return the scores of each phrase by a scorer that has not seen it, in ``FOLDS`` folds.

    Folds take every fifth phrase of a class, so they are the same at every start. Counterexamples
    train but are not scored: their rows are left out. ``covered`` and ``lengths`` are passed on.
    """
    scored = examples.counter_start
    place_in_class = np.zeros(scored, dtype=np.int64)
    for label in range(examples.classes):
        rows = np.flatnonzero(examples.labels[:scored] == label)
        place_in_class[rows] = np.arange(len(rows))
    fold_of = place_in_class % FOLDS
    blended = np.zeros((scored, examples.classes), dtype=np.float32)
    nearest = np.zeros_like(blended)
    everything = np.arange(len(examples.phrases))
    for fold in range(FOLDS):
        test = np.flatnonzero(fold_of == fold)
        if not len(test):
            continue
        train = np.setdiff1d(everything, test)
        scorer = Scorer.over(examples, fit(examples, gram, train), train)
        scores = scorer.score(unpacked(gram[test]), covered[test], lengths[test])
        blended[test], nearest[test] = scores.blended, scores.nearest
    return Scores(blended, nearest, covered, lengths)
