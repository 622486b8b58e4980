"""What other programs leave in a file: a Word file under another name, hidden signs, a merge not finished."""

import re
from collections.abc import Iterator
from functools import cache

from bot.knowledge.model import OWN_FOLDER
from bot.knowledge.problems import Place, Problem, Severity

_FOREIGN = (
    (b"{\\rtf", "a rich text (RTF) file"),
    (b"PK\x03\x04", "a Word or zip file"),
    (b"\xd0\xcf\x11\xe0", "an old Word file"),
    (b"%PDF", "a PDF file"),
    (b"\x1f\x8b", "a packed (zip) file"),
    (b"\xff\xd8\xff", "a picture"),
    (b"\x89PNG", "a picture"),
    (b"GIF8", "a picture"),
)
"""How a file of another program begins, in small letters, and what it is."""
_PAGE = re.compile(rb"<[a-z!?]")
_HEAD = 200
"""Bytes in which a file of another program shows what it is."""
# Tab and line feed are the only control characters of a text file; U+0085, U+2028 and U+2029 end a line unseen.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]")
_LINE_ENDS = "\x0b\x0c\x85\u2028\u2029"
_CONFLICT = re.compile(r"^(?:<{7} .*|={7}|>{7} .*)$", re.MULTILINE)
_REMARK = re.compile(r" *#(?P<remark>.*)")
_OFF = re.compile(
    r" *(?:- *[\"'\w]|(?:title|menu|subject|status|see_therapist_if|related|sources|lists_signs|booking):)"
)
_EXAMPLE = re.compile(r"^# therapists:\s*$", re.MULTILINE)
_SPOILT = re.compile("â€.?|Ã[\u0080-\u00bf]|Â[\u00a0-\u00bf]|(?<=[^\\W\\d])[¿Õ](?=[^\\W\\d])")
"""How letters look that were saved in one encoding and read in another."""
_ZEROS = 0.2
"""Share of zero bytes from which on a file was saved in an encoding of two or four bytes a letter."""
_UNSEEN = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufffd]")


def foreign(content: bytes, name: str) -> Problem | None:
    """Return the finding about a file that no text editor made, or nothing."""
    head = content[:_HEAD].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for start, kind in _FOREIGN:
        if head.startswith(start.lower()):
            return _foreign(kind, name)
    return _foreign("a web page (HTML)", name) if _PAGE.match(head) else None


def is_wide(content: bytes) -> bool:
    """Return whether the file was saved with two or four bytes for each letter, which UTF-8 does not do."""
    return content.count(0) > _ZEROS * len(content)


def _foreign(kind: str, name: str) -> Problem:
    return _error(
        name,
        1,
        "not-plain-text",
        f"This is {kind}, whatever its name says. Copy its text into a plain text file: in Word choose "
        '"Save as", "Plain text", encoding UTF-8; or paste it into GitHub\'s editor.',
    )


def findings(text: str, name: str) -> Iterator[Problem]:
    """Yield what keeps ``text`` from being read as it looks in an editor."""
    conflict = _CONFLICT.search(text)
    if conflict is not None and conflict[0] != "=======":
        yield _error(
            name,
            _line(text, conflict.start()),
            "merge-conflict",
            "Two versions of this file were not put together: each stands between lines of <<<<<<<, ======= and "
            ">>>>>>>. Keep the lines that are right, and delete the others and those three.",
        )
        return
    told, line, seen = 0, 1, 0
    for match in _CONTROL.finditer(text):
        line, seen = line + text.count("\n", seen, match.start()), match.start()
        if line == told:
            continue
        told = line
        if match[0] in _LINE_ENDS:
            rule, what = (
                "hidden-line-end",
                "There is a hidden line break in this line, as Word makes with Shift+Enter.",
            )
            remedy = "Delete it and press Enter, or type a space."
        else:
            rule, what = "hidden-character", "There is a character in this line that cannot be shown."
            remedy = "Delete the line and type it again."
        yield _error(name, line, rule, f"{what} {remedy}")


def unread(text: str, name: str) -> Iterator[Problem]:
    """Yield the lines that start with "#" and look as if they were meant to be read: none of the example of a
    therapist, which ends ``clinic.yaml``.
    """
    if (example := _EXAMPLE.search(text)) is not None:
        text = text[: example.start()]
    in_text = False
    """Whether the last field has a text of several lines below it."""
    for number, line in enumerate(text.split("\n"), 1):
        match = _REMARK.fullmatch(line)
        if match is None:
            in_text = line.rstrip().endswith("|") if line[:1].strip() else in_text
            continue
        if in_text and not line.startswith("#"):
            continue
        remark = match["remark"]
        looks = ""
        if _OFF.match(remark) and "…" not in remark:
            looks = 'is not read. Delete the "#" if the line is wanted, or the line if it is not.'
        elif name.startswith("faq/") and in_text and f"#{remark}" not in _known_remarks():
            looks = 'is not shown. If it belongs to the text above, put two spaces and no "#" before it.'
        if looks:
            said = f'This line starts with "#" and {looks}'
            yield Problem(Place(name, number), Severity.WARNING, "remark-or-text", said)


@cache
def _known_remarks() -> frozenset[str]:
    example = OWN_FOLDER / "_EXAMPLE.yaml"
    return frozenset(example.read_text(encoding="utf-8").splitlines()) if example.exists() else frozenset()


def unseen(text: str) -> tuple[int, str]:
    """Return where a person cannot see what stands in ``text``, and in words what; no words for nothing."""
    match = _UNSEEN.search(text) or _SPOILT.search(text)
    if match is None:
        return 0, ""
    if _UNSEEN.match(match[0]) and match[0] != "\ufffd":
        return match.start(), f"an invisible character before “{text[match.end() : match.end() + 12].strip()}”"
    return match.start(), f'the sign "{match[0]}", which stands where a letter was lost'


def _line(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


def _error(name: str, line: int, rule: str, message: str) -> Problem:
    return Problem(Place(name, line), Severity.ERROR, rule, message)
