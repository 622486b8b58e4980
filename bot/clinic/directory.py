"""The clinic's certified therapists: who is shown, who is near, who treats what. Nothing is kept of who looks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from math import asin, cos, radians, sin, sqrt

from bot.clinic.towns import folded, is_at, is_nearly_at
from bot.knowledge.model import Coordinates, Practice, Therapist
from bot.text.normalise import normalise, words
from bot.understanding.context import BODY_PARTS

SOON = 60
"""Days before its end from which on staff are told of a certification."""
_EARTH = 6371.0088
"""Mean radius in kilometres."""
_IRREGULAR = {"feet": "foot", "calves": "calf", "arches": "arch", "achilles": "achilles"}


@dataclass(frozen=True)
class Found:
    """A therapist, the place that was asked for or lies nearest first among ``places``, and how far that is."""

    therapist: Therapist
    places: tuple[Practice, ...]
    kilometres: float | None = None
    """From where somebody is to the first of ``places``, in a straight line."""


def shown(therapists: Iterable[Therapist], today: date) -> tuple[Therapist, ...]:
    """Return whom runners may be shown: nobody whose certification has run out."""
    return tuple(one for one in therapists if one.is_certified_on(today))


def ended(therapists: Iterable[Therapist], today: date) -> dict[Therapist, date]:
    """Return who is shown no more because their certification ran out, with the day on which it did."""
    return {one: until for one, until in _until(therapists) if until < today}


def ending(therapists: Iterable[Therapist], today: date) -> dict[Therapist, date]:
    """Return whose certification runs out within ``SOON`` days, with the last day on which it holds."""
    return {one: until for one, until in _until(therapists) if 0 <= (until - today).days <= SOON}


def _until(therapists: Iterable[Therapist]) -> list[tuple[Therapist, date]]:
    certified = ((one, one.certification) for one in therapists)
    return [(one, held.valid_until) for one, held in certified if held is not None and held.valid_until is not None]


def no_day() -> date:
    """Stand in for a clock where the day is not known: nobody whose certification ends is then shown."""
    return date.max


def listed(therapists: Iterable[Therapist]) -> tuple[Found, ...]:
    """Return all of them, in the clinic's own order."""
    return tuple(Found(one, one.places) for one in therapists)


# --- by distance -------------------------------------------------------------------------------


def by_distance(therapists: Iterable[Therapist], here: Coordinates) -> tuple[Found, ...]:
    """Return all of them, the nearest first; those of whom nobody knows where they are come last."""
    found = [_nearest(one, here) for one in therapists]
    return tuple(sorted(found, key=lambda one: float("inf") if one.kilometres is None else one.kilometres))


def distance(one: Coordinates, other: Coordinates) -> float:
    """Return the great-circle distance in kilometres."""
    latitudes = radians(one.latitude), radians(other.latitude)
    north, east = latitudes[1] - latitudes[0], radians(other.longitude - one.longitude)
    haversine = sin(north / 2) ** 2 + cos(latitudes[0]) * cos(latitudes[1]) * sin(east / 2) ** 2
    return 2 * _EARTH * asin(sqrt(min(1.0, haversine)))


def rounded(kilometres: float) -> int:
    """Return a distance no finer than a straight line can tell of the way: 0 for less than one kilometre."""
    step = 1 if kilometres < 20 else 5 if kilometres < 100 else 10
    return int(kilometres) if kilometres < 1 else step * round(kilometres / step)


def _nearest(therapist: Therapist, here: Coordinates) -> Found:
    apart = [
        (distance(here, place.coordinates), number)
        for number, place in enumerate(therapist.places)
        if place.coordinates is not None
    ]
    if not apart:
        return Found(therapist, therapist.places)
    kilometres, number = min(apart)
    return Found(therapist, _first(therapist.places, [therapist.places[number]]), kilometres)


# --- by town or postcode -------------------------------------------------------------------------


def in_town(therapists: Iterable[Therapist], typed: str, *, slips: bool = True) -> tuple[Found, ...]:
    """Return those with a place in the town or postcode that somebody ``typed``, in the clinic's own order.

    How it may be typed, ``bot.clinic.towns`` says. Where nothing matches a small slip is allowed for, unless
    ``slips`` says otherwise.
    """
    said = folded(typed)
    everybody = tuple(therapists)
    for matches in (is_at, is_nearly_at) if slips else (is_at,):
        found = []
        for one in everybody:
            if here := [place for place in one.places if matches(place, said)]:
                found.append(Found(one, _first(one.places, here)))
        if found:
            return tuple(found)
    return ()


def _first(places: Sequence[Practice], wanted: Sequence[Practice]) -> tuple[Practice, ...]:
    """Return ``places``, the ``wanted`` ones first."""
    return (*wanted, *(place for place in places if place not in wanted))


# --- by part of the body ---------------------------------------------------------------------------


def body_parts(therapists: Iterable[Therapist]) -> tuple[str, ...]:
    """Return the parts of the body that somebody treats, in the singular, sorted."""
    return tuple(sorted({part for one in therapists for text in one.treats for part in _parts(text)}))


def for_body_part(therapists: Iterable[Therapist], part: str) -> tuple[Found, ...]:
    """Return those who treat ``part``, one of ``body_parts``, in the clinic's own order."""
    return listed(one for one in therapists if any(part in _parts(text) for text in one.treats))


def _parts(text: str) -> set[str]:
    named = {_IRREGULAR.get(word) or word.removesuffix("s") for word in words(normalise(text))}
    return named & _SINGULAR


_SINGULAR = {_IRREGULAR.get(part) or part.removesuffix("s") for part in BODY_PARTS}
