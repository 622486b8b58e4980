"""What a message leans on, told from its little words alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text.normalise import Normalised, normalise, words
from bot.understanding.context import (
    BODY_PARTS,
    MOST_WORDS,
    asks_leave,
    asks_why,
    body_part,
    continues,
    corrects,
    filled_in,
    leans,
    picked,
    points_back,
    without_lead_in,
)

OFFERED = ("bruise", "bleeding", "run-after")
SENTENCES = st.lists(
    st.sampled_from(
        [
            "and",
            "no",
            "not",
            "i",
            "meant",
            "the",
            "second",
            "first",
            "one",
            "it",
            "that",
            "calf",
            "how",
            "long",
            "?",
        ]
    ),
    max_size=14,
).map(lambda parts: normalise(" ".join(parts)))
"""Little words in any order: the likeliest to be mistaken for something."""
TEXTS = st.one_of(st.text(max_size=80).map(normalise), SENTENCES)


@pytest.mark.parametrize(
    "text", ["how long does that last?", "and the Achilles?", "is it normal", "for 3 weeks?", "why"]
)
def test_a_message_of_little_words_leans_on_what_came_before(text: str) -> None:
    assert leans(normalise(text))


@pytest.mark.parametrize(
    "text",
    [
        "how long does the bruise last?",
        "and acupuncture?",
        "does dry needling hurt",
        "",
        "?",
        "and so " * MOST_WORDS,
    ],
)
def test_a_message_with_a_subject_of_its_own_or_none_at_all_does_not_lean(text: str) -> None:
    assert not leans(normalise(text))


@pytest.mark.parametrize("text", ["how bad do those get", "what about that one", "is this allowed", "do they hurt"])
def test_words_that_point_back_are_heard(text: str) -> None:
    assert points_back(normalise(text))
    assert continues(normalise(text))


def test_a_weak_it_continues_but_does_not_point_back() -> None:
    text = normalise("how much is it?")
    assert continues(text)
    assert not points_back(text)


@pytest.mark.parametrize(
    "text", ["and for the calf?", "ok, what about races?", "but in winter?", "thanks, and my hip?"]
)
def test_a_continuation_is_known_by_its_start(text: str) -> None:
    assert continues(normalise(text))


@pytest.mark.parametrize(
    "text", ["why not?", "but why not, they only do the calf", "how come", "so why would they ask that"]
)
def test_whoever_asks_why_means_what_was_said(text: str) -> None:
    assert asks_why(normalise(text))


@pytest.mark.parametrize("text", ["why does my calf twitch", "why needles", "is it why not"])
def test_why_about_something_else_is_a_new_question(text: str) -> None:
    assert not asks_why(normalise(text))


@pytest.mark.parametrize(
    "text",
    [
        "would they still do it on Monday",
        "am I allowed to have one",
        "ok to get my foot done then?",
        "let me do it",
    ],
)
def test_whoever_asks_if_it_may_be_done_asks_leave(text: str) -> None:
    assert asks_leave(normalise(text))


@pytest.mark.parametrize("text", ["can you do both", "how long is a visit", "thanks, got it", "my calf hurts"])
def test_whoever_asks_something_else_asks_no_leave(text: str) -> None:
    assert not asks_leave(normalise(text))


@pytest.mark.parametrize("text", ["does dry needling hurt", "can I run after a session", "the price please"])
def test_a_question_of_its_own_is_no_continuation(text: str) -> None:
    assert not continues(normalise(text))


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("no, I meant the price", "the price"),
        ("sorry, not that one, for my heel", "for my heel"),
        ("No no, the price", "the price"),
        ("that's not what I asked, can I swim", "can i swim"),
        ("oops I was asking about the calf", "the calf"),
        ("no, before", "before"),
        ("not that", ""),
        ("no, not this", ""),
        ("nope, wrong one!", ""),
    ],
)
def test_a_correction_is_heard_and_what_it_adds_is_found(text: str, left: str) -> None:
    assert corrects(normalise(text))
    assert " ".join(words(without_lead_in(normalise(text)))) == left


@pytest.mark.parametrize(
    "text",
    [
        "no pain no gain, right?",
        "nothing hurts now",
        "is it not allowed to run",
        "I have no time",
        "not sure if I can run",
    ],
)
def test_a_no_in_a_question_is_no_correction(text: str) -> None:
    assert not corrects(normalise(text))


@pytest.mark.parametrize(
    ("text", "entry_id"),
    [
        ("the second one", "bleeding"),
        ("2", "bleeding"),
        ("number 3 please", "run-after"),
        ("the last", "run-after"),
        ("First!", "bruise"),
        ("I meant the first one", "bruise"),
        ("tell me more about the first one", "bruise"),
        ("the other one", "bleeding"),
        ("one", "bruise"),
        ("option one", "bruise"),
        ("that one", ""),
        ("number 9", ""),
        ("the first or the second", ""),
        ("the first time I ran", ""),
        ("is it my first session", ""),
        ("which one", ""),
        ("the bruise", ""),
        ("", ""),
    ],
)
def test_a_choice_is_picked_by_its_place_and_by_nothing_else(text: str, entry_id: str) -> None:
    assert picked(normalise(text), OFFERED) == entry_id


def test_nothing_is_picked_where_nothing_or_too_little_was_offered() -> None:
    assert picked(normalise("the second one"), ()) == ""
    assert picked(normalise("the last one"), ()) == ""
    assert picked(normalise("the third one"), OFFERED[:2]) == ""


@given(TEXTS, st.lists(st.sampled_from(OFFERED), unique=True))
def test_only_what_was_offered_is_ever_picked(text: Normalised, offered: list[str]) -> None:
    assert picked(text, offered) in {"", *offered}


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("my calf, no, the achilles", "achilles"),
        ("both knees", "knees"),
        ("does it hurt", ""),
        ("heeled shoes", ""),
    ],
)
def test_the_last_part_of_the_body_named_is_kept(text: str, part: str) -> None:
    assert body_part(normalise(text)) == part


@given(TEXTS)
def test_what_is_remembered_of_a_text_is_one_of_a_few_words_never_the_text(text: Normalised) -> None:
    assert body_part(text) in BODY_PARTS | {""}


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("how long does that last", "how long does the soreness last"),
        ("how much is it", "how much is the soreness"),
        ("how long", "how long the soreness"),
        ("is that why they hurt", "is the soreness why they hurt"),
    ],
)
def test_a_subject_takes_the_place_of_the_word_that_points_at_it(text: str, whole: str) -> None:
    assert filled_in(normalise(text), "the soreness") == whole


@given(TEXTS)
def test_a_subject_is_filled_in_once_whatever_the_text(text: Normalised) -> None:
    assert filled_in(text, "QQQ").count("QQQ") == 1


@given(SENTENCES)
def test_a_correction_only_ever_loses_words_from_its_start(text: Normalised) -> None:
    assert text.endswith(without_lead_in(text))
