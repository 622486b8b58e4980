"""A therapist's message that the runner has is not sent again because the staff chat could not be told of it.

One that was broken off is sent again.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from telegram.error import NetworkError

from bot.clinic import handoff
from bot.dialogue.reply import Reply
from bot.inbox.slots import Slots
from bot.storage.database import Database
from bot.storage.ids import Hasher
from bot.tg.bot import Bot
from bot.tg.sending import send
from bot.understanding.mind import Mind
from tests.support import updates
from tests.support.bot_api import BotApi
from tests.support.fakes import Clock
from tests.support.updates import CHAT_ID, Json, answer_to, message
from tests.tg.test_handoff import STAFF, THERAPIST, Clinic, a_clinic, rows, sends


class Killed(BaseException):
    """Ends the bot where it stands: nothing in it catches this."""


class EventfulApi(BotApi):
    """Does ``after`` once the runner has been sent ``words``; ``killed``: ends a bot that tells the staff chat."""

    killed = False
    words = "Which leg?"
    after: Callable[[], None] = staticmethod(lambda: None)

    def answer(self, token: str, method: str, params: Json) -> tuple[int, bytes]:
        if self.killed and params.get("chat_id") == STAFF:
            raise Killed
        answered = super().answer(token, method, params)
        if method == "sendMessage" and params["chat_id"] == CHAT_ID and self.words in params["text"]:
            self.after()
        return answered


@pytest.fixture
def api() -> EventfulApi:
    return EventfulApi()


@pytest.fixture
async def clinic(
    mind: Mind, file_database: Database, clock: Clock, hasher: Hasher, api: EventfulApi
) -> AsyncIterator[Clinic]:
    async with a_clinic(mind, file_database, clock, hasher, api) as bot:
        yield bot


def told_once(clinic: Clinic, api: EventfulApi) -> bool:
    """Return whether the runner has the therapist's words, and the staff chat no word on them."""
    read = [call for call in api.sent if call.params["chat_id"] == CHAT_ID and "Which leg?" in call.shown]
    return len(read) == 1 and not any(handoff.PASSED_ON in text for text in clinic.staff_read())


async def test_a_stop_after_the_runner_was_sent_it_leaves_only_the_word_for_the_therapists(
    clinic: Clinic, api: EventfulApi
) -> None:
    await clinic.ask()
    slots = Slots()
    api.after = slots.close
    async with slots.taken():
        await clinic.reply("Which leg?")  # raises nothing, so it is not handled again
    assert told_once(clinic, api)
    await clinic.bring()
    assert clinic.staff_read()[-1].endswith(handoff.PASSED_ON)
    assert [button["text"] for row in rows(clinic.last(STAFF)) for button in row] == [handoff.CLOSE]


async def test_a_staff_chat_that_takes_no_more_for_now_is_told_later(
    clinic: Clinic, api: EventfulApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.tg.pacing._TRIES", 1)
    await clinic.ask()
    api.after = lambda: api.fail_next("sendMessage", 429, "Too Many Requests: retry after 60", retry_after=60)
    await clinic.reply("Which leg?")
    assert told_once(clinic, api)
    await clinic.bring()
    assert clinic.staff_read()[-1].endswith(handoff.PASSED_ON)


async def test_what_is_handled_again_after_a_kill_is_sent_to_the_runner_once(
    clinic: Clinic, api: EventfulApi
) -> None:
    await clinic.ask()
    answer = answer_to(clinic.last(STAFF), "Which leg?", **{"from": THERAPIST})
    api.killed = True
    with pytest.raises(Killed):
        await clinic.all_of(answer)
    api.killed = False
    assert told_once(clinic, api)
    [told] = await clinic.all_of(answer)
    assert told.params["chat_id"] == STAFF
    assert handoff.PASSED_ON in told.shown


async def test_a_word_to_the_therapists_whose_receipt_cannot_be_read_is_no_failure(
    clinic: Clinic, api: EventfulApi
) -> None:
    await clinic.ask()
    api.after = lambda: api.fail_next("sendMessage", 200, body=b'{"ok": true, "result": {}}')
    calls = await clinic.reply("Which leg?")
    assert [call.params["chat_id"] for call in calls] == [CHAT_ID, STAFF]  # and no apology


async def test_what_telegram_did_not_confirm_is_still_said_not_to_be_after_a_kill(
    clinic: Clinic, api: EventfulApi
) -> None:
    await clinic.ask()
    answer = answer_to(clinic.last(STAFF), "Which leg?", **{"from": THERAPIST})
    api.fail_next("sendMessage", 200, body=b"{}", times=2)
    await clinic.all_of(answer)
    [told] = await clinic.all_of(answer)
    assert handoff.NOT_CONFIRMED in told.shown


async def test_a_closing_that_a_stop_broke_off_is_told_the_therapists_as_one(
    clinic: Clinic, api: EventfulApi
) -> None:
    await clinic.ask()
    await clinic.reply("Which leg?")
    slots = Slots()
    api.words, api.after = "closed your conversation", slots.close
    async with slots.taken():
        await clinic.reply("/close")
    await clinic.bring()
    assert clinic.staff_read()[-1].endswith(handoff.CLOSED)


async def test_what_a_stop_breaks_off_on_its_way_to_the_runner_is_left_to_the_next_start(
    clinic: Clinic, api: EventfulApi
) -> None:
    def broken_off() -> None:
        raise asyncio.CancelledError

    await clinic.ask()
    api.after = broken_off
    async with Slots().taken() as place:
        with pytest.raises(asyncio.CancelledError):
            await clinic.reply("Which leg?")
        assert not place.on_the_wire  # what is, is never sent again


async def test_a_picture_whose_words_broke_off_is_not_sent_again_with_them(
    clinic: Clinic, api: EventfulApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def cut(bot: Bot, chat_id: int, reply: Reply, **fields: Any) -> bool:
        if fields.get("beside") is None:
            raise NetworkError("connection lost")
        return await send(bot, chat_id, reply, **fields)

    await clinic.ask()
    fields: Json = {**updates.PHOTO, "caption": "rest " * 200, "from": THERAPIST}
    answer = message(chat_id=STAFF, reply_to_message=clinic.last(STAFF), **fields)
    with monkeypatch.context() as patched, pytest.raises(NetworkError):
        patched.setattr("bot.tg.relay.send", cut)
        await clinic.all_of(answer)
    words, told = await clinic.all_of(answer)
    assert words.shown.count("rest") == 200
    assert handoff.PASSED_ON in told.shown
    assert len(api.of("copyMessage")) == 1


async def test_where_the_words_below_a_picture_are_refused_therapists_are_told_what_went(clinic: Clinic) -> None:
    await clinic.ask()
    clinic.api.fail_next("sendMessage", 400, "Bad Request: something odd")
    assert "copyMessage" in [call.method for call in await sends(clinic, "rest " * 200)]
    assert handoff.WORDS_REFUSED in clinic.staff_read()[-1]
