"""What a text lost on its way from the keyboard, and what it took in that does not belong to it."""

import re
from collections.abc import Iterator
from dataclasses import fields

from bot.knowledge import pasted, quoting
from bot.knowledge.model import Entry
from bot.knowledge.problems import Problem, Severity
from bot.knowledge.yaml_reader import Scalar

_NAMES = sorted({field.name for field in fields(Entry)} | {"note", "reply", "screening", "signs", "look_alikes"})
_SWALLOWED = re.compile(
    # A name such as "reviewed_by" is no word of a text; one such as "menu" may be, unless its value follows.
    rf"(?:{'|'.join(name for name in _NAMES if '_' in name)}):"
    r"|^ *[a-z]+(?:_[a-z]+)+: *[|>\"\[]"
    rf"|^ *(?:{'|'.join(name for name in _NAMES if '_' not in name)}):(?: *[|>\"\[]|[ ]*\n *- [\"'])"
    rf"|(?<=[.!?)]){'(?:' + '|'.join(name for name in _NAMES if '_' not in name) + ')'}: ",
    re.MULTILINE,
)
_ENTITY = re.compile(r"&(?:nbsp|amp|lt|gt|quot|apos|#\d+);")


def needs_a_look(scalar: Scalar) -> bool:
    """Return whether ``findings`` may have any: a line in double quotes, as most are, is what it looks like."""
    return scalar.style != '"' or scalar.lines > 1 or not scalar.text.isascii() or "&" in scalar.text


def findings(scalar: Scalar, *, item: bool = False, needed: bool = False) -> Iterator[Problem]:
    """Yield what is wrong with how a text that people read or type was written; ``item`` of a list, or a field.

    A remark behind a field that stays empty loses nothing, unless it is ``needed``.
    """
    text, style = scalar.text, scalar.style
    if scalar.cut and (text or item or needed or scalar.cut[1:2] not in (" ", "#")):
        yield _cut(scalar)
    if not text:
        return
    if style == "|" and (match := _SWALLOWED.search(text)) is not None:
        yield Problem(
            scalar.place_at(match.start()),
            Severity.ERROR,
            "swallowed-field",
            f'"{match[0].partition(":")[0].strip()}:" stands inside the text and would be shown. '
            "Put it on a line of its own, with no spaces before it.",
        )
    if not style:
        yield from _plain(scalar)
    if item and text[0] in quoting.BULLETS:
        said = f'The text starts with "{text[0]}", as in Word, which counts as part of it. Delete it.'
        yield Problem(scalar.place, Severity.WARNING, "word-bullet", said)
    if item and scalar.lines > 1:
        yield Problem(
            scalar.place,
            Severity.WARNING,
            "joined-lines",
            f'{scalar.lines} lines count as one text here. Type "- " before each, or put them into one line.',
        )
    if item and (entity := _ENTITY.search(text)):
        said = f'"{entity[0]}" stands for a sign, as on web pages. Type the sign itself.'
        yield Problem(scalar.place, Severity.WARNING, "raw-markup", said)
    offset, unseen = (0, "") if text.isascii() else pasted.unseen(text)
    if unseen:
        yield Problem(
            scalar.place_at(offset),
            Severity.WARNING,
            "hidden-character",
            f"There is {unseen}. Delete the word and type it again.",
        )


def _cut(scalar: Scalar) -> Problem:
    read = f'Only "{scalar.text}" is read of this line' if scalar.text else "Nothing is read of this line"
    return Problem(
        scalar.place,
        Severity.ERROR,
        "text-cut-at-hash",
        f'{read}: "#" starts a remark for colleagues. If "{_short(scalar.cut)}" belongs to the text, put the whole '
        "text in double quotes; if it is a remark, put only the text before it in double quotes.",
    )


def _plain(scalar: Scalar) -> Iterator[Problem]:
    text = scalar.text
    if text.endswith('"') and (
        text.count('"') % 2 or (not text[: text.index('"')].endswith((" ", "(")) and text[0] != '"')
    ):
        yield Problem(
            scalar.place,
            Severity.ERROR,
            "stray-quote",
            f"The text ends with a quotation mark and does not start with one: {_short(text)} "
            'Type " as its first character, or delete those in it.',
        )
    elif text[0] in quoting.OPENING and text[-1] in quoting.CLOSING and len(text) > 1:
        yield Problem(
            scalar.place,
            Severity.WARNING,
            "curly-quotes",
            f"The quotation marks {text[0]} and {text[-1]} count as part of the text. "
            'Use the straight ones of the keyboard: "…".',
        )


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
