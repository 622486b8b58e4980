"""``new-entry``: a file for a new answer, with every field explained and nothing left of the example."""

import argparse
from pathlib import Path

from bot.cli.common import settings_for
from bot.errors import CannotRunError, ExitCode
from bot.knowledge.blank import blank
from bot.knowledge.fields import ID_PATTERN
from bot.knowledge.parts import LONGEST_ID


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the name of the file."""
    parser.add_argument("id", help="the answer's name, such as swim-after: it never changes")


def execute(arguments: argparse.Namespace) -> ExitCode:
    """Write the file and say what comes next."""
    entry_id: str = arguments.id.removesuffix(".yaml")
    if not ID_PATTERN.fullmatch(entry_id) or len(entry_id) > LONGEST_ID:
        raise CannotRunError(
            f'"{entry_id}" is no id. Use small letters, digits and hyphens, {LONGEST_ID} at most: swim-after.'
        )
    faq: Path = settings_for(arguments).knowledge_dir / "faq"
    path = faq / f"{entry_id}.yaml"
    try:
        faq.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(blank())
    except FileExistsError:
        raise CannotRunError(f"{path} is there already. Edit it, or choose another name.") from None
    except OSError as error:
        raise CannotRunError(f"{path} cannot be written: {error.strerror}.") from error
    print(f"Wrote {path}. Fill it in, then change its status to published and look: .venv/bin/python -m bot check")
    return ExitCode.OK
