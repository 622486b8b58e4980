from bot.storage.memory import MemoryStore
from bot.storage.protocol import Speaker


async def test_the_speaker_silent_for_longest_is_forgotten_first() -> None:
    store = MemoryStore(most=2)
    speakers = {name: Speaker(name, name) for name in "abc"}
    for name in "abac":
        await store.record(speakers[name], name, [])
        await store.rate(speakers[name], "run-after", name)
        await store.keep_question(speakers[name], name)
    assert [await store.conversation(speaker) for speaker in speakers.values()] == ["a", "", "c"]
    assert [rating.verdict for rating in await store.ratings()] == ["a", "c"]
    assert [question.text for question in await store.questions()] == ["a", "c"]


async def test_codes_are_kept_two_days() -> None:
    now = 0.0
    store = MemoryStore(clock=lambda: now)
    speaker = Speaker("a", "a")
    await store.record(speaker, "codes", [])
    now = 48 * 3600 - 1
    assert await store.conversation(speaker) == "codes"
    now += 1
    assert await store.conversation(speaker) == ""
    assert (await store.held("a")).conversations == ()
    assert not store.conversations()
