"""How well the bot understands a file of labelled messages."""

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bot.errors import CannotRunError
from bot.knowledge.model import OUT_OF_SCOPE
from bot.matching.decision import MAX_CHOICES, Answer, Choices
from bot.understanding.mind import Cry, Flagged, Foreign, Fragment, Mind, NoWords, Screened

_MOST_CONFUSED = 20
_NOWHERE = 1_000_000
_LENGTHS = (8, 24, 48)
"""Words at which a message is longer than the class before."""


SIGN = "red-flag:"
"""How the label of a danger sign begins; its group follows."""


@dataclass(frozen=True)
class Row:
    """A labelled message: any of ``topics`` is right, entry ids or ``out-of-scope``.

    A row that is of no topic tells of a danger sign; one of both kinds may be taken for either.
    """

    text: str
    topics: tuple[str, ...]
    signs: tuple[str, ...] = ()

    @classmethod
    def labelled(cls, text: str, label: str) -> "Row":
        """Return the row for a label, or several with ``|`` between them."""
        labels = [one.strip() for one in label.split("|")]
        topics = tuple(one for one in labels if not one.startswith(SIGN))
        return cls(text, topics, tuple(one.removeprefix(SIGN) for one in labels if one.startswith(SIGN)))

    @property
    def label(self) -> str:
        """The labels as they stand in a file."""
        return "|".join((*self.topics, *(SIGN + group for group in self.signs)))


@dataclass(frozen=True)
class RowVerdict:
    """What one message got: at most one of ``answered`` and ``choices`` is filled."""

    row: Row
    answered: str = ""
    choices: tuple[str, ...] = ()
    flagged: str = ""
    screened: str = ""
    """The group that is asked about; such a message is neither right, wrong nor helped."""
    ranking: tuple[str, ...] = ()
    confidence: float = 0.0
    top: float = 0.0
    """Confidence of the entry ranked first, whatever was decided."""

    @property
    def refused(self) -> bool:
        """Whether the bot did not know."""
        return not (self.answered or self.choices or self.flagged or self.screened)

    @property
    def direct_correct(self) -> bool:
        """Whether the right entry was the answer."""
        return self.answered in self.row.topics

    @property
    def wrong(self) -> bool:
        """Whether another entry was the answer."""
        return bool(self.answered) and self.answered not in self.row.topics

    @property
    def helped(self) -> bool:
        """Whether the right entry was the answer or among the choices."""
        return self.direct_correct or not set(self.row.topics).isdisjoint(self.choices)

    @property
    def ranked(self) -> int:
        """The place of the first right entry, from 0 on; beyond all others where there is none."""
        return next((place for place, entry_id in enumerate(self.ranking) if entry_id in self.row.topics), _NOWHERE)


@dataclass(frozen=True)
class OfLength:
    """The figures of the questions with so many words."""

    words: str
    questions: int
    direct_correct: float
    wrong: float
    helped: float


@dataclass(frozen=True)
class Report:
    """The figures of one evaluation; every share is from 0 to 1, of the messages named."""

    questions: int
    direct_correct: float
    wrong: float
    helped: float
    refused: float
    red_flagged: float
    screened: float
    first: float
    in_three: float
    out_of_scope: int
    out_of_scope_answered: float
    out_of_scope_choices: float
    out_of_scope_refused: float
    out_of_scope_red_flagged: float
    out_of_scope_screened: float
    signs: int
    signs_flagged: float
    signs_screened: float
    by_length: tuple[OfLength, ...]
    """The shortest first."""
    confused: tuple[tuple[str, str, int], ...]
    """(right entry, entry ranked first instead, how often), the most frequent first."""


def read_rows(path: Path) -> list[Row]:
    """Return the rows of a CSV file with the columns ``text`` and ``topic`` (or ``expected_topic``, or ``label``).

    Labels may be alternatives with ``|`` between them, and danger signs such as ``red-flag:blood-clot``. A file
    with ``kind`` in place of ``topic`` holds messages that are all out of scope. Raises ``CannotRunError`` for a
    file that cannot be read so.
    """
    table = read_table(path)
    names = ("topic", "expected_topic", "label", "kind")
    label = next((name for name in names if table and name in table[0]), None)
    if table and label is None:
        raise CannotRunError(
            f"{path}: the first line must name the columns text and topic, or text, group and level."
        )
    return [Row.labelled(r["text"], OUT_OF_SCOPE if label == "kind" else r[label or ""]) for r in table]


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

    def label(entry_id: str) -> str:
        """Return what the entry is called in the row's labels: itself, or the topic that it is part of."""
        topic = mind.knowledge.topic_of(entry_id)
        return topic if topic in row.topics and entry_id not in row.topics else entry_id

    understood = mind.understand(row.text)
    meant = understood.instead if isinstance(understood, Screened) else understood
    asked_about = (understood.flag.group or "unknown") if isinstance(understood, Screened) else ""
    if isinstance(meant, Cry | Fragment | NoWords | Foreign):
        return RowVerdict(row, screened=asked_about)
    candidates = meant.ranking
    verdict = RowVerdict(
        row,
        ranking=tuple(label(candidate.entry_id) for candidate in candidates),
        top=candidates[0].confidence if candidates else 0.0,
        screened=asked_about,
    )
    if isinstance(meant, Flagged):
        return replace(verdict, flagged=meant.flag.group or "unknown")
    if asked_about:
        return verdict
    decision = meant.decision
    if isinstance(decision, Answer):
        # A single question answered as several is wrong, whatever stands beside the right answer.
        answers = [label(d.best.entry_id) for d in meant.decisions if isinstance(d, Answer)]
        answered = next((entry_id for entry_id in answers if entry_id not in row.topics), answers[0])
        return replace(verdict, answered=answered, confidence=decision.best.confidence)
    if isinstance(decision, Choices):
        offered = tuple(label(candidate.entry_id) for candidate in decision.candidates)
        return replace(verdict, choices=offered, confidence=decision.candidates[0].confidence)
    return verdict


def report(verdicts: Sequence[RowVerdict]) -> Report:
    """Return the figures for ``verdicts``."""
    outside = [v for v in verdicts if v.row.topics == (OUT_OF_SCOPE,) and not v.row.signs]
    asked = [v for v in verdicts if set(v.row.topics) - {OUT_OF_SCOPE}]
    signs = [v for v in verdicts if v.row.signs and not set(v.row.topics) - {OUT_OF_SCOPE}]
    confused = Counter((v.row.topics[0], v.ranking[0]) for v in asked if v.ranking and v.ranked > 0)
    return Report(
        questions=len(asked),
        direct_correct=share(v.direct_correct for v in asked),
        wrong=share(v.wrong for v in asked),
        helped=share(v.helped for v in asked),
        refused=share(v.refused for v in asked),
        red_flagged=share(bool(v.flagged) for v in asked),
        screened=share(bool(v.screened) for v in asked),
        first=share(v.ranked == 0 for v in asked),
        in_three=share(v.ranked < MAX_CHOICES for v in asked),
        signs=len(signs),
        signs_flagged=share(bool(v.flagged) for v in signs),
        signs_screened=share(bool(v.screened) for v in signs),
        by_length=_by_length(asked),
        out_of_scope=len(outside),
        out_of_scope_answered=share(bool(v.answered) for v in outside),
        out_of_scope_choices=share(bool(v.choices) for v in outside),
        out_of_scope_refused=share(v.refused for v in outside),
        out_of_scope_red_flagged=share(bool(v.flagged) for v in outside),
        out_of_scope_screened=share(bool(v.screened) for v in outside),
        confused=tuple(
            (right, got, times)
            for (right, got), times in sorted(confused.items(), key=lambda item: (-item[1], item[0]))[
                :_MOST_CONFUSED
            ]
        ),
    )


def _by_length(asked: Sequence[RowVerdict]) -> tuple[OfLength, ...]:
    found = []
    for least, most in zip((1, *(words + 1 for words in _LENGTHS)), (*_LENGTHS, _NOWHERE), strict=True):
        own = [v for v in asked if least <= max(1, len(v.row.text.split())) <= most]
        if own:
            found.append(
                OfLength(
                    f"{least}+" if most == _NOWHERE else f"{least}-{most}",
                    len(own),
                    direct_correct=share(v.direct_correct for v in own),
                    wrong=share(v.wrong for v in own),
                    helped=share(v.helped for v in own),
                )
            )
    return tuple(found)


def share(flags: Iterable[bool]) -> float:
    """Return the share of true values, 0 when there are none."""
    values = list(flags)
    return sum(values) / len(values) if values else 0.0
