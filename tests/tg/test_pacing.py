"""Calls to Telegram: within its limits, again where that helps, and never a message twice."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs
from telegram.error import BadRequest, Forbidden, InvalidToken, NetworkError, RetryAfter
from telegram.ext import ExtBot
from telegram.request import HTTPXRequest

from bot.inbox.slots import Slots, Stopping, about_to_write, wait, writing
from bot.settings import Settings
from bot.tg.bot import Bot, build_bot
from bot.tg.pacing import A_CHAT, OVERALL, URGENT, URGENT_OVERALL, Pacing, Uncertain
from tests.support.bot_api import TOKEN, BotApiServer
from tests.support.fakes import Clock
from tests.support.metrics import Counted
from tests.support.patience import PATIENCE

Answer = httpx.Response | httpx.HTTPError
MESSAGE = {"message_id": 1, "date": 0, "chat": {"id": 1, "type": "private"}, "text": "x"}
GOOD = httpx.Response(200, json={"ok": True, "result": MESSAGE})
DONE = httpx.Response(200, json={"ok": True, "result": True})


def refused(status: int, description: str = "no", **parameters: object) -> httpx.Response:
    body: dict[str, object] = {"ok": False, "error_code": status, "description": description}
    return httpx.Response(status, json=body | ({"parameters": parameters} if parameters else {}))


class Line:
    """The library's real bot and HTTP client, with answers by script and waits in which only the clock moves on."""

    def __init__(self, patch: pytest.MonkeyPatch, *, limits: bool = True, real_waits: bool = False) -> None:
        self.clock = Clock(0.0)
        self.script: list[Answer] = []
        self.calls: list[tuple[float, str, dict[str, str]]] = []
        """When, what, with which parameters."""
        self.waits: list[float] = []
        self.wait: Callable[[float], Coroutine[Any, Any, None]] = self._wait
        if not real_waits:
            patch.setattr("bot.tg.pacing.wait", lambda seconds: self.wait(seconds))
        request = HTTPXRequest(httpx_kwargs={"transport": httpx.MockTransport(self._answer)})
        self.pacing = Pacing(limits=limits, clock=self.clock)
        self.bot: Bot = ExtBot(TOKEN, request=request, rate_limiter=self.pacing)

    async def _wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.clock.now += seconds
        await asyncio.sleep(0)

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        method = request.url.path.rpartition("/")[2]
        self.calls.append((self.clock.now, method, dict(parse_qsl(request.content.decode()))))
        answer = self.script.pop(0) if self.script else (GOOD if "Message" in method else DONE)
        if isinstance(answer, httpx.HTTPError):
            raise answer
        return httpx.Response(answer.status_code, content=answer.content)

    @property
    def times(self) -> list[float]:
        return [at for at, _, _ in self.calls]

    def times_of(self, chat: int) -> list[float]:
        return [at for at, _, data in self.calls if data.get("chat_id") == str(chat)]


@pytest.fixture
async def line(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Line]:
    made = Line(monkeypatch)
    yield made
    await made.bot.shutdown()


# --- what is tried again --------------------------------------------------------------------------

TRY_AGAIN: dict[str, Answer] = {
    "500": refused(500, "Internal Server Error"),
    "502": refused(502, "Bad Gateway"),
    "html": httpx.Response(502, text="<html>Bad Gateway</html>"),
    "503 html": httpx.Response(503, text="<html>maintenance</html>"),
    "504 empty": httpx.Response(504, content=b""),
    "not connected": httpx.ConnectError("refused"),
    "not connected in time": httpx.ConnectTimeout("late"),
    "no connection free": httpx.PoolTimeout("busy"),
}
UNCERTAIN: dict[str, Answer] = {
    "no answer in time": httpx.ReadTimeout("late"),
    "cut off while reading": httpx.ReadError("reset"),
    "closed without an answer": httpx.RemoteProtocolError("disconnected"),
    "cut off while writing": httpx.WriteError("reset"),
    "written too slowly": httpx.WriteTimeout("late"),
    "good, but html": httpx.Response(200, text="<html>Welcome</html>"),
    "good, but truncated": httpx.Response(200, content=b'{"ok":true,"resu'),
}


@pytest.mark.parametrize("fault", TRY_AGAIN.values(), ids=TRY_AGAIN)
async def test_what_surely_was_not_sent_is_sent_again(line: Line, fault: Answer) -> None:
    line.script = [fault, fault]
    sent = await line.bot.send_message(1, "x")
    assert sent.message_id == 1
    assert len(line.calls) == 3
    assert len(line.waits) == 2
    assert all(pause > 0 for pause in line.waits)


@pytest.mark.parametrize("fault", UNCERTAIN.values(), ids=UNCERTAIN)
async def test_what_may_have_been_sent_is_not_sent_again_but_counted(line: Line, fault: Answer) -> None:
    counted = Counted()
    line.script = [fault]
    with pytest.raises(Uncertain):
        await line.bot.send_message(1, "x")
    assert len(line.calls) == 1
    assert counted("bot_undelivered", reason="uncertain") == 1


@pytest.mark.parametrize("fault", UNCERTAIN.values(), ids=UNCERTAIN)
async def test_what_does_no_harm_twice_is_tried_again_all_the_same(line: Line, fault: Answer) -> None:
    line.script = [fault]
    assert await line.bot.answer_callback_query("q")
    line.script = [fault]
    await line.bot.edit_message_text("x", chat_id=1, message_id=1)
    assert [method for _, method, _ in line.calls] == ["answerCallbackQuery"] * 2 + ["editMessageText"] * 2


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (refused(400, "Bad Request: message is too long"), BadRequest),
        (refused(403, "Forbidden: bot was blocked by the user"), Forbidden),
        (refused(401, "Unauthorized"), InvalidToken),
    ],
)
async def test_a_refusal_is_taken_at_its_word(line: Line, answer: Answer, error: type[Exception]) -> None:
    line.script = [answer]
    with pytest.raises(error):
        await line.bot.send_message(1, "x")
    assert len(line.calls) == 1


async def test_trying_again_has_an_end_that_is_counted(line: Line) -> None:
    counted = Counted()
    line.script = [httpx.ConnectError("refused")] * 100
    with pytest.raises(NetworkError):
        await line.bot.send_message(1, "x")
    assert 3 <= len(line.calls) <= 20
    assert max(line.waits) <= 60
    assert counted("bot_undelivered", reason="gave up") == 1


async def test_nothing_of_a_message_is_logged(line: Line) -> None:
    line.script = [refused(429, "Too Many Requests", retry_after=1), refused(502), httpx.ReadTimeout("secret")]
    with capture_logs() as lines, pytest.raises(Uncertain):
        await line.bot.send_message(1, "secret words")
    assert lines
    assert "secret" not in json.dumps(lines)


# --- 429 --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("asked", [1, 17, 300])
async def test_telegram_says_how_long_to_wait_and_is_obeyed(line: Line, asked: int) -> None:
    line.script = [refused(429, "Too Many Requests", retry_after=asked)] * 2
    await line.bot.send_message(1, "x")
    first, second, third = line.times
    assert asked <= second - first <= asked + 2
    assert asked <= third - second <= asked + 2


async def test_a_429_holds_up_its_own_chat_and_no_other(line: Line) -> None:
    waits, gate = asyncio.Event(), asyncio.Event()

    async def wait_really(seconds: float) -> None:
        if seconds >= 30:
            waits.set()
            await gate.wait()
        line.clock.now += seconds

    line.wait = wait_really
    line.script = [refused(429, "Too Many Requests", retry_after=30)]
    held = asyncio.create_task(line.bot.send_message(1, "x"))
    async with asyncio.timeout(PATIENCE):
        await waits.wait()
        for chat in (2, 3, -4):
            await line.bot.send_message(chat, "x")
        assert not held.done()
        assert max(line.times) < 1
        gate.set()
        await held
    assert line.times_of(1)[1] >= 30


async def test_the_next_message_to_a_chat_that_was_held_waits_as_well(line: Line) -> None:
    line.script = [refused(429, "Too Many Requests", retry_after=30)] * 8
    with pytest.raises(RetryAfter):
        await line.bot.send_message(1, "x")
    before = line.clock.now
    await line.bot.send_message(2, "x")
    assert line.times_of(2)[0] < before + 1
    await line.bot.send_message(1, "x")
    assert line.times_of(1)[-1] >= before + 30


# --- limits -----------------------------------------------------------------------------------------


def most_within(times: list[float], seconds: float) -> int:
    """Return the most calls in any window of ``seconds``, its end excluded."""
    return max(len([t for t in times if start <= t < start + seconds]) for start in times)


async def test_a_person_gets_a_few_messages_at_once_and_then_one_a_second(line: Line) -> None:
    for _ in range(20):
        await line.bot.send_message(1, "x")
    times = line.times
    assert 1 < most_within(times, 1.0) <= 5
    assert most_within(times[5:], 0.99) == 1
    assert times[-1] <= 20 / A_CHAT


async def test_after_a_rest_a_person_gets_a_few_at_once_again(line: Line) -> None:
    for _ in range(10):
        await line.bot.send_message(1, "x")
    line.clock.now += 60
    before = line.clock.now
    await line.bot.send_message(1, "x")
    await line.bot.send_message(1, "x")
    assert line.clock.now < before + 0.5


@pytest.mark.parametrize("group", [-5150, -1_001_234_567_890])
async def test_a_group_gets_at_most_twenty_a_minute(line: Line, group: int) -> None:
    for _ in range(100):
        await line.bot.send_message(group, "x")
    assert most_within(line.times, 60) <= 20
    assert line.times[-1] < 100 / 15 * 60


@pytest.mark.parametrize("chats", [1, -1])
async def test_all_chats_together_get_at_most_thirty_a_second(line: Line, chats: int) -> None:
    for number in range(300):
        await line.bot.send_message(chats * (10 + number), "x")
    assert most_within(line.times, 1.0) <= 30
    assert line.times[-1] <= 300 / OVERALL + 1


async def test_what_is_urgent_does_not_queue_behind_a_crowd(line: Line) -> None:
    crowd = [asyncio.create_task(line.bot.send_message(chat, "x")) for chat in range(1, 501)]
    await asyncio.sleep(0)
    began = line.clock.now
    urgent = [line.pacing._urgent.take(line.clock.now) for _ in range(3)]
    assert urgent == [0.0, 0.0, 0.0]
    await line.bot.send_message(999, "x", rate_limit_args=URGENT)
    await asyncio.gather(*crowd)
    assert line.times_of(999) <= [began + 2]
    assert line.times[-1] > 15  # what the others wait for


async def test_the_urgent_and_all_others_together_stay_within_thirty_a_second() -> None:
    assert OVERALL + URGENT_OVERALL <= 30


async def test_edits_count_and_what_is_no_message_does_not(line: Line) -> None:
    for _ in range(10):
        await line.bot.edit_message_text("x", chat_id=1, message_id=1)
    assert line.times[-1] > 3
    before = len(line.waits)
    for _ in range(50):
        await line.bot.answer_callback_query("q")
    assert len(line.waits) == before


async def test_without_limits_nothing_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    line = Line(monkeypatch, limits=False)
    for _ in range(100):
        await line.bot.send_message(1, "x")
    assert line.waits == []


async def test_chats_of_long_ago_take_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.tg.pacing._MOST_CHATS", 10)
    line = Line(monkeypatch)
    for chat in range(50):
        await line.bot.send_message(chat, "x")
    assert len(line.pacing._chats) == 10
    line.clock.now += 3600
    await line.bot.send_message(7, "x")
    assert list(line.pacing._chats) == ["7"]


# --- the stop -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "before",
    [
        lambda line: line.script.append(refused(429, "Too Many Requests", retry_after=3600)),
        lambda line: line.script.extend([httpx.ConnectError("refused")] * 8),
        lambda line: line.pacing._chat({"chat_id": 1}).hold(3600),
    ],
    ids=["429", "no connection", "limits"],
)
async def test_a_stop_ends_every_wait_at_once(
    monkeypatch: pytest.MonkeyPatch, before: Callable[[Line], Any]
) -> None:
    line = Line(monkeypatch, real_waits=True)
    monkeypatch.setattr("bot.tg.pacing._FIRST_PAUSE", 3600.0)
    monkeypatch.setattr("bot.tg.pacing._LONGEST_PAUSE", 3600.0)
    before(line)
    slots = Slots(1)

    async def send() -> None:
        async with slots.taken():
            await line.bot.send_message(1, "x")

    sending = asyncio.create_task(send())
    async with asyncio.timeout(PATIENCE):
        # Once the place is free again, the sender waits.
        await asyncio.sleep(0)
        async with slots.taken():
            pass
        slots.hurry()
        with pytest.raises(Stopping):
            await sending


async def test_whoever_holds_no_place_waits_as_well() -> None:
    await wait(0.001)


async def test_over_real_http_a_message_is_on_the_wire_only_once_its_first_byte_goes_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[tuple[str, bool]] = []

    def noting(name: str, then: Callable[[], None]) -> Callable[[], None]:
        def note() -> None:
            then()
            seen.append((name, place.on_the_wire))

        return note

    monkeypatch.setattr("bot.tg.bot.about_to_write", noting("about to write", about_to_write))
    monkeypatch.setattr("bot.tg.bot.writing", noting("writing", writing))
    with BotApiServer() as server:
        settings = Settings(telegram_bot_token=SecretStr(TOKEN), telegram_api_url=server.url, pacing=False)
        async with Slots().taken() as place, build_bot(settings) as bot:
            seen.clear()
            await bot.send_message(101, "x")
    assert seen == [("about to write", False), ("writing", True)]
