"""Fit the weights of the danger-sign gate and say what they cost: ``python -m tests.benchmarks.fit_gate``.

Every sign, look-alike and harmless phrasing is judged by a classifier that has not seen it (four folds). A sign
of several sentences counts by the sentence that looks most like one; of a harmless message every sentence
counts. Takes some minutes; the output goes into ``bot/triage/weights.py``.
"""

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.bootstrap import load_encoder, load_knowledge
from bot.knowledge.model import OWN_FOLDER, KnowledgeBase
from bot.text.likeness import logistic
from bot.text.likeness.utterance import Preparer
from bot.triage.classifier import SignClassifier
from bot.triage.evidence import Evidence
from bot.triage.gate import Gate
from bot.triage.rules import RedFlag

FOLDS = 4
UNSEEN_BY_WORD_LISTS = 0.35
"""The word lists were written with these very signs in view and find nearly all of them; of signs in new words they
find about two thirds. So a third of the signs is judged without what the lists say."""
_SHRINKAGE = 0.1
Bags = list[NDArray[np.float64]]
"""One table per message: a row of features for each of its units."""


def bags(knowledge: KnowledgeBase, preparer: Preparer) -> dict[str, Bags]:
    """Return the units of every message by kind, judged by classifiers that have not seen them."""
    signs = [(m, RedFlag(g.id, s.level)) for g in knowledge.red_flags.values() for s in g.signs for m in s.messages]
    kinds = {
        "signs": [m for m, _ in signs],
        "look-alikes": [m for g in knowledge.red_flags.values() for m in g.look_alikes],
        "harmless": [p for e in knowledge.published for p in e.ask] + [*knowledge.off_topic],
    }
    rows = {kind: preparer.rows(texts) for kind, texts in kinds.items()}
    rng = np.random.default_rng(0)
    folds = {kind: rng.permutation(len(texts)) % FOLDS for kind, texts in kinds.items()}
    found: dict[str, Bags] = {kind: [] for kind in (*kinds, "messages")}
    for fold in range(FOLDS):
        learned = {kind: np.flatnonzero(places != fold) for kind, places in folds.items()}
        classifier = SignClassifier(
            preparer.book,
            rows["signs"][learned["signs"]],
            [signs[i][1] for i in learned["signs"]],
            rows["look-alikes"][learned["look-alikes"]],
            rows["harmless"][learned["harmless"]],
        )
        gate = Gate(knowledge, preparer, classifier)
        for kind, texts in kinds.items():
            for i in np.flatnonzero(folds[kind] == fold):
                found[kind].append(units(gate, preparer, texts[i]))
        if fold == 0:
            for messages in knowledge.messages.values():
                found["messages"] += [units(gate, preparer, text) for text in messages]
        print(f"fold {fold + 1} of {FOLDS}", file=sys.stderr)
    return found


def units(gate: Gate, preparer: Preparer, text: str) -> NDArray[np.float64]:
    return np.array([unit.evidence() for unit in gate.units(preparer.prepare(text))]).reshape(
        -1, len(Evidence._fields)
    )


def fit(found: dict[str, Bags]) -> NDArray[np.float64]:
    """Return the weights; the telling sentence of each sign is chosen anew as the weights improve."""
    rng = np.random.default_rng(1)
    signs = [bag.copy() for bag in found["signs"] if len(bag)]
    for bag in signs:
        if rng.random() < UNSEEN_BY_WORD_LISTS:
            bag[:, Evidence._fields.index("word_combination")] = 0
    weights = np.zeros(len(Evidence._fields))
    weights[0] = 1.0
    harmless = np.concatenate(
        [bag for kind in ("look-alikes", "harmless", "messages") for bag in found[kind] if len(bag)]
    )
    for _ in range(6):
        telling = np.array([bag[np.argmax(bag @ weights)] for bag in signs])
        is_sign = np.arange(len(telling) + len(harmless)) < len(telling)
        weights = logistic.fit(np.concatenate([telling, harmless]), is_sign, shrinkage=_SHRINKAGE)
    return weights


def main() -> None:
    knowledge = load_knowledge(OWN_FOLDER)
    preparer = Preparer.for_knowledge(knowledge, load_encoder(), Path("data/cache"))
    found = bags(knowledge, preparer)
    weights = fit(found)
    print("WEIGHTS = Evidence(")
    for name, weight in zip(Evidence._fields, weights, strict=True):
        print(f"    {name}={weight:.3f},")
    print(")")
    print("threshold" + "".join(f"{kind:>14}" for kind in found))
    for threshold in (0.02, 0.03, 0.05, 0.08, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5):
        shares = []
        for kind_bags in found.values():
            flagged = [
                bool(len(bag)) and logistic.probability(bag, weights).max() >= threshold for bag in kind_bags
            ]
            shares.append(float(np.mean(flagged)))
        print(f"{threshold:9.2f}" + "".join(f"{share:14.1%}" for share in shares))


if __name__ == "__main__":
    main()
