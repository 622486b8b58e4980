"""A file for a new answer, with every field explained and nothing left of the example."""

import re
from collections.abc import Mapping

from bot.knowledge.misplaced import EXAMPLE
from bot.knowledge.model import OWN_FOLDER

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


def blank(filled: Mapping[str, str] | None = None) -> str:
    """Return the example with its remarks and without its texts.

    ``filled``: what fields are to hold instead, by name, as YAML that begins with that name.
    """
    written = {**_BLANK, **(filled or {})}
    example = (OWN_FOLDER / EXAMPLE).read_text(encoding="utf-8")
    parts: list[list[str]] = []
    remarks: list[str] = []
    for line in example.splitlines():
        if line.startswith("#"):
            remarks.append(line)
        elif field := _FIELD.match(line):
            lines = written.get(field["name"], line).splitlines()
            if remarks:
                parts.append([*remarks, *lines])
            else:
                parts[-1].extend(lines)  # such as the date below the name of the reviewer
            remarks = []
        elif not line:
            remarks = []
    return "\n\n".join("\n".join(part) for part in parts) + "\n"
