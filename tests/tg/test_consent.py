"""A question is kept when its writer taps "Yes", without what tells who wrote it; else nothing of it is."""

import pytest
from sqlalchemy import select

from bot.knowledge.model import KnowledgeBase
from bot.storage.database import Database
from bot.storage.ids import Hasher
from bot.storage.memory import MemoryStore
from bot.storage.schema import metadata
from bot.storage.sql_store import SqlStore
from bot.understanding.mind import Mind
from tests.support import updates
from tests.support.knowledge import OFF_TOPIC, assistant_for, vague_question
from tests.support.offline import Telegram, offline_bot
from tests.tg.test_handlers import only_reply, says

WHO = "my name is Tom Baker, call 07700 900123"
MASKED = "my name is [name], call [phone]"


async def all_rows(database: Database) -> str:
    """Return what stands in all tables."""
    found = []
    async with database.reading() as connection:
        for table in metadata.sorted_tables:
            found += [tuple(row) for row in await connection.execute(select(table))]
    return repr(found)


async def test_what_is_kept_and_shown_to_its_writer_names_nobody(
    mind: Mind, knowledge: KnowledgeBase, file_database: Database, hasher: Hasher
) -> None:
    store = SqlStore(file_database, hasher)
    async with offline_bot(assistant_for(mind, store)) as telegram:
        call = await only_reply(telegram, updates.message(f"{OFF_TOPIC}, {WHO}"))
        keep = call.code(knowledge.texts["button_keep_question"][0])
        await telegram.receive(updates.callback(keep, telegram.api.last_message))
        assert [question.text for question in await store.questions()] == [f"{OFF_TOPIC}, {MASKED}"]
        assert f"• {OFF_TOPIC}, {MASKED}" in (await only_reply(telegram, updates.message("/mydata"))).shown
        await only_reply(telegram, updates.message("/forget"))
    assert await store.questions() == []


@pytest.mark.parametrize("tapped", ["nothing", "No", "None of these"])
async def test_without_a_yes_no_table_holds_a_word_of_it(
    mind: Mind, knowledge: KnowledgeBase, file_database: Database, hasher: Hasher, tapped: str
) -> None:
    store = SqlStore(file_database, hasher)
    asked = vague_question(mind) if tapped == "None of these" else f"{OFF_TOPIC} {WHO}"
    async with offline_bot(assistant_for(mind, store)) as telegram:
        call = await only_reply(telegram, updates.message(asked))
        if tapped != "nothing":
            await telegram.receive(updates.callback(call.code(tapped), telegram.api.last_message))
    rows = (await all_rows(file_database)).lower()
    assert "fallback" in rows or "choices" in rows  # counted, and not what was asked
    assert asked.lower() not in rows
    assert not [word for word in f"{OFF_TOPIC} {WHO}".lower().split() if len(word) > 3 and word in rows]
    assert await store.questions() == []


async def test_after_none_of_these_the_clinic_may_keep_what_was_asked(mind: Mind, knowledge: KnowledgeBase) -> None:
    store = MemoryStore()
    asked = vague_question(mind)
    async with offline_bot(assistant_for(mind, store)) as telegram:
        call = await only_reply(telegram, updates.message(asked))
        await telegram.receive(updates.callback(call.code("None of these"), telegram.api.last_message))
        none = telegram.api.of("editMessageText")[-1]
        assert says(none, "none_of_these_reply", knowledge)
        assert knowledge.texts["keep_question"][0] in none.shown
        assert await store.questions() == []
        keep = none.code(knowledge.texts["button_keep_question"][0])
        await telegram.receive(updates.callback(keep, telegram.api.last_message))
        assert says(telegram.api.of("editMessageText")[-1], "question_kept", knowledge)
    assert [question.text for question in await store.questions()] == [asked]


async def test_after_none_of_these_nothing_is_asked_where_the_question_is_gone_or_was_a_no(
    telegram: Telegram, mind: Mind, knowledge: KnowledgeBase
) -> None:
    await only_reply(telegram, updates.message(vague_question(mind)))
    for quoted in ({}, {"reply_to_message": updates.message("no thanks")["message"]}):
        under = {n: v for n, v in telegram.api.last_message.items() if n != "reply_to_message"} | quoted
        await telegram.receive(updates.callback("none", under))
        assert knowledge.texts["keep_question"][0] not in telegram.api.of("editMessageText")[-1].shown


async def test_a_no_keeps_nothing_and_takes_the_buttons_away(mind: Mind, knowledge: KnowledgeBase) -> None:
    store = MemoryStore()
    async with offline_bot(assistant_for(mind, store)) as telegram:
        call = await only_reply(telegram, updates.message(OFF_TOPIC))
        await telegram.receive(updates.callback(call.code("No"), telegram.api.last_message))
        assert telegram.api.of("answerCallbackQuery")[-1].params["text"] == knowledge.texts["toast_not_kept"][0]
        assert telegram.api.of("editMessageReplyMarkup")[-1].buttons == call.buttons[:-1]
    assert await store.questions() == []


async def test_in_a_group_nobody_is_asked_whether_a_question_may_be_kept(
    telegram: Telegram, knowledge: KnowledgeBase
) -> None:
    call = await only_reply(telegram, updates.message(f"@{updates.BOT_NAME} {OFF_TOPIC}", chat_id=updates.GROUP_ID))
    assert says(call, "fallback", knowledge)
    assert knowledge.texts["keep_question"][0] not in call.shown
