"""Read a point on the earth as people copy it from a map: "51.5072, -0.1276"."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from bot.knowledge.fields import Fields
from bot.knowledge.model import Coordinates
from bot.knowledge.problems import Severity

_MINUS = str.maketrans("−–—", "---")
_PAIR = re.compile(r"(-?\d+(?:\.\d+)?)\s*[,; ]\s*(-?\d+(?:\.\d+)?)")
_COMMAS = re.compile(r"(-?\d{1,3}),(\d+)\s*[,; ]\s*(-?\d{1,3}),(\d+)")
_BRITISH = re.compile(r"[A-Z]{1,2}\d[A-Z\d]?\s*\d[A-Z]{2}", re.IGNORECASE)
_EXAMPLE = 'Write latitude and longitude in degrees, as a map shows them: "51.5072, -0.1276".'


class Region(NamedTuple):
    """The part of the earth in which a place is expected, in degrees."""

    south: float
    north: float
    west: float
    east: float

    def holds(self, point: Coordinates) -> bool:
        """Return whether ``point`` lies there."""
        return self.south <= point.latitude <= self.north and self.west <= point.longitude <= self.east


_REGIONS: Mapping[str, Region] = {
    "Europe": Region(34, 72, -32, 60),
    "America": Region(-56, 84, -170, -30),
    "Asia": Region(-12, 82, 25, 180),
}
"""By the first word of a time zone. Elsewhere a swapped pair is out of range anyway, or nothing tells it."""


def region(timezone: str, postcode: str) -> Region | None:
    """Return where a place is expected, as far as the clinic's time zone or a British postcode tells."""
    return _REGIONS.get("Europe" if _BRITISH.fullmatch(postcode) else timezone.partition("/")[0])


def read(fields: Fields, name: str, expected: Region | None) -> Coordinates | None:
    """Return the point in the field ``name``, or nothing where it is empty or wrong, which is reported."""
    # "[51.5072, -0.1276]" is a list of two; what is meant by it is plain.
    typed = ", ".join(scalar.text.strip() for scalar in fields.texts(name, single=True)).translate(_MINUS)
    if not typed:
        return None

    def report(message: str, severity: Severity = Severity.ERROR) -> None:
        fields.report("bad-coordinates", f'"{name}": {message}', fields.place_of(name), severity)

    if commas := _COMMAS.fullmatch(typed):
        point = "{}.{}, {}.{}".format(*commas.groups())
        report(f'a comma stands where a point belongs. Write "{point}".')
        return None
    pair = _PAIR.fullmatch(typed)
    if pair is None:
        report(f'"{typed}" is not two numbers with a comma between. {_EXAMPLE}')
        return None
    latitude, longitude = float(pair[1]), float(pair[2])
    swapped = f'Are the two swapped? Latitude comes first: "{pair[2]}, {pair[1]}".'
    if not _on_earth(latitude, longitude):
        hint = swapped if _on_earth(longitude, latitude) else _EXAMPLE
        report(f"latitude goes from -90 to 90, longitude from -180 to 180. {hint}")
        return None
    if not (latitude or longitude):
        report(f"0, 0 lies in the sea off Africa. {_EXAMPLE}", Severity.WARNING)
    found = Coordinates(latitude, longitude)
    turned = Coordinates(longitude, latitude)
    if expected is not None and not expected.holds(found) and expected.holds(turned):
        report(f"this lies far from where the clinic is. {swapped}", Severity.WARNING)
    return found


def _on_earth(latitude: float, longitude: float) -> bool:
    return abs(latitude) <= 90 and abs(longitude) <= 180
