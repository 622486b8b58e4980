"""What begins something and says nothing yet is no question."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.understanding.fragments import is_fragment
from bot.understanding.mind import Fragment, Mind


@pytest.mark.parametrize(
    "text",
    [
        "and then?",
        "ok so",
        "Wait",
        "hang on a sec",
        "hello??",
        "anyone there",
        "so yeah",
        "well anyway...",
        "but now",
    ],
)
def test_what_says_nothing_yet_is_a_fragment(text: str, mind: Mind) -> None:
    assert is_fragment(text)
    assert mind.understand(text) == Fragment()


@pytest.mark.parametrize(
    "text",
    [
        "hello",
        "ok",
        "hi",
        "thanks",
        "and the cost?",
        "so sore",
        "wait, does it hurt",
        "now it hurts",
        "",
        "??",
        "you there with the bruise now",
    ],
)
def test_what_can_be_answered_is_none(text: str) -> None:
    assert not is_fragment(text)


@given(st.text())
def test_any_text_may_be_asked_about(text: str) -> None:
    assert not (is_fragment(text) and is_fragment(f"{text} needle"))
