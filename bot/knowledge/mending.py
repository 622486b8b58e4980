"""Lines that look wrong, each with how it would look mended and what to tell whoever typed it."""

import re
from collections.abc import Iterator
from dataclasses import fields
from typing import NamedTuple

from bot.knowledge import quoting
from bot.knowledge.lines import BAR, ITEM, KEY, Lines
from bot.knowledge.model import Clinic, Entry, MenuSection, RedFlagGroup, Signs, Source, Therapist

_FIELD_NAMES = {
    field.name
    for part in (Clinic, Entry, MenuSection, RedFlagGroup, Signs, Source, Therapist)
    for field in fields(part)
} | {"note", "raised"}
_TEXTS = ("answer", "see_therapist_if", "reply", "screening")
_ODD_BLANKS = {
    "\t": "a tab",
    "\u00a0": "a non-breaking space (Word makes them)",
    "\u202f": "a narrow non-breaking space",
    "\u2009": "a thin space",
    "\u200b": "an invisible character",
    "\ufeff": "an invisible character",
    "\u3000": "a wide space",
}
_BULLET = re.compile(
    rf"(?P<indent>\s*)(?P<sign>[{quoting.BULLETS}*+]|o(?=\s)|\d{{1,2}}[.)](?=\s)|--+(?=\s))\s*(?P<value>\S.*)$"
)
_RULER = re.compile(r"(?:[-=_*~.#]{3,}|`{3,}\w*)$")
_DECORATED = re.compile(r"(?P<indent> *(?:- +)?)(?P<sign>[*_`]+)(?P<name>\w+)(?P=sign)(?P<rest>:.*)$")
_TWO_FIELDS = re.compile(rf"(?P<first>.*?\S)[,;]? +(?P<name>{'|'.join(sorted(_FIELD_NAMES))}):(?: (?P<value>.*))?$")
_DASH_ONLY = re.compile(r"(?P<indent> *)-(?P<value>[^\s-].*)$")
_NO_SPACE = re.compile(
    r"(?P<start> *(?:- )?)(?P<name>\"[^\"]*\"(?!\s*\S$)|[A-Za-z_][\w -]*?)"
    r"\s*(?P<sign>[;：=]|:(?=\S))\s*(?P<value>.*)$"
)
_NO_COLON = re.compile(r"(?P<start> *(?:- )?)(?P<name>[A-Za-z_][\w-]*)(?:[^\w\s]|\s+(?P<value>.*))?$")
_NAME = re.compile(r"(?P<indent> *)[\"']?(?P<name>[^\"']+)[\"']?\s*:\s*(?P<value>.*)$")
_ODD_START = re.compile(r"(?P<indent> *)(?P<sign>[^\w\s#\"'-])(?P<rest>\w[\w -]*:(?: .*)?)$")


_SHORTEST = 3
"""Characters from which on what stands beside a field's name is a text, rather than a "|" mistyped."""


class Trial(NamedTuple):
    """All lines with one of them mended: which one, from 0, and the finding where that was the cause."""

    line: int
    lines: list[str]
    rule: str
    message: str


def trials(lines: Lines, last: int) -> Iterator[Trial]:
    """Yield mendings of the lines up to ``last``, the likely ones first, and from the last line upwards."""
    upwards = range(min(last, len(lines.all) - 1), -1, -1)
    for at in upwards:
        if lines.kinds[at] != "text":
            yield from _of_one_line(lines, at)
            yield from _below_a_bar(lines, at)
    for at in upwards:
        if lines.kinds[at] not in ("", "text"):
            yield from _of_its_place(lines, at)


def _of_one_line(lines: Lines, at: int) -> Iterator[Trial]:
    line = lines.all[at]
    if not line.strip() or line.lstrip().startswith("#"):
        return
    above, below = lines.before(at), lines.below(at)
    nested = below >= 0 and lines.indent(below) > lines.indent(at)
    yield from _lined_up(lines, at)
    for signs, rule, message in (*_spaces(line), *_signs(line, nested=nested)):
        for mended in (signs, _quoted(signs)):
            if mended != line:
                yield Trial(at, lines.mended(at, mended), rule, message)
        if rule == "word-bullet" and above >= 0 and lines.kinds[above] == "item":
            lined_up = " " * lines.indent(above) + _quoted(signs).lstrip()
            yield Trial(at, lines.mended(at, lined_up), rule, message)
    yield from _of_its_text(lines, at)


def _lined_up(lines: Lines, at: int) -> Iterator[Trial]:
    """Yield a field that has a tab before it where the field above begins, when a text or a list ends there."""
    field = KEY.match(lines.all[at].lstrip(" \t"))
    if field is None or field["dash"] or "\t" not in lines.all[at][: lines.indent(at)]:
        return
    above = lines.owner(at)
    key = KEY.match(lines.all[above]) if above >= 0 else None
    if key is not None and not key["value"] and above == lines.before(at):
        return
    wanted = len(key["indent"] + (key["dash"] or "")) if key else 0
    instead = f" and type {_spaces_in_words(wanted)}." if wanted else ": the name of the field comes first."
    message = f"There is a tab before this field. Delete it{instead}"
    yield Trial(at, lines.mended(at, " " * wanted + _quoted(field[0])), "odd-space", message)


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
    if decorated := _DECORATED.match(line):
        yield (
            decorated["indent"] + decorated["name"] + decorated["rest"],
            "special-sign",
            f'Delete the "{decorated["sign"]}" around the name of the field: "{decorated["name"]}:".',
        )
    if _RULER.match(line.strip()):
        does = "ends the file here" if line.strip() in ("...", "---") else "means nothing here"
        yield "", "separator", f'A line of "{line.strip()}" {does}. Delete it.'
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
    found = KEY.match(line)
    if found is not None and found["dash"] and found["value"] and quoting.fault(found["value"]) is None:
        return found["value"].strip()
    if item := ITEM.match(line):
        return (item["value"] or "").strip()
    return (found["value"] or "").strip() if found else None


def _of_its_text(lines: Lines, at: int) -> Iterator[Trial]:
    """Yield the line with its text quoted as a whole, where its quotes, brackets or first sign look wrong."""
    line = lines.all[at]
    value = _value(line)
    if lines.kinds[at] == "key" and (two := _TWO_FIELDS.match(line)):
        indent = " " * lines.indent(at)
        for first in (two["first"], _quoted(two["first"])):
            yield Trial(
                at,
                lines.mended(at, first, f"{indent}{two['name']}: {two['value'] or ''}"),
                "swallowed-field",
                f'Two fields stand in one line. Start a new line before "{two["name"]}:".',
            )
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
    yield from _remark_inside(lines, at, above)
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
    key = KEY.match(line)
    if key is None:
        return
    name, value = key["name"], (key["value"] or "").strip()
    if value[:1] in ("|", ">") and not BAR.match(value):
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
    if not key["dash"] and below >= 0 and lines.indent(below) > lines.indent(at):
        yield from _beside_and_below(lines, at, below, name, value)
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


def _remark_inside(lines: Lines, at: int, above: int) -> Iterator[Trial]:
    """Yield the lines without a remark that ends the text around it."""
    if not lines.all[at].startswith("#") or above < 0 or not lines.margin[above]:
        return
    below = lines.below(at)
    if below >= 0 and lines.kinds[below] != "key" and lines.indent(below) >= lines.margin[above]:
        yield Trial(
            at,
            [*lines.all[:at], *lines.all[at + 1 :]],
            "remark-inside",
            "A remark in the middle of a text ends the text. Move the remark above the field, or delete it.",
        )


def _beside_and_below(lines: Lines, at: int, below: int, name: str, value: str) -> Iterator[Trial]:
    """Yield the mendings of a field that has something beside its name and more below it."""
    indent = " " * lines.indent(at)
    bare = value.strip("\"'")
    if lines.kinds[below] in ("other", "item", "text") and (len(bare) < _SHORTEST or re.match(r"[|>]\d", value)):
        instead = f'"{bare}" stands where' if bare else "There is no text where"
        if value not in ("|", ">") and (value or lines.kinds[below] != "item"):
            yield Trial(
                at,
                lines.mended(at, f"{indent}{name}: |"),
                "bar-missing",
                f'{instead} "|" belongs, the upright stroke before a text of several lines. Write "{name}: |".',
            )
    if value and lines.kinds[below] == "item" and not BAR.match(value):
        yield Trial(
            at,
            lines.mended(at, f"{indent}{name}:", f"{' ' * lines.indent(below)}- {value}"),
            "text-beside-list",
            f'A text stands beside "{name}:" and a list below it. Put the text on a line of its own below, with '
            '"- " before it, or delete it.',
        )
    more = lines.below(below)
    nested = lines.kinds[below] == "key" and more >= 0 and lines.indent(more) > lines.indent(at)
    if value and nested and not BAR.match(value):
        yield Trial(
            at,
            lines.mended(at, f"{indent}{name}:"),
            "text-beside-list",
            f'"{name}:" has fields of its own below it, so nothing may stand beside it. Delete what stands behind '
            "the colon, or put it below with the name of its field.",
        )


def _of_its_place(lines: Lines, at: int) -> Iterator[Trial]:
    """Yield the mendings of a line that may be sound in itself and stands in the wrong place."""
    above = lines.before(at)
    below = lines.below(at)
    yield from _nameless(lines, at)
    if above >= 0 and lines.kinds[above] == "other" and lines.kinds[at] == "other" and lines.before(above) < 0:
        yield Trial(
            above,
            ["" if lines.kinds[line] == "other" else lines.all[line] for line in range(at + 1)]
            + lines.all[at + 1 :],
            "stray-line",
            'The file must begin with a field, such as "title: …". Delete the lines above the first one, or type '
            '"# " before each.',
        )
    if lines.kinds[at] in ("key", "item"):
        yield from _dash_before_a_name(lines, at)
        yield from _indented(lines, at, above)
    differs = above < 0 or lines.kinds[above] != lines.kinds[at]
    # Among the items of a list a line without "- " is a stray one.
    among = above >= 0 and lines.kinds[above] == "item" and lines.indent(above) == lines.indent(at)
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


def _nameless(lines: Lines, at: int) -> Iterator[Trial]:
    """Yield the file with a name above its first fields, all of which are indented down to the line ``at``."""
    first = lines.below(-1)
    second = lines.below(first) if first >= 0 else -1
    if second < 0 or lines.kinds[first] != "key" or not 0 < lines.indent(first) == lines.indent(second):
        return
    if at in (first, second) or all(lines.indent(line) for line in range(first, at) if lines.kinds[line]):
        yield Trial(
            first,
            [*lines.all[:first], "field_without_name:", *lines.all[first:]],
            "name-missing",
            'There is no field above these lines. Is a line such as "words:" or "therapists:" missing? If not, '
            "delete the spaces before them.",
        )


def _dash_before_a_name(lines: Lines, at: int) -> Iterator[Trial]:
    key = KEY.match(lines.all[at])
    if key is not None and key["dash"]:
        yield Trial(
            at,
            lines.mended(at, lines.all[at].replace(key["dash"], "", 1)),
            "dash-before-name",
            f'"{key["name"]}:" is the name of a field, as the ones around it: delete the "- " before it.',
        )


def _indented(lines: Lines, at: int, above: int) -> Iterator[Trial]:
    own = lines.indent(at)
    below = lines.below(at)
    in_a_list = lines.kinds[at] == "key" and above >= 0 and lines.kinds[above] == "item"
    if above >= 0 and below >= 0 and lines.indent(above) == own == lines.indent(below) and not in_a_list:
        return
    first = KEY.match(lines.all[above]) if above >= 0 else None
    after_dash = [len(first["indent"] + first["dash"])] if first is not None and first["dash"] else []
    seen = {own}
    for wanted in (*after_dash, *(lines.indent(near) for near in (above, below) if near >= 0), 0):
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
