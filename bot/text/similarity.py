"""How alike a text is to each of many phrases: by shared words and letters, and by meaning."""

from collections.abc import Sequence

import numpy as np

from bot.text.encoder import Floats
from bot.text.lexical import LexicalKernel
from bot.text.utterance import Part


class Similarity:
    """A similarity to every phrase it was built with, in [0, 1], and a valid kernel.

    The mean of two cosines, squared: one of TF-IDF over the mended words, one of sentence vectors; the first
    alone where phrases have no vectors. The square, a polynomial kernel, lets pairs that are alike both in
    words and in meaning count for more than pairs alike in one of them; it ranks 3 points more of the
    project's held-out phrases first than the mean.
    """

    def __init__(self, parts: Sequence[Part]) -> None:
        self._lexical = LexicalKernel([part.repaired for part in parts])
        vectors = [part.vector for part in parts if part.vector is not None]
        self._vectors: Floats | None = (
            np.array(vectors, dtype=np.float32) if parts and len(vectors) == len(parts) else None
        )
        self.size = len(parts)

    def to(self, parts: Sequence[Part]) -> Floats:
        """Return the similarity of each of ``parts`` to each phrase, shape (parts, phrases)."""
        table = np.zeros((len(parts), self.size), dtype=np.float32)
        for row, part in enumerate(parts):
            table[row] = self._lexical.similarities(part.repaired)
        return self._with_vectors(table, [part.vector for part in parts])

    def gram(self) -> Floats:
        """Return the similarities of the phrases with each other, shape (phrases, phrases)."""
        table = self._lexical.gram()
        return self._with_vectors(table, [] if self._vectors is None else list(self._vectors))

    def _with_vectors(self, table: Floats, vectors: Sequence[Floats | None]) -> Floats:
        if self._vectors is not None:
            table += np.array(vectors, dtype=np.float32).reshape(-1, self._vectors.shape[1]) @ self._vectors.T
            table *= np.float32(0.5)
        table *= table
        return table
