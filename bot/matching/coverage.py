"""How many of an utterance's words an entry knows.

A similarity can be high for the frame alone: "How often should I water a peace lily?" resembles
"How often should I go?". What gives it away are the words that no phrasing of the entry has.
"""

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bot.text.likeness.arrays import Floats
from bot.text.normalise import Normalised, words


class Coverage:
    """The share of an utterance's words, weighted by rarity, that occur in each class's phrases."""

    def __init__(self, phrases: Sequence[Normalised], labels: NDArray[np.int64], classes: int) -> None:
        counts: dict[str, NDArray[np.int32]] = {}
        spread: Counter[str] = Counter()
        for phrase, label in zip(phrases, labels, strict=True):
            for word in set(words(phrase)):
                counts.setdefault(word, np.zeros(classes, dtype=np.int32))[label] += 1
                spread[word] += 1
        self._counts = counts
        self._classes = classes
        self._rarest = math.log(1 + len(phrases)) + 1
        self._rarity = {w: self._rarest - math.log(1 + n) for w, n in spread.items()}

    def shares(self, text: Normalised, own: int | None = None) -> Floats:
        """Return a share in [0, 1] for each class, shape (classes,).

        ``own``: the class of ``text`` when it is one of the phrases, whose own words then do not count.
        """
        covered = np.zeros(self._classes, dtype=np.float32)
        total = 0.0
        for word in set(words(text)):
            rarity = self._rarity.get(word, self._rarest)
            total += rarity
            counts = self._counts.get(word)
            if counts is None:
                continue
            known = counts > 0
            if own is not None:
                known[own] = counts[own] > 1
            covered += rarity * known
        return covered / np.float32(total) if total else covered
