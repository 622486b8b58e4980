"""How well each phrasing would be understood if it were not among the entry's phrasings."""

from dataclasses import dataclass

import numpy as np

from bot.knowledge.model import KnowledgeBase
from bot.matching.coverage import Coverage
from bot.matching.decision import MAX_CHOICES
from bot.matching.examples import Examples
from bot.matching.matcher import length_of
from bot.matching.scorer import REGULARISATION, Scores, blend
from bot.text.likeness.arrays import unpacked
from bot.text.likeness.ridge import left_out
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


def left_out_scores(examples: Examples, preparer: Preparer) -> Scores:
    """Return the scores of each phrasing, as a whole, by a scorer that has not seen it, counterexamples left out.

    Takes a few matrices as large as there are phrasings squared; meant for a person's machine, not for the running
    bot.
    """
    gram = unpacked(preparer.book.gram(examples.book_rows))
    ridge = left_out(gram, examples.targets(), examples.weights(), regularisation=REGULARISATION)
    np.fill_diagonal(gram, -1.0)  # no phrase is its own nearest
    scored = examples.counter_start
    nearest = np.zeros_like(ridge)
    for label in range(examples.classes):
        rows = np.flatnonzero(examples.labels[:scored] == label)
        if len(rows) > 2:
            nearest[:, label] = np.partition(gram[:, rows], -2, axis=1)[:, -2:].mean(axis=1)
    phrases, labels = examples.phrases[:scored], examples.labels[:scored]
    coverage = Coverage(phrases, labels, examples.classes)
    covered = [coverage.shares(phrase, own=int(label)) for phrase, label in zip(phrases, labels, strict=True)]
    return Scores(
        blend(ridge, nearest)[:scored],
        nearest[:scored],
        np.array(covered, dtype=np.float32).reshape(-1, examples.classes),
        np.array([length_of(phrase) for phrase in phrases], dtype=np.float32),
    )


def leave_one_out(knowledge: KnowledgeBase, preparer: Preparer) -> list[LeftOut]:
    """Return the figures of every entry, the least understood first."""
    examples = Examples.from_knowledge(knowledge, preparer)
    scored = examples.counter_start
    scores = left_out_scores(examples, preparer).blended[:, : examples.out_of_scope]
    order = np.argsort(-scores, axis=1)[:, :MAX_CHOICES]
    found = []
    for label, entry_id in enumerate(examples.entry_ids):
        tops = order[examples.labels[:scored] == label]
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
