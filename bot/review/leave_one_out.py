"""How well each phrasing would be understood if it were not among the entry's phrasings."""

from dataclasses import dataclass

import numpy as np

from bot.knowledge.model import KnowledgeBase
from bot.matching.decision import MAX_CHOICES
from bot.matching.examples import Examples
from bot.matching.scorer import REGULARISATION, blend
from bot.text.likeness.utterance import Preparer


@dataclass(frozen=True)
class LeftOut:
    """The phrasings of one entry: how many there are, the shares ranked first and among the first three,
    and the entries that took their place most often.
    """

    entry_id: str
    phrasings: int
    first: float
    in_three: float
    rivals: tuple[tuple[str, int], ...]


def leave_one_out(knowledge: KnowledgeBase, preparer: Preparer) -> list[LeftOut]:
    """Return the figures of every entry, the least understood first.

    Exact, in closed form: with ``G = (K + λ·W⁻¹)⁻¹`` and ``A = G·Y`` the prediction for row i by a ridge
    without row i is ``Y_i − A_i / G_ii`` (Allen's PRESS). Takes a few matrices of the size of ``K``; meant for
    a person's machine, not for the running bot.
    """
    examples = Examples.from_knowledge(knowledge, preparer)
    gram = preparer.book.gram(examples.book_rows).astype(np.float32)
    targets = examples.targets()
    inverse = np.linalg.inv(gram + np.diag(REGULARISATION / examples.weights()))
    ridge = targets - (inverse @ targets) / np.diag(inverse)[:, None]
    np.fill_diagonal(gram, -1.0)  # no phrase is its own nearest
    scored = examples.counter_start
    nearest = np.zeros_like(ridge)
    for label in range(examples.classes):
        rows = np.flatnonzero(examples.labels[:scored] == label)
        if len(rows) > 2:
            nearest[:, label] = np.sort(gram[:, rows], axis=1)[:, -2:].mean(axis=1)
    scores = blend(ridge.astype(np.float32), nearest.astype(np.float32))[:, : examples.out_of_scope]
    order = np.argsort(-scores, axis=1)[:, :MAX_CHOICES]
    found = []
    for label, entry_id in enumerate(examples.entry_ids):
        tops = order[np.flatnonzero(examples.labels[:scored] == label)]
        wrong, counts = np.unique(tops[tops[:, 0] != label, 0], return_counts=True)
        rivals = sorted(zip(counts.tolist(), wrong.tolist(), strict=True), reverse=True)[:3]
        found.append(
            LeftOut(
                entry_id,
                len(tops),
                float((tops[:, 0] == label).mean()),
                float((tops == label).any(axis=1).mean()),
                tuple((examples.entry_ids[rival], count) for count, rival in rivals),
            )
        )
    return sorted(found, key=lambda left: (left.first, left.entry_id))
