"""Similarity by shared words and letters: TF-IDF over character and word n-grams."""

from collections.abc import Iterator, Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from bot.text.likeness.arrays import Floats, Integers
from bot.text.normalise import Normalised, words

CHARACTER_GRAMS = (2, 5)
COMMONEST = 0.2
"""Share of the phrases above which a feature is left out: "e " or "the" tell next to nothing, and with them a text
takes four times as long. As many of the development questions are ranked first without them."""
_FEW = 50
"""Among fewer phrases no feature is too common to count."""

Keys = NDArray[np.uint64]

_BLOCK = 256
"""Phrases worked on at once while building: all at once would take 100 MB for a moment."""


def _factor(name: str) -> np.uint64:
    """Return an odd number, the same in every process, as good as drawn by lot."""
    return np.uint64(_hash(name) | 1)


def _hash(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest())


_LETTER_FACTORS = [_factor(f"letter {place}") for place in range(CHARACTER_GRAMS[1])]
_PAIR_FACTORS = [_factor(f"word {place}") for place in range(2)]


class LexicalIndex:
    """Cosine similarity between a text and every phrase it was built with.

    Features are character n-grams of 2 to 5 letters inside word boundaries and word n-grams of 1 and 2, weighted
    by (1 + log tf) · idf; each kind is scaled to the same length, so neither outweighs the other. They are known by
    64-bit hashes, and the phrases of each lie end to end in plain arrays: strings would take 150 MB while building,
    SciPy 30 MB for a single product.
    """

    def __init__(self, phrases: Sequence[Normalised]) -> None:
        self.size = len(phrases)
        keys, counts, starts = _all_features(phrases)
        self._keys = np.unique(keys)
        blocks = [slice(starts[at], starts[min(at + _BLOCK, self.size)]) for at in range(0, self.size, _BLOCK)]
        features = np.empty(len(keys), dtype=np.int32)
        for block in blocks:
            features[block] = np.searchsorted(self._keys, keys[block])
        del keys
        spread = np.bincount(features, minlength=len(self._keys))
        self._idf = (np.log((1 + self.size) / (1 + spread)) + 1).astype(np.float32)
        self._idf[spread > max(COMMONEST * self.size, _FEW)] = 0.0
        # Two bytes are enough for the number of a phrase in any knowledge base but a huge one.
        small: type[np.integer] = np.uint16 if self.size <= np.iinfo(np.uint16).max else np.int32
        rows = np.repeat(np.arange(self.size, dtype=small), np.diff(starts))
        weights = np.empty(len(features), dtype=np.float32)
        for block in blocks:
            weights[block] = self._weigh(features[block], counts[block], rows[block] - rows[block][:1])
        self._rows, self._weights, self._starts = _by_feature(features, rows, weights, len(self._keys))

    def similarities(self, text: Normalised) -> Floats:
        """Return the similarity of ``text`` to each phrase, in [0, 1], in the phrases' order."""
        keys, counts = _features(text)
        features = np.searchsorted(self._keys, keys)
        known = features < len(self._keys)
        known[known] = self._keys[features[known]] == keys[known]
        features = features[known]
        weights = self._weigh(features, counts[known], np.zeros(len(features), dtype=np.int32))
        return self._against_all(features, weights)

    def gram(self, rows: Integers, *, together: int) -> Iterator[tuple[int, Floats]]:
        """Yield the similarities of some phrases to each other, ``together`` of ``rows`` at once.

        Each with the place of its first row; of shape (together, rows), the last one of what is left.
        """
        # The arrays hold the phrases of each feature; here the features of each phrase are needed.
        by_row = np.argsort(self._rows, kind="stable").astype(np.int32)
        starts = np.searchsorted(self._rows, np.arange(self.size + 1), sorter=by_row)
        features = np.repeat(np.arange(len(self._keys), dtype=np.int32), np.diff(self._starts))[by_row]
        for start in range(0, len(rows), together):
            block = rows[start : start + together]
            table = np.empty((len(block), len(rows)), dtype=np.float32)
            for place, row in enumerate(block):
                own = slice(starts[row], starts[row + 1])
                table[place] = self._against_all(features[own], self._weights[by_row[own]])[rows]
            yield start, table

    def _against_all(self, features: Integers, weights: Floats) -> Floats:
        starts = self._starts[features]
        lengths = self._starts[features + 1] - starts
        # Where the phrases of all these features lie, end to end, without a Python loop.
        before = np.cumsum(lengths) - lengths
        places = np.arange(lengths.sum()) + np.repeat(starts - before, lengths)
        products = self._weights[places] * np.repeat(weights, lengths)
        return np.bincount(self._rows[places], weights=products, minlength=self.size).astype(np.float32)

    def _weigh(self, features: Integers, counts: Integers, rows: Integers) -> Floats:
        """Return the features' weights, scaled within each of ``rows``, which are numbered from 0."""
        weights = (1 + np.log(counts, dtype=np.float32)) * self._idf[features]
        kinds = 2 * rows.astype(np.int32) + (self._keys[features] & np.uint64(1)).astype(np.int32)
        squares = np.bincount(kinds, weights=weights**2, minlength=2 * (int(rows.max(initial=0)) + 1))
        present = (squares.reshape(-1, 2) > 0).sum(axis=1)
        lengths = np.sqrt(squares[kinds] * present[rows])
        scaled: Floats = np.divide(weights, lengths, out=np.zeros_like(weights), where=lengths > 0).astype(
            np.float32
        )
        return scaled


def _all_features(phrases: Sequence[Normalised]) -> tuple[Keys, Integers, Integers]:
    """Return ``_features`` of all phrases end to end, and where each phrase starts."""
    found = [_features(phrase) for phrase in phrases]
    keys = np.concatenate([np.zeros(0, np.uint64), *(keys for keys, _ in found)])
    counts = np.concatenate([np.zeros(0, np.int32), *(counts for _, counts in found)])
    return keys, counts, np.cumsum([0, *(len(keys) for keys, _ in found)])


def _by_feature(
    features: Integers, rows: Integers, weights: Floats, total: int
) -> tuple[Integers, Floats, Integers]:
    """Return rows and weights sorted by feature, those without weight left out, and where each feature starts."""
    kept = weights > 0
    features, rows, weights = features[kept], rows[kept], weights[kept]
    order = np.argsort(features, kind="stable").astype(np.int32)
    starts = np.concatenate(([0], np.cumsum(np.bincount(features, minlength=total))))
    return rows[order], weights[order], starts


def _features(text: Normalised) -> tuple[Keys, Integers]:
    """Return the hashes of the features, odd ones for words, in rising order, and how often each occurs."""
    tokens = words(text)
    if not tokens:
        return np.zeros(0, np.uint64), np.zeros(0, np.int32)
    heard = np.array([_hash(token) for token in tokens], dtype=np.uint64)
    pairs = heard[:-1] * _PAIR_FACTORS[0] + heard[1:] * _PAIR_FACTORS[1]
    spelt = np.concatenate([heard, pairs]) << np.uint64(1) | np.uint64(1)
    keys, counts = np.unique(np.concatenate([_character_grams(tokens) << np.uint64(1), spelt]), return_counts=True)
    return keys, counts.astype(np.int32)


def _character_grams(tokens: Sequence[str]) -> Keys:
    """Return a hash of each n-gram: the sum of its letters, each times the factor of its place."""
    padded = "".join(f" {token} " for token in tokens)
    letters = np.frombuffer(padded.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
    lengths = np.array([len(token) + 2 for token in tokens])
    left = np.repeat(np.cumsum(lengths), lengths) - np.arange(len(letters))  # letters to the end of the word
    hashes = letters * _LETTER_FACTORS[0]
    grams = []
    for size in range(2, CHARACTER_GRAMS[1] + 1):
        hashes = hashes[:-1] + letters[size - 1 :] * _LETTER_FACTORS[size - 1]
        grams.append(hashes[left[: len(hashes)] >= size] + np.uint64(size))
    return np.concatenate(grams)
