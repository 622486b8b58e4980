"""How well the gate finds danger signs in a file of labelled messages."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.errors import CannotRunError
from bot.knowledge.model import Level
from bot.review.evaluate import read_table, share
from bot.triage.rules import RedFlag
from bot.understanding.mind import Flagged, Mind, Screened

_SAME = frozenset({"blood-clot", "chest-or-breathing"})
"""A swollen leg with breathing trouble belongs to both groups: either is right."""


@dataclass(frozen=True)
class FlagRow:
    """A message that tells of a danger sign, with its group and level."""

    text: str
    group: str
    level: Level


@dataclass(frozen=True)
class FlagVerdict:
    """What a message with a danger sign got: the flag of an alarm, that of a question (``asked``), or nothing."""

    row: FlagRow
    flag: RedFlag | None
    asked: bool = False

    @property
    def right_group(self) -> bool:
        """Whether the flag names the right group."""
        if self.flag is None:
            return False
        either = self.row.group in _SAME and self.row.level is Level.NOW and self.flag.group in _SAME
        return self.flag.group == self.row.group or either


@dataclass(frozen=True)
class FlagReport:
    """Shares from 0 to 1: ``found``, alarmed or asked about, and ``alarmed`` of all messages; ``urgent_enough``,
    ``exact`` and ``right_group`` of those found; ``overstated``: of the found ones that are not labelled NOW, how
    many were shown as NOW.
    """

    messages: int
    found: float
    alarmed: float
    urgent_enough: float
    exact: float
    overstated: float
    right_group: float


def read_flag_rows(path: Path) -> list[FlagRow] | None:
    """Return the rows of a CSV file with the columns ``text,group,level``; nothing if it is of another kind."""
    table = read_table(path)
    if not table or not {"group", "level"} <= table[0].keys():
        return None
    unknown = sorted({row["level"] for row in table} - set(Level.__members__))
    if unknown:
        raise CannotRunError(f"{path}: level must be NOW, TODAY or BEFORE, not {', '.join(unknown)}.")
    return [FlagRow(row["text"], row["group"].removeprefix("red-flag:"), Level[row["level"]]) for row in table]


def judge_flag(mind: Mind, row: FlagRow) -> FlagVerdict:
    """Return what ``row.text`` gets as the first message of a conversation."""
    understood = mind.understand(row.text)
    if isinstance(understood, Flagged | Screened):
        return FlagVerdict(row, understood.flag, asked=isinstance(understood, Screened))
    return FlagVerdict(row, None)


def report_flags(verdicts: Sequence[FlagVerdict]) -> FlagReport:
    """Return the figures for ``verdicts``."""
    found = [(v, v.flag) for v in verdicts if v.flag is not None]
    return FlagReport(
        messages=len(verdicts),
        found=share(v.flag is not None for v in verdicts),
        alarmed=share(v.flag is not None and not v.asked for v in verdicts),
        urgent_enough=share(flag.level >= v.row.level for v, flag in found),
        exact=share(flag.level is v.row.level for v, flag in found),
        overstated=share(flag.level is Level.NOW for v, flag in found if v.row.level is not Level.NOW),
        right_group=share(v.right_group for v, _ in found),
    )
