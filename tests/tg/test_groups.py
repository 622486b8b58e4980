"""In a group: the bot speaks when it is meant, briefly, and nobody's matters are spread out before the others."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from bot.assistant import Assistant
from bot.dialogue.conversation import Conversation
from bot.knowledge.model import KnowledgeBase
from bot.storage.memory import MemoryStore
from bot.storage.protocol import Held
from bot.understanding.mind import Mind
from tests.support import updates
from tests.support.bot_api import Call
from tests.support.knowledge import (
    DANGER,
    OFF_TOPIC,
    QUESTION,
    SUSPICIOUS,
    asked_back,
    leads_to_care,
    shown,
    vague_question,
    visible,
    with_a_question_back,
    wordings,
)
from tests.support.metrics import Counted
from tests.support.offline import Telegram, offline_bot
from tests.support.updates import BOT_NAME, GROUP_ID, OTHER_RUNNER, SUPERGROUP_ID, Json, answer_to, message

NAME = f"@{BOT_NAME}"
LONGEST_NOTICE = 79
BOOKING = "https://clinic.example/book"


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
async def telegram(mind: Mind, store: MemoryStore) -> AsyncIterator[Telegram]:
    """The real application in a group; at its end every text but short notices must lead on to care."""
    async with offline_bot(Assistant(mind, store)) as bot:
        yield bot
    long = [call.shown for call in bot.api.texts if len(call.shown) > LONGEST_NOTICE]
    assert [text for text in long if not leads_to_care(text, mind.knowledge)] == []
    # A code would act in front of all; and Telegram would let anybody tap it.
    assert [call.codes for call in bot.api.texts if call.codes] == []


async def only(telegram: Telegram, update: Json) -> Call:
    """Let the bot handle ``update`` and return the one message that it sends."""
    before = len(telegram.api.sent)
    await telegram.receive(update)
    [call] = telegram.api.sent[before:]
    return call


def in_group(text: str | None = None, **fields: object) -> Json:
    return message(text, chat_id=GROUP_ID, **fields)


# --- when it speaks -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        QUESTION,
        DANGER,
        "@another_bot does dry needling hurt?",
        f"mail me at me{NAME} about needling",
        "/help@another_bot",
        f"/help@another_bot what about {NAME}",
        f"/help@not_{BOT_NAME}",
        "/roll 2d6",
    ],
)
async def test_what_is_not_meant_for_the_bot_gets_no_answer(
    telegram: Telegram, store: MemoryStore, text: str
) -> None:
    await telegram.receive(in_group(text))
    await telegram.receive(in_group(**updates.PHOTO, caption=text))
    assert telegram.api.calls == [call for call in telegram.api.calls if call.method == "getMe"]
    assert await store.held(str(updates.CHAT_ID)) == Held()


async def test_people_who_answer_each_other_are_left_alone(telegram: Telegram) -> None:
    said = in_group("my calf is tight")["message"]
    await telegram.receive(answer_to(said, QUESTION))
    await telegram.receive(in_group(**updates.STICKER))
    await telegram.receive(in_group(**updates.VOICE))
    assert telegram.api.sent == []


@pytest.mark.parametrize(
    "text",
    [f"{NAME} {QUESTION}", f"{QUESTION} {NAME}", f"🦵🦵 {NAME.upper()}, {QUESTION}", f"hey {NAME}: {QUESTION}"],
)
@pytest.mark.parametrize("chat_id", [GROUP_ID, SUPERGROUP_ID])
async def test_a_mention_is_answered_below_the_question_and_is_no_part_of_it(
    telegram: Telegram, knowledge: KnowledgeBase, text: str, chat_id: int
) -> None:
    asked = message(text, chat_id=chat_id)
    call = await only(telegram, asked)
    assert call.shown.startswith(shown(knowledge.entries["pain"]))
    assert call.params["chat_id"] == chat_id
    assert call.params["reply_parameters"]["message_id"] == asked["message"]["message_id"]


async def test_a_mention_in_a_caption_is_answered_too(telegram: Telegram, knowledge: KnowledgeBase) -> None:
    call = await only(telegram, in_group(**updates.PHOTO, caption=f"{NAME} {QUESTION}"))
    assert call.shown.startswith(shown(knowledge.entries["pain"]))


async def test_a_reply_to_the_bot_goes_on_with_the_conversation(
    telegram: Telegram, knowledge: KnowledgeBase
) -> None:
    await telegram.receive(in_group(f"{NAME} is a bruise after needling normal?"))
    call = await only(telegram, answer_to(telegram.api.last_message, "how long does that last?"))
    assert call.shown.startswith(knowledge.entries["bruise"].title)
    assert knowledge.texts["followed"][0].format(title=knowledge.entries["bruise"].title) in call.shown


async def test_everybody_in_a_group_has_a_conversation_of_their_own(
    telegram: Telegram, knowledge: KnowledgeBase
) -> None:
    await telegram.receive(in_group(f"{NAME} is a bruise after needling normal?"))
    theirs = {"from": OTHER_RUNNER}
    other = await only(telegram, in_group(f"{NAME} how long does that last?", **theirs))
    assert other.shown.startswith(tuple(wordings(knowledge, "fallback")))
    mine = await only(telegram, in_group(f"{NAME} how long does that last?"))
    assert mine.shown.startswith(knowledge.entries["bruise"].title)


async def test_the_anonymous_admins_of_two_groups_are_not_one_person(
    telegram: Telegram, store: MemoryStore
) -> None:
    for chat_id in (GROUP_ID, SUPERGROUP_ID):
        admin = {"from": updates.ANONYMOUS_ADMIN, "sender_chat": updates.chat(chat_id)}
        await telegram.receive(message(f"{NAME} {QUESTION}", chat_id=chat_id, **admin))
    assert await store.held(str(updates.ANONYMOUS_ADMIN["id"])) == Held()
    assert len((await store.held(str(GROUP_ID))).conversations) == 1


@pytest.mark.parametrize(
    "update",
    [
        in_group(f"{NAME} {DANGER}"),
        in_group(f"/help {DANGER}"),
        in_group(f"/forget@{BOT_NAME} {DANGER}"),
        in_group(**updates.PHOTO, caption=f"{DANGER} {NAME}"),
        updates.edited_message(f"{NAME} {DANGER}", chat_id=GROUP_ID),
    ],
    ids=["mention", "command", "private command", "caption", "edit"],
)
async def test_a_danger_sign_meant_for_the_bot_gets_the_urgent_text(
    telegram: Telegram, knowledge: KnowledgeBase, update: Json
) -> None:
    call = await only(telegram, update)
    assert call.shown.startswith(visible(knowledge.red_flags["chest"].reply))


async def test_a_sticker_in_reply_to_the_bot_gets_a_kind_word(telegram: Telegram, knowledge: KnowledgeBase) -> None:
    await telegram.receive(in_group(f"{NAME} {QUESTION}"))
    sticker = in_group(**updates.STICKER, reply_to_message=telegram.api.last_message)
    assert (await only(telegram, sticker)).shown.startswith(wordings(knowledge, "sticker")[0])


@pytest.mark.parametrize("half", ["\ud83e", "\udd75"])
async def test_half_a_character_keeps_no_mention_from_being_answered(
    telegram: Telegram, knowledge: KnowledgeBase, half: str
) -> None:
    for said in ({"text": f"{half}{NAME} {QUESTION}"}, {**updates.PHOTO, "caption": f"{NAME} {QUESTION} {half}"}):
        call = await only(telegram, in_group(**said))
        assert call.shown.startswith(shown(knowledge.entries["pain"]))


async def test_a_mention_that_is_marked_in_the_middle_of_a_character_is_none(telegram: Telegram) -> None:
    counted = Counted()
    await telegram.receive(in_group("🦵🦵", entities=[{"type": "mention", "offset": 1, "length": 2}]))
    assert telegram.api.sent == []
    assert counted("bot_dropped", reason="not for the bot") == 1


@pytest.mark.parametrize(
    "said",
    [
        {"text": f"{NAME} {SUSPICIOUS}"},
        {**updates.PHOTO, "caption": f"{SUSPICIOUS} {NAME}"},
    ],
    ids=["text", "caption"],
)
async def test_what_may_be_a_danger_sign_is_asked_about_with_a_way_to_the_private_chat_and_nothing_is_kept(
    telegram: Telegram,
    store: MemoryStore,
    knowledge: KnowledgeBase,
    monkeypatch: pytest.MonkeyPatch,
    said: Json,
) -> None:
    with_a_question_back(monkeypatch)
    asked = in_group(**said)
    call = await only(telegram, asked)
    assert call.shown == asked_back(knowledge)
    assert call.urls == {knowledge.texts["button_private"][0]: f"https://t.me/{BOT_NAME}"}
    assert call.params["reply_parameters"]["message_id"] == asked["message"]["message_id"]
    [codes] = store._conversations.values()
    assert Conversation.from_codes(codes).screening is None
    after = await only(telegram, in_group(f"{NAME} yes"))
    assert not after.shown.startswith(visible(knowledge.red_flags["chest"].reply))


async def test_a_question_asked_in_a_group_is_not_open_in_the_private_chat(
    mind: Mind, knowledge: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_a_question_back(monkeypatch)
    async with offline_bot(Assistant(mind, MemoryStore())) as telegram:
        await telegram.receive(in_group(f"{NAME} {SUSPICIOUS}"))
        call = await only(telegram, message("yes"))
        assert not call.shown.startswith(visible(knowledge.red_flags["chest"].reply))


async def test_none_of_this_applies_leads_to_the_private_chat_as_well(
    telegram: Telegram, knowledge: KnowledgeBase
) -> None:
    for _ in range(2):
        call = await only(telegram, in_group(f"{NAME} {DANGER}"))
    assert call.shown.startswith(visible(knowledge.red_flags["chest"].reply))
    assert call.urls == {knowledge.texts["button_private"][0]: f"https://t.me/{BOT_NAME}"}


# --- what belongs there -------------------------------------------------------------------


@pytest.mark.parametrize("command", ["start", "topics", "help", "sources", "privacy", "mydata", "forget"])
@pytest.mark.parametrize("form", ["/{}", "/{}@" + BOT_NAME, "/{} x", "/{}\nx"])
async def test_menus_and_personal_matters_lead_to_the_private_chat(
    telegram: Telegram, knowledge: KnowledgeBase, command: str, form: str
) -> None:
    asked = in_group(form.format(command))
    call = await only(telegram, asked)
    assert call.shown == wordings(knowledge, "group_private")[0]
    assert len(call.shown) <= LONGEST_NOTICE
    assert call.urls == {knowledge.texts["button_private"][0]: f"https://t.me/{BOT_NAME}"}
    assert call.params["reply_parameters"]["message_id"] == asked["message"]["message_id"]


async def test_nothing_is_deleted_where_nobody_is_told_of_it(
    telegram: Telegram, store: MemoryStore, knowledge: KnowledgeBase
) -> None:
    await telegram.receive(message(QUESTION))
    private = telegram.api.calls.pop()  # the one answer with codes, which the fixture would object to
    assert private.codes
    await telegram.receive(in_group("/forget"))
    assert telegram.api.sent[-1].shown == wordings(knowledge, "group_private")[0]
    held = await store.held(str(updates.CHAT_ID))
    assert len(held.conversations) == 2


async def test_how_to_find_a_therapist_is_said_in_the_group(telegram: Telegram, knowledge: KnowledgeBase) -> None:
    call = await only(telegram, in_group("/therapist"))
    assert call.shown.startswith(wordings(knowledge, "therapist")[0])


async def test_every_button_in_a_group_opens_the_private_chat_at_its_answer(
    telegram: Telegram, knowledge: KnowledgeBase, mind: Mind
) -> None:
    private = knowledge.texts["button_private"][0]
    call = await only(telegram, in_group(f"{NAME} {QUESTION}"))
    related = {
        knowledge.entries[key].title: f"https://t.me/{BOT_NAME}?start={key}"
        for key in knowledge.entries["pain"].related
    }
    assert call.urls == {**related, private: f"https://t.me/{BOT_NAME}"}
    vague = await only(telegram, in_group(f"{NAME} {vague_question(mind)}"))
    assert len(vague.urls) >= 2 and list(vague.urls)[-1] == private
    assert (await only(telegram, in_group(f"{NAME} {OFF_TOPIC}"))).urls == {private: f"https://t.me/{BOT_NAME}"}


async def test_booking_is_offered_in_a_group_too(mind: Mind) -> None:
    clinic = replace(mind.knowledge.clinic, booking=BOOKING)
    ours = replace(mind, knowledge=replace(mind.knowledge, clinic=clinic))
    async with offline_bot(Assistant(ours, MemoryStore())) as telegram:
        call = await only(telegram, in_group(f"{NAME} {QUESTION}"))
        assert call.urls[mind.knowledge.texts["button_book"][0]] == BOOKING


async def test_a_link_from_a_group_opens_its_answer_in_private(mind: Mind) -> None:
    async with offline_bot(Assistant(mind, MemoryStore())) as telegram:
        call = await only(telegram, in_group(f"{NAME} {QUESTION}"))
        for key in mind.knowledge.entries["pain"].related:
            start = call.urls[mind.knowledge.entries[key].title].partition("?start=")[2]
            opened = await only(telegram, message(f"/start {start}"))
            assert opened.shown.startswith(shown(mind.knowledge.entries[key]))


async def test_a_tap_in_a_group_gets_a_toast_and_changes_nothing_for_the_others(
    telegram: Telegram, knowledge: KnowledgeBase, store: MemoryStore
) -> None:
    await telegram.receive(in_group(f"{NAME} {QUESTION}"))
    sent, under = len(telegram.api.texts), telegram.api.last_message
    for code in ("entry:cost", "good:pain", "topics", "keep", "nonsense"):
        await telegram.receive(updates.callback(code, under, chat_id=GROUP_ID, by=OTHER_RUNNER))
    toasts = {call.params["text"] for call in telegram.api.of("answerCallbackQuery")}
    assert toasts == {knowledge.texts["group_private"][0]}
    assert len(telegram.api.texts) == sent
    assert telegram.api.of("editMessageReplyMarkup") == []
    assert not await store.ratings() and not await store.questions()


# --- when the group moves ---------------------------------------------------------------------


@pytest.mark.parametrize("text", [f"{NAME} {QUESTION}", "/topics"])
async def test_a_group_that_became_a_supergroup_is_followed_to_its_new_place(telegram: Telegram, text: str) -> None:
    telegram.api.fail_next(
        "sendMessage",
        400,
        "Bad Request: group chat was upgraded to a supergroup chat",
        migrate_to_chat_id=SUPERGROUP_ID,
    )
    call = await only(telegram, in_group(text))
    assert call.params["chat_id"] == SUPERGROUP_ID
    assert call.urls


@pytest.mark.parametrize("text", [f"{NAME} {QUESTION}", "/topics"])
async def test_a_group_that_threw_the_bot_out_is_no_failure(telegram: Telegram, text: str) -> None:
    telegram.api.fail_next("sendMessage", 403, "Forbidden: bot was kicked from the group chat")
    await telegram.receive(in_group(text))
    assert telegram.api.sent == []
    assert len([call for call in telegram.api.calls if call.method == "sendMessage"]) == 1


@pytest.mark.parametrize("text", [f"{NAME} {QUESTION}", "/topics"])
@pytest.mark.parametrize(
    "refusal",
    [
        "chat not found",
        "not enough rights to send text messages to the chat",
        "CHAT_WRITE_FORBIDDEN",
        "TOPIC_CLOSED",
    ],
)
async def test_a_group_in_which_the_bot_may_not_write_is_counted_and_no_failure(
    telegram: Telegram, text: str, refusal: str
) -> None:
    counted = Counted()
    telegram.api.fail_next("sendMessage", 400, f"Bad Request: {refusal}")
    with capture_logs() as lines:
        await telegram.receive(in_group(text))
    assert telegram.api.sent == []  # an apology would have been taken
    assert counted("bot_undelivered", reason="forbidden") == 1
    assert [line for line in lines if line["log_level"] == "error"] == []
