"""Turn scores into probabilities and find thresholds, from messages that the scorer has not seen.

Nothing here is a number somebody picked for one knowledge base: the probabilities come from
logistic regression on the scores (Platt 1999), the thresholds from a budget of wrong answers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bot.matching.decision import DEFAULT_WRONG_BUDGET, MAX_CHOICES, Candidate, Thresholds
from bot.matching.scorer import Scores
from bot.text.likeness import logistic
from bot.text.likeness.logistic import Doubles, Flags

FloatOrColumn = float | NDArray[np.floating]

_OUT_OF_SCOPE_LENIENCE = 2.0
"""An answer about needling to a question about house plants is odd; one to the wrong question about needling
can mislead. So the budget for the former is twice that for the latter."""
_KEPT_QUESTIONS = 0.995
"""Share of the questions with the right entry in the first three that must still get to see it."""
_FEW = 30
"""Fewer messages than this say nothing; the cautious thresholds below are used instead."""
_CAUTIOUS = Thresholds(answer=0.8, choices=0.4)
_EVEN_CHANCE = 0.5
"""Below an even chance nothing is answered, however large the budget. Without messages as people send them
nothing less likely is offered as a choice either: held-out phrasings say too little about what is out of scope
(cross-validation on the training phrases of the public SOFMattress set: MCC 0.73 with this rule, 0.60 without)."""
_SHRINKAGE = 1e-2


class Signals(NamedTuple):
    """What tells how sure a candidate is, for one candidate or for a column of them; or the weight of each."""

    score: FloatOrColumn
    lead: FloatOrColumn
    """Over the next entry, for the first one; for the others what they lack of the first."""
    lead_over_out_of_scope: FloatOrColumn
    nearest: FloatOrColumn
    """Similarity to the entry's nearest phrases."""
    covered: FloatOrColumn
    """Share of the words that the entry knows, in [0, 1]."""
    length: FloatOrColumn
    """Of the message, from 0 to 1: a story resembles no phrasing much, whatever it is about."""
    constant: FloatOrColumn


_UNINFORMED = Signals(
    score=8.0, lead=4.0, lead_over_out_of_scope=2.0, nearest=0.0, covered=1.0, length=0.0, constant=-5.0
)
"""Coefficients where there is nothing to learn from: a middling score is taken for an even chance."""


@dataclass(frozen=True)
class Calibration:
    """The logistic regression's coefficients, the thresholds, and what they cost on the messages.

    ``messages`` counts those in scope. ``wrong`` is the share of them answered with another entry,
    ``answered`` the share answered at all, ``out_of_scope_answered`` the share of out-of-scope messages
    answered, ``error`` the expected calibration error in ten bins.
    """

    coefficients: Doubles
    thresholds: Thresholds
    messages: int = 0
    first: float = 0.0
    in_three: float = 0.0
    answered: float = 0.0
    wrong: float = 0.0
    out_of_scope_answered: float = 0.0
    error: float = 0.0


@dataclass(frozen=True)
class Sample:
    """Messages the scorer has not seen: their scores and their true classes.

    ``as_sent``: whether they are messages as people send them, or else held-out phrasings.
    """

    scores: Scores
    labels: NDArray[np.int64]
    as_sent: bool


def candidates(scores: Scores, row: int, calibration: Calibration, entry_ids: Sequence[str]) -> list[Candidate]:
    """Return the entries for one row of ``scores``, the most confident first."""
    order, features = _top(scores, row, len(entry_ids))
    confidences = logistic.probability(features, calibration.coefficients)
    ranked = [Candidate(entry_ids[i], float(c)) for i, c in zip(order, confidences, strict=True)]
    return sorted(ranked, key=lambda candidate: -candidate.confidence)


def calibrate(sample: Sample, *, wrong_budget: float = DEFAULT_WRONG_BUDGET) -> Calibration:
    """Return the calibration for ``sample``."""
    labels = sample.labels
    out_of_scope = sample.scores.blended.shape[1] - 1
    in_scope = labels != out_of_scope
    uninformed = Calibration(np.array(_UNINFORMED), _CAUTIOUS, messages=int(in_scope.sum()))
    if in_scope.sum() < _FEW:
        return uninformed
    tops = [_top(sample.scores, row, MAX_CHOICES) for row in range(len(labels))]
    features = np.concatenate([rows for _, rows in tops])
    right = np.concatenate([np.equal(order, label) for (order, _), label in zip(tops, labels, strict=True)])
    if right.all() or not right.any():
        return uninformed
    coefficients = logistic.fit(features, right, shrinkage=_SHRINKAGE)
    table, hits = _by_row([len(order) for order, _ in tops], logistic.probability(features, coefficients), right)
    first = np.argmax(table, axis=1)[:, None]
    top = np.take_along_axis(table, first, axis=1)[:, 0]
    correct = np.take_along_axis(hits, first, axis=1)[:, 0]
    among: Flags = np.asarray(hits.any(axis=1), dtype=np.bool_)
    thresholds = Thresholds(
        answer=max(
            _EVEN_CHANCE,
            _threshold_within(top[in_scope], ~correct[in_scope], wrong_budget),
            _threshold_within(top[~in_scope], ~correct[~in_scope], _OUT_OF_SCOPE_LENIENCE * wrong_budget),
        ),
        choices=max(
            float(np.quantile(table[among].sum(axis=1), 1 - _KEPT_QUESTIONS)),
            0.0 if sample.as_sent else _EVEN_CHANCE,
        ),
    )
    answered: Flags = np.greater_equal(top, thresholds.answer)
    return Calibration(
        coefficients,
        thresholds,
        messages=int(in_scope.sum()),
        first=_share(correct[in_scope]),
        in_three=_share(among[in_scope]),
        answered=_share(answered[in_scope]),
        wrong=_share((answered & ~correct)[in_scope]),
        out_of_scope_answered=_share(answered[~in_scope]),
        error=calibration_error(top, correct),
    )


def calibration_error(confidences: Doubles, correct: Flags, bins: int = 10) -> float:
    """Return the expected calibration error (Guo et al. 2017): how far confidence is from the share right."""
    places = np.minimum((confidences * bins).astype(int), bins - 1)
    gaps = [np.sum((places == place) * (confidences - correct)) for place in range(bins)]
    return float(np.abs(gaps).sum()) / max(1, len(confidences))


def _top(scores: Scores, row: int, most: int) -> tuple[list[int], Doubles]:
    """Return the ``most`` best classes of a row and their features, shape (classes, features)."""
    blended = scores.blended[row].astype(np.float64)
    ranked = np.argsort(-blended[:-1], kind="stable")
    order = ranked[:most]
    leads = np.zeros(len(order))
    if len(ranked) > 1:
        leads = blended[order] - blended[ranked[0]]
        leads[0] = blended[ranked[0]] - blended[ranked[1]]
    features = np.column_stack(
        Signals(
            score=blended[order],
            lead=leads,
            lead_over_out_of_scope=blended[order] - blended[-1],
            nearest=scores.nearest[row, order],
            covered=scores.covered[row, order],
            length=np.full(len(order), scores.lengths[row]),
            constant=np.ones(len(order)),
        )
    )
    return [int(label) for label in order], features.astype(np.float64)


def _by_row(sizes: Sequence[int], confidences: Doubles, right: Flags) -> tuple[Doubles, Flags]:
    table = np.zeros((len(sizes), MAX_CHOICES))
    hits = np.zeros((len(sizes), MAX_CHOICES), dtype=bool)
    at = 0
    for row, size in enumerate(sizes):
        table[row, :size] = confidences[at : at + size]
        hits[row, :size] = right[at : at + size]
        at += size
    return table, hits


def _threshold_within(top: Doubles, wrong: Flags, budget: float) -> float:
    """Return the least confidence from which at most ``budget`` of the messages are answered wrongly."""
    mistakes = np.sort(top[wrong])[::-1]
    allowed = int(budget * len(top))
    return float(np.nextafter(mistakes[allowed], 1.0)) if len(mistakes) > allowed else 0.0


def _share(flags: Flags) -> float:
    return float(flags.mean()) if len(flags) else 0.0
