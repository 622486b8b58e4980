"""How well the bot understands a file of labelled messages."""

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.errors import CannotRunError
from bot.knowledge.model import OUT_OF_SCOPE
from bot.matching.decision import MAX_CHOICES, Answer, Choices
from bot.understanding.mind import Flagged, Foreign, Mind, NoWords

_MOST_CONFUSED = 20


@dataclass(frozen=True)
class Row:
    """A labelled message; ``topic`` is an entry id or ``out-of-scope``."""

    text: str
    topic: str


@dataclass(frozen=True)
class RowVerdict:
    """What one message got: at most one of ``answered`` and ``choices`` is filled."""

    row: Row
    answered: str = ""
    choices: tuple[str, ...] = ()
    flagged: str = ""
    ranking: tuple[str, ...] = ()
    confidence: float = 0.0

    @property
    def direct_correct(self) -> bool:
        """Whether the right entry was the answer."""
        return self.answered == self.row.topic

    @property
    def wrong(self) -> bool:
        """Whether another entry was the answer."""
        return bool(self.answered) and self.answered != self.row.topic

    @property
    def helped(self) -> bool:
        """Whether the right entry was the answer or among the choices."""
        return self.direct_correct or self.row.topic in self.choices


@dataclass(frozen=True)
class Report:
    """The figures of one evaluation; every share is from 0 to 1, of the messages named."""

    questions: int
    direct_correct: float
    wrong: float
    helped: float
    refused: float
    red_flagged: float
    first: float
    in_three: float
    out_of_scope: int
    out_of_scope_answered: float
    out_of_scope_choices: float
    out_of_scope_refused: float
    out_of_scope_red_flagged: float
    confused: tuple[tuple[str, str, int], ...]
    """(right entry, entry ranked first instead, how often), the most frequent first."""


def read_rows(path: Path) -> list[Row]:
    """Return the rows of a CSV file with the columns ``text`` and ``topic`` (or ``expected_topic``).

    A file with ``kind`` in place of ``topic`` holds messages that are all out of scope. Raises
    ``CannotRunError`` for a file that cannot be read so.
    """
    table = read_table(path)
    label = next((name for name in ("topic", "expected_topic", "kind") if table and name in table[0]), None)
    if table and label is None:
        raise CannotRunError(
            f"{path}: the first line must name the columns text and topic, or text, group and level."
        )
    return [Row(r["text"], OUT_OF_SCOPE if label == "kind" else r[label or ""].strip()) for r in table]


def read_table(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file as column → value; raise ``CannotRunError`` if there is no column ``text``."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, restval="")
            if "text" not in (reader.fieldnames or ()):
                raise CannotRunError(
                    f"{path}: the first line must name the columns text and topic, or text, group and level."
                )
            return [{str(key): str(value) for key, value in row.items()} for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise CannotRunError(f"{path} cannot be read as a CSV file in UTF-8: {reason}.") from None


def judge(mind: Mind, row: Row) -> RowVerdict:
    """Return what ``row.text`` gets as the first message of a conversation."""
    understood = mind.understand(row.text)
    if isinstance(understood, Flagged):
        return RowVerdict(row, flagged=understood.flag.group or "unknown")
    if isinstance(understood, NoWords | Foreign):
        return RowVerdict(row)
    ranking = tuple(candidate.entry_id for candidate in understood.ranking)
    decision = understood.decision
    if isinstance(decision, Answer):
        # A single question answered as several is wrong, whatever stands beside the right answer.
        answers = [d.best.entry_id for d in understood.decisions if isinstance(d, Answer)]
        answered = next((entry_id for entry_id in answers if entry_id != row.topic), row.topic)
        return RowVerdict(row, answered=answered, ranking=ranking, confidence=decision.best.confidence)
    if isinstance(decision, Choices):
        offered = tuple(candidate.entry_id for candidate in decision.candidates)
        return RowVerdict(row, choices=offered, ranking=ranking, confidence=decision.candidates[0].confidence)
    return RowVerdict(row, ranking=ranking)


def report(verdicts: Sequence[RowVerdict]) -> Report:
    """Return the figures for ``verdicts``."""
    asked = [v for v in verdicts if v.row.topic != OUT_OF_SCOPE]
    outside = [v for v in verdicts if v.row.topic == OUT_OF_SCOPE]
    confused = Counter((v.row.topic, v.ranking[0]) for v in asked if v.ranking and v.ranking[0] != v.row.topic)
    return Report(
        questions=len(asked),
        direct_correct=share(v.direct_correct for v in asked),
        wrong=share(v.wrong for v in asked),
        helped=share(v.helped for v in asked),
        refused=share(not (v.answered or v.choices or v.flagged) for v in asked),
        red_flagged=share(bool(v.flagged) for v in asked),
        first=share(v.row.topic in v.ranking[:1] for v in asked),
        in_three=share(v.row.topic in v.ranking[:MAX_CHOICES] for v in asked),
        out_of_scope=len(outside),
        out_of_scope_answered=share(bool(v.answered) for v in outside),
        out_of_scope_choices=share(bool(v.choices) for v in outside),
        out_of_scope_refused=share(not (v.answered or v.choices or v.flagged) for v in outside),
        out_of_scope_red_flagged=share(bool(v.flagged) for v in outside),
        confused=tuple(
            (right, got, times)
            for (right, got), times in sorted(confused.items(), key=lambda item: (-item[1], item[0]))[
                :_MOST_CONFUSED
            ]
        ),
    )


def share(flags: Iterable[bool]) -> float:
    """Return the share of true values, 0 when there are none."""
    values = list(flags)
    return sum(values) / len(values) if values else 0.0
