"""Findings in the knowledge files: values with a place, which compare and sort."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """An error keeps the files from being used; a warning should be mended; a notice only tells."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


@dataclass(frozen=True, order=True)
class Place:
    """Where something stands: a file relative to the knowledge folder, line and column from 1.

    As text it is the file and the line, which is 0 where no line is meant.
    """

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}" if self.line else self.file


@dataclass(frozen=True, order=True)
class Problem:
    """One finding. ``rule`` is its short stable name, ``message`` says what to do about it."""

    place: Place
    severity: Severity
    rule: str
    message: str


def has_errors(problems: list[Problem]) -> bool:
    """Return whether any of the findings is an error."""
    return any(p.severity is Severity.ERROR for p in problems)
