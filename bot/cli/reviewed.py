"""``reviewed``: record in the files who checked answers, danger signs or sentences in other languages."""

import argparse
from datetime import UTC, date, datetime

from bot.cli.common import folder_for
from bot.errors import CannotRunError, ExitCode
from bot.knowledge.loader import load
from bot.knowledge.plausible import date_remedy
from bot.knowledge.writing import new_errors, write
from bot.review.record import files_named, signed
from bot.review.reviews import own_files, summary


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what was reviewed, by whom and when."""
    parser.add_argument("ids", nargs="+", metavar="ID", help="answers, danger groups, languages: their id or file")
    parser.add_argument("--by", required=True, metavar="NAME", help="who checked them: runners read this name")
    parser.add_argument("--on", required=True, metavar="DATE", help="the day of the review, as 2026-03-31")
    parser.add_argument("--again", metavar="DATE", help="the day from which check reminds of the next review")


def execute(arguments: argparse.Namespace) -> ExitCode:
    """Record the review in all files, or in none."""
    on = _day("--on", arguments.on)
    again = _day("--again", arguments.again) if arguments.again is not None else None
    folder, today = folder_for(arguments), datetime.now(UTC).date()
    files = files_named(folder, arguments.ids)
    before = load(folder)
    rewrites = signed(folder, before, files, arguments.by, on, again, today)
    if errors := new_errors(folder, before, rewrites):
        raise CannotRunError("\n".join([*(p.message for p in errors), "Nothing was recorded."]))
    write(folder, rewrites)
    for file, change in rewrites.items():
        same = " (as it was)" if change.was == change.now else ""
        print(f"{file}: reviewed by {arguments.by} on {on}{f', again on {again}' if again else ''}{same}")
    knowledge = load(folder).knowledge
    if knowledge is not None and (left := summary(knowledge, today, own_files(folder))):
        print(left[0].upper() + left[1:])
    return ExitCode.OK


def _day(option: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CannotRunError(f'"{text}" behind {option} is not a date. {date_remedy(text)}') from None
