"""Turn scores into probabilities and find thresholds, from predictions on held-out phrases.

Nothing here is a number somebody picked for this knowledge base: the probabilities come from
logistic regression on the scores of phrases that the scorer had not seen (Platt 1999), the
thresholds from a budget of wrong answers.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.matching.decision import MAX_CHOICES, Candidate, Thresholds
from bot.matching.examples import Examples
from bot.matching.scorer import Scores

Doubles = NDArray[np.float64]

DEFAULT_WRONG_BUDGET = 0.02
_KEPT_QUESTIONS = 0.97
"""Share of held-out questions with the right entry in the first three that must still get to see it."""
_FEW = 30
"""Fewer held-out phrases than this say nothing; the cautious thresholds below are used instead."""
_CAUTIOUS = Thresholds(answer=0.8, choices=0.4)
_SHRINKAGE = 1e-2


@dataclass(frozen=True)
class Calibration:
    """Coefficients of the logistic regression, the thresholds, and what they cost on held-out phrases.

    ``wrong`` is the share of held-out questions answered with another entry, ``answered`` the share
    answered at all, ``out_of_scope_answered`` the share of off-topic examples answered,
    ``error`` the expected calibration error in ten bins.
    """

    coefficients: Doubles
    thresholds: Thresholds
    phrases: int = 0
    first: float = 0.0
    in_three: float = 0.0
    answered: float = 0.0
    wrong: float = 0.0
    out_of_scope_answered: float = 0.0
    error: float = 0.0


def candidates(scores: Scores, row: int, calibration: Calibration, examples: Examples) -> list[Candidate]:
    """Return the entries for one row of ``scores``, the most confident first."""
    order, features = _top(scores, row, examples, len(examples.entry_ids))
    confidences = _probability(features, calibration.coefficients)
    ranked = [Candidate(examples.entry_ids[i], float(c)) for i, c in zip(order, confidences, strict=True)]
    return sorted(ranked, key=lambda candidate: -candidate.confidence)


def calibrate(scores: Scores, examples: Examples, *, wrong_budget: float = DEFAULT_WRONG_BUDGET) -> Calibration:
    """Return the calibration for ``scores`` of held-out phrases and off-topic examples."""
    labels = examples.labels[: len(scores.blended)]
    tops = [_top(scores, row, examples, MAX_CHOICES) for row in range(len(labels))]
    width = len(_FEATURES)
    features = np.array([f for _, fs in tops for f in fs], dtype=np.float64).reshape(-1, width)
    right = np.array(
        [i == label for (order, _), label in zip(tops, labels, strict=True) for i in order], dtype=bool
    )
    in_scope = labels != examples.out_of_scope
    if in_scope.sum() < _FEW or right.all() or not right.any():
        return Calibration(_uninformed(), _CAUTIOUS, phrases=int(in_scope.sum()))
    coefficients = _logistic(features, right)
    confidences = _probability(features, coefficients)
    table, hits = _by_row(tops, confidences, right)
    best_first = np.argsort(-table, axis=1, kind="stable")
    first_column = best_first[:, :1]
    top = np.take_along_axis(table, first_column, axis=1)[:, 0]
    correct = np.take_along_axis(hits, first_column, axis=1)[:, 0]
    thresholds = Thresholds(
        answer=_answer_threshold(top, correct, in_scope, wrong_budget),
        choices=_choices_threshold(table, hits, in_scope),
    )
    answered = top >= thresholds.answer
    return Calibration(
        coefficients,
        thresholds,
        phrases=int(in_scope.sum()),
        first=float(correct[in_scope].mean()),
        in_three=float(hits[in_scope].any(axis=1).mean()),
        answered=float(answered[in_scope].mean()),
        wrong=float((answered & ~correct)[in_scope].mean()),
        out_of_scope_answered=float(answered[~in_scope].mean()) if (~in_scope).any() else 0.0,
        error=calibration_error(top, correct),
    )


def calibration_error(confidences: Doubles, correct: NDArray[np.bool_], bins: int = 10) -> float:
    """Return the expected calibration error (Guo et al. 2017): how far confidence is from the share right."""
    places = np.minimum((confidences * bins).astype(int), bins - 1)
    error = 0.0
    for place in range(bins):
        inside = places == place
        if inside.any():
            error += inside.mean() * abs(float(confidences[inside].mean()) - float(correct[inside].mean()))
    return error


_FEATURES = ("score", "lead over the next entry", "lead over out-of-scope", "nearest phrases", "constant")


def _top(scores: Scores, row: int, examples: Examples, most: int) -> tuple[list[int], Doubles]:
    blended = scores.blended[row].astype(np.float64)
    subjects = blended[: examples.out_of_scope]
    order = [int(i) for i in np.argsort(-subjects, kind="stable")[: max(2, most)]]
    rows = []
    for place, label in enumerate(order[:most]):
        rival = order[1] if place == 0 and len(order) > 1 else order[0]
        lead = blended[label] - (blended[rival] if len(order) > 1 else 0.0)
        rows.append(
            (
                blended[label],
                lead,
                blended[label] - blended[examples.out_of_scope],
                float(scores.nearest[row, label]),
                1.0,
            )
        )
    return order[:most], np.array(rows, dtype=np.float64).reshape(-1, len(_FEATURES))


def _uninformed() -> Doubles:
    # With nothing to learn from, a score of 0.5 is taken for an even chance.
    return np.array([8.0, 4.0, 2.0, 0.0, -4.5])


def _probability(features: Doubles, coefficients: Doubles) -> Doubles:
    result: Doubles = 1.0 / (1.0 + np.exp(-np.clip(features @ coefficients, -30, 30)))
    return result


def _logistic(features: Doubles, right: NDArray[np.bool_]) -> Doubles:
    """Fit by Newton's method with a little ridge, which keeps separable data finite."""
    coefficients = np.zeros(features.shape[1])
    shrink = np.full(features.shape[1], _SHRINKAGE)
    for _ in range(50):
        p = _probability(features, coefficients)
        gradient = features.T @ (p - right) + shrink * coefficients
        curvature = (features * (p * (1 - p))[:, None]).T @ features + np.diag(shrink)
        step = np.linalg.solve(curvature, gradient)
        coefficients -= step
        if np.abs(step).max() < 1e-8:
            break
    return coefficients


def _by_row(
    tops: list[tuple[list[int], Doubles]], confidences: Doubles, right: NDArray[np.bool_]
) -> tuple[Doubles, NDArray[np.bool_]]:
    table = np.zeros((len(tops), MAX_CHOICES))
    hits = np.zeros((len(tops), MAX_CHOICES), dtype=bool)
    at = 0
    for row, (order, _) in enumerate(tops):
        table[row, : len(order)] = confidences[at : at + len(order)]
        hits[row, : len(order)] = right[at : at + len(order)]
        at += len(order)
    return table, hits


def _answer_threshold(
    top: Doubles, correct: NDArray[np.bool_], in_scope: NDArray[np.bool_], budget: float
) -> float:
    """Return the least confidence that keeps wrong answers within ``budget``, in scope and out of it alike."""
    thresholds = [0.5]
    for group in (in_scope, ~in_scope):
        wrong = np.sort(top[group & ~correct])[::-1]
        allowed = int(budget * group.sum())
        if len(wrong) > allowed:
            thresholds.append(float(np.nextafter(wrong[allowed], 1.0)))
    return max(thresholds)


def _choices_threshold(table: Doubles, hits: NDArray[np.bool_], in_scope: NDArray[np.bool_]) -> float:
    helped = table[in_scope & hits.any(axis=1)].sum(axis=1)
    return float(np.quantile(helped, 1 - _KEPT_QUESTIONS)) if len(helped) else _CAUTIOUS.choices
