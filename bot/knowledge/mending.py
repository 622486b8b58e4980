"""Lines that look wrong, each with how it would look mended and what to tell whoever typed it."""

import re
from collections.abc import Iterator
from dataclasses import fields
from typing import NamedTuple

from bot.knowledge import quoting
from bot.knowledge.model import Clinic, Entry, MenuSection, RedFlagGroup, Signs, Source, Therapist

_FIELD_NAMES = {
    field.name
    for part in (Clinic, Entry, MenuSection, RedFlagGroup, Signs, Source, Therapist)
    for field in fields(part)
} | {"note", "raised"}
_TEXTS = ("answer", "see_therapist_if", "reply", "screening")
_TEXTS = ("answer", "see_therapist_if", "reply", "screening")
_KEY = re.compile(
    r"""(?P<indent>\ *)(?P<dash>-\ +)?
    (?P<name>"[^"]*"|'[^']*'|[^\s"'#\[{&*!|>%@`-][^:#]*?)\ *:(?:\ +(?P<value>.*))?$""",
    re.VERBOSE,
)
_ITEM = re.compile(r"(?P<indent> *)-(?: +(?P<value>.*))?$")
_BAR = re.compile(r"[|>][-+0-9]*\s*(?:#.*)?$")
_ODD_BLANKS = {
    "\t": "a tab",
    "\u00a0": "a non-breaking space (Word makes them)",
    "\u202f": "a narrow non-breaking space",
    "\u2009": "a thin space",
    "\u200b": "an invisible character",
    "\ufeff": "an invisible character",
    "\u3000": "a wide space",
}
_BULLET = re.compile(rf"(?P<indent>\s*)(?P<sign>[{quoting.BULLETS}*+]|o(?=\s))\s*(?P<value>\S.*)$")
_DASH_ONLY = re.compile(r"(?P<indent> *)-(?P<value>[^\s-].*)$")
_NO_SPACE = re.compile(
    r"(?P<start> *(?:- )?)(?P<name>\"[^\"]*\"|[A-Za-z_][\w -]*?)\s*(?P<sign>[;：=]|:(?=\S))\s*(?P<value>.*)$"
)
_NO_COLON = re.compile(r"(?P<start> *(?:- )?)(?P<name>[A-Za-z_][\w-]*)(?:[^\w\s]|\s+(?P<value>.*))?$")
_NAME = re.compile(r"(?P<indent> *)[\"']?(?P<name>[^\"']+)[\"']?\s*:\s*(?P<value>.*)$")
_ODD_START = re.compile(r"(?P<indent> *)(?P<sign>[^\w\s#\"'-])(?P<rest>\w[\w -]*:(?: .*)?)$")


class Trial(NamedTuple):
    """All lines with one of them mended: which one, from 0, and the finding where that was the cause."""

    line: int
    lines: list[str]
    rule: str
    message: str


class Lines:
    """The lines of a file, and their kinds: ``key``, ``item``, ``text`` (below a ``|``), ``other`` or blank."""

    def __init__(self, text: str) -> None:
        self.all = text.split("\n")
        self.kinds = [""] * len(self.all)
        self.margin = [0] * len(self.all)
        """For a ``text`` line and the ``|`` above it: the blanks before each line of that text."""
        at = 0
        while at < len(self.all):
            at = self._look(at)

    def mended(self, at: int, *instead: str) -> list[str]:
        """Return all lines with the one at ``at`` replaced."""
        return [*self.all[:at], *instead, *self.all[at + 1 :]]

    def before(self, at: int) -> int:
        """Return the line before ``at`` that is neither blank nor a remark, or -1."""
        return next((line for line in range(at - 1, -1, -1) if self.kinds[line]), -1)

    def below(self, at: int) -> int:
        """Return the line after ``at`` that is neither blank nor a remark, or -1."""
        return next((line for line in range(at + 1, len(self.all)) if self.kinds[line]), -1)

    def indent(self, at: int) -> int:
        """Return how many blanks stand before the line."""
        return len(self.all[at]) - len(self.all[at].lstrip())

    def run(self, at: int, kinds: tuple[str, ...]) -> int:
        """Return the end of the lines from ``at`` on that are of these kinds, blank or remarks."""
        end = at
        while end < len(self.all) and self.kinds[end] in ("", *kinds):
            end += 1
        return end

    def _look(self, at: int) -> int:
        line = self.all[at]
        if not line.strip() or line.lstrip().startswith("#"):
            return at + 1
        key = _KEY.match(line)
        item = None if key else _ITEM.match(line)
        self.kinds[at] = "key" if key else "item" if item else "other"
        value = (key or item or {"value": ""})["value"]
        if not value or not _BAR.match(value):
            return at + 1
        outer = len(key["indent"] + (key["dash"] or "")) if key else self.indent(at)
        return self._text_below(at, outer)

    def _text_below(self, at: int, outer: int) -> int:
        first = at + 1
        while first < len(self.all) and not self.all[first].strip():
            first += 1
        self.margin[at] = margin = self.indent(first) if first < len(self.all) else 0
        if margin <= outer:
            self.margin[at] = outer + 2
            return at + 1
        end = first
        while end < len(self.all) and (not self.all[end].strip() or self.indent(end) >= margin):
            self.kinds[end] = "text" if self.all[end].strip() else ""
            self.margin[end] = margin
            end += 1
        return end


def trials(lines: Lines, last: int) -> Iterator[Trial]:
    """Yield mendings of the lines up to ``last``, the likely ones first, and from the last line upwards."""
    upwards = range(min(last, len(lines.all) - 1), -1, -1)
    for at in upwards:
        if lines.kinds[at] != "text":
            yield from _of_one_line(lines, at)
            yield from _below_a_bar(lines, at)
    for at in upwards:
        if lines.kinds[at] != "text":
            yield from _of_its_place(lines, at)


def _of_one_line(lines: Lines, at: int) -> Iterator[Trial]:
    line = lines.all[at]
    if not line.strip() or line.lstrip().startswith("#"):
        return
    above, below = lines.before(at), lines.below(at)
    nested = below >= 0 and lines.indent(below) > lines.indent(at)
    for signs, rule, message in (*_spaces(line), *_signs(line, nested=nested)):
        for mended in (signs, _quoted(signs)):
            if mended != line:
                yield Trial(at, lines.mended(at, mended), rule, message)
        if rule == "word-bullet" and above >= 0 and lines.kinds[above] == "item":
            lined_up = " " * lines.indent(above) + _quoted(signs).lstrip()
            yield Trial(at, lines.mended(at, lined_up), rule, message)
    yield from _of_its_text(lines, at)


def _spaces(line: str) -> Iterator[tuple[str, str, str]]:
    """Yield what a line would be with plain spaces in place of others, where spaces have a meaning."""
    start = line[: len(line) - len(line.lstrip("".join(_ODD_BLANKS) + " -"))]
    after = re.match(r"\s*(?:-\s*)?[\w-]+\s*:(\s+)", line)
    for odd, what in _ODD_BLANKS.items():
        if odd in start or (after and odd in after[1]):
            keep = start.replace(odd, "  " if odd == "\t" else " ") + line[len(start) :]
            mended = re.sub(rf"(:[ {odd}]*){odd}", r"\1 ", keep, count=1) if after and odd in after[1] else keep
            yield mended, "odd-space", f"There is {what} where a plain space belongs. Delete it and type spaces."


def _signs(line: str, *, nested: bool) -> Iterator[tuple[str, str, str]]:
    """Yield what a line would be with the right sign in place of one that looks alike or was left out.

    With ``nested`` the next line is indented more, as below the name of a field.
    """
    if bullet := _BULLET.match(line):
        yield (
            f"{bullet['indent']}- {bullet['value']}",
            "word-bullet",
            quoting.word_bullet(f'This line starts with "{bullet["sign"]}"'),
        )
    if dash := _DASH_ONLY.match(line):
        yield (
            f"{dash['indent']}- {dash['value']}",
            "no-space-after-dash",
            'There is no space after the hyphen. Type "- " and then the text.',
        )
    if key := _NO_SPACE.match(line):
        what = "no space after the colon" if key["sign"] == ":" else f'"{key["sign"]}" where a colon belongs'
        yield (
            f"{key['start']}{key['name']}: {key['value']}",
            "no-space-after-colon" if key["sign"] == ":" else "no-colon",
            f'There is {what}. Write "{key["name"]}: " and then the text.',
        )
    bare = _NO_COLON.match(line)
    if bare and (bare["name"] in _FIELD_NAMES or (nested if not bare["value"] else bare["value"][0] in "\"'[|>")):
        yield (
            f"{bare['start']}{bare['name']}: {bare['value'] or ''}".rstrip(),
            "no-colon",
            f'There is no colon after the name of the field. Write "{bare["name"]}: ".',
        )
    if odd := _ODD_START.match(line):
        yield (
            odd["indent"] + odd["rest"],
            "special-sign",
            f'The name of a field cannot start with "{odd["sign"]}". Delete it.',
        )
    if line.strip() in ("...", "---"):
        yield "", "separator", f'A line of "{line.strip()}" ends the file here. Delete it.'
    if line.lstrip().startswith("//"):
        yield f"# {line}", "remark-sign", 'A remark for colleagues starts with "#", not with "//".'


def _quoted(line: str) -> str:
    """Return the line with its text in sound double quotes."""
    value = _value(line)
    if value is None or quoting.fault(value) is None:
        return line
    return line[: len(line.rstrip()) - len(value)] + quoting.quoted(value)


def _value(line: str) -> str | None:
    """Return the text of a field or an item."""
    found = _KEY.match(line)
    if found is not None and found["dash"] and found["value"] and quoting.fault(found["value"]) is None:
        return found["value"].strip()
    if item := _ITEM.match(line):
        return (item["value"] or "").strip()
    return (found["value"] or "").strip() if found else None


def _of_its_text(lines: Lines, at: int) -> Iterator[Trial]:
    """Yield the line with its text quoted as a whole, where its quotes, brackets or first sign look wrong."""
    line = lines.all[at]
    value = _value(line)
    if value and (found := quoting.fault(value)) is not None:
        rule, message = found
        start = line[: len(line.rstrip()) - len(value)]
        for mended in quoting.mended(value):
            yield Trial(at, lines.mended(at, start + mended), rule, message)
    elif value is None and (name := _NAME.match(line)):
        yield Trial(
            at,
            lines.mended(at, f"{name['indent']}{quoting.quoted(name['name'])}: {name['value'] or ''}".rstrip()),
            "quotes-around-name",
            'The quotation marks around the name of the field do not match. Type one before and one after: "name":',
        )


def _below_a_bar(lines: Lines, at: int) -> Iterator[Trial]:
    """Yield the mendings of texts below a ``|``: not indented, on the line of the ``|``, or without one."""
    line = lines.all[at]
    above = lines.before(at)
    if lines.kinds[at] in ("other", "item") and above >= 0 and lines.margin[above]:
        end = lines.run(at, ("other", "item", "text"))
        margin = " " * lines.margin[above]
        run = [margin + text.strip() if text.strip() else "" for text in lines.all[at:end]]
        yield Trial(
            at,
            [*lines.all[:at], *run, *lines.all[end:]],
            "not-indented",
            "This line belongs to the text above it, and has fewer spaces before it. Give every line of the text "
            f"the same {lines.margin[above]} spaces.",
        )
    key = _KEY.match(line)
    if key is None:
        return
    name, value = key["name"], (key["value"] or "").strip()
    if value[:1] in ("|", ">") and not _BAR.match(value):
        yield Trial(
            at,
            lines.mended(at, f"{key['indent']}{name}: |", f"{key['indent']}  {value[1:].strip()}"),
            "text-beside-bar",
            f'The text stands behind "{name}: {value[0]}". Start it on the next line, with two spaces before it.',
        )
    if value == "[]":
        yield Trial(
            at,
            lines.mended(at, f"{key['indent']}{name}:"),
            "brackets-left",
            f'"[]" means an empty list. Delete it, so that the line is "{name}:", and leave the list below.',
        )
    below = lines.below(at)
    if (
        not value
        and not key["dash"]
        and below >= 0
        and (lines.kinds[below] == "other" or (lines.kinds[below] == "item" and name in _TEXTS))
    ):
        yield Trial(
            at,
            lines.mended(at, f"{key['indent']}{name}: |"),
            "bar-missing",
            f'A text of several lines needs a "|" after the name of its field: "{name}: |".',
        )


def _of_its_place(lines: Lines, at: int) -> Iterator[Trial]:
    """Yield the mendings of a line that may be sound in itself and stands in the wrong place."""
    above = lines.before(at)
    if lines.kinds[at] in ("key", "item"):
        yield from _indented(lines, at, above)
    differs = above < 0 or lines.kinds[above] != lines.kinds[at]
    # Among the items of a list a line without "- " is a stray one.
    among = above >= 0 and lines.kinds[above] == "item" and lines.indent(above) == lines.indent(at)
    below = lines.below(at)
    among = among and (below < 0 or lines.kinds[below] != lines.kinds[at])
    if lines.kinds[at] in ("other", "item") and lines.indent(at) and differs and not among:
        end = lines.run(at, (lines.kinds[at], "text"))
        sign = " |" if lines.kinds[at] == "other" else ""
        yield Trial(
            at,
            [*lines.all[:at], f"field_without_name:{sign}", *lines.all[at:end], *lines.all[end:]],
            "name-missing",
            'There is no field above these lines. Is a line such as "ask:", "answer: |" or "reply: |" missing?',
        )
    if lines.kinds[at] != "other":
        return
    message = (
        'This line is neither a field ("name: text") nor an item of a list ("- text"). If it belongs to the list '
        'above, type "- " before it; if it belongs to the text above, join the two lines; if it is a remark for '
        'colleagues, type "# " before it.'
    )
    if above >= 0 and lines.kinds[above] == "item":
        text = quoting.quoted(lines.all[at].strip())
        yield Trial(at, lines.mended(at, f"{' ' * lines.indent(above)}- {text}"), "stray-line", message)
    yield Trial(at, lines.mended(at, ""), "stray-line", message)


def _indented(lines: Lines, at: int, above: int) -> Iterator[Trial]:
    own = lines.indent(at)
    below = lines.below(at)
    if above >= 0 and below >= 0 and lines.indent(above) == own == lines.indent(below):
        return
    seen = {own}
    for near in (above, below, None):
        wanted = 0 if near is None or near < 0 else lines.indent(near)
        if wanted in seen:
            continue
        seen.add(wanted)
        yield Trial(
            at,
            lines.mended(at, " " * wanted + lines.all[at].strip()),
            "indentation",
            f"This line has {_spaces_in_words(own)} before it; it should have {_spaces_in_words(wanted)}, as the "
            "lines it belongs with.",
        )


def _spaces_in_words(number: int) -> str:
    return {0: "no spaces", 1: "one space"}.get(number, f"{number} spaces")
