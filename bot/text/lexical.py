"""Similarity by shared words and letters: TF-IDF over character and word n-grams."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from bot.text.normalise import Normalised, words

CHARACTER_GRAMS = (2, 5)
WORD_GRAMS = (1, 2)
_Weights = tuple[NDArray[np.int32], NDArray[np.float32]]


class LexicalKernel:
    """Cosine similarity between a text and every phrase it was built with.

    Features are character n-grams of 2 to 5 letters inside word boundaries and word n-grams
    of 1 and 2, weighted by (1 + log tf) · idf; each kind is scaled to the same length, so
    neither outweighs the other. Stored as sparse rows and columns in plain numpy: SciPy
    would add 30 MB to the process for two products.
    """

    def __init__(self, phrases: Sequence[Normalised]) -> None:
        seen: dict[str, int] = {}
        counted: list[tuple[NDArray[np.int32], NDArray[np.int32]]] = []
        for phrase in phrases:
            # Numbers at once: the features of all phrases as strings would take 150 MB while building.
            features = _features(phrase)
            ids = [seen.setdefault(feature, len(seen)) for feature in features]
            counted.append((np.array(ids, dtype=np.int32), np.array([*features.values()], dtype=np.int32)))
        total = len(phrases)
        spread = np.zeros(len(seen), dtype=np.int64)
        for ids_of_one, _ in counted:
            spread[ids_of_one] += 1
        self._idf = (np.log((1 + total) / (1 + spread)) + 1).astype(np.float32)
        self._is_word = np.array([feature.startswith("w ") for feature in seen], dtype=bool)
        # Hashes in place of the strings: 1 MB instead of 16.
        keys = np.array([_key(feature) for feature in seen], dtype=np.uint64)
        self._order = np.argsort(keys).astype(np.int32)
        self._keys = keys[self._order]
        del seen
        self._phrases = tuple(phrases)
        self._size = total
        weighed = [(ids_of_one, self._weigh(ids_of_one, counts)) for ids_of_one, counts in counted]
        self._column_starts, self._column_rows, self._column_weights = self._columns(weighed)

    def similarities(self, text: Normalised) -> NDArray[np.float32]:
        """Return the similarity of ``text`` to each phrase, in [0, 1], in the phrases' order."""
        features = _features(text)
        keys = np.array([_key(feature) for feature in features], dtype=np.uint64)
        places = np.minimum(np.searchsorted(self._keys, keys), max(0, len(self._keys) - 1))
        known = self._keys[places] == keys if len(self._keys) else np.zeros(len(keys), dtype=bool)
        ids = self._order[places[known]]
        counts = np.array([*features.values()], dtype=np.int32)[known]
        return self._against_all(ids, self._weigh(ids, counts))

    def to_phrases(self, place: int) -> NDArray[np.float32]:
        """Return the similarities of the phrase at ``place`` to all phrases, as ``similarities`` would."""
        return self.similarities(self._phrases[place])

    def _against_all(self, features: NDArray[np.int32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
        if not len(features):
            return np.zeros(self._size, dtype=np.float32)
        starts, ends = self._column_starts[features], self._column_starts[features + 1]
        lengths = ends - starts
        # Positions of all postings of all features, laid end to end without a Python loop.
        offsets = np.repeat(starts - np.concatenate(([0], np.cumsum(lengths)[:-1])), lengths)
        positions = np.arange(lengths.sum()) + offsets
        products = self._column_weights[positions] * np.repeat(weights, lengths)
        summed = np.bincount(self._column_rows[positions], weights=products, minlength=self._size)
        return summed.astype(np.float32)

    def _weigh(self, ids: NDArray[np.int32], counts: NDArray[np.int32]) -> NDArray[np.float32]:
        weights: NDArray[np.float32] = (1 + np.log(counts)).astype(np.float32) * self._idf[ids]
        for kind in (self._is_word[ids], ~self._is_word[ids]):
            length = float(np.sqrt(np.sum(weights[kind] ** 2)))
            if length:
                weights[kind] /= length * math.sqrt(2)
        return weights

    def _columns(
        self, rows: Sequence[_Weights]
    ) -> tuple[NDArray[np.int64], NDArray[np.integer], NDArray[np.float32]]:
        if not rows:
            return np.zeros(1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32)
        features = np.concatenate([ids for ids, _ in rows])
        # Two bytes are enough for the number of a phrase in any knowledge base but a huge one.
        small: type[np.integer] = np.uint16 if self._size <= np.iinfo(np.uint16).max else np.int32
        numbers: NDArray[np.integer] = np.repeat(np.arange(self._size).astype(small), [len(ids) for ids, _ in rows])
        weights = np.concatenate([values for _, values in rows])
        order = np.argsort(features, kind="stable")
        counts = np.bincount(features, minlength=len(self._idf))
        starts = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
        return starts, numbers[order], weights[order]


def _key(feature: str) -> int:
    """Return a 64-bit hash, the same in every process; two of 100,000 features share one once in 10⁹ builds."""
    return int.from_bytes(blake2b(feature.encode("utf-8", "surrogatepass"), digest_size=8).digest())


def _features(text: Normalised) -> Counter[str]:
    tokens = words(text)
    counted: Counter[str] = Counter(f"c {gram}" for gram in _character_grams(tokens))
    for size in range(WORD_GRAMS[0], WORD_GRAMS[1] + 1):
        counted.update("w " + " ".join(tokens[i : i + size]) for i in range(len(tokens) - size + 1))
    return counted


def _character_grams(tokens: Sequence[str]) -> Iterator[str]:
    for token in tokens:
        padded = f" {token} "
        for size in range(CHARACTER_GRAMS[0], CHARACTER_GRAMS[1] + 1):
            for start in range(max(1, len(padded) - size + 1)):
                yield padded[start : start + size]
                if len(padded) <= size:
                    break
