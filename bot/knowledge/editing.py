"""Change fields of a knowledge file and leave every other byte of it as it is.

A library that writes YAML anew (ruamel.yaml was looked at) moves indents, folds long lines and drops blanks at line
ends. Here only the characters of a value are replaced, at the places that the parser names, and what comes out is
read again and compared before anybody gets it.
"""

import json
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Protocol

import yaml

from bot.errors import BotError
from bot.knowledge.diagnosis import LOADER

Value = str | tuple[str, ...]
"""A text, or a list of texts."""

_Change = tuple[int, int, str]
"""Where the old characters start and end, and what stands there instead."""
_PLAIN = re.compile(r"\d{4}-\d{2}-\d{2}|(?!null$)[a-z][a-z0-9-]*")
"""What may stand without quotation marks: dates, ids and choices."""
_HEADER = re.compile(r"[|>][-+0-9]*")


class EditError(BotError):
    """A field cannot be changed without touching something else; the message says which."""


@dataclass(frozen=True)
class _Text:
    text: str
    start: int
    end: int
    style: str

    @property
    def is_block(self) -> bool:
        return self.style in ("|", ">")


@dataclass
class _Field:
    """A field of the file: its value is ``items`` or one of them, or something deeper that is never changed."""

    key_end: int
    items: list[_Text] = field(default_factory=list)
    is_list: bool = False
    is_flow: bool = False
    start: int = 0
    end: int = 0
    events: list[tuple[str, str]] = field(default_factory=list)

    @property
    def value(self) -> Value:
        return tuple(item.text.strip() for item in self.items) if self.is_list else self.items[0].text.strip()


def edited(content: bytes, changes: Mapping[str, Value], order: Sequence[str]) -> bytes:
    """Return a sound knowledge file with the fields of ``changes`` as they are to be.

    A field that the file lacks is put where ``order`` has it. Remarks, quotation marks, line ends, blanks and
    everything in other fields stay byte for byte; of a list only the lines that differ are touched. Raises
    ``EditError`` where that cannot be done.
    """
    whole = content.decode("utf-8")
    mark = "\ufeff" if whole.startswith("\ufeff") else ""
    typed = whole.removeprefix(mark)
    text = typed.replace("\r\n", "\n").replace("\r", "\n")
    fields = _fields(text)
    made = sorted(_all_changes(text, fields, changes, order), key=lambda change: change[0])
    _compare(fields, _fields(_applied(text, made)), changes)

    doubles = [match.start() - n for n, match in enumerate(re.finditer("\r\n", typed))]
    ends = Counter(re.findall(r"\r\n|\r|\n", typed))
    line_end = max(ends, key=lambda end: ends[end], default="\n")
    there = [(p + bisect_left(doubles, p), q + bisect_left(doubles, q), new) for p, q, new in made]
    return (mark + _applied(typed, [(p, q, new.replace("\n", line_end)) for p, q, new in there])).encode("utf-8")


def _applied(text: str, changes: Sequence[_Change]) -> str:
    parts, done = [], 0
    for start, end, new in changes:
        parts += [text[done:start], new]
        done = end
    return "".join((*parts, text[done:]))


# --- reading ------------------------------------------------------------------------------------


def _fields(text: str) -> dict[str, _Field]:
    """Return the fields of the file with the places of their values."""
    events: Iterator[yaml.Event] = yaml.parse(text, Loader=LOADER)
    result: dict[str, _Field] = {}
    try:
        root = next((event for event in events if isinstance(event, yaml.NodeEvent)), None)
        if not isinstance(root, yaml.MappingStartEvent) or root.flow_style:
            raise EditError('The file must consist of lines such as "title: …".')
        while isinstance(key := next(events), yaml.ScalarEvent):
            result[key.value] = _value(text, events, text.index(":", _at(key.end_mark)) + 1)
    except yaml.YAMLError as error:
        raise EditError("The file could not be read after the change. Change it by hand.") from error
    return result


def _value(text: str, events: Iterator[yaml.Event], key_end: int) -> _Field:
    event = next(events)
    found = _Field(key_end, start=_at(event.start_mark), end=_at(event.end_mark))
    found.is_list = isinstance(event, yaml.SequenceStartEvent)
    found.is_flow = bool(getattr(event, "flow_style", False))
    depth = 0
    while True:
        found.events.append((type(event).__name__, getattr(event, "value", "")))
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if isinstance(event, yaml.ScalarEvent) and depth <= 1:
            start, end = _at(event.start_mark), _at(event.end_mark)
            # The span of a text below "|" goes on to the next field.
            end = start + len(text[start:end].rstrip())
            found.items.append(_Text(event.value, start, end, event.style or ""))
        if depth == 0:
            last = found.items[-1].end if found.items else found.end
            found.end = _at(event.end_mark) if found.is_flow else last
            return found
        event = next(events)


class _Mark(Protocol):
    """What both of the library's parsers say of a place."""

    @property
    def index(self) -> int: ...


def _at(mark: _Mark | None) -> int:
    assert mark is not None
    return mark.index


# --- changing -----------------------------------------------------------------------------------


def _all_changes(
    text: str, fields: Mapping[str, _Field], changes: Mapping[str, Value], order: Sequence[str]
) -> Iterator[_Change]:
    for name in sorted(changes, key=order.index):
        value = changes[name]
        if name in fields and isinstance(value, str):
            yield from _text_change(text, fields[name], value)
        elif name in fields:
            yield from _list_change(text, fields[name], tuple(value))
        elif value:
            before = [fields[other] for other in order[: order.index(name)] if other in fields]
            above = max(before or fields.values(), key=lambda there: there.end)
            end = _line_end(text, above.end)
            yield end, end, f"\n{name}:{_written_field(value)}"


def _text_change(text: str, there: _Field, value: str) -> Iterator[_Change]:
    old = there.items[0]
    if old.is_block:
        head = _HEADER.match(text, old.start)
        assert head is not None
        yield old.start, head.end(), "|" if value else '""'
        body = _line_end(text, head.end())
        indent = re.search(r"^ +(?=\S)", text[body : old.end], re.MULTILINE)
        yield body, old.end, _block(value, indent[0] if indent else "  ") if value else ""
    elif "\n" in value:
        start = there.key_end if not old.text and not old.style else old.start
        yield start, old.end, " |" if start == there.key_end else "|"
        end = _line_end(text, old.end)
        yield end, end, _block(value, "  ")
    elif not old.style and not (old.text and value):
        yield there.key_end, old.end, f" {_written(value, old.style)}" if value else ""
    else:
        yield old.start, old.end, _written(value, old.style)


def _list_change(text: str, there: _Field, value: tuple[str, ...]) -> Iterator[_Change]:
    old = there.items if there.is_list else []
    if there.is_flow and (old or not value):
        yield _flow_change(text, there, value)
    elif not old:
        yield there.key_end, max(there.end, there.key_end), ""
        end = _line_end(text, there.end)
        yield end, end, _written_field(value)
    else:
        dashes = [text.rindex("-", 0, item.start) for item in old]
        indent = " " * (dashes[0] - _line_start(text, dashes[0]))
        if not value:
            yield there.key_end, there.key_end, " []"
        matcher = SequenceMatcher(a=[item.text.strip() for item in old], b=value, autojunk=False)
        for what, i, i_end, j, j_end in matcher.get_opcodes():
            if what == "equal":
                continue
            both = min(i_end - i, j_end - j)
            for item, new in zip(old[i : i + both], value[j : j + both], strict=True):
                yield item.start, item.end, _written(new, "" if item.is_block else item.style)
            for n in range(i + both, i_end):
                yield _line_start(text, dashes[n]), min(_line_end(text, old[n].end) + 1, len(text)), ""
            added = [f"{indent}- {_written(new, _like(old))}" for new in value[j + both : j_end]]
            if added and i + both == 0:
                first = _line_start(text, dashes[0])
                yield first, first, "".join(f"{line}\n" for line in added)
            elif added:
                end = _line_end(text, old[i + both - 1].end)
                yield end, end, "".join(f"\n{line}" for line in added)


def _flow_change(text: str, there: _Field, value: tuple[str, ...]) -> _Change:
    places = [there.start, *(place for item in there.items for place in (item.start, item.end)), there.end]
    if any("#" in text[start:end] for start, end in zip(places[::2], places[1::2], strict=True)):
        raise EditError("A list in [brackets] has remarks inside. Change it by hand.")
    kept = {item.text.strip(): text[item.start : item.end] for item in there.items}
    return (
        there.start,
        there.end,
        "[" + ", ".join(kept.get(one) or _written(one, _like(there.items)) for one in value) + "]",
    )


def _line_start(text: str, place: int) -> int:
    return text.rfind("\n", 0, place) + 1


def _line_end(text: str, place: int) -> int:
    end = text.find("\n", place)
    return end if end >= 0 else len(text)


def _like(items: Sequence[_Text]) -> str:
    """Return the quotation mark that a new text beside ``items`` gets."""
    return '"' if items and items[0].style == '"' else ""


def _written(value: str, style: str) -> str:
    if style == "'":
        return "'" + value.replace("'", "''") + "'"
    return value if not style and _PLAIN.fullmatch(value) else json.dumps(value, ensure_ascii=False)


def _written_field(value: Value) -> str:
    if not isinstance(value, str):
        return "".join(f"\n  - {_written(one, '')}" for one in value)
    return f" |{_block(value, '  ')}" if "\n" in value else f" {_written(value, '')}"


def _block(value: str, indent: str) -> str:
    return "".join(f"\n{indent}{line}" if line.strip() else "\n" for line in value.split("\n"))


def _compare(before: Mapping[str, _Field], after: Mapping[str, _Field], changes: Mapping[str, Value]) -> None:
    """Raise ``EditError`` unless exactly the ``changes`` were made."""
    for name in {**before, **after, **changes}:
        if name not in changes:
            same = name in before and name in after and before[name].events == after[name].events
        elif name not in after:
            same = not changes[name]
        else:
            same = after[name].value == changes[name] or not (after[name].value or changes[name])
        if not same:
            raise EditError(f'"{name}" cannot be changed without touching something else. Change it by hand.')
