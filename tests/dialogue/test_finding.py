"""The pages that lead to a certified therapist."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dialogue.composer import Composer
from bot.dialogue.finding import MOST_SHOWN
from bot.dialogue.reply import MAX_CODE_BYTES, Reply
from bot.knowledge.markup import Span
from bot.knowledge.model import Clinic, ClinicDetails, Coordinates, Practice, Therapist
from tests.support.model import entry, knowledge_base
from tests.support.therapists import ADA, BEN, CLEO, EVERYBODY, LAPSED, LEEDS, TODAY

CROWD = tuple(Therapist(f"T{n:02}", places=(Practice(town="Leeds"),), treats=("knee",)) for n in range(40))


def composer(*therapists: Therapist, today: date = TODAY) -> Composer:
    return Composer(knowledge_base([], clinic=Clinic(name="Clinic", therapists=therapists)), lambda: today)


def tapped(made: Composer, code: str) -> Reply:
    """Return the page behind a button of therapists."""
    action, _, argument = code.partition(":")
    assert action == "therapist"
    return made.therapist(made.finder.tapped(argument))


def said(reply: Reply) -> str:
    return "\n\n".join(reply.texts)


def codes(reply: Reply) -> list[str]:
    return [button.code for row in reply.buttons for button in row if button.code.startswith("therapist")]


def named(reply: Reply) -> list[str]:
    """Return the therapists that ``reply`` tells of, in its order."""
    spans = [span for message in reply.messages for block in message for span in getattr(block, "spans", ())]
    people = {one.name for one in (*EVERYBODY, *CROWD)}
    return [span.text for span in spans if span.bold and span.text in people]


# --- the first page --------------------------------------------------------------------------------


def test_several_therapists_are_chosen_from_in_the_ways_that_the_directory_can_serve() -> None:
    first = composer(*EVERYBODY).therapist()
    assert codes(first) == ["therapist:near", "therapist:parts", "therapist:all.0", "therapist:check"]
    assert named(first) == []
    assert "<directory_town> Leeds" in said(first)
    bare = composer(Therapist("A"), Therapist("B")).therapist()
    assert codes(bare) == ["therapist:all.0", "therapist:check"]
    assert "<directory_town>" not in said(bare)


def test_a_single_therapist_is_shown_at_once() -> None:
    for made in (composer(ADA), composer(ADA, LAPSED)):
        assert named(made.therapist()) == ["Ada Byrne"]
        assert "<therapist>" in said(made.therapist())


@pytest.mark.parametrize("therapists", [(), (LAPSED,)])
def test_without_anybody_to_show_it_is_said_how_to_find_and_check_one_in_each_country(
    therapists: tuple[Therapist, ...],
) -> None:
    made = composer(*therapists)
    pages = [made.therapist(), tapped(made, "therapist:near"), tapped(made, "therapist:parts")]
    for page in (*pages, tapped(made, "therapist:all.0")):
        assert said(page).endswith("<therapist>")
    assert made.finder.near(LEEDS) is None


def test_in_a_group_nothing_is_to_be_chosen_or_typed() -> None:
    made = composer(*EVERYBODY)
    short = made.therapist(made.finder.short())
    assert codes(short) == []
    assert said(short).startswith("<clinic_intro>")
    assert said(short).endswith("<therapist>")
    assert "Lara Old" not in said(short)


# --- one therapist --------------------------------------------------------------------------------------


def test_all_that_is_filled_in_of_a_therapist_is_told() -> None:
    text = said(composer(ADA).therapist())
    lines = text[text.index("Ada Byrne") :].split("\n\n")[:2]
    assert lines[0] == "Ada Byrne, physiotherapist"
    assert lines[1].splitlines() == [
        "• <therapist_certified> HCPC, <therapist_number> PH1, <therapist_until> <date> 31 <months 12> 2027. "
        "<therapist_check> (https://register.example/check)",
        "• Leeds Clinic, 1 Sports Street, Leeds LS1 4AB: Mon 8 to 18",
        "• Otley LS21 1AA",
        "• <therapist_languages> English, Polish",
        "• <therapist_treats> knees, calves, runners",
        "• +44 113 496 0001",
        "• Tue 9 to 12",
        "• <button_book> (https://clinic.example/ada)",
    ]


def test_a_number_or_mail_address_for_booking_is_said_since_no_chat_program_opens_it() -> None:
    made = composer(BEN, CLEO)
    everybody = tapped(made, "therapist:all.0")
    assert "<therapist_book> ben@clinic.example" in said(everybody)
    assert "<therapist_book> +441914960000" in said(everybody)
    spans = [span for block in everybody.messages[0] for item in getattr(block, "items", ()) for span in item]
    assert all(span.url.startswith("https://") for span in spans if isinstance(span, Span) and span.url)


# --- lists ----------------------------------------------------------------------------------------------


def test_who_is_near_is_told_with_the_distance_where_it_is_known() -> None:
    made = composer(*EVERYBODY)
    page = made.finder.near(Coordinates(53.83, -1.5492))
    assert page is not None
    reply = made.therapist(page)
    assert named(reply) == ["Ada Byrne", "Ben Okafor", "Cleo Martin"]
    assert "Leeds LS1 4AB, <distance_about> 3: Mon 8 to 18" in said(reply)
    assert said(reply).count("<distance") == 2
    at_the_door = made.finder.near(LEEDS)
    assert at_the_door is not None
    assert "Leeds LS1 4AB, <distance_near>:" in said(made.therapist(at_the_door))


def test_who_treats_a_part_of_the_body_is_listed() -> None:
    made = composer(*EVERYBODY)
    offered = tapped(made, "therapist:parts")
    assert [button.label for row in offered.buttons for button in row][:-1] == ["Achilles", "Calf", "Knee"]
    assert named(tapped(made, "therapist:part.knee.0")) == ["Ada Byrne", "Ben Okafor"]
    assert named(tapped(made, "therapist:part.calf.0")) == ["Ada Byrne"]


@pytest.mark.parametrize("first", ["therapist:all.0", "therapist:part.knee.0"])
def test_all_are_told_five_in_a_message_by_and_by(first: str) -> None:
    made, names, code = composer(*CROWD), [], first
    while code:
        reply = tapped(made, code)
        assert 0 < len(named(reply)) <= MOST_SHOWN
        names += named(reply)
        code = next((c for c in codes(reply) if c != "therapist:start"), "")
    assert names == [one.name for one in CROWD]


def test_the_rest_of_those_near_or_in_a_town_are_carried_as_numbers_and_tell_nothing_of_where_somebody_is() -> None:
    places = [replace(one, places=(Practice(town="Leeds", coordinates=LEEDS),)) for one in CROWD]
    made = composer(*places)
    for page in (made.finder.near(Coordinates(10, 10)), made.finder.in_town("leeds")):
        assert page is not None
        names, reply = [], made.therapist(page)
        while True:
            names += named(reply)
            [*more, _] = codes(reply)
            if not more:
                break
            assert len(more[0].encode()) <= MAX_CODE_BYTES
            reply = tapped(made, more[0])
            assert "<distance" not in said(reply)
        assert names == [one.name for one in CROWD][: len(names)]
        assert len(names) >= 4 * MOST_SHOWN - 1


def test_a_town_without_anybody_leads_to_all_and_says_what_not_to_wait_with() -> None:
    made = composer(*EVERYBODY)
    assert made.finder.in_town("Paris") is None
    reply = made.therapist(made.finder.no_such_place())
    assert said(reply).startswith("<place_unknown>\n\n<danger_line>")
    assert "therapist:all.0" in codes(reply)
    assert named(composer(ADA).therapist(composer(ADA).finder.no_such_place())) == ["Ada Byrne"]


@given(
    st.text(max_size=20) | st.sampled_from(["part.hip.0", "part.knee.-1", "all.x", "all.99", "these.99", "these"])
)
def test_whatever_a_button_says_nobody_is_shown_whose_certification_ended(argument: str) -> None:
    made = composer(*EVERYBODY)
    for asked in (argument, f"these.{argument}", "these.3", f"these.3.{argument}", f"all.{argument}"):
        page = tapped(made, f"therapist:{asked}")
        assert "Lara Old" not in said(page)
        assert said(page)


# --- under answers ---------------------------------------------------------------------------------------


def test_an_answer_with_the_clinics_details_names_its_therapists_and_leads_into_the_directory() -> None:
    one = entry("a", clinic_details=ClinicDetails.CONTACT)
    clinic = Clinic(name="Clinic", therapists=EVERYBODY)
    reply = Composer(knowledge_base([one], clinic=clinic), lambda: TODAY).answer(one, 0)
    assert codes(reply) == ["therapist:near", "therapist:parts", "therapist:all.0"]
    assert "Ada Byrne" in said(reply)
    assert "Lara Old" not in said(reply)
    other = entry("b")
    assert codes(Composer(knowledge_base([other], clinic=clinic), lambda: TODAY).answer(other, 0)) == ["therapist"]


def test_whoever_does_not_know_the_day_shows_nobody_whose_certification_ends() -> None:
    made = Composer(knowledge_base([], clinic=Clinic(therapists=EVERYBODY)))
    assert named(tapped(made, "therapist:all.0")) == ["Ben Okafor", "Cleo Martin"]


def test_the_back_is_told_from_the_way_back() -> None:
    page = tapped(composer(Therapist("A", treats=("back", "knee")), Therapist("B")), "therapist:parts")
    assert [button.label for button in page.buttons[0]] == ["<button_part_back>", "Knee"]
