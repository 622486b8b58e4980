import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dialogue.conversation import CONTEXT_LASTS, Alarm, Conversation
from bot.knowledge.model import Level
from bot.triage.rules import RedFlag
from bot.understanding.context import NO_CONTEXT, Context

IDS = st.text(max_size=12)
NAMES = st.lists(IDS, max_size=3).map(tuple)
CONTEXTS = st.builds(Context, IDS, IDS, NAMES, st.booleans())
ALARMS = st.builds(Alarm, st.none() | IDS, st.sampled_from(Level), st.integers(0, 2**40), st.integers(1, 99))
CONVERSATIONS = st.builds(
    Conversation,
    turn=st.integers(0, 10**6),
    ideas=st.lists(st.tuples(IDS, IDS), max_size=3).map(tuple),
    ideas_until=st.integers(0, 2**40),
    alarm=st.none() | ALARMS,
    question=IDS,
    context=CONTEXTS,
    context_until=st.integers(0, 2**40),
)
NOW = 1_800_000_000.5


@given(CONVERSATIONS)
def test_a_conversation_survives_the_store(conversation: Conversation) -> None:
    assert Conversation.from_codes(conversation.to_codes()) == conversation


def test_codes_from_before_there_was_a_context_are_still_read() -> None:
    assert Conversation.from_codes('{"turn": 7, "ideas": [], "ideas_until": 0, "alarm": null}') == Conversation(7)


@given(CONVERSATIONS)
def test_what_was_talked_about_ends_after_half_an_hour(conversation: Conversation) -> None:
    talked = conversation.about(NOW, answered=["bruise"], body_part="calf")
    assert talked.at(NOW + CONTEXT_LASTS - 1).context.topic == "bruise"
    assert talked.at(NOW + CONTEXT_LASTS).context == NO_CONTEXT


@given(CONVERSATIONS, st.sampled_from(Level))
def test_nothing_is_carried_past_a_danger_sign(conversation: Conversation, level: Level) -> None:
    assert conversation.alarmed(RedFlag("chest", level), NOW, "").context == NO_CONTEXT


def test_what_was_offered_or_asked_for_together_can_be_picked_from_until_the_next_of_its_kind() -> None:
    both = Conversation().about(NOW, answered=["pain", "cost"])
    assert (both.context.topic, both.context.offered, both.context.choosing) == ("cost", ("pain", "cost"), False)
    chosen = both.about(NOW, answered=["pain"])
    assert (chosen.context.topic, chosen.context.offered) == ("pain", ("pain", "cost"))
    asked = chosen.about(NOW, offered=["heel", "calf"], body_part="heel")
    assert asked.context == Context("pain", "heel", ("heel", "calf"), choosing=True)


@pytest.mark.parametrize(
    "codes",
    [
        "",
        "{",
        "[]",
        '{"turn": "x"}',
        '{"other": 1}',
        '{"turn": 1, "context": [1]}',
        '{"turn": 1, "context": {"offered": 1}}',
    ],
)
def test_codes_that_cannot_be_read_start_afresh(codes: str) -> None:
    assert Conversation.from_codes(codes) == Conversation()
