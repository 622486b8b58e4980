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
        rows = [slice(at, min(at + _BLOCK, self.size)) for at in range(0, self.size, _BLOCK)]
        blocks = [slice(starts[block.start], starts[block.stop]) for block in rows]
        self._keys = _unique(keys, blocks)
        features = np.empty(len(keys), dtype=np.int32)
        spread = np.zeros(len(self._keys), dtype=np.int64)
        for block in blocks:
            features[block] = np.searchsorted(self._keys, keys[block])
            spread += np.bincount(features[block], minlength=len(self._keys))
        del keys
        self._idf = (np.log((1 + self.size) / (1 + spread)) + 1).astype(np.float32)
        self._idf[spread > max(COMMONEST * self.size, _FEW)] = 0.0
        # The phrases of each feature lie end to end, those of one without weight are left out.
        self._starts = np.concatenate(([0], np.cumsum(np.where(self._idf > 0, spread, 0))))
        # Two bytes are enough for the number of a phrase in any knowledge base but a huge one.
        small: type[np.integer] = np.uint16 if self.size <= np.iinfo(np.uint16).max else np.int32
        self._rows = np.empty(self._starts[-1], dtype=small)
        self._weights = np.empty(self._starts[-1], dtype=np.float32)
        free = self._starts[:-1].copy()
        for phrase, block in zip(rows, blocks, strict=True):
            sizes = np.diff(starts[phrase.start : phrase.stop + 1])
            own = np.repeat(np.arange(len(sizes)), sizes)
            weights = self._weigh(features[block], counts[block], own)
            self._file(features[block], own + phrase.start, weights, free)

    def _file(self, features: Integers, rows: Integers, weights: Floats, free: Integers) -> None:
        """Put ``rows`` with their ``weights`` to their ``features``, from the first ``free`` place of each on."""
        kept = np.flatnonzero(self._idf[features] > 0)
        order = kept[np.argsort(features[kept], kind="stable")]
        present, first, counts = np.unique(features[order], return_index=True, return_counts=True)
        places = np.repeat(free[present] - first, counts) + np.arange(len(order))
        self._rows[places], self._weights[places] = rows[order], weights[order]
        free[present] += counts

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
    # Room for more than there can be: what is never written to takes no memory, and nothing is copied.
    most = sum(_most_features(phrase) for phrase in phrases)
    keys, counts = np.empty(most, dtype=np.uint64), np.empty(most, dtype=np.int32)
    starts = np.zeros(len(phrases) + 1, dtype=np.int64)
    for at, phrase in enumerate(phrases):
        own, times = _features(phrase)
        starts[at + 1] = starts[at] + len(own)
        keys[starts[at] : starts[at + 1]], counts[starts[at] : starts[at + 1]] = own, times
    return keys[: starts[-1]], counts[: starts[-1]], starts


def _most_features(text: Normalised) -> int:
    """Return a number that ``text`` has no more features than."""
    longest = (
        3 * len(text) + 2
    )  # a space before and behind each word, of which there are at most as many as letters
    return (CHARACTER_GRAMS[1] - CHARACTER_GRAMS[0] + 3) * longest


def _unique(keys: Keys, blocks: Sequence[slice]) -> Keys:
    """Return the different ones of ``keys``, sorted; first those of each block, so that no large copy is made."""
    return np.unique(np.concatenate([np.zeros(0, np.uint64), *(np.unique(keys[block]) for block in blocks)]))


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
