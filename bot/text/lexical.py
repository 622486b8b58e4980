"""Similarity by shared words and letters: TF-IDF over character and word n-grams."""

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from bot.text.normalise import Normalised, words

CHARACTER_GRAMS = (2, 5)
COMMONEST = 0.2
"""Share of the phrases above which a feature is left out: "e " or "the" tell next to nothing, and with them a text
takes four times as long. As many of the development questions are ranked first without them."""
_FEW = 50
"""Among fewer phrases no feature is too common to count."""

Floats = NDArray[np.float32]
Integers = NDArray[np.integer]
Keys = NDArray[np.uint64]

_FACTORS = np.random.default_rng(2017).integers(2**63, 2**64, size=CHARACTER_GRAMS[1] + 2, dtype=np.uint64)
_LETTER_FACTORS, _PAIR_FACTORS = _FACTORS[:-2] | np.uint64(1), _FACTORS[-2:] | np.uint64(1)


class LexicalIndex:
    """Cosine similarity between a text and every phrase it was built with.

    Features are character n-grams of 2 to 5 letters inside word boundaries and word n-grams of 1 and 2, weighted
    by (1 + log tf) · idf; each kind is scaled to the same length, so neither outweighs the other. They are known by
    64-bit hashes, and the phrases of each lie end to end in plain arrays: strings would take 150 MB while building,
    SciPy 30 MB for a single product.
    """

    def __init__(self, phrases: Sequence[Normalised]) -> None:
        self.size = len(phrases)
        features, counts, rows = self._counted(phrases)
        weights = self._weigh(features, counts, rows)
        kept = np.flatnonzero(weights)
        kept = kept[np.argsort(features[kept], kind="stable")]
        # Two bytes are enough for the number of a phrase in any knowledge base but a huge one.
        small: type[np.integer] = np.uint16 if self.size <= np.iinfo(np.uint16).max else np.int32
        self._rows: NDArray[np.integer] = rows[kept].astype(small)
        self._weights = weights[kept]
        self._starts = np.searchsorted(features[kept], np.arange(len(self._keys) + 1))

    def _counted(self, phrases: Sequence[Normalised]) -> tuple[Integers, Integers, Integers]:
        """Return for each feature of each phrase its number, how often it occurs, and the phrase's number.

        Sets the features' keys and their weights by rarity.
        """
        found = [_features(phrase) for phrase in phrases]
        keys = np.concatenate([np.zeros(0, np.uint64), *(keys for keys, _ in found)])
        counts = np.concatenate([np.zeros(0, np.int32), *(counts for _, counts in found)])
        rows = np.repeat(np.arange(self.size, dtype=np.int32), [len(keys) for keys, _ in found])
        del found  # a million and a half of each: what is not needed goes before more is made
        self._keys = np.unique(keys)  # its own inverse would take 50 MB
        features = np.searchsorted(self._keys, keys).astype(np.int32)
        spread = np.bincount(features, minlength=len(self._keys))
        self._idf = (np.log((1 + self.size) / (1 + spread)) + 1).astype(np.float32)
        self._idf[spread > max(COMMONEST * self.size, _FEW)] = 0.0
        return features, counts, rows

    def similarities(self, text: Normalised) -> Floats:
        """Return the similarity of ``text`` to each phrase, in [0, 1], in the phrases' order."""
        keys, counts = _features(text)
        features = np.searchsorted(self._keys, keys)
        known = features < len(self._keys)
        known[known] = self._keys[features[known]] == keys[known]
        features = features[known]
        weights = self._weigh(features, counts[known], np.zeros(len(features), dtype=np.int32))
        return self._against_all(features, weights)

    def gram(self, rows: Integers) -> NDArray[np.float16]:
        """Return the similarities of some phrases to each other, shape (rows, rows), in half precision."""
        # The arrays hold the phrases of each feature; here the features of each phrase are needed.
        by_row = np.argsort(self._rows, kind="stable").astype(np.int32)
        starts = np.searchsorted(self._rows, np.arange(self.size + 1), sorter=by_row)
        features = np.repeat(np.arange(len(self._keys), dtype=np.int32), np.diff(self._starts))[by_row]
        table = np.empty((len(rows), len(rows)), dtype=np.float16)
        for place, row in enumerate(rows):
            own = slice(starts[row], starts[row + 1])
            table[place] = self._against_all(features[own], self._weights[by_row[own]])[rows]
        return table

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
        kinds = 2 * rows + (self._keys[features] & np.uint64(1)).astype(np.int32)
        squares = np.bincount(kinds, weights=weights**2, minlength=2 * (int(rows.max(initial=-1)) + 1))
        present = (squares.reshape(-1, 2) > 0).sum(axis=1)
        lengths = np.sqrt(squares[kinds] * present[rows])
        scaled: Floats = np.divide(weights, lengths, out=np.zeros_like(weights), where=lengths > 0).astype(
            np.float32
        )
        return scaled


def _features(text: Normalised) -> tuple[Keys, Integers]:
    """Return the hashes of the features, odd ones for words, in rising order, and how often each occurs."""
    tokens = words(text)
    if not tokens:
        return np.zeros(0, np.uint64), np.zeros(0, np.int32)
    heard = np.array([_word_key(token) for token in tokens], dtype=np.uint64)
    pairs = heard[:-1] * _PAIR_FACTORS[0] + heard[1:] * _PAIR_FACTORS[1]
    spelt = np.concatenate([heard, pairs]) << np.uint64(1) | np.uint64(1)
    keys, counts = np.unique(np.concatenate([_character_grams(tokens) << np.uint64(1), spelt]), return_counts=True)
    return keys, counts


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


def _word_key(word: str) -> int:
    """Return a hash that is the same in every process."""
    return int.from_bytes(blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest())
