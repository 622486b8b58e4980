"""Whether somebody named the town or postcode of a place, however it was typed. Pure."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from rapidfuzz.distance import OSA

from bot.knowledge.model import Practice

_WORD = re.compile(r"[^\W_]+")
_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i"})
"""Those that no decomposition leads back to plain ones."""
_SAINT = frozenset(["saint", "sankt", "sint"])
_OTHER_NAMES: Mapping[str, str] = {
    name: first
    for first, *others in (
        line.split(", ")
        for line in """
antwerp, antwerpen, anvers
athens, athina
basel, basle, bale
belgrade, beograd
bern, berne
brussels, brussel, bruxelles
bucharest, bucuresti
cologne, koln, koeln, keulen
copenhagen, kobenhavn
den haag, the hague, s gravenhage
florence, firenze
geneva, geneve, genf
ghent, gent, gand
gothenburg, goteborg
hanover, hannover
kyiv, kiev
lisbon, lisboa
lucerne, luzern
milan, milano
moscow, moskva
munich, munchen, muenchen
naples, napoli
new york, nyc, new york city
nuremberg, nurnberg, nuernberg
prague, praha
rome, roma
s hertogenbosch, den bosch
seville, sevilla
turin, torino
venice, venezia
vienna, wien
warsaw, warszawa
krakow, cracow, krakau
zurich, zuerich, zuri
""".strip().splitlines()
    )
    for name in (first, *others)
}
"""By each name of a town that is called differently elsewhere, one of them."""
_AROUND = frozenset(
    [
        *["a", "am", "are", "area", "around", "at", "by", "centre", "city"],
        *["close", "from", "i", "im", "in", "live", "me", "near", "nearby"],
        *["of", "the", "to", "we"],
    ]
)
_COUNTRIES = frozenset(
    [
        *["austria", "britain", "canada", "de", "deutschland", "england", "france", "germany", "gb"],
        *["ireland", "italy", "netherlands", "please", "scotland", "spain", "switzerland", "uk", "us"],
        *["usa", "wales"],
    ]
)
"""What people put behind a town."""
_AREAS = (
    re.compile(r"([a-z]{1,2}\d[a-z\d]?)(?:\d[a-z]{2})?"),  # British: "sw1a" of "sw1a1aa"
    re.compile(r"(?:nl)?(\d{4})(?:[a-z]{2})?"),  # Dutch: "1015" of "1015cw"; four digits elsewhere
    re.compile(r"(?:[a-z]{1,2})?(\d{4,5})"),  # "ch8001", "d50667"
    re.compile(r"(\d{5})\d{4}"),  # in the US "02115" of "021151234"
)
_LONG_WORD, _SHORT_WORD = 8, 4
"""Letters from which on a town may be two slips, or one, from what was typed: shorter names are too alike."""
_LEADING = 4
"""Letters of the first words of a longer name that will do for it: "Newcastle" for "Newcastle upon Tyne"."""
_MOST_WORDS = 12
"""Words of a text in which a place is looked for."""


def folded(text: str) -> list[str]:
    """Return the first words of ``text`` in small letters without accents; "Saint" and "Sankt" as "St"."""
    split = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    words = _WORD.findall("".join(c for c in split if not unicodedata.combining(c)))
    return ["st" if word in _SAINT else word for word in words[:_MOST_WORDS]]


def is_at(place: Practice, said: Sequence[str]) -> bool:
    """Return whether the ``folded`` words name the town or postcode of ``place``, whatever stands around it.

    A town may go by its name in another language, or by its first words. "SW1A" and any postcode that begins with
    it are one area, as are "1015" and "1015 CW".
    """
    for town in _names(place):
        for start in range(len(said)):
            # York is not New York
            if said[start : start + len(town)] == town and said[start - 1 : start] != ["new"]:
                return True
        if said and said == town[: len(said)] and len("".join(said)) >= _LEADING:
            return True
    return _is_in_postcode("".join(folded(place.postcode)), said)


def is_nearly_at(place: Practice, said: Sequence[str]) -> bool:
    """Return whether the ``folded`` words are the town of ``place`` with a slip, "near" or a country apart."""
    first, last = 0, len(said)
    while first < last and said[first] in _AROUND:
        first += 1
    while first < last and said[last - 1] in _AROUND | _COUNTRIES:
        last -= 1
    whole = "".join(said[first:last])
    for name in map("".join, _names(place)):
        slips = 2 if len(name) >= _LONG_WORD else 1 if len(name) >= _SHORT_WORD else 0
        if slips and whole[:1] == name[:1] and OSA.distance(whole, name, score_cutoff=slips) <= slips:
            return True
    return False


def _names(place: Practice) -> Iterator[list[str]]:
    """Yield the words of the town, and those of its other names."""
    if town := folded(place.town):
        yield town
        known = _OTHER_NAMES.get(" ".join(town))
        yield from (name.split() for name, first in _OTHER_NAMES.items() if first == known)


def _is_in_postcode(postcode: str, said: Sequence[str]) -> bool:
    """Return whether a word or two of ``said`` are ``postcode``, or in the same area."""
    if not postcode:
        return False
    area = _area(postcode)
    for typed in {*said, *map("".join, pairwise(said)), "".join(said)}:
        if typed == postcode or (area and area == _area(typed)):
            return True
    return False


def _area(postcode: str) -> str:
    """Return what is the same in postcodes of one area; nothing where that cannot be told."""
    found = next(filter(None, (pattern.fullmatch(postcode) for pattern in _AREAS)), None)
    return found[1] if found else ""
