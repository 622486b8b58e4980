"""Read one YAML file into nodes that know their places, every scalar as the text that was typed.

PyYAML's own construction would turn ``10:30`` into 630 and ``no`` into False and let a
repeated key win silently, so only its parser is used and the tree is built here. Anchors,
aliases and tags are refused: a 300-byte file with aliases can expand to millions of nodes.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import yaml

from bot.knowledge import diagnosis, pasted
from bot.knowledge.problems import Place, Problem, Severity

MAX_BYTES = 1_000_000
"""PyYAML needs seconds for larger files, and no hand-written file comes near."""
_NOT_UTF_8 = "The file is not saved as UTF-8. Save it again with the encoding UTF-8."
_PASTED_TWICE = 3
"""Fields that stand a second time, from which on a whole text was pasted twice."""
MAX_DEPTH = 12
"""The deepest file of the knowledge folder nests four levels."""


class Scalar(NamedTuple):
    """A text as typed: ``style`` is the sign it began with, ``"``, ``'``, ``|`` or ``>``, empty for a plain text.

    ``cut`` is what stood behind a ``#`` on its last line and is not part of it; ``lines`` is how many lines of the
    file it takes, counted for plain and quoted texts only.
    """

    text: str
    place: Place
    style: str = ""
    cut: str = ""
    lines: int = 1

    def place_at(self, offset: int) -> Place:
        """Return where the character at ``offset`` of the text stands; its line only, below a ``|``."""
        if self.style != "|":
            return self.place
        return Place(self.place.file, self.place.line + 1 + self.text.count("\n", 0, offset))


@dataclass(frozen=True)
class Listing:
    """A YAML list."""

    place: Place
    items: list["Node"] = field(default_factory=list)


@dataclass(frozen=True)
class MappingNode:
    """A YAML mapping; keys are unique, the first one counts."""

    place: Place
    fields: dict[str, tuple[Scalar, "Node"]] = field(default_factory=dict)


Node = Scalar | Listing | MappingNode


class _Refused(Exception):
    def __init__(self, place: Place, rule: str, message: str) -> None:
        super().__init__(message)
        self.problem = Problem(place, Severity.ERROR, rule, message)


def read(path: Path, name: str, *, mended: bool = False) -> tuple[Node | None, list[Problem]]:
    """Return the document in ``path`` and the problems found while reading it.

    ``name`` is how places call the file. An empty file gives ``None`` and no problem;
    a file that cannot be read gives ``None`` and the reason. With ``mended`` it gives what it is meant to be, where
    that is plain, so that more than one mistake can be told of at once: never to be used for anything else.
    """
    start = Place(name)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise _Refused(start, "file-too-large", f"The file is larger than {MAX_BYTES // 1000} kB. Split it.")
        content = path.read_bytes()
        if (problem := pasted.foreign(content, name)) is not None:
            return None, [problem]
        if pasted.is_wide(content):
            raise _Refused(start, "not-utf-8", _NOT_UTF_8)
        text = content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except OSError as error:
        return None, [
            Problem(start, Severity.ERROR, "unreadable-file", f"The file cannot be opened: {error.strerror}.")
        ]
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        return None, [Problem(Place(name, line), Severity.ERROR, "not-utf-8", _NOT_UTF_8)]
    except _Refused as refused:
        return None, [refused.problem]
    problems: list[Problem] = list(pasted.findings(text, name))
    if problems:
        return None, problems
    problems.extend(pasted.unread(text, name))
    try:
        return _Builder(name, text, problems).document(), problems
    except yaml.YAMLError as error:
        found, meant = diagnosis.causes(text, name, error)
        problems.extend(found)
        if meant and mended:
            with contextlib.suppress(yaml.YAMLError, _Refused):
                return _Builder(name, meant, problems).document(), problems
    except _Refused as refused:
        problems.append(refused.problem)
    return None, problems


class _Builder:
    """Builds the tree of one file from the parser's events."""

    def __init__(self, name: str, text: str, problems: list[Problem]) -> None:
        self._name = name
        self._text = text
        self._has_remarks = " #" in text or "\t#" in text
        self._events: Iterator[yaml.Event] = yaml.parse(text, Loader=diagnosis.LOADER)
        self._problems = problems

    def document(self) -> Node | None:
        root: Node | None = None
        documents = 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise _Refused(
                        self._place(event),
                        "several-documents",
                        'A line of "---" ends the answer here. Leave a blank line instead: one answer a file.',
                    )
                root = self._node(next(self._events), 0)
        if isinstance(root, Scalar) and not root.text and not root.style:
            return None
        return root

    def _node(self, event: yaml.Event, depth: int, *, listed: bool = False) -> Node:
        place = self._place(event)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _Refused(
                place,
                "special-sign",
                'A text that starts with "&" or "*" has a special meaning. Put it in double quotes.',
            )
        tag = getattr(event, "tag", None)
        if tag is not None and tag != "!":
            raise _Refused(
                place, "special-sign", 'A text that starts with "!" has a special meaning. Put it in double quotes.'
            )
        if depth > MAX_DEPTH:
            raise _Refused(place, "too-deep", "Too many lists inside each other. Put the text in double quotes.")
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, place)
        if isinstance(event, yaml.SequenceStartEvent):
            listing = Listing(place)
            while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
                listing.items.append(self._node(event, depth + 1, listed=True))
            return listing
        mapping = MappingNode(place)
        repeated: list[Scalar] = []
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._node(event, depth + 1)
            value = self._node(next(self._events), depth + 1)
            repeated.extend(self._add(mapping, key, value))
        self._tell_repeated(mapping, repeated, listed=listed)
        return mapping

    def _scalar(self, event: yaml.ScalarEvent, place: Place) -> Scalar:
        text, style = event.value, event.style or ""
        if style in ("|", ">"):
            return Scalar(text, place, style)
        end = event.end_mark
        assert end is not None
        cut = ""
        if not style:
            # A field written as "note: ~" or "note: null" means an empty one to whoever knows YAML.
            if text in ("~", "null", "Null", "NULL"):
                said = (
                    f'"{text}" is read as nothing. Type "" for nothing; put the word in double quotes if it is one.'
                )
                self._problems.append(Problem(place, Severity.WARNING, "empty-word", said))
                text = ""
            if self._has_remarks:
                stop = self._text.find("\n", end.index)
                rest = self._text[end.index : stop if stop >= 0 else None].lstrip(" \t")
                cut = rest if rest.startswith("#") else ""
        return Scalar(text, place, style, cut, end.line + 2 - place.line)

    def _add(self, mapping: MappingNode, key: Node, value: Node) -> Iterator[Scalar]:
        """Add a field; yield its name where it stands there already."""
        if not isinstance(key, Scalar):
            raise _Refused(
                key.place,
                "stray-line",
                'This line is neither a field ("name: text") nor an item of a list ("- text"). Delete it, or type '
                '"# " before it if it is a remark.',
            )
        if key.text in mapping.fields:
            yield key
        else:
            mapping.fields[key.text] = (key, value)

    def _tell_repeated(self, mapping: MappingNode, repeated: list[Scalar], *, listed: bool) -> None:
        """Report the fields that stand a second time; ``listed``: in a group of fields among others."""
        if len(repeated) >= _PASTED_TWICE:
            names = ", ".join(dict.fromkeys(key.text for key in repeated[:_PASTED_TWICE]))
            said = (
                f"From here on {len(repeated)} fields stand a second time ({names} …). Was the text pasted twice, "
                "or does another one begin here? Keep one of each field."
            )
            self._problems.append(Problem(repeated[0].place, Severity.ERROR, "repeated-field", said))
            return
        for key in repeated:
            first = mapping.fields[key.text][0].place.line
            new = ' If the next of the list begins here, type "- " before it.' if listed else ""
            said = f'"{key.text}" stands here a second time; the first is in line {first}. Keep one.{new}'
            self._problems.append(Problem(key.place, Severity.ERROR, "repeated-field", said))

    def _place(self, event: yaml.Event) -> Place:
        mark = event.start_mark
        return Place(self._name, mark.line + 1, mark.column + 1) if mark else Place(self._name)
