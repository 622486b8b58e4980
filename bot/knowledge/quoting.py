"""Is a text typed so that it can be read? Its quotation marks, brackets and first sign."""

import json
import re
from collections.abc import Iterator

_DOUBLE = r'"(?:[^"\\]|\\.)*"'
_SINGLE = r"'(?:[^']|'')*'(?!')"
_PLAIN = r"""[^\s"'\[\]{},&*!|>%@`#](?:[^,\[\]{}]*[^,\[\]{}\s])?"""
_CELL = rf"(?:{_DOUBLE}|{_SINGLE}|{_PLAIN})"
_REMARK = r"\s*(?:\s#.*)?$"
_SOUND = re.compile(
    rf"(?:{_DOUBLE}|{_SINGLE}|\[\s*(?:{_CELL}\s*(?:,\s*{_CELL}\s*)*(?:,\s*)?)?\]|\{{\s*\}}|[|>][-+0-9]*){_REMARK}"
)
_ESCAPE = re.compile(
    r"(?<!\\)((?:\\\\)*)\\(?![\\\"/0abtnvfreNLP_ \t]|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})"
)
_TWO_COMMAS = re.compile(r"[,\[]\s*,")
_TWO_TEXTS = re.compile(rf"(?:{_DOUBLE}|{_SINGLE})(?:\s*[,;/–-])?\s*(?:{_DOUBLE}|{_SINGLE})")
_AFTER = re.compile(rf"(?:{_DOUBLE}|{_SINGLE})\s*(?P<sign>[^\w\s\"'])\s*$")
_COLON = re.compile(r":(?:\s|$)")
_SPECIAL = frozenset("&*!%@`,]}?#|>-:")
_QUOTES = "\"'“”„‘’«»"
OPENING, CLOSING = "“„«‘‚", "”“»’"
"""Quotation marks of Word and of other languages, which are letters like any other here."""
DOTS = "•·●▪◦∙‣"
BULLETS = f"{DOTS}–—−"
"""What Word puts before the texts of a list."""

Fault = tuple[str, str]
"""The name of a finding and what it says."""


def fault(value: str) -> Fault | None:
    """Return what is wrong with ``value``, the text of a field or an item as it stands in its line, or nothing."""
    value = value.strip()
    if not value:
        return None
    if _SOUND.match(value):
        return _escape(value) if value[0] in '"[' else None
    first = value[0]
    if first in "[{" and _TWO_COMMAS.search(value):
        return (
            "brackets",
            "A comma has no text before it in this list. Delete it, or type the text that is missing.",
        )
    if first in "[{":
        return (
            "brackets",
            f'A list starts with "{first}" here and is not closed, or a quotation mark or comma in it is missing. '
            f'If "{first}" is part of a text, put the whole text in double quotes.',
        )
    if first in "\"'":
        return _quotes(value, first)
    if first in _SPECIAL and (first not in "-?:" or value[1:2] in ("", " ")):
        bold = (
            " Bold words at the start of a text, too, must stand inside the double quotes."
            if value[:2] == "**"
            else ""
        )
        return (
            "special-sign",
            f'A text that starts with "{first}" must stand in double quotes: "{first}…".{bold}',
        )
    if _COLON.search(value) and first in OPENING:
        return "curly-quotes", curly(value)
    if _COLON.search(value):
        return (
            "colon-in-text",
            'There is a colon inside a text. Put the whole text in double quotes: "…: …".',
        )
    return None


def curly(value: str) -> str:
    """Return what to do about a text that starts with the curly quotation mark of ``value``."""
    closing = value.rstrip()[-1]
    marks = f"{value[0]} and {closing}" if closing in CLOSING else value[0]
    return f'Curly quotation marks ({marks}) do not count. Type the straight ones of the keyboard instead: "…".'


def word_bullet(where: str) -> str:
    """Return what to do about a bullet; ``where`` is how the sentence begins."""
    return f'{where}, as in Word. Type a hyphen and a space instead: "- ".'


def quoted(value: str) -> str:
    """Return the text in sound double quotes, without those it has."""
    return json.dumps(value.strip().strip(_QUOTES), ensure_ascii=False)


def mended(value: str) -> Iterator[str]:
    """Yield how ``value`` may be meant: a list that is closed, or one text."""
    if _escape(value) is not None:
        yield _ESCAPE.sub(r"\1\\\\", value)
    if value[0] == "[":
        yield value + "]"
        yield value + '"]'
    yield quoted(value)


def _escape(value: str) -> Fault | None:
    if _ESCAPE.search(value) is None:
        return None
    return (
        "backslash",
        'A backslash inside double quotes has a special meaning. Write two of them ("\\\\"), or use single quotes.',
    )


def _quotes(value: str, mark: str) -> Fault:
    inside = value[1:]
    if _TWO_TEXTS.fullmatch(value) and not value.startswith(mark * 2):
        return (
            "two-texts",
            "Two texts in quotation marks stand in one line. Put each on a line of its own; if they are one text, "
            "use one pair of quotation marks.",
        )
    if sign := _AFTER.match(value):
        return "after-quote", f'Delete "{sign["sign"]}" after the closing quotation mark.'
    if mark not in inside:
        if mark == "'":
            return (
                "apostrophe",
                "The text starts with an apostrophe or a single quotation mark that has no partner. Put the whole "
                'text in double quotes: "…".',
            )
        return "open-quote", 'The quotation mark at the start has no partner. Type " at the end of the text, too.'
    if inside.rstrip().endswith(mark):
        if mark == "'":
            return (
                "apostrophe",
                "There is an apostrophe inside single quotation marks. Put the whole text in double quotes: "
                '"I can\'t run".',
            )
        return (
            "quotes-inside",
            "There are quotation marks inside quotation marks. Keep the outer ones; use single ones ('…') inside.",
        )
    return (
        "after-quote",
        "The text goes on after its closing quotation mark. Use one pair of them, around the whole text.",
    )
