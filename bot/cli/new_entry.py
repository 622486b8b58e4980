"""``new-entry``: a file for a new answer, with every field explained and nothing left of the example."""

import argparse
import re
from pathlib import Path

from bot.cli.common import settings_for
from bot.errors import CannotRunError, ExitCode
from bot.knowledge.fields import ID_PATTERN
from bot.knowledge.misplaced import EXAMPLE
from bot.knowledge.model import OWN_FOLDER
from bot.knowledge.parts import LONGEST_ID

_FIELD = re.compile(r"^(?P<name>[a-z_]+):")
_BLANK = {
    "title": 'title: ""',
    "menu": 'menu: ""',
    "subject": 'subject: ""',
    "status": "status: draft",
    "ask": 'ask:\n  - ""',
    "not_about": "not_about: []",
    "answer": "answer: |",
    "see_therapist_if": 'see_therapist_if: ""',
    "related": "related: []",
    "sources": "sources: []",
}
"""How a field looks before it is filled in; the others stand empty in the example already."""


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
            file.write(blank((OWN_FOLDER / EXAMPLE).read_text(encoding="utf-8")))
    except FileExistsError:
        raise CannotRunError(f"{path} is there already. Edit it, or choose another name.") from None
    except OSError as error:
        raise CannotRunError(f"{path} cannot be written: {error.strerror}.") from error
    print(f"Wrote {path}. Fill it in, then change its status to published and look: python -m bot check")
    return ExitCode.OK


def blank(example: str) -> str:
    """Return ``example`` with its remarks and without its texts."""
    parts: list[list[str]] = []
    remarks: list[str] = []
    for line in example.splitlines():
        if line.startswith("#"):
            remarks.append(line)
        elif field := _FIELD.match(line):
            written = _BLANK.get(field["name"], line).splitlines()
            if remarks:
                parts.append([*remarks, *written])
            else:
                parts[-1].extend(written)  # such as the date below the name of the reviewer
            remarks = []
        elif not line:
            remarks = []
    return "\n\n".join("\n".join(part) for part in parts) + "\n"
