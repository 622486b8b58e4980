"""Fit the weights of the danger-sign gate and say what they cost: ``python -m tests.benchmarks.fit_gate``.

``gate_messages.csv`` holds whole messages, a third of them danger signs, by people who had seen neither code nor
knowledge; ``messages.yaml`` adds harmless ones. None of them was learned from by what gathers the evidence. The
first table is of messages held out by writer, each judged by weights fitted on the others': at a recall of the
signs, the threshold, and the share of the harmless messages at or above it. The output goes into
``bot/triage/weights.py``; the thresholds there are chosen from the table.
"""

import csv
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bot.bootstrap import build_mind
from bot.settings import read_settings
from bot.text.likeness import logistic
from bot.text.likeness.logistic import Doubles, Flags
from bot.triage.evidence import Evidence
from bot.triage.gate import evidence
from bot.understanding.mind import Mind

MESSAGES = Path(__file__).with_name("gate_messages.csv")
HARMLESS = "harmless"
OTHERS = "messages.yaml"
RECALLS = (0.9, 0.93, 0.95, 0.96, 0.97, 0.98, 0.985, 0.99, 0.995, 1.0)
SHRINKAGE = 0.1
"""From 0.03 to 0.5 the held-out messages are told apart alike."""
_PARTS = ("MEAN", "TOP", "WHOLE")
_SIZE = len(Evidence._fields)
_SUPERFLUOUS = [_SIZE - 1, 2 * _SIZE - 1]
"""The constants of the first two parts: one is enough."""


@dataclass(frozen=True)
class Sample:
    """The evidence about each message, whether it is a sign, and who wrote it."""

    features: Doubles
    signs: Flags
    writers: tuple[str, ...]

    def of(self, writer: str) -> Flags:
        return np.array([name == writer for name in self.writers], dtype=np.bool_)


def sample(mind: Mind) -> Sample:
    with MESSAGES.open(encoding="utf-8", newline="") as file:
        rows = [(row["text"], row["label"] != HARMLESS, row["writer"]) for row in csv.DictReader(file)]
    rows += [(text, False, OTHERS) for texts in mind.knowledge.messages.values() for text in texts]
    features, signs, writers = [], [], []
    for number, (text, is_sign, writer) in enumerate(rows):
        units = mind.gate.units(mind.preparer.prepare(text))
        if units:
            features.append(evidence(units))
            signs.append(is_sign)
            writers.append(writer)
        if number % 200 == 0:
            print(f"{number} of {len(rows)}", file=sys.stderr)
    return Sample(np.array(features), np.array(signs, dtype=np.bool_), tuple(writers))


def fit(features: Doubles, signs: Flags) -> Doubles:
    """Return the weights, with zeros for the superfluous constants."""
    used = np.delete(np.arange(features.shape[1]), _SUPERFLUOUS)
    weights = np.zeros(features.shape[1])
    weights[used] = logistic.fit(features[:, used], signs, shrinkage=SHRINKAGE)
    return weights


def held_out(all_of: Sample) -> Doubles:
    """Return each message's probability by weights fitted without its writer's messages."""
    found = np.zeros(len(all_of.signs))
    for writer in dict.fromkeys(all_of.writers):
        own = all_of.of(writer)
        found[own] = logistic.probability(all_of.features[own], fit(all_of.features[~own], all_of.signs[~own]))
    return found


def table(all_of: Sample, found: Doubles) -> str:
    ordinary = all_of.of(OTHERS)
    groups = {"harmless, same writers": ~all_of.signs & ~ordinary, OTHERS: ordinary}
    lines = ["recall  threshold" + "".join(f"{name:>26}" for name in groups)]
    signs = np.sort(found[all_of.signs])
    for recall in RECALLS:
        threshold = signs[min(len(signs) - 1, int((1 - recall) * len(signs)))]
        shares = "".join(f"{np.mean(found[rows] >= threshold):26.1%}" for rows in groups.values())
        lines.append(f"{recall:6.1%}  {threshold:9.3f}{shares}")
    return "\n".join(lines)


def main() -> None:
    all_of = sample(build_mind(read_settings()))
    print(f"{all_of.signs.sum()} signs, {(~all_of.signs).sum()} harmless messages")
    print(table(all_of, held_out(all_of)))
    weights = fit(all_of.features, all_of.signs)
    for part, own in zip(_PARTS, weights.reshape(len(_PARTS), _SIZE), strict=True):
        print(f"{part} = Evidence(")
        for name, weight in zip(Evidence._fields, own, strict=True):
            print(f"    {name}={weight:.3f},")
        print(")")


if __name__ == "__main__":
    main()
