"""The rules of conversations between runners and therapists."""

from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.clinic import handoff
from bot.clinic.outbox import LONGEST, units

WORDS = st.text(st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=9_000)


@given(WORDS, st.sampled_from(["", handoff.DANGER]))
def test_a_question_fits_into_its_messages_with_nothing_left_out(question: str, danger: str) -> None:
    messages = handoff.asked(question, "A title of forty characters, at the most", "", danger)
    headed = [handoff.headed(handoff.new_ref(), f"{text}\n\n{handoff.HOW}") for text in messages]
    assert all(units(text) <= LONGEST and "[…]" not in text for text in headed)
    assert question in "".join(messages)


@given(WORDS, WORDS)
def test_the_answer_that_the_bot_gave_stands_below_the_question_as_far_as_there_is_room(
    question: str, answer: str
) -> None:
    alone, together = handoff.asked(question, "Title"), handoff.asked(question, "Title", answer)
    assert together[:-1] == alone[:-1] and together[-1].startswith(alone[-1])
    assert units(handoff.headed(handoff.new_ref(), f"{together[-1]}\n\n{handoff.HOW}")) <= LONGEST
    if units(question) < 1_000 and units(answer) < 1_000:
        assert together[-1] == f"{alone[-1]}\n\n{answer}"


@given(WORDS)
@example("x" * 900)
def test_the_words_beside_a_photo_are_its_caption_or_follow_it(caption: str) -> None:
    first, *others = handoff.pictured(caption, handoff.TOLD_ANYWAY)
    begun = f"{first}\n\n{handoff.HOW}"
    assert units(handoff.headed(handoff.new_ref(), begun)) <= handoff.LONGEST_CAPTION
    assert handoff.headed(handoff.new_ref(), begun, handoff.LONGEST_CAPTION).endswith(handoff.HOW)
    assert caption in "".join([first, *others])


@given(st.text())
def test_a_conversation_is_known_by_what_a_message_begins_with_and_by_nothing_in_it(words: str) -> None:
    ref, other = handoff.new_ref(), handoff.new_ref()
    assert handoff.ref_in(handoff.headed(ref, words)) == ref
    assert handoff.ref_in(f"I say #{other} {words}") == ""


def test_names_do_not_come_again() -> None:
    assert len({handoff.new_ref() for _ in range(10_000)}) == 10_000


@pytest.mark.parametrize(
    ("hour", "timezone", "expected"),
    [
        (7, "", False),
        (8, "", True),
        (19, "", True),
        (20, "", False),
        (7, "Europe/Berlin", True),
        (19, "Europe/Berlin", False),
        (12, "Nowhere/At all", True),
    ],
)
def test_therapists_are_reminded_by_the_clinics_own_day(hour: int, timezone: str, expected: bool) -> None:
    assert handoff.reminds(datetime(2026, 1, 9, hour, 30, tzinfo=UTC).timestamp(), timezone) is expected
