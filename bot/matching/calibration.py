"""Turn scores into probabilities and find thresholds, from messages that the scorer has not seen.

Whether any entry fits, and which, are judged apart: by logistic regression on the scores (Platt 1999), and by its
conditional form (McFadden 1974). The thresholds come from a budget of wrong answers.
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
_KEPT_QUESTIONS = 0.999
"""Share of the questions with the right entry in the first three that must still get to see it."""
_FEW = 30
"""Fewer messages than this say nothing; the cautious thresholds below are used instead."""
_CAUTIOUS = Thresholds(answer=0.8, choices=0.4)
_LEAST_SURE = 0.65
"""Below this nothing is answered, however large the budget. With 0.6 half a point more of the sloppy development
questions is answered rightly and half a point more wrongly; with 0.7 a point fewer rightly."""
_EVEN_CHANCE = 0.5
"""Without messages as people send them nothing less likely is offered as a choice: held-out phrasings say too
little about what is out of scope (cross-validation on the training phrases of the public SOFMattress set: MCC 0.73
with this rule, 0.60 without)."""
_SHRINKAGE = 1e-2
_CHOICE_SHRINKAGE = 0.1
"""With ten times as much confidences are too low by 3 points, with a hundred times by 13."""


class Scope(NamedTuple):
    """What tells whether any entry fits a message at all; or the weight of each."""

    score: FloatOrColumn
    """Of the entry ranked first."""
    out_of_scope: FloatOrColumn
    """The score of the off-topic examples."""
    nearest: FloatOrColumn
    """Similarity to the first entry's nearest phrases."""
    nearest_out_of_scope: FloatOrColumn
    covered: FloatOrColumn
    """Share of the words that the first entry knows, in [0, 1]."""
    length: FloatOrColumn
    """Of the message, from 0 to 1: a story resembles no phrasing much, whatever it is about."""
    constant: FloatOrColumn


class Choice(NamedTuple):
    """What tells which of the first entries is meant, if any is; or the weight of each."""

    score: FloatOrColumn
    nearest: FloatOrColumn
    covered: FloatOrColumn
    score_in_story: FloatOrColumn
    """The score times the length: among the low scores of a story small differences say as much."""


_UNINFORMED_SCOPE = Scope(
    score=32.0,
    out_of_scope=-2.0,
    nearest=0.0,
    nearest_out_of_scope=0.0,
    covered=1.0,
    length=0.0,
    constant=-3.0,
)
_UNINFORMED_CHOICE = Choice(score=12.0, nearest=0.0, covered=0.0, score_in_story=0.0)
"""Weights where there is nothing to learn from: a middling score is taken for an even chance."""


@dataclass(frozen=True)
class Calibration:
    """The weights of both regressions, the thresholds, and what they cost on the messages.

    ``messages`` counts those in scope. ``wrong`` is the share of them answered with another entry,
    ``answered`` the share answered at all, ``out_of_scope_answered`` the share of out-of-scope messages
    answered, ``error`` the expected calibration error in ten bins.
    """

    scope: Doubles
    choice: Doubles
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
    """Return the entries for one row of ``scores``, the most confident first.

    A confidence is the probability that any entry fits times that of being the one, so that neither costs the
    other: an odd message about a plain subject is still sure of its subject. Only the first three share it out;
    the others come behind them.
    """
    order = _ranked(scores, row)
    in_scope = logistic.probability(_scope(scores, row, order[0]), calibration.scope)
    features = _choice(scores, row, order)
    utility = features @ calibration.choice
    best = utility[:MAX_CHOICES]
    raised = np.exp(np.minimum(utility - best.max(), 0.0))
    shares = raised / raised[:MAX_CHOICES].sum()
    shares[MAX_CHOICES:] = np.minimum(shares[MAX_CHOICES:], shares[:MAX_CHOICES].min())
    ranked = [Candidate(entry_ids[i], float(in_scope * share)) for i, share in zip(order, shares, strict=True)]
    return sorted(ranked, key=lambda candidate: -candidate.confidence)


def calibrate(sample: Sample, *, wrong_budget: float = DEFAULT_WRONG_BUDGET) -> Calibration:
    """Return the calibration for ``sample``."""
    scores, labels = sample.scores, sample.labels
    out_of_scope = scores.blended.shape[1] - 1
    in_scope: Flags = np.not_equal(labels, out_of_scope)
    uninformed = Calibration(
        np.array(_UNINFORMED_SCOPE), np.array(_UNINFORMED_CHOICE), _CAUTIOUS, messages=int(in_scope.sum())
    )
    if in_scope.sum() < _FEW or out_of_scope < MAX_CHOICES:
        return uninformed
    order = np.array([_ranked(scores, row)[:MAX_CHOICES] for row in range(len(labels))])
    right: Flags = np.equal(order, labels[:, None])
    among: Flags = np.asarray(right.any(axis=1), dtype=np.bool_)
    if not among.any():
        return uninformed
    scopes = np.array([_scope(scores, row, first) for row, first in enumerate(order[:, 0])])
    choices = np.array([_choice(scores, row, best) for row, best in enumerate(order)])
    scope = np.array(_UNINFORMED_SCOPE)
    if (~in_scope).sum() >= _FEW:
        scope = logistic.fit(scopes, in_scope, shrinkage=_SHRINKAGE)
    choice = logistic.fit_shares(choices[among], right[among], shrinkage=_CHOICE_SHRINKAGE)
    table = logistic.probability(scopes, scope)[:, None] * logistic.shares(choices, choice)
    first = np.argmax(table, axis=1)[:, None]
    top = np.take_along_axis(table, first, axis=1)[:, 0]
    correct = np.take_along_axis(right, first, axis=1)[:, 0]
    thresholds = Thresholds(
        answer=max(
            _LEAST_SURE,
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
        scope,
        choice,
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


def _ranked(scores: Scores, row: int) -> NDArray[np.int64]:
    """Return all entries, the highest score first."""
    return np.argsort(-scores.blended[row, :-1].astype(np.float64), kind="stable")


def _scope(scores: Scores, row: int, first: int) -> Doubles:
    """Return the signals of a row whose highest entry is ``first``, shape (signals,)."""
    blended, nearest = scores.blended[row], scores.nearest[row]
    return np.array(
        Scope(
            score=blended[first],
            out_of_scope=blended[-1],
            nearest=nearest[first],
            nearest_out_of_scope=nearest[-1],
            covered=scores.covered[row, first],
            length=scores.lengths[row],
            constant=1.0,
        ),
        dtype=np.float64,
    )


def _choice(scores: Scores, row: int, order: NDArray[np.int64]) -> Doubles:
    """Return the signals of the entries in ``order``, shape (entries, signals)."""
    blended = scores.blended[row, order].astype(np.float64)
    return np.column_stack(
        Choice(
            score=blended,
            nearest=scores.nearest[row, order],
            covered=scores.covered[row, order],
            score_in_story=blended * scores.lengths[row],
        )
    ).astype(np.float64)


def _threshold_within(top: Doubles, wrong: Flags, budget: float) -> float:
    """Return the least confidence from which at most ``budget`` of the messages are answered wrongly."""
    mistakes = np.sort(top[wrong])[::-1]
    allowed = int(budget * len(top))
    return float(np.nextafter(mistakes[allowed], 1.0)) if len(mistakes) > allowed else 0.0


def _share(flags: Flags) -> float:
    return float(flags.mean()) if len(flags) else 0.0
