"""What happens to each kind of update, from Telegram's JSON to the requests it leads to."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from telegram.error import TimedOut

from bot.assistant import Assistant
from bot.dialogue.reply import Outcome, Reason
from bot.knowledge.model import KnowledgeBase
from bot.ops.logs import configure
from bot.ops.metrics import UNDELIVERED
from bot.settings import LogFormat, LogLevel
from bot.storage.memory import MemoryStore
from bot.storage.protocol import Rating, Speaker
from bot.understanding.mind import Mind
from tests.support import updates
from tests.support.bot_api import BotApi, Call
from tests.support.knowledge import (
    AWKWARD,
    AWKWARD_TEXT,
    DANGER,
    OFF_TOPIC,
    QUESTION,
    SUSPICIOUS,
    asked_back,
    assistant_for,
    changed_file,
    leads_to_care,
    mind_for,
    shown,
    speaker,
    vague_question,
    visible,
    with_a_question_back,
    wordings,
    write_knowledge,
)
from tests.support.metrics import Counted
from tests.support.offline import OfflineRequest, Telegram, offline_bot
from tests.support.updates import Json

MEDIA = [
    pytest.param(updates.PHOTO, "photo", id="photo"),
    pytest.param(updates.VOICE, "voice", id="voice"),
    pytest.param(updates.VIDEO_NOTE, "voice", id="video note"),
    pytest.param(updates.STICKER, "sticker", id="sticker"),
    pytest.param(updates.DOCUMENT, "other_media", id="document"),
    pytest.param(updates.LOCATION, "other_media", id="location"),
]


async def only_reply(telegram: Telegram, update: Json) -> Call:
    """Let the bot handle ``update`` and return the one message that it sends."""
    before = len(telegram.api.sent)
    await telegram.receive(update)
    [call] = telegram.api.sent[before:]
    return call


def says(call: Call, key: str, knowledge: KnowledgeBase) -> bool:
    """Return whether ``call`` begins with one of the bot's own texts."""
    return any(call.shown.startswith(wording) for wording in wordings(knowledge, key))


def is_answer(call: Call, entry_id: str, knowledge: KnowledgeBase) -> bool:
    return call.shown.startswith(shown(knowledge.entries[entry_id]))


def below_every_answer(knowledge: KnowledgeBase) -> list[list[str]]:
    """Return the labels of the last two rows: the way to a therapist, and what somebody thinks of the answer."""
    keys = [["button_therapist"], ["button_helped", "button_did_not_help"]]
    return [[knowledge.texts[key][0] for key in row] for row in keys]


def undelivered() -> float:
    """Return how many messages reached nobody because the bot was blocked or removed."""
    samples = [sample for metric in UNDELIVERED.collect() for sample in metric.samples]
    return sum(s.value for s in samples if s.name.endswith("_total") and "forbidden" in s.labels.values())


def is_red_flag(call: Call, knowledge: KnowledgeBase) -> bool:
    return call.shown.startswith(visible(knowledge.red_flags["chest"].reply))


# --- commands -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "key"),
    [
        ("/start", "start"),
        ("/help", "help"),
        ("/topics", "topics_intro"),
        ("/therapist", "therapist"),
        ("/privacy", "privacy"),
        ("/sources", "sources_intro"),
        ("/unknown", "unknown_command"),
        ("/START", "start"),
        ("/help@test_faq_bot", "help"),
        ("/start deep-link", "start"),
    ],
)
async def test_each_command_gets_its_page(
    telegram: Telegram, knowledge: KnowledgeBase, command: str, key: str
) -> None:
    assert says(await only_reply(telegram, updates.message(command)), key, knowledge)


async def test_start_shows_questions_to_try_and_the_sections_that_have_answers(
    telegram: Telegram, knowledge: KnowledgeBase
) -> None:
    call = await only_reply(telegram, updates.message("/start"))
    assert all(example in call.shown for example in knowledge.texts["examples"])
    filled = [[s.title] for s in knowledge.menu if s.listed and knowledge.section(s.id)]
    assert call.buttons == filled
    assert ["Greetings"] not in call.buttons


async def test_a_danger_sign_after_a_command_comes_before_the_command(
    telegram: Telegram, knowledge: KnowledgeBase
) -> None:
    assert is_red_flag(await only_reply(telegram, updates.message(f"/start {DANGER}")), knowledge)


# --- questions ----------------------------------------------------------------------


async def test_a_typed_question_gets_its_answer_with_related_questions_below(
    telegram: Telegram, knowledge: KnowledgeBase
) -> None:
    call = await only_reply(telegram, updates.message(QUESTION))
    assert is_answer(call, "pain", knowledge)
    related = [[knowledge.entries[key].title] for key in knowledge.entries["pain"].related]
    assert call.buttons == [*related, *below_every_answer(knowledge)]
    assert call.params["chat_id"] == updates.CHAT_ID
    assert call.params["link_preview_options"] == {"is_disabled": True}
    assert "reply_parameters" not in call.params


async def test_html_in_an_answer_is_shown_as_typed(telegram: Telegram) -> None:
    call = await only_reply(telegram, updates.message("Does it help with plantar fasciitis?"))
    assert AWKWARD_TEXT in call.shown


async def test_html_in_a_button_is_shown_as_typed(telegram: Telegram, knowledge: KnowledgeBase) -> None:
    await telegram.receive(updates.message("/topics"))
    await telegram.receive(updates.callback("section:injuries", telegram.api.last_message))
    assert [knowledge.entries[AWKWARD].title] in telegram.api.texts[-1].buttons


async def test_a_vague_question_gets_a_button_for_each_choice_and_one_for_none(
    telegram: Telegram, mind: Mind, assistant: Assistant
) -> None:
    call = await only_reply(telegram, updates.message(vague_question(mind)))
    offered = (await assistant.reply(vague_question(mind), speaker("another chat"))).choices
    assert 1 <= len(offered) <= 3
    none = mind.knowledge.texts["button_none_of_these"][0]
    assert call.buttons == [*([mind.knowledge.entries[key].title] for key in offered), [none]]
    assert says(call, "choices_intro", mind.knowledge)


async def test_a_question_without_an_answer_is_admitted_with_the_danger_line(
    telegram: Telegram, knowledge: KnowledgeBase
) -> None:
    call = await only_reply(telegram, updates.message(OFF_TOPIC))
    assert says(call, "fallback", knowledge)
    assert wordings(knowledge, "danger_line")[0] in call.shown


async def test_a_danger_sign_gets_the_urgent_reply_alone_without_buttons(
    telegram: Telegram, knowledge: KnowledgeBase
) -> None:
    call = await only_reply(telegram, updates.message(f"{QUESTION} {DANGER}"))
    assert is_red_flag(call, knowledge)
    assert call.buttons == []
    assert visible(knowledge.entries["pain"].answer) not in call.shown
    assert "/therapist" not in call.shown


async def test_replies_are_counted_by_outcome(telegram: Telegram, mind: Mind) -> None:
    counted = Counted()
    for text in (vague_question(mind), QUESTION, OFF_TOPIC, DANGER, "/start"):
        await telegram.receive(updates.message(text))
    await telegram.receive(updates.callback("topics", telegram.api.last_message))
    outcomes = {outcome: counted("bot_replies", outcome=outcome) for outcome in Outcome}
    assert outcomes == dict.fromkeys(Outcome, 1) | {Outcome.ANSWER: 3, Outcome.SCREENING: 0}


@pytest.mark.parametrize("text", ["👍👍", "…", "\u200b\u200f", "<b></b>", "/", "&lt;"])
async def test_a_message_with_hardly_a_word_is_answered_kindly(telegram: Telegram, text: str) -> None:
    await only_reply(telegram, updates.message(text))


async def test_the_wording_of_the_referral_changes_from_turn_to_turn(
    telegram: Telegram, knowledge: KnowledgeBase
) -> None:
    endings = [*wordings(knowledge, "referral_session"), wordings(knowledge, "referral_short")[2]]
    for _ in endings:
        await telegram.receive(updates.message(QUESTION))
    assert all(call.shown.endswith(end) for call, end in zip(telegram.api.sent, endings, strict=True))


# --- taps ---------------------------------------------------------------------------


async def test_a_tap_is_confirmed_and_its_answer_takes_the_place_of_the_choices(
    telegram: Telegram, knowledge: KnowledgeBase, mind: Mind
) -> None:
    call = await only_reply(telegram, updates.message(vague_question(mind)))
    label = call.buttons[0][0]
    tap = updates.callback(call.code(label), telegram.api.last_message)
    await telegram.receive(tap)
    [confirmed] = telegram.api.of("answerCallbackQuery")
    assert confirmed.params["callback_query_id"] == tap["callback_query"]["id"]
    [edited] = telegram.api.of("editMessageText")
    assert edited.params["message_id"] == telegram.api.last_message["message_id"]
    [chosen] = [key for key, entry in knowledge.entries.items() if entry.title == label]
    assert is_answer(edited, chosen, knowledge)
    assert len(telegram.api.sent) == 1


async def test_the_menu_leads_in_place_from_topics_to_an_answer_and_back(
    telegram: Telegram, knowledge: KnowledgeBase
) -> None:
    call = await only_reply(telegram, updates.message("/topics"))
    section = next(section for section in knowledge.menu if section.id == "after")
    await telegram.receive(updates.callback(call.code(section.title), telegram.api.last_message))
    inside = telegram.api.texts[-1]
    back = knowledge.texts["button_back"][0]
    assert inside.buttons == [*([entry.title] for entry in knowledge.section("after")), [back]]
    await telegram.receive(updates.callback(inside.code(back), telegram.api.last_message))
    assert telegram.api.texts[-1].buttons == call.buttons
    await telegram.receive(updates.callback(inside.code("A bruise afterwards"), telegram.api.last_message))
    assert is_answer(telegram.api.texts[-1], "bruise", knowledge)
    assert len(telegram.api.sent) == 1


@pytest.mark.parametrize(
    ("code", "key"), [("none", "none_of_these_reply"), ("therapist", "therapist"), ("topics", "topics_intro")]
)
async def test_the_buttons_below_every_reply_do_what_they_say(
    telegram: Telegram, knowledge: KnowledgeBase, code: str, key: str
) -> None:
    await telegram.receive(updates.message(QUESTION))
    await telegram.receive(updates.callback(code, telegram.api.last_message))
    assert says(telegram.api.of("editMessageText")[-1], key, knowledge)


@pytest.mark.parametrize(
    "data",
    [
        "entry:gone",
        "entry:",
        "entry",
        "section:gone",
        "section:small-talk",
        "nonsense",
        "ENTRY:pain",
        ":",
        "🦵",
        None,
    ],
)
async def test_a_button_that_means_nothing_any_more_is_explained(
    telegram: Telegram, knowledge: KnowledgeBase, data: str | None
) -> None:
    await telegram.receive(updates.message(QUESTION))
    await telegram.receive(updates.callback(data, telegram.api.last_message))
    assert says(telegram.api.of("editMessageText")[-1], "old_button", knowledge)
    assert len(telegram.api.of("answerCallbackQuery")) == 1


async def test_a_tap_too_old_to_be_confirmed_is_answered_all_the_same(
    telegram: Telegram, knowledge: KnowledgeBase
) -> None:
    await telegram.receive(updates.message(QUESTION))
    telegram.api.fail_next("answerCallbackQuery", 400, "Bad Request: query is too old and response timeout expired")
    await telegram.receive(updates.callback("entry:cost", telegram.api.last_message))
    assert is_answer(telegram.api.of("editMessageText")[-1], "cost", knowledge)


async def test_a_tap_that_telegram_fails_to_confirm_is_answered_all_the_same(
    telegram: Telegram, knowledge: KnowledgeBase
) -> None:
    await telegram.receive(updates.message(QUESTION))
    telegram.api.fail_next("answerCallbackQuery", 502, "Bad Gateway")
    await telegram.receive(updates.callback("entry:cost", telegram.api.last_message))
    assert is_answer(telegram.api.texts[-1], "cost", knowledge)


async def test_a_second_tap_that_changes_nothing_is_silent(telegram: Telegram, knowledge: KnowledgeBase) -> None:
    await telegram.receive(updates.message(QUESTION))
    message = telegram.api.last_message
    telegram.api.fail_next("editMessageText", 400, "Bad Request: message is not modified: specified new message …")
    await telegram.receive(updates.callback("entry:pain", message))
    assert len(telegram.api.texts) == 1


async def test_an_answer_that_can_no_longer_replace_its_message_is_sent_anew(
    telegram: Telegram, knowledge: KnowledgeBase
) -> None:
    await telegram.receive(updates.message(QUESTION))
    telegram.api.fail_next("editMessageText", 400, "Bad Request: message can't be edited")
    await telegram.receive(updates.callback("entry:cost", telegram.api.last_message))
    assert is_answer(telegram.api.sent[-1], "cost", knowledge)
    assert telegram.api.of("editMessageText") == []


async def test_a_tap_below_a_message_that_telegram_no_longer_shows_is_answered_anew(
    telegram: Telegram, knowledge: KnowledgeBase
) -> None:
    await telegram.receive(updates.callback("entry:cost", None))
    assert is_answer(telegram.api.sent[-1], "cost", knowledge)


async def test_a_tap_works_for_a_bot_that_was_started_anew_and_remembers_nothing(
    telegram: Telegram, mind: Mind
) -> None:
    call = await only_reply(telegram, updates.message(vague_question(mind)))
    label = call.buttons[0][0]
    async with offline_bot(assistant_for(mind)) as restarted:
        await restarted.receive(updates.callback(call.code(label), telegram.api.last_message))
        assert restarted.api.texts[-1].shown.startswith(label)


async def test_the_same_tap_replayed_a_hundred_times_does_no_harm(
    telegram: Telegram, knowledge: KnowledgeBase
) -> None:
    await telegram.receive(updates.message(QUESTION))
    tap = updates.callback("entry:bruise", telegram.api.last_message)
    for _ in range(100):
        await telegram.receive(tap)
    assert len(telegram.api.sent) == 1
    assert all(is_answer(call, "bruise", knowledge) for call in telegram.api.of("editMessageText"))


async def test_a_link_opens_its_answer(telegram: Telegram, knowledge: KnowledgeBase) -> None:
    assert is_answer(await only_reply(telegram, updates.message("/start bruise")), "bruise", knowledge)
    await telegram.receive(updates.message(DANGER))
    assert is_red_flag(await only_reply(telegram, updates.message("/start bruise")), knowledge)


# --- what people think of an answer ------------------------------------------------------


async def test_a_thumb_is_thanked_for_and_the_answer_stays(telegram: Telegram, knowledge: KnowledgeBase) -> None:
    call = await only_reply(telegram, updates.message(QUESTION))
    helped = knowledge.texts["button_helped"][0]
    await telegram.receive(updates.callback(call.code(helped), telegram.api.last_message))
    [confirmed] = telegram.api.of("answerCallbackQuery")
    assert confirmed.params["text"] == knowledge.texts["toast_helped"][0]
    [changed] = telegram.api.of("editMessageReplyMarkup")
    assert changed.buttons == call.buttons[:-1]
    assert telegram.api.last_message["text"] == call.shown
    assert telegram.api.texts == [call]


async def test_an_answer_that_did_not_help_is_asked_why_with_one_tap(mind: Mind, knowledge: KnowledgeBase) -> None:
    store = MemoryStore()
    async with offline_bot(assistant_for(mind, store)) as telegram:
        call = await only_reply(telegram, updates.message(QUESTION))
        not_quite = knowledge.texts["button_did_not_help"][0]
        await telegram.receive(updates.callback(call.code(not_quite), telegram.api.last_message))
        why = telegram.api.of("editMessageReplyMarkup")[-1]
        reasons = [[knowledge.texts[f"button_reason_{reason}"][0]] for reason in Reason]
        assert why.buttons == [*reasons, [knowledge.texts["button_therapist"][0]]]
        reason = why.code(knowledge.texts["button_reason_hard"][0])
        for _ in range(3):  # the second and third tap change nothing any more
            await telegram.receive(updates.callback(reason, telegram.api.last_message))
        assert telegram.api.of("editMessageReplyMarkup")[-1].buttons == call.buttons[:-1]
        assert telegram.api.texts == [call]
        toasts = [tap.params["text"] for tap in telegram.api.of("answerCallbackQuery")]
    assert toasts == [knowledge.texts["toast_why"][0]] + 3 * [knowledge.texts["toast_reason"][0]]
    assert await store.ratings() == [Rating("pain", "did-not-help", "hard", 1)]


async def test_a_question_without_an_answer_can_be_given_to_the_clinic(
    mind: Mind, knowledge: KnowledgeBase
) -> None:
    store = MemoryStore()
    async with offline_bot(assistant_for(mind, store)) as telegram:
        asked = updates.message(OFF_TOPIC)
        call = await only_reply(telegram, asked)
        # The quote is how a tap shows which question is meant: the bot itself has forgotten it.
        assert call.params["reply_parameters"]["message_id"] == asked["message"]["message_id"]
        keep = call.code(knowledge.texts["button_keep_question"][0])
        assert await store.questions() == []
        await telegram.receive(updates.callback(keep, telegram.api.last_message))
        assert says(telegram.api.of("editMessageText")[-1], "question_kept", knowledge)
    assert [question.text for question in await store.questions()] == [OFF_TOPIC]


async def test_a_question_that_was_deleted_meanwhile_cannot_be_kept(
    telegram: Telegram, knowledge: KnowledgeBase
) -> None:
    await telegram.receive(updates.message(OFF_TOPIC))
    under = {name: value for name, value in telegram.api.last_message.items() if name != "reply_to_message"}
    await telegram.receive(updates.callback("keep", under))
    assert says(telegram.api.of("editMessageText")[-1], "old_button", knowledge)


# --- what is not text ---------------------------------------------------------------


@pytest.mark.parametrize(("content", "key"), MEDIA)
async def test_what_the_bot_cannot_read_gets_a_kind_word_and_the_danger_line(
    telegram: Telegram, knowledge: KnowledgeBase, content: Json, key: str
) -> None:
    call = await only_reply(telegram, updates.message(**content))
    assert says(call, key, knowledge)
    assert wordings(knowledge, "danger_line")[0] in call.shown


async def test_a_danger_sign_in_a_caption_is_found(telegram: Telegram, knowledge: KnowledgeBase) -> None:
    for content in (updates.PHOTO, updates.DOCUMENT, updates.VOICE):
        assert is_red_flag(await only_reply(telegram, updates.message(**content, caption=DANGER)), knowledge)


async def test_a_question_in_a_caption_is_answered(telegram: Telegram, knowledge: KnowledgeBase) -> None:
    call = await only_reply(telegram, updates.message(**updates.PHOTO, caption=QUESTION))
    assert is_answer(call, "pain", knowledge)


async def test_a_caption_that_is_not_understood_gets_the_word_on_photos(
    telegram: Telegram, knowledge: KnowledgeBase
) -> None:
    call = await only_reply(telegram, updates.message(**updates.PHOTO, caption=OFF_TOPIC))
    assert says(call, "photo", knowledge)


@pytest.mark.parametrize("caption", [{}, {"caption": QUESTION}], ids=["without words", "with a question"])
async def test_an_album_gets_one_answer(telegram: Telegram, knowledge: KnowledgeBase, caption: Json) -> None:
    first = updates.message(**updates.PHOTO, media_group_id="a", **caption)
    others = [updates.message(**updates.PHOTO, media_group_id="a") for _ in range(3)]
    for update in (first, *others, first):  # Telegram may send one again
        await telegram.receive(update)
    assert len(telegram.api.sent) == 2
    await telegram.receive(updates.message(**updates.PHOTO, media_group_id="b"))
    assert says(telegram.api.sent[-1], "photo", knowledge)


async def test_a_danger_sign_anywhere_in_an_album_is_found(telegram: Telegram, knowledge: KnowledgeBase) -> None:
    album: Json = {**updates.PHOTO, "media_group_id": "a"}
    for content in (album, album, {**album, "caption": DANGER}):
        await telegram.receive(updates.message(**content))
    assert len(telegram.api.sent) == 2
    assert is_red_flag(telegram.api.sent[-1], knowledge)


async def test_telegrams_own_service_messages_get_no_answer(telegram: Telegram) -> None:
    for content in ({"new_chat_title": "Runners"}, {"pinned_message": updates.message("x")["message"]}):
        await telegram.receive(updates.message(**content))
    assert telegram.api.sent == []


# --- the question that comes before an alarm --------------------------------------------


ASKED_ABOUT = 5


@pytest.fixture
async def asking(monkeypatch: pytest.MonkeyPatch, telegram: Telegram) -> Telegram:
    """The bot, which has asked about ``SUSPICIOUS``."""
    with_a_question_back(monkeypatch)
    await telegram.receive(updates.message(SUSPICIOUS, message_id=ASKED_ABOUT))
    return telegram


def tap(telegram: Telegram, key: str, knowledge: KnowledgeBase) -> Json:
    """Return a tap on the button of the last message that is labelled with the text ``key``."""
    label = knowledge.texts[key][0]
    return updates.callback(telegram.api.sent[-1].code(label), telegram.api.last_message)


async def test_what_may_be_a_danger_sign_is_asked_about_with_two_buttons(
    asking: Telegram, knowledge: KnowledgeBase
) -> None:
    counted = Counted()
    await asking.receive(updates.message(SUSPICIOUS, chat_id=7))
    for call in asking.api.sent:
        assert call.shown == asked_back(knowledge)
        assert call.buttons == [["Yes"], ["No, none of this"]]
        assert "reply_parameters" not in call.params
    assert counted("bot_replies", outcome="screening") == 1


async def test_a_tap_on_yes_puts_the_urgent_text_in_the_place_of_the_question(
    asking: Telegram, knowledge: KnowledgeBase
) -> None:
    await asking.receive(tap(asking, "button_screening_yes", knowledge))
    [edited] = asking.api.of("editMessageText")
    assert is_red_flag(edited, knowledge) and edited.buttons == []
    assert len(asking.api.sent) == 1 and len(asking.api.of("answerCallbackQuery")) == 1


async def test_a_tap_on_no_puts_the_answer_in_the_place_of_the_question_and_only_once(
    asking: Telegram, knowledge: KnowledgeBase
) -> None:
    no = tap(asking, "button_screening_no", knowledge)
    await asking.receive(no)
    [edited] = asking.api.of("editMessageText")
    assert is_answer(edited, "pain", knowledge) and edited.buttons[-2:] == below_every_answer(knowledge)
    await asking.receive(no)
    assert says(asking.api.of("editMessageText")[-1], "old_button", knowledge)


async def test_a_tap_on_an_older_question_settles_nothing(asking: Telegram, knowledge: KnowledgeBase) -> None:
    old = tap(asking, "button_screening_no", knowledge)
    await asking.receive(updates.message("no"))
    assert is_answer(asking.api.sent[-1], "pain", knowledge)
    assert (await only_reply(asking, updates.message(SUSPICIOUS))).shown == asked_back(knowledge)
    await asking.receive(old)
    assert says(asking.api.of("editMessageText")[-1], "old_button", knowledge)
    assert is_red_flag(await only_reply(asking, updates.message("yes a bit")), knowledge)


@pytest.mark.parametrize(
    "content", [updates.PHOTO, updates.VOICE, updates.STICKER], ids=["photo", "voice", "sticker"]
)
async def test_what_is_not_text_gets_the_question_again(
    asking: Telegram, knowledge: KnowledgeBase, content: Json
) -> None:
    for _ in range(3):
        again = await only_reply(asking, updates.message(**content))
        assert says(again, "screening_again", knowledge) and again.shown.endswith(asked_back(knowledge))
        assert again.buttons == [["Yes"], ["No, none of this"]]
    assert is_red_flag(await only_reply(asking, updates.message("yes")), knowledge)


async def test_a_caption_answers_the_question_too(asking: Telegram, knowledge: KnowledgeBase) -> None:
    assert is_red_flag(await only_reply(asking, updates.message(**updates.PHOTO, caption="yes")), knowledge)
    other = updates.message(**updates.PHOTO, caption=SUSPICIOUS, chat_id=7)
    assert (await only_reply(asking, other)).shown == asked_back(knowledge)
    call = await only_reply(asking, updates.message(**updates.PHOTO, caption="no", chat_id=7))
    assert is_answer(call, "pain", knowledge)


async def test_a_caption_that_leaves_the_question_open_is_answered_below_a_line_on_it(
    asking: Telegram, knowledge: KnowledgeBase
) -> None:
    for _ in range(2):
        call = await only_reply(asking, updates.message(**updates.PHOTO, caption=OFF_TOPIC))
    assert says(call, "screening_reminder", knowledge)


@pytest.mark.parametrize(
    "kind", [{"text": QUESTION}, {**updates.PHOTO, "caption": QUESTION}], ids=["text", "caption"]
)
async def test_a_changed_message_closes_the_question(
    asking: Telegram, knowledge: KnowledgeBase, kind: Json
) -> None:
    changed = updates.edited_message(message_id=ASKED_ABOUT, **kind)
    assert is_answer(await only_reply(asking, changed), "pain", knowledge)
    await asking.receive(updates.message("yes"))
    assert not is_red_flag(asking.api.sent[-1], knowledge)


async def test_what_was_not_understood_is_never_kept_as_a_no(
    telegram: Telegram, assistant: Assistant, knowledge: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_a_question_back(monkeypatch, instead=OFF_TOPIC)
    await telegram.receive(updates.message(SUSPICIOUS))
    no = updates.message("no")
    call = await only_reply(telegram, no)
    assert says(call, "fallback", knowledge)
    keep = knowledge.texts["button_keep_question"][0]
    if [keep] in call.buttons:
        quoting = {**telegram.api.last_message, "reply_to_message": no["message"]}
        await telegram.receive(updates.callback(call.code(keep), quoting))
    assert [question.text for question in await assistant._store.questions()] in ([], [SUSPICIOUS])


async def test_a_question_and_its_answer_pass_a_flood(mind: Mind, monkeypatch: pytest.MonkeyPatch) -> None:
    with_a_question_back(monkeypatch)
    async with offline_bot(assistant_for(mind), a_minute=1) as telegram:
        for _ in range(3):
            await telegram.receive(updates.message(QUESTION))
        sent = len(telegram.api.sent)
        assert (await only_reply(telegram, updates.message(SUSPICIOUS))).shown == asked_back(mind.knowledge)
        assert is_red_flag(await only_reply(telegram, updates.message("yes")), mind.knowledge)
        assert len(telegram.api.sent) == sent + 2


async def test_a_question_in_doubt_is_sent_once_more(
    unsure: tuple[Telegram, "Unsure"], knowledge: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_a_question_back(monkeypatch)
    telegram, request = unsure
    request.doubtful = 1
    await telegram.receive(updates.message(SUSPICIOUS))
    assert [call.shown for call in telegram.api.sent] == [asked_back(knowledge)] * 2
    await telegram.receive(updates.message("no"))
    assert is_answer(telegram.api.sent[-1], "pain", knowledge)


# --- edits --------------------------------------------------------------------------


async def test_an_edited_question_is_answered_again_as_a_reply_to_it(
    telegram: Telegram, knowledge: KnowledgeBase
) -> None:
    edited = updates.edited_message(QUESTION)
    call = await only_reply(telegram, edited)
    assert is_answer(call, "pain", knowledge)
    replied = call.params["reply_parameters"]
    assert replied["message_id"] == edited["edited_message"]["message_id"]
    assert replied["allow_sending_without_reply"] is True


async def test_a_danger_sign_in_an_edit_is_found(telegram: Telegram, knowledge: KnowledgeBase) -> None:
    assert is_red_flag(await only_reply(telegram, updates.edited_message(DANGER)), knowledge)
    edited_caption = updates.edited_message(**updates.PHOTO, caption=DANGER)
    assert is_red_flag(await only_reply(telegram, edited_caption), knowledge)


# --- when Telegram refuses ------------------------------------------------------------


async def test_refused_markup_is_sent_again_as_plain_text_with_everything_in_it(
    telegram: Telegram, knowledge: KnowledgeBase
) -> None:
    telegram.api.fail_next("sendMessage", 400, "Bad Request: can't parse entities: Unsupported start tag")
    call = await only_reply(telegram, updates.message("Does it help with plantar fasciitis?"))
    assert "parse_mode" not in call.params
    assert AWKWARD_TEXT in call.params["text"]
    assert "https://example.org/guide?a=1&b=2" in call.params["text"]
    assert call.buttons == below_every_answer(knowledge)


async def test_refused_markup_in_place_of_a_message_becomes_plain_text_there(telegram: Telegram) -> None:
    await telegram.receive(updates.message(QUESTION))
    telegram.api.fail_next("editMessageText", 400, "Bad Request: can't parse entities: Unsupported start tag")
    await telegram.receive(updates.callback(f"entry:{AWKWARD}", telegram.api.last_message))
    [edited] = telegram.api.of("editMessageText")
    assert "parse_mode" not in edited.params
    assert AWKWARD_TEXT in edited.params["text"]


async def test_a_second_tap_on_refused_markup_is_silent_too(telegram: Telegram) -> None:
    await telegram.receive(updates.message(QUESTION))
    message = telegram.api.last_message
    refused = "Bad Request: can't parse entities: Unsupported start tag"
    telegram.api.fail_next("editMessageText", 400, refused)
    telegram.api.fail_next("editMessageText", 400, "Bad Request: message is not modified: specified new message …")
    await telegram.receive(updates.callback(f"entry:{AWKWARD}", message))
    assert len(telegram.api.texts) == 1


async def test_a_runner_who_blocked_the_bot_does_not_keep_it_from_answering_others(
    telegram: Telegram, knowledge: KnowledgeBase
) -> None:
    before = undelivered()
    telegram.api.fail_next("sendMessage", 403, "Forbidden: bot was blocked by the user")
    await telegram.receive(updates.message(QUESTION))
    assert [call.status for call in telegram.api.calls if call.method == "sendMessage"] == [403]
    assert undelivered() == before + 1
    assert is_answer(await only_reply(telegram, updates.message(QUESTION, chat_id=7)), "pain", knowledge)


async def test_a_runner_who_blocked_the_bot_and_tapped_before_is_counted_without_a_traceback(
    telegram: Telegram, logged: pytest.CaptureFixture[str]
) -> None:
    configure(LogLevel.INFO, LogFormat.TEXT)
    await telegram.receive(updates.message(QUESTION))
    before = undelivered()
    for method, code in (("editMessageText", "entry:cost"), ("editMessageReplyMarkup", "good:pain")):
        telegram.api.fail_next(method, 403, "Forbidden: bot was blocked by the user")
        await telegram.receive(updates.callback(code, telegram.api.last_message))
    telegram.api.fail_next("sendMessage", 403, "Forbidden: user is deactivated")
    await telegram.receive(updates.message(DANGER))
    assert undelivered() == before + 3
    log = logged.readouterr().err
    assert "Traceback" not in log
    assert "handler failed" not in log


async def test_a_long_answer_arrives_whole_in_several_messages_with_the_buttons_below_the_last(
    tmp_path: Path,
) -> None:
    sentences = [f"Sentence {number} about 🦵 & pain." for number in range(400)]
    answer = "\n\n".join(f"  {' '.join(sentences[at : at + 40])}" for at in range(0, 400, 40))
    changed = changed_file("faq/pain.yaml", "  A short sting", f"{answer}\n\n  A short sting")
    mind = mind_for(write_knowledge(tmp_path, {"faq/pain.yaml": changed}))
    async with offline_bot(assistant_for(mind)) as telegram:
        await telegram.receive(updates.message(QUESTION))
        sent = telegram.api.sent
        assert len(sent) > 1
        assert [sentence for sentence in sentences if not any(sentence in call.shown for call in sent)] == []
        assert all(leads_to_care(call.shown, mind.knowledge) for call in sent)
        assert [bool(call.buttons) for call in sent] == [False] * (len(sent) - 1) + [True]
        await telegram.receive(updates.callback("entry:pain", telegram.api.last_message))
        assert len(telegram.api.sent) == 2 * len(sent)


# --- when the bot fails ---------------------------------------------------------------


class BrokenStore(MemoryStore):
    """Fails the next ``times`` questions about a conversation."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    async def conversation(self, speaker: Speaker) -> str:
        if self.times > 0:
            self.times -= 1
            raise RuntimeError(f"no memory of {speaker}, who asked {QUESTION}")
        return await super().conversation(speaker)


async def test_a_failure_is_told_once_and_logged_without_the_message(
    mind: Mind, monkeypatch: pytest.MonkeyPatch, logged: pytest.CaptureFixture[str]
) -> None:
    configure(LogLevel.DEBUG, LogFormat.TEXT)
    answer = Assistant.reply

    async def fail(*_: object, **__: object) -> None:
        monkeypatch.setattr(Assistant, "reply", answer)
        raise RuntimeError(f"somebody asked {QUESTION}")

    async with offline_bot(assistant_for(mind, MemoryStore())) as telegram:
        monkeypatch.setattr(Assistant, "reply", fail)
        call = await only_reply(telegram, updates.message(QUESTION))
        assert says(call, "failure", mind.knowledge)
        assert leads_to_care(call.shown, mind.knowledge)
        assert is_answer(await only_reply(telegram, updates.message(QUESTION)), "pain", mind.knowledge)
    log = logged.readouterr().err
    assert "handler failed" in log
    assert "RuntimeError" in log
    assert QUESTION not in log
    assert telegram.api.token not in log


async def test_an_apology_that_is_refused_too_is_counted_without_a_second_traceback(
    telegram: Telegram, logged: pytest.CaptureFixture[str]
) -> None:
    configure(LogLevel.INFO, LogFormat.JSON)
    counted = Counted()
    telegram.api.fail_next("sendMessage", 400, "Bad Request: message is too long", times=2)
    await telegram.receive(updates.message(QUESTION))
    lines = [json.loads(line) for line in logged.readouterr().err.splitlines()]
    assert [line["event"] for line in lines if line["level"] != "info"] == ["handler failed", "apology not sent"]
    assert counted("bot_undelivered", reason="apology") == 1


async def test_a_failure_is_told_even_while_the_store_stays_broken(mind: Mind) -> None:
    async with offline_bot(assistant_for(mind, BrokenStore(times=99))) as telegram:
        call = await only_reply(telegram, updates.message(QUESTION))
    assert leads_to_care(call.shown, mind.knowledge)


async def test_a_danger_sign_is_answered_even_while_the_store_is_broken(mind: Mind) -> None:
    async with offline_bot(assistant_for(mind, BrokenStore(times=99))) as telegram:
        assert is_red_flag(await only_reply(telegram, updates.message(DANGER)), mind.knowledge)


async def test_no_log_line_tells_what_was_asked_whatever_is_sent(
    telegram: Telegram, logged: pytest.CaptureFixture[str]
) -> None:
    configure(LogLevel.DEBUG, LogFormat.JSON)
    telegram.api.fail_next("sendMessage", 400, "Bad Request: can't parse entities: Unsupported start tag")
    sent = [QUESTION, DANGER, OFF_TOPIC, "/start", "a caption of mine"]
    for text in sent[:-1]:
        await telegram.receive(updates.message(text))
    await telegram.receive(updates.message(**updates.PHOTO, caption=sent[-1]))
    log = logged.readouterr().err
    assert "red flag" in log
    assert [text for text in (*sent, updates.RUNNER["first_name"], telegram.api.token) if text in log] == []


# --- the promise behind all of them -----------------------------------------------------


async def test_every_text_sent_leads_on_to_care(telegram: Telegram, mind: Mind) -> None:
    """The fixture looks at every text when the test ends; here everything passes by once."""
    knowledge = mind.knowledge
    everything = [
        *(f"/{c}" for c in ("start", "help", "topics", "therapist", "privacy", "sources", "unknown")),
        *(phrase for entry in knowledge.published for phrase in entry.ask),
        *(QUESTION, OFF_TOPIC, DANGER, vague_question(mind), "🦵", "x" * 4096),
    ]
    for text in everything:
        await telegram.receive(updates.message(text))
        await telegram.receive(updates.edited_message(text))
        await telegram.receive(updates.message(**updates.PHOTO, caption=text[:1024]))
    for content in (updates.PHOTO, updates.VOICE, updates.STICKER, updates.DOCUMENT, updates.LOCATION):
        await telegram.receive(updates.message(**content))
    codes = [
        *(f"entry:{key}" for key in knowledge.entries),
        *(f"section:{s.id}" for s in knowledge.menu),
        *("topics", "therapist", "none", "gone"),
    ]
    fresh = updates.CHAT_ID + 1  # the first chat is coloured by its danger sign for a day
    for code in codes:
        await telegram.receive(updates.message(QUESTION, chat_id=fresh))
        await telegram.receive(updates.callback(code, telegram.api.last_message, chat_id=fresh))
    assert len(telegram.api.sent) == 3 * len(everything) + 5 + len(codes)
    assert len(telegram.api.of("editMessageText")) >= len(codes) - 1


# --- in doubt ----------------------------------------------------------------------------------------


class Unsure(OfflineRequest):
    """Breaks off the answers to ``doubtful`` messages: whether they arrived cannot be known."""

    doubtful = 0

    async def do_request(self, url: str, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        done = await super().do_request(url, *args, **kwargs)
        if url.endswith("/sendMessage") and self.doubtful:
            self.doubtful -= 1
            raise TimedOut
        return done


@pytest.fixture
async def unsure(mind: Mind) -> AsyncIterator[tuple[Telegram, Unsure]]:
    api = BotApi()
    request = Unsure(api)
    async with offline_bot(assistant_for(mind), request=request) as telegram:
        yield telegram, request


async def test_after_an_answer_in_doubt_the_next_one_says_so_once(
    unsure: tuple[Telegram, Unsure], knowledge: KnowledgeBase
) -> None:
    telegram, request = unsure
    request.doubtful = 1
    counted = Counted()
    for _ in range(3):
        await telegram.receive(updates.message(QUESTION))
    assert counted("bot_undelivered", reason="uncertain") == 1
    assert [says(call, "may_have_missed", knowledge) for call in telegram.api.sent] == [False, True, False]


async def test_an_urgent_answer_in_doubt_is_sent_once_more(
    unsure: tuple[Telegram, Unsure], knowledge: KnowledgeBase
) -> None:
    telegram, request = unsure
    request.doubtful = 1
    await telegram.receive(updates.message(DANGER))
    assert [is_red_flag(call, knowledge) for call in telegram.api.sent] == [True, True]
    await telegram.receive(updates.message("/help"))
    assert not says(telegram.api.sent[-1], "may_have_missed", knowledge)


async def test_a_confirmation_that_cannot_be_read_is_followed_by_no_apology(
    telegram: Telegram, knowledge: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telegram.api, "_METHODS", {**telegram.api._METHODS, "sendMessage": lambda *_: True})
    await telegram.receive(updates.message(QUESTION))
    assert [is_answer(call, "pain", knowledge) for call in telegram.api.sent] == [True]


async def test_an_answer_stays_in_the_topic_of_a_forum(mind: Mind) -> None:
    topic: Json = {"chat_id": updates.SUPERGROUP_ID, "is_topic_message": True, "message_thread_id": 77}
    async with offline_bot(assistant_for(mind)) as telegram:
        for text in (f"@{updates.BOT_NAME} {QUESTION}", f"@{updates.BOT_NAME} {DANGER}", "/topics"):
            await telegram.receive(updates.message(text, **topic))
    assert [call.params.get("message_thread_id") for call in telegram.api.sent] == [77, 77, 77]
