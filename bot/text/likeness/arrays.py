"""The arrays that likeness is computed with."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Halves = NDArray[np.float16]
Integers = NDArray[np.integer]
Gram = NDArray[np.float16] | NDArray[np.float32]
"""Similarities of phrases with each other, shape (n, n)."""
Rows = NDArray[np.int64]
"""Numbers of phrases."""
