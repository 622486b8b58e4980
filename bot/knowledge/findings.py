"""What reading collects beside the values: problems, and where each text stands."""

from dataclasses import dataclass, field, replace

from bot.knowledge import markup
from bot.knowledge.fields import Fields
from bot.knowledge.problems import Place, Problem, Severity
from bot.knowledge.yaml_reader import Scalar

LONGEST_PHRASE = 600
Places = dict[tuple[str, str], Place]
"""(owner, text) → where the text stands; the owner is an entry id or the name of a file's part."""


@dataclass
class Findings:
    """What reading collects beside the values."""

    problems: list[Problem] = field(default_factory=list)
    places: Places = field(default_factory=dict)

    def remember(self, owner: str, texts: list[Scalar]) -> tuple[str, ...]:
        """Keep the places of ``texts`` and return them as plain strings."""
        kept = []
        for scalar in texts:
            text = scalar.text.strip()
            if len(text) > LONGEST_PHRASE:
                self.error(
                    scalar.place,
                    "too-long",
                    f"This example has {len(text)} characters; nobody types more than {LONGEST_PHRASE}.",
                )
                continue
            self.places.setdefault((owner, text), scalar.place)
            kept.append(text)
        return tuple(kept)

    def remember_lines(self, owner: str, fields: Fields, *names: str) -> None:
        """Keep the places of the lines of texts, under ``<owner>, lines`` and what a line says."""
        for name in names:
            if (scalar := fields.typed(name)) is not None:
                first, ended = scalar.place_at(0), 0
                for line in scalar.text.splitlines(keepends=True):
                    said = markup.plain(markup.parse(line))
                    if said:
                        place = replace(first, line=first.line + ended)
                        self.places.setdefault((f"{owner}, lines", said.removeprefix("• ")), place)
                    ended += line.count("\n") if scalar.style == "|" else 0

    def warning(self, place: Place, rule: str, message: str) -> None:
        """Add a warning."""
        self.problems.append(Problem(place, Severity.WARNING, rule, message))

    def error(self, place: Place, rule: str, message: str) -> None:
        """Add an error."""
        self.problems.append(Problem(place, Severity.ERROR, rule, message))
