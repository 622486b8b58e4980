from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dialogue.conversation import (
    ASKING_LASTS,
    CAUTIONS_LAST,
    CONTEXT_LASTS,
    SCREENING_LASTS,
    SUPPORT_LASTS,
    Alarm,
    Conversation,
    Pending,
    Screening,
)
from bot.knowledge.model import Level
from bot.triage.rules import SELF_HARM, RedFlag
from bot.understanding.context import NO_CONTEXT, Context

IDS = st.text(max_size=12)
NAMES = st.lists(IDS, max_size=3).map(tuple)
CONTEXTS = st.builds(Context, IDS, IDS, NAMES, st.booleans(), NAMES)
LEVELS = st.sampled_from(Level)
GROUPS = st.none() | IDS
TIMES = st.integers(0, 2**40)
ALARMS = st.builds(Alarm, GROUPS, LEVELS, TIMES, st.integers(1, 99), st.booleans())
PENDING = st.builds(Pending, NAMES, NAMES, IDS, st.booleans())
SCREENINGS = st.builds(Screening, GROUPS, LEVELS, st.integers(0, 10**6), TIMES, PENDING, st.integers(1, 9))
FLAGS = st.builds(RedFlag, st.none() | st.sampled_from(["chest", "blood-clot", SELF_HARM]), LEVELS)
CONVERSATIONS = st.builds(
    Conversation,
    turn=st.integers(0, 10**6),
    ideas=st.lists(st.tuples(IDS, IDS), max_size=3).map(tuple),
    ideas_until=TIMES,
    alarm=st.none() | ALARMS,
    question=IDS,
    context=CONTEXTS,
    context_until=TIMES,
    cautions_until=TIMES,
    in_doubt=st.booleans(),
    screening=st.none() | SCREENINGS,
    support_until=TIMES,
)
NOW = 1_800_000_000.5


@given(CONVERSATIONS)
def test_a_conversation_survives_the_store(conversation: Conversation) -> None:
    assert Conversation.from_codes(conversation.to_codes()) == conversation


def test_codes_from_before_there_was_a_context_are_still_read() -> None:
    assert Conversation.from_codes('{"turn": 7, "ideas": [], "ideas_until": 0, "alarm": null}') == Conversation(7)


def test_an_alarm_from_before_guesses_were_marked_counts_as_proved() -> None:
    codes = '{"turn": 7, "alarm": {"group": "chest", "level": 3, "since": 5, "replies": 1}}'
    assert Conversation.from_codes(codes).alarm == Alarm("chest", Level.NOW, 5, 1, proved=True)


@given(CONVERSATIONS, SCREENINGS)
def test_a_question_about_danger_waits_until_its_time_is_up(
    conversation: Conversation, screening: Screening
) -> None:
    asked = conversation.screened(screening)
    assert asked.at(screening.until - 1).screening == screening
    assert asked.at(screening.until).screening is None
    assert asked.settled().screening is None


def test_a_question_about_danger_waits_half_an_hour() -> None:
    screening = Screening.begun(RedFlag("chest", Level.NOW), 3, NOW, Pending())
    assert SCREENING_LASTS == 1_800
    assert Conversation().screened(screening).at(NOW + SCREENING_LASTS - 1).screening == screening
    assert Conversation().screened(screening).at(NOW + SCREENING_LASTS).screening is None


@given(GROUPS, GROUPS, st.integers(0, 99), st.integers(0, 99))
def test_the_buttons_of_two_turns_are_never_taken_for_each_other(
    one: str | None, other: str | None, turn: int, later: int
) -> None:
    first = Screening(one, Level.NOW, turn, 0)
    assert turn == later or first.argument != Screening(other, Level.NOW, later, 0).argument


@given(CONVERSATIONS, st.lists(st.tuples(FLAGS, st.booleans()), min_size=1, max_size=5))
def test_an_alarm_never_gets_milder(conversation: Conversation, told: list[tuple[RedFlag, bool]]) -> None:
    for flag, proved in told:
        before, conversation = conversation.alarm, conversation.alarmed(flag, NOW, "", proved=proved)
        after = conversation.alarm
        assert after is not None
        assert after.level >= max(flag.level, before.level if before else flag.level)
        assert after.proved == (proved or (before is not None and before.proved))
        assert after.replies == (before.replies if before else 0) + 1


def test_what_was_said_of_ending_ones_life_cannot_be_taken_back_by_another_danger_sign() -> None:
    plan = Conversation().alarmed(RedFlag(SELF_HARM, Level.NOW), NOW, "")
    for flag in (RedFlag("chest", Level.NOW), RedFlag(None, Level.NOW), RedFlag(SELF_HARM, Level.TODAY)):
        both = plan.alarmed(flag, NOW, "", proved=False).alarm
        assert both is not None and not both.may_calm


@given(ALARMS)
def test_who_may_say_that_none_of_it_applies(alarm: Alarm) -> None:
    assert alarm.may_calm == (alarm.replies > 1 or not alarm.proved)
    assert not Alarm(SELF_HARM, Level.NOW, alarm.since, alarm.replies, alarm.proved).may_calm


@given(CONVERSATIONS)
def test_whoever_is_calm_again_has_nothing_left_that_could_complete_a_sign(conversation: Conversation) -> None:
    calm = conversation.calmed()
    assert (calm.alarm, calm.question, calm.ideas) == (None, "", ())


@given(CONVERSATIONS)
def test_what_was_talked_about_ends_after_half_an_hour(conversation: Conversation) -> None:
    talked = conversation.about(NOW, answered=["bruise"], body_part="calf")
    assert talked.at(NOW + CONTEXT_LASTS - 1).context.topic == "bruise"
    assert replace(talked.at(NOW + CONTEXT_LASTS).context, cautions=()) == NO_CONTEXT


@given(CONVERSATIONS)
def test_a_caution_stays_in_mind_for_half_an_hour_whatever_is_answered_meanwhile(
    conversation: Conversation,
) -> None:
    told = conversation.about(NOW, answered=["pregnancy"], cautions=["pregnancy"])
    for minutes in (10, 20, 29):
        told = told.at(NOW + 60 * minutes).about(NOW + 60 * minutes, answered=["cost"])
        assert told.context.cautions[-1] == "pregnancy"
    after = told.at(NOW + CAUTIONS_LAST)
    assert (after.context.topic, after.context.cautions) == ("cost", ())


@given(CONVERSATIONS, st.lists(IDS, min_size=4, max_size=4, unique=True))
def test_few_cautions_are_kept_and_the_latest_last(conversation: Conversation, told: list[str]) -> None:
    for entry_id in told:
        conversation = conversation.cautioned([entry_id], NOW)
    assert conversation.context.cautions == tuple(told[-3:])
    again = conversation.cautioned([told[-2]], NOW).context.cautions
    assert (again[-1], len(again)) == (told[-2], 3)


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
        '{"turn": 1, "screening": 1}',
        '{"turn": 1, "screening": {"group": "chest"}}',
    ],
)
def test_codes_that_cannot_be_read_start_afresh(codes: str) -> None:
    assert Conversation.from_codes(codes) == Conversation()


def test_support_is_led_to_for_half_an_hour_after_an_answer_that_stands_alone() -> None:
    told = Conversation(3).supported(NOW)
    assert told.at(NOW + SUPPORT_LASTS - 1).support_until
    assert told.at(NOW + SUPPORT_LASTS) == Conversation(3)


def test_what_is_typed_twice_is_known_by_a_number_that_tells_nothing_of_it() -> None:
    asked = Conversation.from_codes(Conversation().asked("does it hurt").to_codes())
    assert asked.repeats("does it hurt")
    assert not asked.repeats("does it hurt much")
    assert not Conversation().repeats("")
    assert "hurt" not in asked.to_codes()
    assert 0 < asked.last_asked <= 0x10000


def test_a_question_for_the_clinic_is_waited_for_some_minutes() -> None:
    asking = Conversation.from_codes(Conversation().asking(NOW).to_codes())
    assert asking.at(NOW + ASKING_LASTS - 1).asking_until
    assert not asking.at(NOW + ASKING_LASTS).asking_until
    assert not asking.not_asking().asking_until


def test_an_open_question_about_a_danger_sign_keeps_beside_which_message_and_whom_it_was_for() -> None:
    asked = Conversation().screened(Screening.begun(RedFlag("chest", Level.NOW), 0, NOW, Pending(("pain",))))
    first = asked.awaiting(7, to_clinic=False)
    for later, expected in (
        (first.awaiting(8, to_clinic=False), (7, False)),
        (first.awaiting(8, to_clinic=True), (7, False)),
        (asked.awaiting(8, to_clinic=True), (8, True)),
        (Conversation.from_codes(asked.awaiting(8, to_clinic=True).to_codes()), (8, True)),
    ):
        assert later.screening is not None
        assert (later.screening.pending.message, later.screening.pending.to_clinic) == expected
        assert later.screening.pending.entries == ("pain",)
    assert Conversation().awaiting(7, to_clinic=True) == Conversation()


def test_what_was_held_back_from_the_clinic_is_kept_by_number_until_it_is_offered_or_changed() -> None:
    held = Conversation()
    for number in (0, 1, 2, 1):
        held = held.holding(number)
    assert Conversation.from_codes(held.to_codes()).held == (2, 1)
    assert held.changed(2).held == (1,)
    assert held.offered().held == ()
    for number in range(100):
        held = held.holding(number)
    assert held.held == tuple(range(90, 100))
