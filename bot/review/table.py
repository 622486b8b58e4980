"""Answers as a table for people who live in spreadsheets, and what was changed in it when it comes back.

The table tells for each cell what was exported (``version``), so that an edit of the table and an edit of the file
since then are told apart, and what nobody touched in the table is never written.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path

from bot.errors import CannotRunError
from bot.knowledge.editing import Value
from bot.knowledge.fields import did_you_mean
from bot.knowledge.plausible import date_remedy
from bot.knowledge.quoting import DOTS
from bot.knowledge.yaml_reader import Listing, MappingNode, Node, Scalar, read

FIELDS = (
    *("title", "menu", "subject", "status", "ask", "not_about", "follow_ups", "caution", "answer"),
    *("see_therapist_if", "lists_signs", "related", "part_of", "sources", "reviewed_by", "reviewed_on"),
    *("review_again_on", "clinic_details", "without_clinic", "alone", "note"),
)
"""The fields of an answer, in the order of its file."""
LISTS = frozenset({"ask", "not_about", "follow_ups", "caution", "lists_signs", "related", "sources"})
"""Those that are lists: one line of the cell for each text."""
ID, VERSION = "id", "version"
MOST = 32_767
"""Characters that Excel shows of a cell; what is longer it cuts without a word."""
SEPARATORS = (",", ";", "\t")

_HASH = 8
_FORMULA = "=+-@\t\r＝＋－＠"
_RETYPED = re.compile(
    r"[\d.,:/%()$€£ +-]*\d[\d.,:/%()$€£ +-]*(?:e[+-]?\d+| ?[ap]m?)?|true|false"
    r"|(?:\d{1,4}[ /.-]*)?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[ ,/.-]*\d{1,4}"
    r"|\d{1,2}[ /.-]*(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*",
    re.IGNORECASE,
)
"""What a spreadsheet turns into a number, a date, a time or a truth."""

Row = Mapping[str, str]
"""Field → the text of its cell; lists with a text a line."""


@dataclass(frozen=True)
class Change:
    """A field that was changed in the table: what the file holds now, and what it is to hold."""

    field: str
    was: str
    now: str

    @property
    def value(self) -> Value:
        """What the file is to hold, a list where the field is one."""
        return tuple(self.now.split("\n") if self.now else ()) if self.field in LISTS else self.now


@dataclass(frozen=True)
class Edited:
    """A row with changes; ``number`` is the line of the table as a spreadsheet counts it."""

    number: int
    id: str
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Refused:
    """Why a row is not taken, and what to do."""

    number: int
    id: str
    message: str


# --- out ------------------------------------------------------------------------------------------


def rows(folder: Path) -> dict[str, Row]:
    """Return the answers of ``folder`` by id, every field as it was typed. The files must be sound."""
    found: dict[str, Row] = {}
    for path in sorted((folder / "faq").glob("[!_.]*.yaml")):
        node, _ = read(path, f"faq/{path.name}")
        if isinstance(node, MappingNode):
            found[path.stem] = {name: _cell(node.fields[name][1]) if name in node.fields else "" for name in FIELDS}
    return found


def written(answers: Mapping[str, Row], separator: str = ",") -> bytes:
    """Return the table as a CSV file that Excel and LibreOffice open rightly: UTF-8 with a mark, CRLF.

    No cell is taken for a formula, a number or a date: where one could be, an apostrophe stands before it.
    """
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=separator, lineterminator="\r\n")
    writer.writerow([ID, *FIELDS, VERSION])
    for entry_id, row in answers.items():
        writer.writerow([guarded(entry_id), *(guarded(row[name]) for name in FIELDS), guarded(_version(row))])
    return file.getvalue().encode("utf-8-sig")


def too_long(answers: Mapping[str, Row]) -> list[tuple[str, str]]:
    """Return id and field of each cell that Excel would cut."""
    return [(i, name) for i, row in answers.items() for name in FIELDS if _units(guarded(row[name])) >= MOST]


def guarded(text: str) -> str:
    """Return ``text`` so that no spreadsheet calculates with it; ``unguarded`` takes it back."""
    return f"'{text}" if _is_tempting(text) else text


def unguarded(cell: str) -> str:
    """Return the text of a cell."""
    return cell[1:] if cell.startswith("'") and _is_tempting(cell[1:]) else cell


def _is_tempting(text: str) -> bool:
    """Return whether a spreadsheet would make something else of ``text``, or takes its first sign for its own."""
    return text.startswith(("'", *_FORMULA)) or _RETYPED.fullmatch(text.strip()) is not None


def _cell(node: Node) -> str:
    if isinstance(node, Listing):
        return _lines(item.text for item in node.items if isinstance(item, Scalar))
    return node.text.strip() if isinstance(node, Scalar) else ""


def _version(row: Row) -> str:
    return " ".join(_hash(row[name]) for name in FIELDS)


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:_HASH]


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


# --- in -------------------------------------------------------------------------------------------


def changed(content: bytes, answers: Mapping[str, Row]) -> tuple[list[Edited], list[Refused]]:
    """Return the rows of a table that were changed, and those that cannot be taken, each with the remedy.

    ``answers`` are those of the files as they are now. Columns and rows that are missing change nothing. Raises
    ``CannotRunError`` where the file is no such table.
    """
    names, lines = _read(content)
    edits: list[Edited] = []
    refused: list[Refused] = []
    seen: dict[str, int] = {}
    for number, cells in enumerate(lines, start=2):
        if not any(cell.strip() for cell in cells):
            continue
        row = {name: _tidy(name, cell) for name, cell in zip(names, cells, strict=False)}
        entry_id = row.get(ID, "")
        message = _misfit(entry_id, cells[len(names) :], answers, seen)
        if not message:
            seen[entry_id] = number
            changes, message = _changes(row, answers[entry_id])
            if changes and not message:
                edits.append(Edited(number, entry_id, changes))
        if message:
            refused.append(Refused(number, entry_id, message))
    return edits, refused


def _read(content: bytes) -> tuple[list[str], list[list[str]]]:
    """Return the names of the columns and the cells below them."""
    text = _decoded(content).removeprefix("\ufeff")
    text = re.sub(r"\A\"?sep=.\"?[\r\n]+", "", text)
    head = re.match(r'"?id"?(?P<separator>[,;\t])', text, re.IGNORECASE)
    if head is None:
        raise CannotRunError(
            'The first line must name the columns and begin with "id", as in the exported table. '
            "Export it again: .venv/bin/python -m bot export csv OUT.csv"
        )
    try:
        first, *lines = csv.reader(io.StringIO(text, newline=""), delimiter=head["separator"], strict=True)
    except csv.Error as error:
        raise CannotRunError(f"The table cannot be read: {error}. Save it once more as CSV UTF-8.") from error
    names = [name.strip().lower() for name in first]
    while names and not names[-1]:
        names.pop()
    for name in names:
        if name not in (ID, VERSION, *FIELDS):
            hint = did_you_mean(name, FIELDS)
            raise CannotRunError(
                f'"{name}" in the first line is no field of an answer.{hint} '
                "Mend its name, or delete the column, then import it again."
            )
        if names.count(name) > 1:
            raise CannotRunError(f'The column "{name}" stands there twice. Delete one of them.')
    return names, lines


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise CannotRunError(
            "The table is not saved as UTF-8, so letters such as é would be spoilt. In Excel: Save as, "
            '"CSV UTF-8". In LibreOffice: Save as, Text CSV, Edit filter settings, character set UTF-8.'
        ) from error


def _tidy(name: str, cell: str) -> str:
    text = unguarded(cell.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if name in LISTS:
        return _lines(text.split("\n"))
    return text


def _lines(texts: Iterable[str]) -> str:
    """Return the texts of a list as a cell holds them: one a line, without blank ones."""
    return "\n".join(line for text in texts if (line := " ".join(text.split())))


def _misfit(entry_id: str, extra: Sequence[str], answers: Mapping[str, Row], seen: Mapping[str, int]) -> str:
    if not entry_id:
        return 'the column "id" is empty. Put back the name of the answer.'
    if entry_id not in answers:
        hint = did_you_mean(entry_id, answers)
        begin = f"A new one begins with: .venv/bin/python -m bot new-entry {entry_id}"
        return f'there is no answer "{entry_id}".{hint} {begin}'
    if entry_id in seen:
        return f'"{entry_id}" stands in row {seen[entry_id]} already. Keep one of them.'
    if any(cell.strip() for cell in extra):
        return "there are more cells than columns. Is a quotation mark missing? Put the row back as it was."
    return ""


def _changes(row: Row, now: Row) -> tuple[tuple[Change, ...], str]:
    """Return the fields that were changed in the table, and why they cannot be taken."""
    kept = row.get(VERSION, "").split()
    exported = dict(zip(FIELDS, kept, strict=True)) if len(kept) == len(FIELDS) else {}
    changes = []
    row = {name: _without_bullets(cell, now[name]) if name in LISTS else cell for name, cell in row.items()}
    for name in FIELDS:
        if name not in row or row[name] == now[name] or exported.get(name) == _hash(row[name]):
            continue
        if name in exported and exported[name] != _hash(now[name]):
            return (), f'"{name}" was changed in the file too since the table was exported. Export it again.'
        if _units(row[name]) >= MOST - 1:
            return (), f'"{name}" has more characters than a cell holds, so its end is lost. Change it in the file.'
        if message := _retyped(name, row[name]):
            return (), message
        changes.append(Change(name, now[name], row[name]))
    return tuple(changes), ""


def _without_bullets(cell: str, now: str) -> str:
    """Return a list without the bullets that somebody pasted before its texts; those in the file ``now`` stay."""
    kept = now.split("\n")
    return _lines(line if line in kept or line[:1] not in DOTS else line[1:] for line in cell.split("\n"))


def _retyped(name: str, text: str) -> str:
    if name in ("reviewed_on", "review_again_on") and text:
        try:
            date.fromisoformat(text)
        except ValueError:
            keep = "Type an apostrophe before it ('2026-03-31), or the spreadsheet turns it round again."
            return f'"{text}" in "{name}" is not a date. {date_remedy(text)} {keep}'
    return ""


def differences(change: Change) -> Iterator[str]:
    """Yield what a change comes to, a line each: the texts that go with "-", those that come with "+"."""
    was, now = (text.split("\n") if text else [] for text in (change.was, change.now))
    yield from (f"- {line}" for line in was if line not in now)
    yield from (f"+ {line}" for line in now if line not in was)
    if sorted(was) == sorted(now):
        yield "(in another order)"
