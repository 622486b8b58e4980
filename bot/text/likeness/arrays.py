"""The arrays that likeness is computed with."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Halves = NDArray[np.float16]
Integers = NDArray[np.integer]
Gram = NDArray[np.uint16] | NDArray[np.float32]
"""Similarities of phrases with each other, shape (n, n); ``packed`` ones take half the memory."""
Rows = NDArray[np.int64]
"""Numbers of phrases."""

_STEPS = np.float32(65_535)


def packed(similarities: Floats) -> NDArray[np.uint16]:
    """Return ``similarities``, from 0 to 1, in 65,535 steps.

    Finer than half precision for all that are alike, and turned back in half the time: numpy does so for whole
    numbers a vector at a time.
    """
    steps: Floats = np.rint(similarities * _STEPS)
    return np.clip(steps, 0, _STEPS, out=steps).astype(np.uint16)


def unpacked(gram: Gram) -> Floats:
    """Return ``gram`` in single precision."""
    floats = gram.astype(np.float32)
    return np.divide(floats, _STEPS, out=floats) if gram.dtype == np.uint16 else floats


def product(gram: Gram, columns: Floats, *, block: int) -> Floats:
    """Return ``gram`` times ``columns``, with no more than ``block`` rows unpacked at once."""
    result = np.empty_like(columns)
    for start in range(0, len(gram), block):
        result[start : start + block] = gram[start : start + block].astype(np.float32) @ columns
    return np.divide(result, _STEPS, out=result) if gram.dtype == np.uint16 else result
