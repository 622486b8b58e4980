"""Logistic regression, plain and conditional: probabilities from weighted evidence, and weights from examples."""

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


def shares(features: Doubles, weights: Doubles) -> Doubles:
    """Return how likely each of several alternatives is, one of which is right: ``features`` (…, k, m) → (…, k)."""
    utility = features @ weights
    raised = np.exp(utility - utility.max(axis=-1, keepdims=True))
    result: Doubles = raised / raised.sum(axis=-1, keepdims=True)
    return result


def fit_shares(features: Doubles, right: Flags, *, shrinkage: float) -> Doubles:
    """Return the weights, shape (m,), by which ``shares`` of ``features`` (n, k, m) tells the ``right`` (n, k) one.

    The conditional logit of McFadden (1974), fitted as ``fit`` does.
    """
    weights = np.zeros(features.shape[2])
    shrink = np.full(features.shape[2], shrinkage)
    for _ in range(_STEPS):
        p = shares(features, weights)
        gradient = ((p - right)[:, :, None] * features).sum(axis=(0, 1)) + shrink * weights
        mean = (p[:, :, None] * features).sum(axis=1)
        spread = np.einsum("nk,nki,nkj->ij", p, features, features) - mean.T @ mean
        step = np.linalg.solve(spread + np.diag(shrink), gradient)
        weights -= step
        if np.abs(step).max() < _STILL:
            break
    return weights
