"""``import``: what was changed in an exported table, back into the files."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from bot.bootstrap import KnowledgeError
from bot.cli.common import folder_for
from bot.errors import CannotRunError, ExitCode
from bot.knowledge.editing import EditError
from bot.knowledge.loader import Loaded, load
from bot.knowledge.writing import Rewrite, new_errors, rewrite, write
from bot.review.table import FIELDS, Edited, Refused, Row, changed, differences, rows

_WIDEST = 110
_SIGNED = frozenset({"title", "answer", "see_therapist_if", "without_clinic", "sources"})
"""What a clinician checks of an answer."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the table, and whether only to look."""
    parser.add_argument("what", choices=("csv",), help="csv: a table that export csv wrote")
    parser.add_argument("file", type=Path, metavar="FILE", help="the table, saved as CSV UTF-8")
    parser.add_argument("--dry-run", action="store_true", help="show what would change, and change nothing")


def execute(arguments: argparse.Namespace) -> ExitCode:
    """Take over every change, or none where a row cannot be taken."""
    folder = folder_for(arguments)
    try:
        content = arguments.file.read_bytes()
    except OSError as error:
        raise CannotRunError(f"{arguments.file} cannot be read: {error.strerror}.") from error
    before = load(folder)
    if before.knowledge is None:
        raise KnowledgeError(folder, before.problems)
    answers = rows(folder)
    edits, refused = changed(content, answers)
    rewrites, refused = _tried(folder, before, edits, refused)
    for edit in edits:
        _show(edit)
        if _outdated(edit, answers[edit.id]):
            print(f"  Note: {answers[edit.id]['reviewed_by']} signed this text as it was. Have it reviewed again.")
    if refused:
        for row in sorted(refused, key=lambda one: one.number):
            where = f"row {row.number}" + (f" ({row.id})" if row.id else "") if row.number else "elsewhere"
            print(f"refused: {where}: {row.message}")
        print("Nothing was changed. Mend these in the table, then import it again.")
        return ExitCode.FAILED
    if not edits:
        print("The table changes nothing.")
    elif arguments.dry_run:
        print(f"{_count(edits)} would be changed. Without --dry-run it is done.")
    else:
        write(folder, rewrites)
        print(f"{_count(edits)} changed. Now look: .venv/bin/python -m bot check")
    return ExitCode.OK


def _tried(
    folder: Path, before: Loaded, edits: Sequence[Edited], refused: Sequence[Refused]
) -> tuple[dict[str, Rewrite], list[Refused]]:
    """Return the files as they would be, and what is refused once the loader has seen them."""
    rewrites: dict[str, Rewrite] = {}
    found = [*refused]
    by_file = {f"faq/{edit.id}.yaml": edit for edit in edits}
    for file, edit in by_file.items():
        try:
            values = {change.field: change.value for change in edit.changes}
            rewrites[file] = rewrite(folder, file, values, FIELDS)
        except EditError as error:
            found.append(Refused(edit.number, edit.id, str(error)))
    for problem in new_errors(folder, before, rewrites) if rewrites else ():
        row = by_file.get(problem.place.file)
        where = "" if row else f"{problem.place}: "
        found.append(Refused(row.number if row else 0, row.id if row else "", f"{where}{problem.message}"))
    return rewrites, found


def _show(edit: Edited) -> None:
    print(f"row {edit.number}, faq/{edit.id}.yaml")
    for change in edit.changes:
        print(f"  {change.field}")
        for line in differences(change):
            print("    " + (line if len(line) <= _WIDEST else f"{line[: _WIDEST - 1]}…"))


def _outdated(edit: Edited, row: Row) -> bool:
    """Return whether a text that a clinician signed is changed and the signature is not."""
    fields = {change.field for change in edit.changes}
    return bool(row["reviewed_by"]) and bool(fields & _SIGNED) and not fields & {"reviewed_by", "reviewed_on"}


def _count(edits: Sequence[Edited]) -> str:
    return f"{len(edits)} answer{'' if len(edits) == 1 else 's'}"
