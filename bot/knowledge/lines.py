"""The lines of a file as their looks tell: fields, items of lists, texts below a ``|``."""

import re
from itertools import accumulate

KEY = re.compile(
    r"""(?P<indent>\ *)(?P<dash>-\ +)?
    (?P<name>"[^"]*"|'[^']*'|[^\s"'#\[{&*!|>%@`-][^:#]*?)\ *:(?:\ +(?P<value>.*))?$""",
    re.VERBOSE,
)
ITEM = re.compile(r"(?P<indent> *)-(?: +(?P<value>.*))?$")
BAR = re.compile(r"[|>][-+0-9]*\s*(?:#.*)?$")


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
        filled = [line for line, kind in enumerate(self.kinds) if kind]
        self._filled = [-1, *filled, -1]
        self._nth = list(accumulate((bool(kind) for kind in self.kinds), initial=0))
        """For each line, how many lines above it are neither blank nor a remark."""

    def mended(self, at: int, *instead: str) -> list[str]:
        """Return all lines with the one at ``at`` replaced."""
        return [*self.all[:at], *instead, *self.all[at + 1 :]]

    def before(self, at: int) -> int:
        """Return the line before ``at`` that is neither blank nor a remark, or -1."""
        return self._filled[self._nth[at]]

    def below(self, at: int) -> int:
        """Return the line after ``at`` that is neither blank nor a remark, or -1."""
        return self._filled[self._nth[at + 1] + 1]

    def indent(self, at: int) -> int:
        """Return how many blanks stand before the line."""
        return len(self.all[at]) - len(self.all[at].lstrip())

    def owner(self, at: int) -> int:
        """Return the line before ``at`` that is no item of a list and not of the text below a ``|``, or -1."""
        above = self.before(at)
        while above >= 0 and self.kinds[above] in ("text", "item"):
            above = self.before(above)
        return above

    def _blanks(self, at: int) -> int:
        # Below a "|" only plain blanks count: a tab that stands first ends the text.
        return len(self.all[at]) - len(self.all[at].lstrip(" "))

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
        key = KEY.match(line)
        item = None if key else ITEM.match(line)
        self.kinds[at] = "key" if key else "item" if item else "other"
        value = (key or item or {"value": ""})["value"]
        if not value or not BAR.match(value):
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
        while end < len(self.all) and (not self.all[end].strip() or self._blanks(end) >= margin):
            self.kinds[end] = "text" if self.all[end].strip() else ""
            self.margin[end] = margin
            end += 1
        return end
