"""Read one YAML file into nodes that know their places, every scalar as the text that was typed.

PyYAML's own construction would turn ``10:30`` into 630 and ``no`` into False and let a
repeated key win silently, so only its parser is used and the tree is built here. Anchors,
aliases and tags are refused: a 300-byte file with aliases can expand to millions of nodes.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from bot.knowledge.problems import Place, Problem, Severity

MAX_BYTES = 1_000_000
"""PyYAML needs seconds for larger files, and no hand-written file comes near."""
MAX_DEPTH = 12
"""The deepest file of the knowledge folder nests four levels."""

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# What libyaml and PyYAML say, and what the person at the keyboard should do.
_REMEDIES = (
    (
        "mapping values are not allowed",
        "There is a colon inside a text. Put the whole text in double quotes, or start it on the next "
        'line below "answer: |".',
    ),
    (
        "cannot start any token",
        "A character here cannot begin a text. If it is a tab, use spaces; otherwise put the text in "
        "double quotes.",
    ),
    (
        "tab",
        "There is a tab in the indentation. Use spaces.",
    ),
    (
        "unexpected end of stream",
        "A quotation mark is opened but never closed.",
    ),
    (
        "document separator",
        "A quotation mark is opened but never closed.",
    ),
    (
        "escape character",
        'A backslash inside double quotes has a special meaning. Write two of them ("\\\\"), or use single quotes.',
    ),
    (
        "block sequence entries are not allowed",
        'A line starting with "- " stands where no list can be. Put the list on its own lines, indented '
        "below its field.",
    ),
    (
        "expected ',' or",
        'A "[" or "{" starts a list here that is not closed. If it is part of a text, put the text in '
        "double quotes.",
    ),
    (
        "expected key",
        "The indentation is off here or just above, or a text goes on after its closing quotation mark. "
        "Line the fields up, and use one pair of quotation marks around the whole text.",
    ),
    (
        "expected '-' indicator",
        'The lines of this list are not lined up. Give every "- " the same indentation, and keep each text '
        "inside one pair of quotation marks.",
    ),
    (
        "expected ':'",
        'A field name without its colon. Write "name: text".',
    ),
    (
        "special characters are not allowed",
        "The file holds a character that cannot be shown, perhaps pasted from another program. Delete it.",
    ),
    (
        "control characters are not allowed",
        "The file holds a character that cannot be shown, perhaps pasted from another program. Delete it.",
    ),
)


@dataclass(frozen=True)
class Scalar:
    """A text as typed; ``quoted`` tells ``""`` from a field left empty."""

    text: str
    place: Place
    quoted: bool = False


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


def read(path: Path, name: str) -> tuple[Node | None, list[Problem]]:
    """Return the document in ``path`` and the problems found while reading it.

    ``name`` is how places call the file. An empty file gives ``None`` and no problem;
    a file that cannot be read gives ``None`` and the reason.
    """
    start = Place(name)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise _Refused(start, "file-too-large", f"The file is larger than {MAX_BYTES // 1000} kB. Split it.")
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        return None, [
            Problem(start, Severity.ERROR, "unreadable-file", f"The file cannot be opened: {error.strerror}.")
        ]
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        message = "The file is not saved as UTF-8. Save it again with the encoding UTF-8."
        return None, [Problem(Place(name, line), Severity.ERROR, "not-utf-8", message)]
    except _Refused as refused:
        return None, [refused.problem]
    problems: list[Problem] = []
    try:
        events = yaml.parse(text, Loader=_Loader)
        return _Builder(name, events, problems).document(), problems
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(name, mark.line + 1, mark.column + 1) if mark else start
        problems.append(Problem(place, Severity.ERROR, "unreadable-yaml", _remedy(str(error.problem or error))))
    except yaml.YAMLError as error:
        problems.append(Problem(start, Severity.ERROR, "unreadable-yaml", _remedy(str(error))))
    except _Refused as refused:
        problems.append(refused.problem)
    return None, problems


def _remedy(parser_words: str) -> str:
    for words, remedy in _REMEDIES:
        if words in parser_words:
            return remedy
    return f"This cannot be read as YAML ({parser_words}). Compare the line with _EXAMPLE.yaml."


class _Builder:
    """Builds the tree of one file from the parser's events."""

    def __init__(self, name: str, events: Iterator[yaml.Event], problems: list[Problem]) -> None:
        self._name = name
        self._events = events
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
                        'A line "---" starts a second document. Keep one answer in each file.',
                    )
                root = self._node(next(self._events), 0)
        if isinstance(root, Scalar) and not root.text and not root.quoted:
            return None
        return root

    def _node(self, event: yaml.Event, depth: int) -> Node:
        place = self._place(event)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _Refused(
                place,
                "anchor",
                'A text that starts with "&" or "*" has a special meaning. Put it in double quotes.',
            )
        tag = getattr(event, "tag", None)
        if tag is not None and tag != "!":
            raise _Refused(
                place, "tag", 'A text that starts with "!" has a special meaning. Put it in double quotes.'
            )
        if depth > MAX_DEPTH:
            raise _Refused(place, "too-deep", "Too many lists inside each other. Put the text in double quotes.")
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, place)
        if isinstance(event, yaml.SequenceStartEvent):
            listing = Listing(place)
            while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
                listing.items.append(self._node(event, depth + 1))
            return listing
        mapping = MappingNode(place)
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._node(event, depth + 1)
            value = self._node(next(self._events), depth + 1)
            self._add(mapping, key, value)
        return mapping

    def _scalar(self, event: yaml.ScalarEvent, place: Place) -> Scalar:
        quoted = event.style is not None
        # A field written as "note: ~" or "note: null" means an empty one to whoever knows YAML.
        text = "" if not quoted and event.value in ("~", "null", "Null", "NULL") else event.value
        return Scalar(text, place, quoted)

    def _add(self, mapping: MappingNode, key: Node, value: Node) -> None:
        if not isinstance(key, Scalar):
            raise _Refused(
                key.place, "unreadable-yaml", "A field name must be a plain word. Put the text in quotes."
            )
        if key.text in mapping.fields:
            first = mapping.fields[key.text][0].place.line
            self._problems.append(
                Problem(
                    key.place,
                    Severity.ERROR,
                    "repeated-field",
                    f'"{key.text}" stands here a second time; the first is in line {first}. Keep one.',
                )
            )
            return
        mapping.fields[key.text] = (key, value)

    def _place(self, event: yaml.Event) -> Place:
        mark = event.start_mark
        return Place(self._name, mark.line + 1, mark.column + 1) if mark else Place(self._name)
