"""A message is taken apart where it asks several things, and nowhere else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text.questions import asks, split_questions

PIECES = (
    "does it hurt",
    "and",
    ", ",
    "? ",
    "how much is it",
    "my calf is sore",
    ". ",
    "or",
    "/",
    "so",
    "\n",
    "can I run",
)
TEXTS = st.one_of(st.text(max_size=200), st.lists(st.sampled_from(PIECES), max_size=9).map(" ".join))


@pytest.mark.parametrize(
    ("text", "questions"),
    [
        ("Does it hurt? What does it cost?", ["Does it hurt?", "What does it cost?"]),
        ("does it hurt and what does it cost", ["does it hurt", "what does it cost"]),
        ("how long is a session, can I swim later?", ["how long is a session", "can I swim later"]),
        ("does it hurt / can I run", ["does it hurt", "can I run"]),
        ("is it safe & how deep do they go", ["is it safe", "how deep do they go"]),
        ("does it hurt plus also when can I run", ["does it hurt", "when can I run"]),
        ("What is it, oh and how many do I need? When?", ["What is it", "how many do I need, When?"]),
    ],
)
def test_each_question_is_found_in_order(text: str, questions: list[str]) -> None:
    assert [q.rstrip("?") for q in split_questions(text)] == [q.rstrip("?") for q in questions]


@pytest.mark.parametrize(
    "text",
    [
        "does it help with knee and hip pain",
        "can I run and lift weights afterwards",
        "Is it normal to be sore and tired?",
        "dry needling and acupuncture, same thing?",
        "I ran yesterday. My calf went tight. What now?",
        "hot or cold",
        "who are you",
        "needles",
        "",
    ],
)
def test_one_question_with_an_and_in_it_stays_whole(text: str) -> None:
    assert split_questions(text) == [text]


def test_a_story_stays_with_the_question_it_tells_about() -> None:
    thinners, price = split_questions("I take blood thinners, can I have it? And what does it cost? I am a student")
    assert "blood thinners" in thinners and "have it" in thinners
    assert "cost" in price and "student" in price


@given(TEXTS)
def test_no_part_is_empty_and_one_part_is_the_text_itself(text: str) -> None:
    questions = split_questions(text)
    assert questions
    assert all(question.strip() for question in questions) or questions == [text]
    if len(questions) == 1:
        assert questions == [text]


@given(TEXTS)
def test_no_question_holds_a_word_that_was_not_written(text: str) -> None:
    written = "".join(text.split())
    for question in split_questions(text):
        assert all("".join(piece.split()) in written for piece in question.split(", "))


@pytest.mark.parametrize(
    "sentence",
    [
        "should i go",
        "so is it ok",
        "thoughts",
        "not sure and i wonder about it",
        "would needling do anything",
        "really?",
    ],
)
def test_a_sentence_that_asks_is_told(sentence: str) -> None:
    assert asks(sentence)


@pytest.mark.parametrize(
    "sentence", ["my calf went on tuesday", "the physio says rest", "ran 10k in the heat", "thanks"]
)
def test_a_sentence_that_only_tells_asks_nothing(sentence: str) -> None:
    assert not asks(sentence)
