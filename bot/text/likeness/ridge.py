"""Weighted kernel ridge regression, solved by conjugate gradients.

The closed form is ``A = (K + λ·W⁻¹)⁻¹ Y``. An inverse would need several times the memory of
``K``; conjugate gradients need ``K`` and a few columns.
"""

import numpy as np
from numpy.typing import NDArray

from bot.text.likeness.arrays import Floats, Gram, product, unpacked

_TOLERANCE = 1e-5
"""Not for the ranking, which a hundredth gives as well in half the time: a solution that stops early stops at
another step on another processor. On the project's own phrases confidences then differed by up to 0.009 between two
BLAS kernels, enough to turn a verdict of ``check``; at this tolerance by 0.00003."""
_MOST_STEPS = 200
_BLOCK = 128


def solve(gram: Gram, targets: Floats, weights: Floats, *, regularisation: float) -> Floats:
    """Return the coefficients ``A`` of shape (n, m) for ``gram`` (n, n) and ``targets`` (n, m).

    A packed gram takes half the memory and is multiplied a block of rows at a time.

    ``weights`` (n,) are the examples' weights, all above zero. All columns are solved side by side
    and stop together once every residual is below a hundred-thousandth of its target.
    """
    ridge = (regularisation / weights).astype(np.float32)[:, None]
    scale = 1.0 / np.maximum(unpacked(gram[np.diag_indices_from(gram)])[:, None] + ridge, 1e-6)
    solution = np.zeros_like(targets)
    residual = targets.copy()
    conditioned = scale * residual
    direction = conditioned.copy()
    energy = np.sum(residual * conditioned, axis=0)
    goal = _TOLERANCE * np.maximum(np.linalg.norm(targets, axis=0), 1e-12)
    for _ in range(_MOST_STEPS):
        if np.all(np.linalg.norm(residual, axis=0) <= goal):
            break
        image = product(gram, direction, block=_BLOCK) + ridge * direction
        step = energy / np.maximum(np.sum(direction * image, axis=0), 1e-20)
        solution += step * direction
        residual -= step * image
        conditioned = scale * residual
        fresh = np.sum(residual * conditioned, axis=0)
        direction = conditioned + (fresh / np.maximum(energy, 1e-20)) * direction
        energy = fresh
    return solution


def left_out(gram: Gram, targets: Floats, weights: Floats, *, regularisation: float) -> Floats:
    """Return for each row what a ridge without that row predicts for it, shape (n, m); arguments as for ``solve``.

    Exact, in closed form: with ``G = (K + λ·W⁻¹)⁻¹`` and ``A = G·Y`` it is ``Y_i − A_i / G_ii`` (Allen's PRESS).
    Takes three matrices of the size of ``gram`` in single precision; meant for a person's machine, not for the
    running bot.
    """
    matrix = unpacked(gram)
    matrix[np.diag_indices_from(matrix)] += (regularisation / weights).astype(np.float32)
    # G = TᵀT with the inverse T of the Cholesky factor: a third of the work of inverting the matrix.
    factor = _inverse_of_lower(np.linalg.cholesky(matrix))
    diagonal = np.einsum("ij,ij->j", factor, factor)
    predicted: Floats = targets - (factor.T @ (factor @ targets)) / diagonal[:, None]
    return predicted


def _inverse_of_lower(lower: Floats) -> Floats:
    """Return the inverse of a lower triangular matrix, by halves: nearly all of it are products."""
    if len(lower) <= _BLOCK:
        return np.linalg.inv(lower)
    half = len(lower) // 2
    inverse = np.zeros_like(lower)
    inverse[:half, :half] = _inverse_of_lower(lower[:half, :half])
    inverse[half:, half:] = _inverse_of_lower(lower[half:, half:])
    inverse[half:, :half] = -(inverse[half:, half:] @ lower[half:, :half]) @ inverse[:half, :half]
    return inverse


def balanced_weights(labels: NDArray[np.int64], classes: int) -> Floats:
    """Return a weight for each example so that every class weighs the same in total, 1 on average."""
    counts = np.bincount(labels, minlength=classes)
    weights = len(labels) / (max(1, np.count_nonzero(counts)) * np.maximum(counts, 1))
    picked: Floats = weights[labels].astype(np.float32)
    return picked
