"""Fetching: nothing that Telegram, or whoever sits between, answers stops it quietly or makes it spin."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from bot.errors import BotError, CannotRunError
from bot.ops.health import STALE, Health
from bot.tg.intake import Intake
from bot.tg.polling import CONFLICT_LASTS, LONGEST_POLL, Deaf, Poller
from tests.support import updates
from tests.support.bot_api import TOKEN
from tests.support.fakes import Clock
from tests.support.metrics import Counted
from tests.support.patience import PATIENCE
from tests.support.receiving import Receiving
from tests.support.updates import Json

Answer = httpx.Response | httpx.HTTPError | Callable[[], httpx.Response]


def fetched(*found: object) -> httpx.Response:
    return httpx.Response(200, json={"ok": True, "result": list(found)})


def refused(status: int, **more: object) -> httpx.Response:
    return httpx.Response(status, json={"ok": False, "error_code": status, "description": "no", **more})


CONFLICT = "Conflict: terminated by other getUpdates request"
HTML = httpx.Response(502, text="<html>Bad Gateway</html>")


class Fetching:
    """A poller whose Telegram answers by script, ``always`` when the script is over; no real time passes."""

    def __init__(self) -> None:
        self.clock = Clock(0.0)
        self.health = Health(self.clock, knowledge_loaded=True)
        self.inbox = Receiving()
        self.script: list[Answer] = []
        self.always: Answer | None = None
        self.asked: list[Json] = []
        self.slept: list[float] = []
        self._over = asyncio.Event()

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        assert request.url.path == f"/bot{TOKEN}/getUpdates"
        self.asked.append(json.loads(request.content))
        answer = self.script.pop(0) if self.script else self.always
        if answer is None:
            self._over.set()
            await asyncio.Event().wait()
        if isinstance(answer, httpx.HTTPError):
            raise answer
        if not isinstance(answer, httpx.Response):
            assert answer is not None
            answer = answer()
        return httpx.Response(answer.status_code, content=answer.content)

    async def _sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.slept.append(seconds)
        self.clock.now += seconds
        await asyncio.sleep(0)

    @asynccontextmanager
    async def _poller(self) -> AsyncIterator[Poller]:
        async with httpx.AsyncClient(transport=httpx.MockTransport(self._answer)) as client:
            yield Poller(client, f"http://api/bot{TOKEN}", Intake(self.inbox.take), self.health, self._sleep)

    async def play(self, *script: Answer) -> None:
        """Fetch until the script is over and the poller waits for more."""
        self.script = list(script)
        async with self._poller() as poller:
            over = asyncio.create_task(self._over.wait())
            running = asyncio.create_task(poller.run())
            done, _ = await asyncio.wait({over, running}, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
            assert done == {over}, "the poller ended by itself" if running in done else "the poller hangs"
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    async def end(self, always: Answer, *script: Answer) -> BotError:
        """Fetch until the poller gives up, and return why."""
        self.script, self.always = list(script), always
        async with self._poller() as poller, asyncio.timeout(PATIENCE):
            with pytest.raises(BotError) as ended:
                await poller.run()
        return ended.value

    def stored(self) -> list[int]:
        return list(self.inbox.bodies)

    @property
    def offsets(self) -> list[int]:
        return [int(body["offset"]) for body in self.asked]


@pytest.fixture
def fetching() -> Fetching:
    return Fetching()


def message(update_id: int) -> Json:
    return {**updates.message("hello", chat_id=update_id), "update_id": update_id}


async def test_the_offset_moves_past_what_is_stored_and_only_kinds_that_are_handled_are_asked_for(
    fetching: Fetching,
) -> None:
    await fetching.play(fetched(), fetched(message(5), message(6)), fetched(message(7)))
    assert fetching.offsets == [0, 0, 7, 8]
    assert fetching.stored() == [5, 6, 7]
    assert fetching.slept == []
    for body in fetching.asked:
        assert body["timeout"] == LONGEST_POLL
        assert {"message", "edited_message", "callback_query"} <= set(body["allowed_updates"])


async def test_what_cannot_be_stored_is_not_confirmed_and_fetched_again(fetching: Fetching) -> None:
    def full() -> httpx.Response:
        fetching.inbox.full = True
        return fetched(message(5), message(6))

    def room() -> httpx.Response:
        fetching.inbox.full = False
        return fetched(message(5), message(6))

    await fetching.play(fetched(message(4)), full, room)
    assert fetching.offsets == [0, 5, 5, 7]
    assert len(fetching.slept) == 1
    assert fetching.stored() == [4, 5, 6]


async def test_nothing_behind_what_cannot_be_stored_is_confirmed(fetching: Fetching) -> None:
    def refusing() -> httpx.Response:
        fetching.inbox.refuses = 6
        return fetched(message(5), message(6), message(7))

    def room() -> httpx.Response:
        fetching.inbox.refuses = -1
        return fetched(message(6), message(7))

    await fetching.play(refusing, room)
    assert fetching.offsets == [0, 6, 8]
    assert fetching.stored() == [5, 7, 6]  # 7 is of another chat, and need not wait


async def test_nothing_of_a_chat_is_taken_before_what_there_was_no_room_for(fetching: Fetching) -> None:
    first, second = ({**message(n), "message": message(9)["message"]} for n in (6, 7))

    def refusing() -> httpx.Response:
        fetching.inbox.refuses = 6
        return fetched(message(5), first, second)

    def room() -> httpx.Response:
        fetching.inbox.refuses = -1
        return fetched(first, second)

    await fetching.play(refusing, room)
    assert fetching.offsets == [0, 6, 8]
    assert fetching.stored() == [5, 6, 7]


async def test_the_offset_waits_for_what_is_neither_stored_nor_answered_and_moves_past_the_longest_run(
    fetching: Fetching,
) -> None:
    fetching.inbox.slow = True

    def answered(*update_ids: int) -> Callable[[], httpx.Response]:
        def give() -> httpx.Response:
            fetching.inbox.settle(*update_ids)
            return fetched(*(message(n) for n in (5, 6, 7) if n >= fetching.offsets[-1]))

        return give

    # 6 alone moves nothing; with 5 both are confirmed; 7 last.
    await fetching.play(fetched(message(5), message(6), message(7)), answered(6), answered(5), answered(7))
    assert fetching.offsets == [0, 0, 0, 7, 8]
    assert fetching.stored() == [5, 6, 7]
    assert fetching.slept == []  # nothing has failed: it waits for the answers themselves, a moment at most


async def test_more_than_a_batch_is_answered_while_nothing_can_be_stored(fetching: Fetching) -> None:
    """Telegram shows the next hundred only when the first are confirmed."""
    fetching.inbox.slow = True
    waiting = list(range(1, 301))

    def next_batch() -> httpx.Response:
        pending = [n for n in waiting if n >= fetching.offsets[-1]][:100]
        unanswered = [n for n in pending if n in fetching.inbox.bodies]
        fetching.inbox.settle(*unanswered)
        return fetched(*map(message, pending))

    await fetching.play(*[next_batch] * 7)
    assert fetching.offsets[-1] == 301
    assert fetching.stored() == waiting


async def test_updates_that_come_again_are_stored_once(fetching: Fetching) -> None:
    await fetching.play(fetched(message(5)), fetched(message(5), message(6)))
    assert fetching.stored() == [5, 6]


BODIES = {
    "html": HTML,
    "html with status 200": httpx.Response(200, text="<html>Welcome to this hotel's network</html>"),
    "empty": httpx.Response(200, content=b""),
    "truncated": httpx.Response(200, content=b'{"ok":true,"result":[{"update_id":5,"mess'),
    "not utf-8": httpx.Response(200, content=b'{"ok":true,"result":["\xff"]}'),
    "list": httpx.Response(200, content=b"[]"),
    "null": httpx.Response(200, content=b"null"),
    "number": httpx.Response(200, content=b"1"),
    "text": httpx.Response(200, content=b'"ok"'),
    "no result": httpx.Response(200, content=b'{"ok":true}'),
    "result of another kind": httpx.Response(200, content=b'{"ok":true,"result":{"update_id":5}}'),
    "refused with status 200": httpx.Response(200, content=b'{"ok":false}'),
    "nested": httpx.Response(200, content=b'{"ok":true,"result":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    "server error": refused(500),
    "strange parameters": refused(500, parameters=[]),
}
FAULTS: dict[str, Answer] = {
    **BODIES,
    "no connection": httpx.ConnectError("refused"),
    "time out": httpx.ReadTimeout("late"),
    "cut off": httpx.RemoteProtocolError("peer closed connection"),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
async def test_a_bad_answer_costs_a_pause_and_no_more(fetching: Fetching, fault: Answer) -> None:
    with capture_logs() as lines:
        await fetching.play(fault, fetched(message(5)))
    assert len(fetching.slept) == 1
    assert fetching.stored() == [5]
    assert [line["event"] for line in lines] == ["updates not fetched", "fetching again"]


async def test_pauses_grow_up_to_half_a_minute_and_the_log_is_not_flooded(fetching: Fetching) -> None:
    with capture_logs() as lines:
        await fetching.play(*[httpx.ConnectError("refused")] * 12, fetched())
    assert fetching.slept[0] <= 1.5
    assert 10 <= fetching.slept[-1] <= 45
    assert len([line for line in lines if line["event"] == "updates not fetched"]) == 2


async def test_telegram_says_how_long_to_wait(fetching: Fetching) -> None:
    await fetching.play(refused(429, parameters={"retry_after": 17}), fetched())
    assert fetching.slept == [17]


@pytest.mark.parametrize(
    "odd", [[{}], [None], [[]], ["x", 5], [{"update_id": "5"}], [{"update_id": True}], [{"update_id": 2**63}]]
)
async def test_updates_without_a_number_do_not_make_it_spin(fetching: Fetching, odd: list[object]) -> None:
    counted = Counted()
    await fetching.play(*[fetched(*odd)] * 3, fetched(*odd, message(5)))
    assert len(fetching.slept) == 3
    assert counted("bot_dropped", reason="no update") == 4 * len(odd)
    assert fetching.stored() == [5]
    assert fetching.offsets[-1] == 6


@pytest.mark.parametrize("status", [401, 404])
async def test_a_token_that_telegram_takes_back_ends_the_bot_with_a_sentence(
    fetching: Fetching, status: int
) -> None:
    error = await fetching.end(refused(status, description="Unauthorized"), fetched(message(5)))
    assert isinstance(error, CannotRunError)
    assert "Telegram refuses TELEGRAM_BOT_TOKEN" in str(error)
    assert TOKEN not in str(error)
    assert len(fetching.asked) == 2


async def test_a_second_copy_is_said_once_waited_for_and_left_to_it_after_a_minute(fetching: Fetching) -> None:
    with capture_logs() as lines:
        error = await fetching.end(refused(409, description=CONFLICT))
    assert isinstance(error, Deaf)
    assert "Another copy of this bot" in str(error)
    assert error.exit_code != 0
    assert len([line for line in lines if "another copy" in line["event"]]) == 1
    assert CONFLICT_LASTS < fetching.clock.now < CONFLICT_LASTS + 10
    assert min(fetching.slept) >= 1


async def test_a_deploy_that_overlaps_is_survived_each_time(fetching: Fetching) -> None:
    overlap = [refused(409, description=CONFLICT)] * 8
    with capture_logs() as lines:
        await fetching.play(*overlap, fetched(message(5)), *overlap, fetched(message(6)))
    assert fetching.stored() == [5, 6]
    assert len([line for line in lines if "another copy" in line["event"]]) == 2


@pytest.mark.parametrize("fault", [httpx.ConnectError("refused"), HTML, BODIES["list"]])
async def test_five_minutes_without_a_good_answer_end_the_bot(fetching: Fetching, fault: Answer) -> None:
    error = await fetching.end(fault, fetched(message(5)))
    assert isinstance(error, Deaf)
    assert "no updates for 5 minutes" in str(error)
    assert error.exit_code != 0
    assert STALE < fetching.clock.now < STALE + 60
    assert fetching.health.deaf
    assert len(fetching.asked) < 40


async def test_hours_of_silence_in_which_telegram_answers_are_no_reason_to_leave(fetching: Fetching) -> None:
    def quiet() -> httpx.Response:
        fetching.clock.now += LONGEST_POLL
        return fetched()

    await fetching.play(*[quiet] * 500)
    assert not fetching.health.deaf


async def test_the_client_waits_longer_than_telegram_holds_an_answer_back() -> None:
    timeouts: list[Any] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        timeouts.append(request.extensions["timeout"]["read"])
        raise httpx.ReadTimeout("late")

    async def stop(_: float) -> None:
        raise asyncio.CancelledError

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        poller = Poller(client, "http://api", Intake(Receiving().take), Health(), stop)
        with pytest.raises(asyncio.CancelledError):
            await poller.run()
    assert timeouts[0] > LONGEST_POLL
