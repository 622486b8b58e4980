"""Logistic regression: probabilities from weighted evidence, and the weights from examples."""

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
Flags = NDArray[np.bool_]

_FURTHEST = 30.0
"""Beyond this a probability is 0 or 1 to thirteen digits, and its exponential may be too large a number."""
_STEPS = 60
_STILL = 1e-8


def probability(features: Doubles, weights: Doubles) -> Doubles:
    """Return the probability of each row of ``features`` (n, m), or of a single one (m,), by ``weights`` (m,)."""
    result: Doubles = 1.0 / (1.0 + np.exp(-np.clip(features @ weights, -_FURTHEST, _FURTHEST)))
    return result


def fit(features: Doubles, right: Flags, *, shrinkage: float) -> Doubles:
    """Return the weights, shape (m,), of ``features`` (n, m) for telling where ``right`` (n,) holds.

    Fitted by Newton's method with a little ridge, ``shrinkage``, which keeps separable data finite.
    """
    weights = np.zeros(features.shape[1])
    shrink = np.full(features.shape[1], shrinkage)
    for _ in range(_STEPS):
        p = probability(features, weights)
        gradient = features.T @ (p - right) + shrink * weights
        curvature = (features * (p * (1 - p))[:, None]).T @ features + np.diag(shrink)
        step = np.linalg.solve(curvature, gradient)
        weights -= step
        if np.abs(step).max() < _STILL:
            break
    return weights
