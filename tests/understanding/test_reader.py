"""What a message asks once the conversation so far is known."""

from collections.abc import Callable

import pytest

from bot.matching.decision import Answer, Choices, Fallback
from bot.understanding.context import NO_CONTEXT, Context
from bot.understanding.mind import Mind
from bot.understanding.reader import Reading
from tests.support.knowledge import OFF_TOPIC, QUESTIONS

CHOICES = Context(topic="pain", offered=("bruise", "bleeding", "run-after"), choosing=True)

Read = Callable[..., Reading]


@pytest.fixture
def read(mind: Mind) -> Read:
    """Read a text after what the context says, with the small knowledge."""

    def reading(text: str, context: Context = NO_CONTEXT) -> Reading:
        return mind.reader.read(mind.preparer.prepare(text), text, context)

    return reading


def answers(reading: Reading) -> list[str]:
    return [decision.best.entry_id for decision in reading.decisions if isinstance(decision, Answer)]


# --- follow-ups -------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["how long does that last?", "is that normal?", "and for how long?"])
@pytest.mark.parametrize("topic", ["bruise", "run-after"])
def test_a_question_without_a_subject_is_about_the_last_topic(read: Read, text: str, topic: str) -> None:
    reading = read(text, Context(topic))
    assert (answers(reading), reading.leaned_on) == ([topic], topic)
    alone = read(text)
    assert (answers(alone), alone.leaned_on) == ([], "")


@pytest.mark.parametrize(("text", "entry_id"), QUESTIONS.items())
@pytest.mark.parametrize("topic", ["bruise", "cost", "calf"])
def test_a_question_that_stands_on_its_own_is_read_as_if_nothing_had_been_said(
    read: Read, text: str, entry_id: str, topic: str
) -> None:
    reading = read(text, Context(topic, "calf", ("bruise", "bleeding")))
    assert answers(reading) == [entry_id]
    assert reading == read(text)


def test_a_choice_that_was_offered_does_not_draw_other_questions_to_it(read: Read) -> None:
    for text, entry_id in QUESTIONS.items():
        assert answers(read(text, CHOICES)) == [entry_id]


def test_no_golden_question_of_the_real_knowledge_is_bent_by_a_conversation(real_mind: Mind) -> None:
    golden = [question for questions in real_mind.knowledge.golden.values() for question in questions]
    topics = [entry.id for entry in real_mind.knowledge.published]
    bent = []
    for number, text in enumerate(golden):
        utterance = real_mind.preparer.prepare(text)
        context = Context(topics[(7 * number) % len(topics)], "calf", (topics[number % len(topics)], topics[0]))
        alone = real_mind.reader.read(utterance, text, NO_CONTEXT)
        if isinstance(alone.decisions[0], Answer) and real_mind.reader.read(utterance, text, context) != alone:
            bent.append(text)
    assert bent == []


def test_what_nobody_could_answer_is_not_answered_because_of_what_was_said_before(read: Read) -> None:
    for text in (OFF_TOPIC, "and the capital of Mongolia?", "but who won the match?"):
        assert answers(read(text, Context("bruise"))) == []


def test_an_entry_that_is_gone_is_no_context(read: Read) -> None:
    text = "how long does that last?"
    assert read(text, Context("gone", offered=("gone", "away"), choosing=True)) == read(text)
    assert isinstance(read("the second one", Context("gone", offered=("gone", "away"))).decisions[0], Fallback)


# --- corrections ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "entry_id"),
    [
        ("no, I meant the price", "cost"),
        ("sorry, not that one, my tight calves", "calf"),
        ("that's not what I asked. When can I go running again?", "run-after"),
    ],
)
def test_a_correction_is_read_without_its_no(read: Read, text: str, entry_id: str) -> None:
    assert answers(read(text, Context("bruise"))) == [entry_id]


@pytest.mark.parametrize("text", ["not that", "no, wrong one", "nope, not this", "that's not it"])
@pytest.mark.parametrize("topic", ["bruise", "run-after", "calf"])
def test_a_bare_no_never_brings_the_same_answer_again(read: Read, text: str, topic: str) -> None:
    reading = read(text, Context(topic))
    assert answers(reading) == []
    offered = [c.entry_id for d in reading.decisions if isinstance(d, Choices) for c in d.candidates]
    assert topic not in offered


def test_a_correction_may_name_the_same_topic_outright(read: Read) -> None:
    assert answers(read("no, I meant is a bruise after needling normal", Context("bruise"))) == ["bruise"]


# --- choices in words -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "entry_id"),
    [
        ("the second one", "bleeding"),
        ("3", "run-after"),
        ("the bruise thing", "bruise"),
        ("the blood one", "bleeding"),
        ("running", "run-after"),
    ],
)
def test_a_choice_may_be_made_in_words(read: Read, text: str, entry_id: str) -> None:
    assert answers(read(text, CHOICES)) == [entry_id]


def test_a_place_means_nothing_when_nothing_was_offered(read: Read) -> None:
    for text in ("the second one", "2", "the last"):
        assert answers(read(text)) == []


def test_words_for_something_that_was_not_offered_get_their_own_answer(read: Read) -> None:
    assert answers(read("the cost one", CHOICES)) == ["cost"]


# --- several questions --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "entry_ids"),
    [
        ("does it hurt and what does it cost?", ["pain", "cost"]),
        ("What does a session cost? Does it hurt?", ["cost", "pain"]),
        (
            "is a bruise normal and does it hurt and what does it cost and when can I run",
            ["bruise", "pain", "cost", "run-after"],
        ),
    ],
)
def test_each_of_several_questions_gets_its_answer_in_the_order_asked(
    read: Read, text: str, entry_ids: list[str]
) -> None:
    assert answers(read(text)) == entry_ids


@pytest.mark.parametrize(
    ("text", "entry_id"),
    [
        ("is it sore and painful?", "pain"),
        ("does it hurt? will it hurt a lot?", "pain"),
        ("what does a session cost and how much", "cost"),
        ("can needles help my heel and the sole of my foot", "heel"),
    ],
)
def test_one_question_put_twice_is_answered_once(read: Read, text: str, entry_id: str) -> None:
    reading = read(text)
    assert answers(reading) == [entry_id]
    assert len(reading.decisions) == 1


def test_more_questions_than_fit_one_reply_are_read_as_one_message(read: Read) -> None:
    text = "is a bruise normal and does it hurt and what does it cost and when can I run and is it acupuncture"
    assert len(read(text).decisions) == 1


def test_a_second_question_about_it_is_about_the_first(real_mind: Mind) -> None:
    text = "Is it normal to be sore after needling? And how long does that last?"
    reading = real_mind.reader.read(real_mind.preparer.prepare(text), text, NO_CONTEXT)
    assert answers(reading) == ["side-effects"]


def test_small_talk_beside_a_question_is_no_second_question(real_mind: Mind) -> None:
    text = "Hi, how are you? What does a session cost?"
    reading = real_mind.reader.read(real_mind.preparer.prepare(text), text, NO_CONTEXT)
    assert answers(reading) == ["cost-and-insurance"]
