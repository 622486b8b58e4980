"""Which buttons stand under a reply: all of them on a phone's screen, and every one of use."""

from dataclasses import replace
from itertools import combinations

import pytest

from bot.dialogue.keyboards import Keyboards, Rows
from bot.dialogue.reply import MAX_CODE_BYTES, Action, Button, Reason
from bot.knowledge.model import Clinic, Entry, KnowledgeBase, Status
from tests.support.model import entry, knowledge_base

BOOKING = "https://clinic.example/book"
MOST_ROWS = 4
"""Under an answer; with more, an answer of a few lines no longer fits on a small phone's screen."""

RELATED = entry("a", related=("b", "c", "d", "gone"))
OTHERS = [
    entry("b"),
    entry("c"),
    entry("d"),
    entry("paused", status=Status.PAUSED),
    entry("hello", menu="small-talk"),
]


def keyboards(clinic: Clinic | None = None) -> Keyboards:
    return Keyboards(knowledge_base([RELATED, *OTHERS], clinic=clinic or Clinic()))


def codes(rows: Rows) -> list[list[str]]:
    return [[button.code or button.url for button in row] for row in rows]


def labels(rows: Rows) -> list[str]:
    return [button.label for row in rows for button in row]


def test_under_an_answer_stand_two_related_ones_the_therapist_and_what_one_thinks_of_it() -> None:
    assert codes(keyboards().under_answers([RELATED])) == [
        ["entry:b"],
        ["entry:c"],
        ["therapist"],
        ["good:a", "bad:a"],
    ]


def test_what_may_have_been_meant_instead_comes_before_what_is_related_and_says_so() -> None:
    rows = keyboards().under_answers([RELATED], ["d"])
    assert codes(rows)[:2] == [["entry:d"], ["entry:b"]]
    assert rows[0][0].label == "<button_runner_up> Title d"
    assert codes(keyboards().under_answers([RELATED], ["d", "c", "b"]))[:3] == [
        ["entry:d"],
        ["entry:c"],
        ["therapist"],
    ]


def test_nothing_is_offered_twice_and_nothing_that_is_shown_or_not_published() -> None:
    both = [RELATED, entry("b", related=("a", "c"))]
    assert codes(keyboards().under_answers(both, ["a", "paused", "gone", "c"]))[:-2] == [["entry:c"], ["entry:d"]]


def test_a_greeting_gets_the_menu_and_the_therapist_only() -> None:
    assert codes(keyboards().under_answers([OTHERS[-1]])) == [["topics", "therapist"]]


def test_under_a_part_of_an_answer_all_of_it_comes_first_then_what_may_have_been_meant() -> None:
    one, other, third = entry("a", related=("c",)), entry("b"), entry("c")
    rows = codes(Keyboards(knowledge_base([one, other, third])).under_part(one, ["b"]))
    assert rows[:2] == [["entry:a"], ["entry:b"]]
    assert len(rows) == MOST_ROWS


def test_an_answer_that_was_rated_is_not_asked_about_again() -> None:
    assert codes(keyboards().under_answers([RELATED], rate=False)) == [["entry:b"], ["entry:c"], ["therapist"]]


def test_each_reason_has_a_button_and_the_therapist_stays() -> None:
    rows = keyboards().reasons(RELATED)
    assert codes(rows) == [*([f"why:{reason}.a"] for reason in Reason), ["therapist"]]
    assert len(set(labels(rows))) == len(labels(rows))


def test_three_labels_never_share_a_row() -> None:
    ours = keyboards(Clinic(booking=BOOKING))
    assert codes(ours.not_understood(keep=True)) == [["topics"], ["therapist", BOOKING], ["keep", "keepnot"]]
    assert codes(ours.under_answers([OTHERS[-1]])) == [["topics"], ["therapist", BOOKING]]


def test_the_choices_end_with_none_of_these() -> None:
    rows = keyboards().choices(OTHERS[:3])
    assert codes(rows) == [["entry:b"], ["entry:c"], ["entry:d"], ["none"]]
    assert labels(rows) == ["Title b", "Title c", "Title d", "<button_none_of_these>"]


def test_what_was_not_understood_may_be_given_to_the_clinic_where_a_question_was_asked() -> None:
    assert codes(keyboards().not_understood(keep=True)) == [["topics", "therapist"], ["keep", "keepnot"]]
    assert codes(keyboards().not_understood(keep=False)) == [["topics", "therapist"]]


def test_the_menu_shows_listed_sections_with_answers_and_leads_back() -> None:
    knowledge = knowledge_base([RELATED, *OTHERS])
    assert codes(Keyboards(knowledge).sections()) == [["section:after"]]
    rows = Keyboards(knowledge).section(knowledge.menu[0])
    assert codes(rows) == [["entry:a"], ["entry:b"], ["entry:c"], ["entry:d"], ["topics"]]


def test_wherever_the_therapist_is_offered_so_is_booking_once_the_clinic_has_a_page_for_it() -> None:
    ours = keyboards(Clinic(booking=BOOKING))
    book = Button("<button_book>", url=BOOKING)
    everywhere = [
        ours.under_answers([RELATED]),
        ours.under_answers([OTHERS[-1]]),
        ours.reasons(RELATED),
        ours.not_understood(keep=True),
        ours.to_the_clinic(),
    ]
    for rows in everywhere:
        assert sum(book in row for row in rows) == 1
    assert not any(button.url for row in keyboards().under_answers([RELATED]) for button in row)


# --- on the project's own knowledge ---------------------------------------------------------


@pytest.fixture(scope="module", params=["", BOOKING], ids=["no booking page", "booking page"])
def real(request: pytest.FixtureRequest, real_knowledge: KnowledgeBase) -> KnowledgeBase:
    return replace(real_knowledge, clinic=replace(real_knowledge.clinic, booking=request.param))


def check(rows: Rows, shown: tuple[Entry, ...]) -> None:
    """Fail unless ``rows`` fit on a screen and into Telegram, and lead on from what is shown."""
    assert len(rows) <= MOST_ROWS
    assert all(0 < len(row) <= 2 for row in rows)
    assert all(len(button.code.encode()) <= MAX_CODE_BYTES for row in rows for button in row)
    entries = [code for [code, *_] in codes(rows) if code.startswith("entry:")]
    assert len(entries) == len(set(entries)) <= 2
    assert not {f"entry:{entry.id}" for entry in shown} & set(entries)
    assert any(button.code == Action.THERAPIST for row in rows for button in row)


def test_under_any_answer_and_any_two_answers_stand_four_rows_at_most(real: KnowledgeBase) -> None:
    made, everything = Keyboards(real), [entry.id for entry in real.published]
    assert len(everything) >= 60
    for one in real.published:
        check(made.under_answers([one], everything), (one,))
        check(made.under_answers([one]), (one,))
        check(made.reasons(one), (one,))
        check(made.under_part(one, everything)[1:], (one,))
        assert len(made.under_part(one, everything)) <= MOST_ROWS
    for pair in combinations(real.published, 2):
        check(made.under_answers(pair, everything), pair)
        check(made.under_answers(pair), pair)


def test_every_answer_of_the_menu_is_two_taps_away(real: KnowledgeBase) -> None:
    made = Keyboards(real)
    sections = {code.partition(":")[2] for [code] in codes(made.sections())}
    reached = {code for s in real.menu if s.id in sections for row in codes(made.section(s)) for code in row}
    listed = {section.id for section in real.menu if section.listed}
    assert {f"entry:{one.id}" for one in real.published if one.menu in listed} <= reached


def test_no_label_is_cut_off_on_a_phone(real: KnowledgeBase) -> None:
    made = Keyboards(real)
    for one in real.published:
        assert all(len(label) <= 44 for label in labels(made.under_answers([one], [e.id for e in real.published])))


# --- asking a therapist ------------------------------------------------------------------------------------


def asking(clinic: Clinic | None = None) -> Keyboards:
    entries = [RELATED, *OTHERS, entry("treatment-complaint"), entry("moan", part_of="complaint-feedback")]
    return Keyboards(knowledge_base([*entries, entry("assault", alone=True)], clinic=clinic or Clinic()), asks=True)


@pytest.mark.parametrize("clinic", [Clinic(), Clinic(booking=BOOKING)], ids=["no booking", "booking"])
def test_a_therapist_can_be_asked_below_all_that_is_said_of_needling_on_one_screen(clinic: Clinic) -> None:
    made = asking(clinic)
    for rows in (
        made.under_answers([RELATED], ["d"]),
        made.under_answers([RELATED], rate=False),
        made.under_part(RELATED, ["d"]),
    ):
        assert labels(rows).count("<button_ask_therapist>") == 1
        assert len(rows) <= MOST_ROWS
        assert all(len(row) <= 2 for row in rows)
        assert labels(rows)[0] != "<button_ask_therapist>"
    assert "ask:a" in codes(made.reasons(RELATED))[-1]
    assert codes(made.choices([RELATED]))[-1] == ["none", "ask"]
    assert ["ask"] in codes(made.not_understood(keep=True))


@pytest.mark.parametrize("entry_id", ["hello", "treatment-complaint", "moan", "assault"])
def test_no_therapist_is_asked_about_greetings_complaints_and_assaults(entry_id: str) -> None:
    made = asking()
    rows = made.under_answers([made._knowledge.entries[entry_id]])
    assert "<button_ask_therapist>" not in labels(rows)


def test_nor_where_there_is_no_chat_to_ask_in_and_not_below_what_nobody_could_answer() -> None:
    assert "<button_ask_therapist>" not in labels(keyboards().under_answers([RELATED]))
    assert "<button_ask_therapist>" not in labels(asking().not_understood(keep=False))


def test_after_an_assault_or_a_danger_sign_the_button_goes() -> None:
    made = asking()
    rows = made.under_answers([RELATED])
    for kept in (made.supportive(rows), made.unasked(rows)):
        assert "<button_ask_therapist>" not in [button.label for row in kept for button in row]
