import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dialogue.conversation import Conversation


@given(st.integers(0, 10**6))
def test_a_conversation_survives_the_store(turn: int) -> None:
    assert Conversation.from_codes(Conversation(turn).to_codes()) == Conversation(turn)


@pytest.mark.parametrize("codes", ["", "{", "[]", '{"turn": "x"}', '{"other": 1}'])
def test_codes_that_cannot_be_read_start_afresh(codes: str) -> None:
    assert Conversation.from_codes(codes) == Conversation()
