"""How alike in meaning texts are among each other, beyond what all of a knowledge base's subject share."""

from collections.abc import Sequence

import numpy as np

from bot.text.likeness.arrays import Floats, unpacked
from bot.text.likeness.phrasebook import Phrasebook
from bot.text.normalise import Normalised

WORDS_SHARE = 0.1
DAMPING = 3.0
"""Both chosen on made-up questions and on the `ask:` lists. Plain cosines of sentence vectors are no good here: all
questions about running and needles are alike, so pairs of them are grouped with an F1 of 0.58 instead of 0.83."""


def alike(texts: Sequence[Normalised], vectors: Sequence[Floats | None], book: Phrasebook) -> Floats | None:
    """Return how alike each of ``texts`` is to each, shape (texts, texts), at most 1; ``None`` without vectors.

    The cosine of their ``vectors``, centred on those of ``book``, by the inverse of their covariance: directions in
    which all of its phrases differ, as subject and manner of speaking, count less. Shared words count a little.
    """
    known = [vector for vector in vectors if vector is not None]
    if book.vectors is None or len(known) < len(texts):
        return None
    mean = book.vectors.mean(axis=0)
    spread = book.vectors.T @ book.vectors / len(book.vectors) - np.outer(mean, mean)
    spread += DAMPING * np.trace(spread) / len(mean) * np.eye(len(mean), dtype=np.float32)
    centred = np.array(known) - mean
    products = centred @ np.linalg.solve(spread, centred.T)
    lengths = np.sqrt(np.maximum(np.diag(products), np.finfo(np.float32).tiny))
    words = np.sqrt(unpacked(Phrasebook(list(texts)).gram(np.arange(len(texts)))))
    found: Floats = (1 - WORDS_SHARE) * products / np.outer(lengths, lengths) + WORDS_SHARE * words
    return found
