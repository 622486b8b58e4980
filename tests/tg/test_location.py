"""Where somebody is: asked for in private, used once, and nothing of it left behind."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.assistant import Assistant
from bot.knowledge.model import Clinic
from bot.ops.logs import configure
from bot.settings import LogFormat, LogLevel
from bot.storage.memory import MemoryStore
from bot.storage.protocol import Speaker
from tests.support import updates
from tests.support.bot_api import Call
from tests.support.fakes import Clock
from tests.support.metrics import Counted
from tests.support.model import entry, knowledge_base, told_mind, understood
from tests.support.offline import Telegram, offline_bot
from tests.support.therapists import EVERYBODY

HERE: dict[str, Any] = {"location": {"latitude": 53.83171, "longitude": -1.54927}}
ASKS = {
    "keyboard": [[{"text": "<button_share_place>", "request_location": True}], [{"text": "<button_leave_place>"}]],
    "resize_keyboard": True,
    "one_time_keyboard": True,
}
REMOVED = {"remove_keyboard": True}


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
async def telegram(store: MemoryStore) -> AsyncIterator[Telegram]:
    """The bot of a clinic with a directory."""
    knowledge = knowledge_base([entry("a")], clinic=Clinic(therapists=EVERYBODY))
    mind = told_mind(knowledge, {"does it hurt?": understood("a")})
    async with offline_bot(Assistant(mind, store, Clock())) as bot:
        yield bot


async def sent(telegram: Telegram, update: updates.Json) -> list[Call]:
    """Return the messages that the bot sends to ``update``."""
    before = len(telegram.api.sent)
    await telegram.receive(update)
    return telegram.api.sent[before:]


async def asked(telegram: Telegram) -> Call:
    """Let the bot ask where the person is."""
    await telegram.receive(updates.message("/therapist"))
    [question] = await sent(telegram, updates.callback("therapist:near", telegram.api.last_message))
    return question


def under(call: Call) -> object:
    return call.params.get("reply_markup")


async def test_a_button_asks_for_a_location_and_goes_with_the_answer(telegram: Telegram) -> None:
    assert under(await asked(telegram)) == ASKS
    thanks, found = await sent(telegram, updates.message(**HERE))
    assert (thanks.shown, under(thanks)) == ("<place_settled>", REMOVED)
    assert found.shown.startswith("<therapists_near>\n\nAda Byrne")
    assert found.buttons == [["<button_other_ways>", "<button_topics>"]]


@pytest.mark.parametrize("text", ["Leeds", "Paris", "<button_leave_place>", "does it hurt?", "/help"])
async def test_whatever_is_typed_instead_takes_the_button_away(telegram: Telegram, text: str) -> None:
    await asked(telegram)
    first, *_ = await sent(telegram, updates.message(text))
    assert under(first) == REMOVED
    assert REMOVED not in [under(call) for call in await sent(telegram, updates.message("does it hurt?"))]


async def test_a_tap_on_another_button_takes_it_away_too(telegram: Telegram) -> None:
    await telegram.receive(updates.message("/therapist"))
    menu = telegram.api.last_message
    await telegram.receive(updates.callback("therapist:near", menu))
    first, second = await sent(telegram, updates.callback("therapist:all.0", menu))
    assert under(first) == REMOVED
    assert second.shown.startswith("<therapists_all>")


async def test_a_location_that_nobody_asked_for_is_answered_the_same(telegram: Telegram) -> None:
    _, found = await sent(telegram, updates.message(**HERE))
    assert "<distance_about> 4" in found.shown


async def test_one_who_moves_about_is_not_answered_at_every_step(telegram: Telegram) -> None:
    counted = Counted()
    moving: dict[str, Any] = {"location": {**HERE["location"], "live_period": 900}}
    assert len(await sent(telegram, updates.message(**moving))) == 2
    assert await sent(telegram, updates.edited_message(**moving)) == []
    assert counted("bot_dropped", reason="nothing to answer") == 1


@pytest.mark.parametrize(
    "around",
    [
        {"venue": {"location": HERE["location"], "title": "Park", "address": "1 Park Row"}},
        {"forward_origin": {"type": "hidden_user", "date": updates.NOW, "sender_user_name": "Somebody"}},
        {"reply_to_message": updates.message("does it hurt?")["message"]},
    ],
    ids=["venue", "forwarded", "reply"],
)
async def test_however_a_location_comes_it_is_one(telegram: Telegram, around: dict[str, Any]) -> None:
    for _ in range(2):  # once more as well
        *_, found = await sent(telegram, updates.message(**HERE, **around))
        assert found.shown.startswith("<therapists_near>")
        assert "Park" not in found.shown and "Somebody" not in found.shown


async def test_in_a_group_a_location_is_nothing_that_the_bot_reads(telegram: Telegram) -> None:
    to_the_bot = updates.message("x", chat_id=updates.GROUP_ID)["message"]
    to_the_bot["from"] = telegram.bot.bot.to_dict()
    group = updates.message(**HERE, chat_id=updates.GROUP_ID, reply_to_message=to_the_bot)
    [call] = await sent(telegram, group)
    assert call.shown.startswith("<other_media>")
    command = f"/therapist@{updates.BOT_NAME} Leeds"
    [short] = await sent(telegram, updates.message(command, chat_id=updates.GROUP_ID))
    assert short.shown.endswith("<therapist>")
    assert "<therapists_in_town>" not in short.shown


@pytest.mark.parametrize(
    "wrong",
    [5, [], {}, {"latitude": "53.8", "longitude": "-1.5"}, {"latitude": 91, "longitude": 0}, {"latitude": None}],
)
async def test_a_location_that_is_none_is_nothing_that_the_bot_reads_and_hides_no_text(
    telegram: Telegram, wrong: object
) -> None:
    for text, reply in ((None, "<other_media>"), ("does it hurt?", "Title a")):
        await telegram.handle(updates.message(text, location=wrong))
        assert telegram.api.sent[-1].shown.startswith(reply)
    assert len(telegram.api.sent) == 2


async def test_no_log_line_and_no_record_tells_where_somebody_is(
    telegram: Telegram, store: MemoryStore, logged: pytest.CaptureFixture[str]
) -> None:
    configure(LogLevel.DEBUG, LogFormat.JSON)
    telegram.api.fail_next("sendMessage", 400, "Bad Request: can't parse entities: Unsupported start tag")
    await asked(telegram)
    await telegram.receive(updates.message(**HERE))
    await telegram.receive(updates.message("/therapist Leeds"))
    kept = await store.conversation(Speaker(str(updates.RUNNER["id"]), str(updates.CHAT_ID)))
    log = logged.readouterr().err
    assert "markup refused" in log
    told = ("53.83", "1.549", "Leeds", "latitude")
    assert [word for word in told if word in log or word in kept] == []
