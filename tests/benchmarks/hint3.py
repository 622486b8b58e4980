"""The matcher on a public set of real users' messages: HINT3, SOFMattress (Arora et al. 2020).

    python -m tests.benchmarks.hint3 PATH [--json FILE]

PATH holds `sofmattress_train.csv` and `sofmattress_test.csv`. The training phrases become a knowledge folder, one
entry per intent; what else a folder needs is borrowed from the project's own, `off_topic.yaml` as negatives among
it, but not `messages.yaml`: the matcher calibrates itself on held-out training phrases. Only preparer and matcher
take part: the danger-sign gate belongs to another clinic's messages.

The test file is scored once, with the thresholds found on the training phrases. An answer counts as its entry,
choices as the first of them, the fallback as out of scope. Read the last column: the multi-class Matthews
correlation (Gorodkin 2004), out of scope being a class like any other. The published systems chose their threshold
on the test set; for a like comparison the best such threshold is printed too, in a line of its own that says so.
Nothing may be tuned on it.
"""

import csv
import math
import tempfile
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bot.bootstrap import load_encoder, load_knowledge
from bot.errors import BotError
from bot.knowledge.model import OUT_OF_SCOPE
from bot.matching.decision import Candidate, Decision, Fallback
from bot.matching.matcher import Matcher
from bot.text.likeness.utterance import Preparer
from tests.benchmarks.shared import keep, parser, write_entry

NO_INTENT = "NO_NODES_DETECTED"
PUBLISHED = (
    ("RapidFuzz WRatio, nearest phrase *", 0.385, 0.892, 0.467),
    ("RapidFuzz token_set_ratio, nearest *", 0.489, 0.765, 0.507),
    ("Rasa *", 0.481, 0.855, 0.526),
    ("LUIS *", 0.593, 0.753, 0.581),
    ("Haptik *", 0.654, 0.669, 0.588),
    ("BERT classifier *", 0.636, 0.765, 0.617),
    ("Dialogflow *", 0.719, 0.645, 0.638),
    ("sentence vectors, nearest phrase *", 0.693, 0.717, 0.646),
)
"""In-scope accuracy, out-of-scope recall and MCC from the README of the data: five of the paper, three measured."""


@dataclass(frozen=True)
class Figures:
    """Shares from 0 to 1; ``mcc`` from -1 to 1."""

    name: str
    in_scope_accuracy: float
    out_of_scope_recall: float
    mcc: float


@dataclass(frozen=True)
class Outcome:
    """A test message's true class, its ranking and what the matcher decided."""

    label: str
    ranking: Sequence[Candidate]
    decision: Decision

    @property
    def decided(self) -> str:
        """The class it counts as."""
        return OUT_OF_SCOPE if isinstance(self.decision, Fallback) else self.ranking[0].entry_id

    @property
    def confidence(self) -> float:
        """That of the entry ranked first."""
        return self.ranking[0].confidence if self.ranking else 0.0

    def decided_from(self, threshold: float) -> str:
        """Return the class it would count as if one threshold were all."""
        return self.ranking[0].entry_id if self.ranking and self.confidence >= threshold else OUT_OF_SCOPE


def matthews(truth: Sequence[str], guesses: Sequence[str]) -> float:
    """Return the multi-class Matthews correlation coefficient (Gorodkin 2004).

    With s messages, c of them right, and class k being true t_k times and guessed p_k times:
    MCC = (c·s - Σ p_k·t_k) / √((s² - Σ p_k²) · (s² - Σ t_k²)), and 0 where that is 0 / 0.
    """
    s = len(truth)
    c = sum(t == g for t, g in zip(truth, guesses, strict=True))
    true, guessed = Counter(truth), Counter(guesses)
    chance = sum(guessed[k] * true[k] for k in true)
    spread = (s * s - sum(n * n for n in guessed.values())) * (s * s - sum(n * n for n in true.values()))
    return (c * s - chance) / math.sqrt(spread) if spread else 0.0


def figures(name: str, truth: Sequence[str], guesses: Sequence[str]) -> Figures:
    pairs = list(zip(truth, guesses, strict=True))
    asked = [t == g for t, g in pairs if t != OUT_OF_SCOPE]
    outside = [t == g for t, g in pairs if t == OUT_OF_SCOPE]
    return Figures(
        name,
        sum(asked) / max(1, len(asked)),
        sum(outside) / max(1, len(outside)),
        matthews(truth, guesses),
    )


def read(path: Path) -> list[tuple[str, str]]:
    """Return the sentences of a file with their entry ids."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [(row["sentence"], entry_id(row["label"])) for row in csv.DictReader(file)]


def entry_id(label: str) -> str:
    return OUT_OF_SCOPE if label == NO_INTENT else label.strip().lower().replace("_", "-")


def write_folder(folder: Path, rows: Sequence[tuple[str, str]]) -> None:
    """Write one entry per intent of ``rows`` into ``folder``."""
    asks = defaultdict(list)
    for sentence, label in rows:
        asks[label].append(sentence)
    for label, ask in asks.items():
        write_entry(folder, label, label.replace("-", " ").capitalize(), ask)


def build(rows: Sequence[tuple[str, str]]) -> tuple[Preparer, Matcher]:
    """Return a preparer and a matcher that know the phrases in ``rows``."""
    with tempfile.TemporaryDirectory() as folder:
        write_folder(Path(folder), rows)
        knowledge = load_knowledge(Path(folder))
    preparer = Preparer.for_knowledge(knowledge, load_encoder())
    return preparer, Matcher.for_knowledge(knowledge, preparer)


def score(preparer: Preparer, matcher: Matcher, rows: Sequence[tuple[str, str]]) -> list[Outcome]:
    outcomes = []
    for sentence, label in rows:
        ranking = matcher.rank(preparer.prepare(sentence))
        outcomes.append(Outcome(label, ranking, matcher.decide(ranking)))
    return outcomes


def best_threshold(outcomes: Sequence[Outcome]) -> float:
    """Return the least confidence for anything but out of scope that gives the best MCC on ``outcomes``."""
    truth = [one.label for one in outcomes]
    return max(
        sorted({one.confidence for one in outcomes}),
        key=lambda threshold: matthews(truth, [one.decided_from(threshold) for one in outcomes]),
    )


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("path", type=Path, help="the folder with the two CSV files")
    options = arguments.parse_args()
    preparer, matcher = build(read(options.path / "sofmattress_train.csv"))
    outcomes = score(preparer, matcher, read(options.path / "sofmattress_test.csv"))
    truth = [one.label for one in outcomes]
    threshold = best_threshold(outcomes)
    calibrated = figures("this bot, calibrated on the training phrases", truth, [o.decided for o in outcomes])
    on_test = figures("this bot *", truth, [one.decided_from(threshold) for one in outcomes])
    print(f"{len(outcomes)} messages, {truth.count(OUT_OF_SCOPE)} of them out of scope")
    print("                                              in scope  out of scope    MCC")
    for one in (*(Figures(*row) for row in PUBLISHED), on_test, calibrated):
        print(f"{one.name:44}  {one.in_scope_accuracy:8.1%}  {one.out_of_scope_recall:12.1%}  {one.mcc:5.3f}")
    print("* threshold picked on the test set itself, so not a fair estimate of what users would get")
    limits = matcher.calibration.thresholds
    print(
        f"this bot's thresholds: answer {limits.answer:.3f}, choices {limits.choices:.3f} (sum of the best three)"
    )
    print(f"best on the test set: one threshold of {threshold:.3f} on the first entry's confidence")
    keep(
        {"calibrated": asdict(calibrated), "threshold_picked_on_test_set": asdict(on_test) | {"at": threshold}}
        | {"thresholds": asdict(limits)},
        options.json,
    )


if __name__ == "__main__":
    try:
        main()
    except BotError as problem:
        raise SystemExit(str(problem)) from None
