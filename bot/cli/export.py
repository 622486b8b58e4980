"""``export``: the booklet for a clinician's review, the FAQ as a page, the answers as a table."""

import argparse
import re
from datetime import UTC, datetime
from pathlib import Path

from bot.bootstrap import load_knowledge
from bot.cli.common import settings_for, write_file
from bot.errors import CannotRunError, ExitCode
from bot.review import table
from bot.review.booklet import booklet
from bot.review.page import faq_page

_BOT = re.compile(r"[A-Za-z][A-Za-z0-9_]{4,31}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what to write, and where."""
    parser.add_argument(
        "what",
        choices=("review", "html", "csv"),
        help="review: a booklet to print and sign; html: the FAQ as a page; csv: the answers as a table",
    )
    parser.add_argument("out", type=Path, metavar="OUT", help="the file to write; one that is there is replaced")
    parser.add_argument("--bot", metavar="NAME", help="html: the bot's user name, for links into Telegram")
    parser.add_argument(
        "--separator", choices=(",", ";"), help='csv: what stands between the cells; ";" where Excel wants it'
    )


def execute(arguments: argparse.Namespace) -> ExitCode:
    """Write the file."""
    for option, what in (("bot", "html"), ("separator", "csv")):
        if getattr(arguments, option) is not None and arguments.what != what:
            raise CannotRunError(f"--{option} belongs to: export {what}")
    bot = (arguments.bot or "").removeprefix("@")
    if bot and not _BOT.fullmatch(bot):
        raise CannotRunError(
            f'"{arguments.bot}" is no user name of a bot. It is what @BotFather calls it: @needle_bot'
        )
    folder, today = settings_for(arguments).knowledge_dir, datetime.now(UTC).date()
    knowledge = load_knowledge(folder)
    if arguments.what == "review":
        write_file(arguments.out, booklet(knowledge, today).encode("utf-8"))
    elif arguments.what == "html":
        write_file(arguments.out, faq_page(knowledge, today, bot).encode("utf-8"))
    else:
        answers = table.rows(folder)
        write_file(arguments.out, table.written(answers, arguments.separator or ","))
        for entry_id, name in table.too_long(answers):
            print(f'Note: "{name}" of "{entry_id}" is longer than a cell of Excel. Change it in its file only.')
    print(f"Wrote {arguments.out}.")
    return ExitCode.OK
