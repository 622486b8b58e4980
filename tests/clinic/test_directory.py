"""Who of the directory is shown, who is near, and who treats what."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.clinic.directory import (
    SOON,
    body_parts,
    by_distance,
    distance,
    ended,
    ending,
    for_body_part,
    in_town,
    no_day,
    rounded,
    shown,
)
from bot.knowledge.model import Certification, Coordinates, Practice, Therapist
from tests.support.therapists import ADA, BEN, CLEO, EVERYBODY, LAPSED, LEEDS, LONDON, OTLEY, TODAY

POINTS = st.builds(Coordinates, st.floats(-90, 90), st.floats(-180, 180))


def held_until(day: date) -> Therapist:
    return Therapist("A", certification=Certification("HCPC", valid_until=day))


def in_places(typed: str, *practices: Practice) -> list[str]:
    """Return the towns in which ``typed`` finds a therapist who has one of ``practices`` each."""
    people = [Therapist(f"T{number}", places=(place,)) for number, place in enumerate(practices)]
    return [found.places[0].town for found in in_town(people, typed)]


# --- certifications ---------------------------------------------------------------------------


def test_a_certification_holds_on_its_last_day_and_not_on_the_next() -> None:
    one = held_until(TODAY)
    assert shown([one], TODAY) == (one,)
    assert shown([one], TODAY + timedelta(1)) == ()


def test_whose_certification_has_no_end_is_always_shown_and_without_a_known_day_nobody_else_is() -> None:
    assert shown(EVERYBODY, no_day()) == (BEN, CLEO)


@pytest.mark.parametrize(
    ("left", "has_ended", "ends_soon"),
    [(-1, True, False), (0, False, True), (SOON, False, True), (SOON + 1, False, False)],
)
def test_a_certification_is_told_of_sixty_days_before_its_end_and_after_it(
    left: int, has_ended: bool, ends_soon: bool
) -> None:
    one = held_until(TODAY + timedelta(left))
    assert (bool(ended([one, BEN], TODAY)), bool(ending([one, BEN], TODAY))) == (has_ended, ends_soon)


# --- distance ------------------------------------------------------------------------------------


def test_the_distance_is_that_of_the_great_circle() -> None:
    assert distance(LEEDS, LONDON) == pytest.approx(272.4, abs=1)
    assert distance(Coordinates(0, 179.5), Coordinates(0, -179.5)) == pytest.approx(111.2, abs=0.1)
    assert distance(Coordinates(90, 0), Coordinates(-90, 77)) == pytest.approx(20_015, abs=1)


@given(POINTS, POINTS, POINTS)
def test_a_distance_is_the_same_both_ways_never_negative_and_no_detour_is_shorter(
    one: Coordinates, other: Coordinates, third: Coordinates
) -> None:
    there = distance(one, other)
    assert there == pytest.approx(distance(other, one), abs=1e-6)
    assert 0 <= there <= 20_016
    assert distance(one, one) == pytest.approx(0, abs=1e-6)
    assert there <= distance(one, third) + distance(third, other) + 1e-3


@pytest.mark.parametrize(
    ("kilometres", "said"), [(0, 0), (0.99, 0), (1, 1), (2.6, 3), (18.7, 19), (22, 20), (97.6, 100), (272.4, 270)]
)
def test_a_distance_is_said_no_finer_than_a_straight_line_can_tell(kilometres: float, said: int) -> None:
    assert rounded(kilometres) == said


def test_the_nearest_come_first_each_with_the_nearest_of_their_places_and_the_unknown_last() -> None:
    found = by_distance([CLEO, BEN, ADA], Coordinates(53.91, -1.70))
    assert [one.therapist for one in found] == [ADA, BEN, CLEO]
    assert [place.town for place in found[0].places] == ["Otley", "Leeds"]
    assert found[0].kilometres == pytest.approx(distance(Coordinates(53.91, -1.70), OTLEY))
    assert found[2].kilometres is None


# --- towns and postcodes -------------------------------------------------------------------------------

LISTED = (
    Practice(town="Leeds", postcode="LS1 4AB"),
    Practice(town="London", postcode="SW1A 1AA"),
    Practice(town="Newcastle upon Tyne", postcode="NE1 7RU"),
    Practice(town="Zürich", postcode="8001"),
    Practice(town="Ely"),
)


@pytest.mark.parametrize(
    ("typed", "town"),
    [
        ("Leeds", "Leeds"),
        ("  LEEDS ", "Leeds"),
        ("near Leeds, UK please", "Leeds"),
        ("Leads", "Leeds"),
        ("leesd", "Leeds"),
        ("Lon don", "London"),
        ("londn", "London"),
        ("Newcastle", "Newcastle upon Tyne"),
        ("newcastle-upon-tyne", "Newcastle upon Tyne"),
        ("newcastel upon tine", "Newcastle upon Tyne"),
        ("zurich", "Zürich"),
        ("ZÜRICH", "Zürich"),
        ("Zu\u0308rich", "Zürich"),
        ("ely", "Ely"),
        ("sw1a", "London"),
        ("SW1A 1AA", "London"),
        ("sw1a1aa", "London"),
        ("SW1A 2ZZ", "London"),
        ("London SW1A", "London"),
        ("LS1", "Leeds"),
        ("8001", "Zürich"),
    ],
)
def test_a_town_or_postcode_is_found_however_it_is_typed(typed: str, town: str) -> None:
    assert in_places(typed, *LISTED) == [town]


@pytest.mark.parametrize(
    "typed",
    ["", "?!", "Paris", "LS11", "LS11 4AB", "LS", "SW1", "SW", "800", "80012", "upon Tyne", "New", "Eli", "Reeds"],
)
def test_what_only_looks_like_a_listed_place_is_none(typed: str) -> None:
    assert in_places(typed, *LISTED) == []


@pytest.mark.parametrize(
    ("typed", "town"),
    [("core work", "Cork"), ("both calves", "Bath"), ("nine miles", "Nice"), ("New York", "York")],
)
def test_words_about_something_else_are_no_slip_of_a_town(typed: str, town: str) -> None:
    assert in_places(typed, Practice(town=town)) == []


ABROAD = (
    Practice(town="Wien", postcode="A-1010"),
    Practice(town="Łódź", postcode="90-001"),
    Practice(town="Genève", postcode="CH-1204"),
    Practice(town="Amsterdam", postcode="1015 CW"),
    Practice(town="Boston", postcode="02115-1234"),
    Practice(town="St. Gallen"),
    Practice(town="Den Haag"),
    Practice(town="Leeds"),
)


@pytest.mark.parametrize(
    ("typed", "town"),
    [
        *(("Vienna", "Wien"), ("near vienna", "Wien"), ("Viena", "Wien"), ("1010", "Wien"), ("1010 Wien", "Wien")),
        *(("lodz", "Łódź"), ("Genf", "Genève"), ("Geneva", "Genève"), ("1204", "Genève"), ("ch1204", "Genève")),
        *(("1015", "Amsterdam"), ("1015 cx", "Amsterdam"), ("NL-1015 CW", "Amsterdam"), ("02115", "Boston")),
        *(("saint gallen", "St. Gallen"), ("Sankt Gallen", "St. Gallen"), ("The Hague", "Den Haag")),
        *(("near Leads", "Leeds"), ("i live in leesd, uk", "Leeds")),
    ],
)
def test_a_town_is_found_by_its_other_names_and_a_postcode_by_its_area(typed: str, town: str) -> None:
    assert in_places(typed, *ABROAD) == [town]


@pytest.mark.parametrize("typed", ["Frankfurt", "1016", "02116", "uk", "near", "St", "the", "9001"])
def test_another_area_is_none_of_theirs(typed: str) -> None:
    assert in_places(typed, *ABROAD) == []


def test_a_town_whose_name_begins_with_new_is_found() -> None:
    assert in_places("new york", Practice(town="New York"), Practice(town="York")) == ["New York"]


def test_slips_can_be_refused() -> None:
    assert in_town([ADA], "Leads") != () == in_town([ADA], "Leads", slips=False)


def test_a_town_that_is_listed_is_never_taken_for_a_slip_of_another() -> None:
    assert in_places("Derby", Practice(town="Denby"), Practice(town="Derby")) == ["Derby"]
    assert in_places("Derbi", Practice(town="Derby"), Practice(town="Dersi")) == ["Derby", "Dersi"]


def test_the_place_that_was_typed_stands_first() -> None:
    [found] = in_town(EVERYBODY, "otley")
    assert (found.therapist, [place.town for place in found.places]) == (ADA, ["Otley", "Leeds"])


@given(st.text("abcdefghijklmnopqrstuvwxyzäöüéñ", min_size=2, max_size=12), st.sampled_from(["", " ", "\t"]))
def test_a_town_is_found_by_its_own_name_in_any_case(town: str, around: str) -> None:
    for typed in (town, town.upper(), town.title()):
        assert in_places(f"{around}{typed}{around}", Practice(town=town)) == [town]


@given(st.text(max_size=200))
def test_whatever_is_typed_is_looked_for(typed: str) -> None:
    assert all(found.therapist in EVERYBODY for found in in_town(EVERYBODY, typed))


# --- parts of the body -----------------------------------------------------------------------------------


def test_only_parts_of_the_body_that_somebody_treats_are_offered_each_once() -> None:
    assert body_parts([ADA, BEN]) == ("achilles", "calf", "knee")
    assert body_parts(shown([LAPSED], TODAY)) == ()


@pytest.mark.parametrize("typed", ["Knees", "the left KNEE", "knee pain"])
def test_a_part_of_the_body_is_known_in_any_form(typed: str) -> None:
    one = replace(CLEO, treats=(typed,))
    assert [found.therapist for found in for_body_part([BEN, CLEO, one], "knee")] == [BEN, one]
