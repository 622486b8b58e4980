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
