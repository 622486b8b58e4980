"""What is counted for the clinic's numbers: each question once, by what became of it, and of nobody."""

from dataclasses import replace
from datetime import date

import pytest

from bot.assistant import Assistant
from bot.storage.memory import MemoryStore
from bot.storage.protocol import Speaker
from bot.understanding.mind import Mind
from tests.support.fakes import Clock
from tests.support.knowledge import DANGER, OFF_TOPIC, QUESTION, vague_question
from tests.support.therapists import EVERYBODY

ANN = Speaker("1", "1")


@pytest.fixture
def store(clock: Clock) -> MemoryStore:
    return MemoryStore(clock=clock)


async def counted(assistant: Assistant, store: MemoryStore, *texts: str) -> dict[tuple[str, str], int]:
    """Return what was counted beside the replies once all of ``texts`` were typed."""
    for text in texts:
        await assistant.reply(text, ANN)
    counts = await store.counts(date.min)
    return {event: count for event, count in counts.items() if event[0] in ("asked", "alarm", "referral")}


async def test_each_question_is_counted_by_what_became_of_it(mind: Mind, store: MemoryStore, clock: Clock) -> None:
    texts = (QUESTION, QUESTION, vague_question(mind), OFF_TOPIC)
    assert await counted(Assistant(mind, store, clock), store, *texts) == {
        ("asked", "answer"): 2,
        ("asked", "choices"): 1,
        ("asked", "fallback"): 1,
    }


async def test_what_is_no_question_is_not_counted_as_one(mind: Mind, store: MemoryStore, clock: Clock) -> None:
    assert await counted(Assistant(mind, store, clock), store, "/help", "/topics", "...", "ok so") == {}


async def test_an_alarm_is_counted_by_its_level(mind: Mind, store: MemoryStore, clock: Clock) -> None:
    assert await counted(Assistant(mind, store, clock), store, DANGER) == {("alarm", "NOW"): 1}


async def test_the_way_to_a_therapist_is_counted_tapped_or_typed(
    mind: Mind, store: MemoryStore, clock: Clock
) -> None:
    assistant = Assistant(mind, store, clock)
    await assistant.tap("therapist", ANN)
    assert await counted(assistant, store, "/therapist") == {("referral", ""): 2}


async def test_looking_on_among_therapists_is_counted_no_more(mind: Mind, store: MemoryStore, clock: Clock) -> None:
    clinic = replace(mind.knowledge.clinic, therapists=EVERYBODY)
    assistant = Assistant(replace(mind, knowledge=replace(mind.knowledge, clinic=clinic)), store, clock)
    seen, next_ones = set(), ["therapist"]
    while next_ones:  # each button that leads on among them
        seen.add(tapped := next_ones.pop())
        reply = await assistant.tap(tapped, ANN)
        codes = [button.code for row in reply.buttons for button in row if button.code.startswith("therapist")]
        next_ones += [one for one in codes if one not in seen and one not in next_ones]
    assert len(seen) > 5
    assert await counted(assistant, store) == {("referral", ""): 1}


async def test_a_question_that_is_edited_is_counted_once(mind: Mind, store: MemoryStore, clock: Clock) -> None:
    assistant = Assistant(mind, store, clock)
    await assistant.reply(QUESTION, ANN)
    await assistant.reply(f"{QUESTION}?", ANN, edited=True)
    assert await counted(assistant, store) == {("asked", "answer"): 1}
