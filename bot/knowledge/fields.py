"""Read the fields of one mapping, collecting what is wrong instead of stopping at it."""

import re
from collections.abc import Iterable
from datetime import date

from rapidfuzz import fuzz, process, utils

from bot.knowledge import plausible, quoting, typed
from bot.knowledge.problems import Place, Problem, Severity
from bot.knowledge.yaml_reader import Listing, MappingNode, Node, Scalar

ID_PATTERN = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_SUGGESTION_CUTOFF = 60
"""Below this RapidFuzz ratio a "did you mean" reads as a random guess (tried on the project's ids)."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `` Did you mean "…"?`` with the nearest of ``known``, or nothing when none is near."""
    best = nearest(word, known)
    return f' Did you mean "{best}"?' if best else ""


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the one of ``known`` that ``word`` was most likely meant to be, or ``""`` when none is near."""
    best = process.extractOne(
        word,
        list(known),
        scorer=fuzz.ratio,
        processor=utils.default_process,
        score_cutoff=_SUGGESTION_CUTOFF,
    )
    return best[0] if best else ""


def _curly(node: MappingNode) -> str:
    """Return what to say of a text that was taken for fields because its quotation marks are curly ones."""
    for name, (_, value) in node.fields.items():
        if name[:1] in quoting.OPENING:
            return quoting.curly(name + (value.text if isinstance(value, Scalar) else ""))
    return ""


class Fields:
    """The fields of one mapping; ``label`` is how findings call it, such as ``entry "run-after"``.

    Every getter returns a usable value and appends a problem when it had to make one up;
    ``finish`` reports the fields nobody asked for.
    """

    def __init__(self, node: MappingNode, label: str, problems: list[Problem]) -> None:
        self._node = node
        self._label = label
        self._problems = problems
        self._known: list[str] = []
        self._missing: dict[str, Place | None] = {}

    def call(self, label: str) -> None:
        """Let findings from now on call the mapping ``label``."""
        self._label = label

    @property
    def place(self) -> Place:
        """Where the mapping starts."""
        return self._node.place

    def place_of(self, name: str) -> Place:
        """Where the field's value stands, or the mapping's start when the field is missing."""
        return self._node.fields[name][1].place if name in self._node.fields else self._node.place

    def has(self, name: str) -> bool:
        """Return whether the field stands in the file, filled in or not."""
        return name in self._node.fields

    def is_filled(self, name: str) -> bool:
        """Return whether anything stands in the field."""
        node = self.typed(name)
        if node is not None:
            return bool(node.text.strip())
        value = self._node.fields.get(name)
        return value is not None and (not isinstance(value[1], Listing) or bool(value[1].items))

    def typed(self, name: str) -> Scalar | None:
        """Return the field's text as it was typed, or nothing when it is no text or missing."""
        node = self._node.fields[name][1] if name in self._node.fields else None
        return node if isinstance(node, Scalar) else None

    def report(
        self, rule: str, message: str, place: Place | None = None, severity: Severity = Severity.ERROR
    ) -> None:
        """Add a finding about this mapping."""
        self._problems.append(Problem(place or self._node.place, severity, rule, f"{self._label}: {message}"))

    def text(self, name: str, *, required: bool = False, longest: int | None = None) -> str:
        """Return the field's text without surrounding blanks; ``""`` when empty or missing."""
        node = self.scalar(name, required=required)
        value = node.text.strip() if node else ""
        if longest is not None and len(value) > longest and node:
            self.report(
                "too-long",
                f'"{name}" has {len(value)} characters; at most {longest} can be shown. Shorten it.',
                node.place,
            )
        return value

    def scalar(self, name: str, *, required: bool = False) -> Scalar | None:
        """Return the field's text with its place, or nothing when it is empty or missing."""
        node = self._take(name)
        if isinstance(node, Listing | MappingNode):
            self._wrong_kind(name, node)
            return None
        if node is not None:
            self._report_all(typed.findings(node, needed=required))
        if node is None or not node.text.strip():
            if required and not (node and node.cut):
                self._missing[name] = node.place if node else None
            return None
        if not any(map(str.isalnum, node.text)):
            self.report(
                "no-words",
                f'"{name}" is "{node.text.strip()}", without a letter or number. Fill it in, or type "" for none.',
                node.place,
            )
        return node

    def unread(self, *names: str) -> None:
        """Know of fields for colleagues, which may hold anything."""
        self._known.extend(names)

    def texts(
        self, name: str, *, required: bool = False, single: bool = False, remarks: bool = False
    ) -> list[Scalar]:
        """Return the texts of a list with their places; with ``single`` one text counts as a list.

        With ``remarks`` a "#" may follow a text, since no name that can stand here has one.
        """
        node = self._take(name)
        if isinstance(node, Scalar) and single and node.text.strip():
            self._report_all(typed.findings(node))
            return [node]
        if isinstance(node, Scalar) and (sign := node.text.strip()[:1]) and sign in quoting.BULLETS:
            self.report("word-bullet", quoting.word_bullet(f'a line of "{name}" starts with "{sign}"'), node.place)
            return []
        if isinstance(node, Scalar) and node.style in ("'", '"') and node.text.strip()[:1] == "[":
            said = f'"{name}" is a list: delete the quotation marks around the square brackets.'
            self.report("wrong-kind", said, node.place)
            return []
        if isinstance(node, Scalar) and node.text.strip():
            self.report(
                "wrong-kind",
                f'"{name}" must be a list: put every text on its own line, with "- " before it'
                + (", or write [first, second]." if "," in node.text else "."),
                node.place,
            )
            return []
        if isinstance(node, MappingNode):
            bare = all(isinstance(value, Scalar) and not value.text for _, value in node.fields.values())
            remedy = (
                "Type square brackets: [first, second]."
                if bare
                else 'Type "- " before each line; one with a colon stands in double quotes.'
            )
            self.report("wrong-kind", f'"{name}" must be a list of texts. {remedy}', node.place)
            return []
        if isinstance(node, Listing):
            found = [item for item in node.items if self._is_text(name, item, remarks=remarks)]
            if found or node.items:
                return [item for item in found if isinstance(item, Scalar)]
        if required:
            self._missing[name] = node.place if node else None
        return []

    def choice(self, name: str, allowed: Iterable[str], *, default: str | None = None) -> str:
        """Return one of ``allowed``; without a ``default`` the field is required."""
        options = list(allowed)
        value = self._name(name, required=default is None)
        if not value:
            return default if default is not None else options[0]
        if value not in options:
            self.report(
                "unknown-value",
                f'"{value}" cannot stand in "{name}". Choose one of: {", ".join(filter(None, options))}.'
                + did_you_mean(value, options),
                self.place_of(name),
            )
            return default if default is not None else options[0]
        return value

    def yes_no(self, name: str, *, default: bool) -> bool:
        """Return a yes or no; ``true`` and ``false`` count too."""
        value = self._name(name).lower()
        if value in ("", "yes", "true", "no", "false"):
            return value in ("yes", "true") if value else default
        self.report("unknown-value", f'"{name}" must be yes or no.', self.place_of(name))
        return default

    def day(self, name: str) -> date | None:
        """Return a date written as 2026-03-31, or nothing when the field is empty."""
        value = self._name(name)
        if not value:
            return None
        try:
            day = date.fromisoformat(value)
        except ValueError:
            self.report(
                "unreadable-date",
                f'"{value}" in "{name}" is not a date. {plausible.date_remedy(value)}',
                self.place_of(name),
            )
            return None
        if not plausible.is_of_our_time(day):
            said = f'"{value}" in "{name}": is the year right?'
            self.report("unlikely-date", said, self.place_of(name), Severity.WARNING)
        return day

    def mappings(self, name: str) -> list[MappingNode]:
        """Return the mappings of a list, such as the clinic's therapists."""
        node = self._take(name)
        if node is None or (isinstance(node, Scalar) and not node.text.strip()):
            return []
        if isinstance(node, Listing) and all(isinstance(item, MappingNode) for item in node.items):
            return [item for item in node.items if isinstance(item, MappingNode)]
        self.report(
            "wrong-kind",
            f'"{name}" must be a list of groups of fields, each starting with "- ".',
            node.place,
        )
        return []

    def mapping(self, name: str, example: str = "") -> MappingNode | None:
        """Return the mapping below a field, or nothing when it is empty or missing; ``example`` is a line of it."""
        node = self._take(name)
        if isinstance(node, MappingNode):
            return node
        if node is not None and not (isinstance(node, Scalar) and not node.text.strip()):
            such_as = f" On a line of its own, with more spaces before it: {example}" if example else ""
            self.report("wrong-kind", f'"{name}" must have fields of its own below it.{such_as}', node.place)
        return None

    def lists(self, name: str) -> list[tuple[Place, list[Scalar]]]:
        """Return the lists inside a list, such as ``- [leg, swollen]``; one text counts as a list."""
        node = self._take(name)
        if node is None or (isinstance(node, Scalar) and not node.text.strip()):
            return []
        if not isinstance(node, Listing):
            self.report("wrong-kind", f'"{name}" must be a list.', node.place)
            return []
        rows: list[tuple[Place, list[Scalar]]] = []
        for item in node.items:
            cells = item.items if isinstance(item, Listing) else [item]
            rows.append((item.place, [c for c in cells if isinstance(c, Scalar) and self._is_text(name, c)]))
        return rows

    def finish(self, *others: str) -> bool:
        """Report what is missing, and every field that no getter asked for; return whether there was none of these.

        ``others`` are read elsewhere. A field that is missing because its name is misspelt is one finding.
        """
        self._known.extend(others)
        after_text = False
        for name, (key, value) in self._node.fields.items():
            if name not in self._known:
                self.report("unknown-field", f'"{name}" is not a field.{self._hint(name, after_text)}', key.place)
            after_text = isinstance(value, Scalar) and value.style in ("|", ">")
        for name, place in self._missing.items():
            self.report("missing-field", f'"{name}" is missing or empty. Fill it in.', place)
        return self._node.fields.keys() <= set(self._known)

    def _hint(self, name: str, after_text: bool) -> str:
        absent = [known for known in self._known if known not in self._node.fields]
        hint = did_you_mean(name, self._missing) or did_you_mean(name, absent) or did_you_mean(name, self._known)
        for missing in sorted(self._missing, key=len, reverse=True):
            if missing not in self._node.fields and name.startswith(missing):
                # What stands behind the name was taken for part of it.
                del self._missing[missing]
                return f' Is there a colon missing? Write "{missing}: ".'
            if missing not in self._node.fields and f'"{missing}"' in hint:
                del self._missing[missing]
                return hint
        if after_text and not name.islower():
            return " If the line belongs to the text above it, put two spaces before it."
        if not hint and " " in name:
            hint = " Is a line above not indented, or a quotation mark missing?"
        return hint or " The fields are: " + ", ".join(self._known) + "."

    def _name(self, name: str, *, required: bool = False) -> str:
        """Return a word that is no text, such as a date or a choice: a remark may follow it."""
        node = self._take(name)
        if isinstance(node, Listing | MappingNode):
            self._wrong_kind(name, node)
            return ""
        value = " ".join(node.text.split()) if node else ""
        if required and not value:
            self._missing[name] = node.place if node else None
        return value

    def _take(self, name: str) -> Node | None:
        self._known.append(name)
        return self._node.fields[name][1] if name in self._node.fields else None

    def _wrong_kind(self, name: str, node: Listing | MappingNode) -> None:
        if isinstance(node, Listing):
            message = f'"{name}" must be a text, not a list.'
        else:
            message = f'"{name}" must be a text. Does it have a colon? Put the whole text in double quotes.'
        self.report("wrong-kind", message, node.place)

    def _is_text(self, name: str, item: Node, *, remarks: bool = False) -> bool:
        if isinstance(item, Scalar):
            if not remarks and typed.needs_a_look(item):
                self._report_all(typed.findings(item, item=True))
            if item.text.strip():
                return True
            if remarks or not item.cut:
                self.report("empty-text", f'an empty line in "{name}". Fill it in, or delete it.', item.place)
        elif isinstance(item, Listing):
            self.report(
                "wrong-kind",
                f'a list inside the list "{name}". Is there a second "- ", or a text that starts with "["? Put '
                "such a text in double quotes.",
                item.place,
            )
        elif typed_curly := _curly(item):
            self.report("curly-quotes", f'a text of "{name}" has a colon. {typed_curly}', item.place)
        else:
            self.report(
                "wrong-kind",
                f'an item of "{name}" is not a text. Does it have a colon? Put it in double quotes.',
                item.place,
            )
        return False

    def _report_all(self, problems: Iterable[Problem]) -> None:
        for problem in problems:
            self.report(problem.rule, problem.message, problem.place, problem.severity)
