from bot.storage.store import MemoryStore


async def test_the_last_codes_saved_for_a_chat_come_back() -> None:
    store = MemoryStore()
    await store.save_conversation("a", "1")
    await store.save_conversation("b", "2")
    await store.save_conversation("a", "3")
    assert [await store.conversation(chat) for chat in ("a", "b", "c")] == ["3", "2", ""]


async def test_the_chat_silent_for_longest_is_forgotten_first() -> None:
    store = MemoryStore(most_chats=2)
    for chat in ("a", "b", "a", "c"):
        await store.save_conversation(chat, chat)
    assert [await store.conversation(chat) for chat in ("a", "b", "c")] == ["a", "", "c"]
