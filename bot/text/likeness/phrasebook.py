"""All phrases of a knowledge base in one place, and how alike a text is to each: in words and in meaning."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bot.text.likeness.arrays import Floats, Rows, packed
from bot.text.likeness.lexical import COMMONEST, LexicalIndex
from bot.text.normalise import Normalised

WORDS_SHARE = 0.35
"""Found on the development sets. From 0.3 to 0.5 they are ranked within a point of each other; meaning alone ranks
2 to 7 points fewer sloppy questions and real posts first, in higher powers still fewer."""
_BLOCK = 64
"""Rows worked on at once: each takes 100 kB."""


@dataclass(frozen=True)
class Likeness:
    """How alike one text is to every phrase, in the phrases' order, each of shape (phrases,).

    ``similarities``, in [0, 1], are a valid kernel; ``cosines`` are those of the sentence vectors alone, ``None``
    where there is no encoder.
    """

    similarities: Floats
    cosines: Floats | None


class Phrasebook:
    """The phrases and their index. Immutable once built.

    The similarity is a mean of two cosines, squared: one of TF-IDF over the mended words, which counts
    ``WORDS_SHARE``, and one of sentence vectors; the first alone where there are no vectors. The square, which is a
    polynomial kernel, lets pairs that are alike both in words and in meaning count for more than others.
    """

    def __init__(self, phrases: Sequence[Normalised], vectors: Floats | None = None, *, encoder: str = "") -> None:
        """``vectors``: those of the phrases, shape (phrases, dimensions), each of length 1; ``encoder``: whose."""
        self.phrases = tuple(phrases)
        self.vectors = vectors
        self._encoder = encoder
        self._lexical = LexicalIndex(self.phrases)

    @cached_property
    def fingerprint(self) -> str:
        """A hash of all that similarities depend on."""
        told = repr((self.phrases, self.vectors is None, self._encoder, COMMONEST, WORDS_SHARE))
        return hashlib.blake2b(told.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()

    def compare(self, texts: Sequence[Normalised], vectors: Floats | None) -> list[Likeness]:
        """Return how alike each of ``texts`` is to each phrase; ``vectors`` has a row for each text."""
        lexical = np.zeros((len(texts), len(self.phrases)), dtype=np.float32)
        for row, text in enumerate(texts):
            lexical[row] = self._lexical.similarities(text)
        if self.vectors is None or vectors is None:
            return [Likeness(row**2, None) for row in lexical]
        cosines = vectors @ self.vectors.T
        return [Likeness(*both) for both in zip(_kernel(lexical, cosines), cosines, strict=True)]

    def similarities(self, text: Normalised, vector: Floats | None) -> Floats:
        """Return how alike one text with its ``vector`` is to each phrase, from 0 to 1."""
        return self.compare([text], vector[None] if vector is not None else None)[0].similarities

    def gram(self, rows: Rows) -> NDArray[np.uint16]:
        """Return the similarities of some phrases with each other, shape (rows, rows), packed."""
        table = np.empty((len(rows), len(rows)), dtype=np.uint16)
        for start, lexical in self._lexical.gram(rows, together=_BLOCK):
            block = slice(start, start + _BLOCK)
            if self.vectors is None:
                table[block] = packed(lexical**2)
            else:
                cosines = (self.vectors[rows[block]] @ self.vectors.T)[:, rows]
                table[block] = packed(_kernel(lexical, cosines))
        return table


def _kernel(lexical: Floats, cosines: Floats) -> Floats:
    mean: Floats = np.float32(WORDS_SHARE) * lexical
    mean += np.float32(1 - WORDS_SHARE) * cosines
    return np.square(mean, out=mean)
