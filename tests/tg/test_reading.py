"""Raw updates become the library's objects: what is needed must be right, what stands beside it may be anything."""

import json
from typing import Any

import pytest

from bot.inbox.protocol import Unreadable
from bot.knowledge.model import KnowledgeBase
from bot.tg.reading import read
from tests.support import updates
from tests.support.knowledge import DANGER, visible
from tests.support.metrics import Counted
from tests.support.offline import Telegram
from tests.support.updates import Json

OLD_POLL: Json = {"id": "1", "question": "Which race?", "options": [], "type": "regular"}
"""As an older Bot API server sends it; the library wants fields that came later."""
UNKNOWN = {
    "a poll answered": {"reply_to_message": {**updates.message("x")["message"], "poll": OLD_POLL}},
    "a poll quoted": {"external_reply": {"origin": {"type": "user", "date": 1}, "poll": OLD_POLL}},
    "half a bot": {"via_bot": {}},
    "a keyboard": {"reply_markup": 5},
    "an origin": {"forward_origin": {"type": "channel"}},
    "members": {"new_chat_members": "everybody"},
}


@pytest.mark.parametrize("beside", UNKNOWN.values(), ids=UNKNOWN)
async def test_what_the_library_cannot_read_keeps_no_danger_sign_from_being_seen(
    telegram: Telegram, knowledge: KnowledgeBase, beside: Json
) -> None:
    urgent = visible(knowledge.red_flags["chest"].reply)
    for update in (
        updates.message(DANGER, **beside),
        updates.edited_message(DANGER, **beside),
        updates.message(**updates.PHOTO, caption=DANGER, **beside),
        updates.message(f"/start@{updates.BOT_NAME} {DANGER}", chat_id=updates.GROUP_ID, **beside),
    ):
        sent = len(telegram.api.sent)
        await telegram.handle(update)
        [call] = telegram.api.sent[sent:]
        assert call.shown.startswith(urgent)


async def test_a_tap_below_what_the_library_cannot_read_is_answered(
    telegram: Telegram, knowledge: KnowledgeBase
) -> None:
    await telegram.receive(updates.callback("entry:cost", updates.message("x", poll=OLD_POLL)["message"]))
    assert telegram.api.sent[-1].shown.startswith(knowledge.entries["cost"].title)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("text", value) for value in (5, True, ["does it hurt?"], {"text": "does it hurt?"})],
        *[("date", value) for value in (None, "today", 1.5, 10**30)],
        *[("chat", value) for value in (None, 5, {}, {"id": "5", "type": "private"}, {"id": 5, "type": None})],
        *[("message_id", value) for value in (None, "7", 7.0)],
        *[("from", value) for value in (5, {}, {"id": None})],
        *[("entities", value) for value in (5, [5], [{"type": "mention", "offset": 0}])],
    ],
)
@pytest.mark.parametrize("kind", ["message", "edited_message"])
async def test_a_message_with_something_wrong_in_what_is_needed_is_unreadable(
    telegram: Telegram, kind: str, name: str, value: Any
) -> None:
    message = {**updates.message("does it hurt?")["message"], name: value}
    with pytest.raises(Unreadable):
        await telegram.handle({"update_id": 5, kind: message})
    assert telegram.api.sent == []


@pytest.mark.parametrize(("name", "value"), [("id", 5), ("from", {}), ("data", 7), ("message", {"text": "x"})])
async def test_a_tap_with_something_wrong_in_what_is_needed_is_unreadable(
    telegram: Telegram, name: str, value: Any
) -> None:
    update = updates.callback("entry:cost", None)
    update["callback_query"][name] = value
    with pytest.raises(Unreadable):
        await telegram.handle(update)


async def test_an_error_says_nothing_of_the_message(telegram: Telegram) -> None:
    update = updates.message("does it hurt?", date="yesterday at noon")
    with pytest.raises(Unreadable) as unreadable:
        read(update, telegram.bot)
    assert str(unreadable.value) == "ValidationError"
    assert unreadable.value.__suppress_context__


@pytest.mark.parametrize(
    "fields",
    [{}, {"message": None}, {"channel_post": updates.message("x")["message"]}, {"poll": 5}, {"of_the_future": []}],
)
async def test_what_is_never_answered_is_not_even_looked_into(telegram: Telegram, fields: Json) -> None:
    counted = Counted()
    update = {"update_id": 5, **fields}
    assert read(update, telegram.bot) is None
    await telegram.handle(update)
    assert telegram.api.sent == []
    assert counted("bot_dropped", reason="nothing to answer") == 1


@pytest.mark.parametrize(
    ("body", "hurries"),
    [
        (json.dumps(updates.message(DANGER)), True),
        (json.dumps(updates.edited_message(DANGER)), True),
        (json.dumps(updates.message(caption=DANGER, **updates.PHOTO)), True),
        (json.dumps(updates.message("does it hurt?")), False),
        (json.dumps(updates.message(**updates.PHOTO)), False),
        (json.dumps(updates.callback("x", None)), False),
        ("{}", False),
        ("[1]", True),
        ('{"message": 5}', True),
        ("<html>", True),
    ],
)
async def test_what_may_tell_of_a_danger_sign_hurries_and_so_does_what_cannot_be_looked_at(
    telegram: Telegram, body: str, hurries: bool
) -> None:
    assert telegram.app.hurries(body) is hurries
