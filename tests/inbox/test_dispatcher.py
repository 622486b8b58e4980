"""Stored updates are handled: chats side by side, one chat in order, each until it is done."""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from bot.inbox.dispatcher import Dispatcher
from bot.inbox.memory import MemoryInbox
from bot.inbox.protocol import LEASE, MOST_ATTEMPTS, Unreadable
from bot.inbox.slots import WORKING, Slots, Stopping, wait
from bot.storage.protocol import StoreError
from bot.tg.intake import KINDS
from tests.support.fakes import NOON, Clock
from tests.support.metrics import Counted
from tests.support.patience import PATIENCE

GRACE = 5.0
Json = dict[str, Any]


class Desk:
    """A dispatcher over an inbox in memory; ``handle`` may be replaced. ``seen`` has what was handled, in order."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.inbox = MemoryInbox()
        self.arrived = asyncio.Event()
        self.slots = Slots()
        self.seen: list[int] = []
        self.handle: Callable[[Json], Any] = self.note
        self.changed = asyncio.Condition()
        self.dispatcher = self.another()

    def another(self) -> Dispatcher:
        """Return a dispatcher of another process, or of the next start."""
        return Dispatcher(self.inbox, self.arrived, self._handle, self.slots, KINDS)

    async def _handle(self, update: Json) -> None:
        await self.handle(update)

    async def note(self, update: Json) -> None:
        async with self.changed:
            self.seen.append(update["update_id"])
            self.changed.notify_all()

    async def put(self, lane: str, *numbers: int, body: str | None = None) -> None:
        for number in numbers:
            text = json.dumps({"update_id": number, "message": {}}) if body is None else body
            await self.inbox.put(number, lane, text, now=self.clock.now)
        self.arrived.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until ``condition`` holds; it is looked at after each handled update."""
        async with asyncio.timeout(PATIENCE), self.changed:
            await self.changed.wait_for(condition)

    async def until_empty(self) -> None:
        async with asyncio.timeout(PATIENCE):
            while await self.inbox.waiting():  # noqa: ASYNC110 (each look gives the others a turn)
                await asyncio.sleep(0)

    async def a_minute_later(self) -> None:
        await settle()
        self.clock.now += LEASE + 1
        self.arrived.set()
        await settle()


async def settle() -> None:
    """Let every task get as far as it can; none of them waits for real time."""
    for _ in range(100):
        await asyncio.sleep(0)


@pytest.fixture
async def desk(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    clock = Clock()

    class Time:
        time = staticmethod(clock)

    monkeypatch.setattr("bot.inbox.dispatcher.time", Time)
    made = Desk(clock)
    yield made
    await made.dispatcher.stop(0)


async def test_what_was_stored_before_the_start_is_handled(desk: Desk) -> None:
    await desk.put("a", 1, 2)
    desk.arrived.clear()
    desk.dispatcher.start()
    await desk.until_empty()
    assert desk.seen == [1, 2]


async def test_chats_go_side_by_side_and_each_in_order(desk: Desk) -> None:
    ended: list[int] = []
    first = asyncio.Event()

    async def handle(update: Json) -> None:
        number = update["update_id"]
        await desk.note(update)
        if number == 1:
            await first.wait()  # chat a is slow
        ended.append(number)

    desk.handle = handle
    desk.dispatcher.start()
    await desk.put("a", 1, 2, 3)
    await desk.put("b", 4, 5, 6)
    await desk.until(lambda: 6 in desk.seen)
    assert ended == [4, 5, 6] or ended == [4, 5]
    assert 2 not in desk.seen
    first.set()
    await desk.until_empty()
    assert ended == [4, 5, 6, 1, 2, 3]


async def test_many_chats_keep_their_orders(desk: Desk) -> None:
    by_chat: dict[int, list[int]] = defaultdict(list)
    in_hand: set[int] = set()

    async def handle(update: Json) -> None:
        chat = update["update_id"] % 7
        assert chat not in in_hand
        in_hand.add(chat)
        for _ in range(update["update_id"] % 3):
            await asyncio.sleep(0)
        by_chat[chat].append(update["update_id"])
        in_hand.remove(chat)

    desk.handle = handle
    desk.dispatcher.start()
    for number in range(210):
        await desk.put(f"chat {number % 7}", number)
    await desk.until_empty()
    assert by_chat == {chat: list(range(chat, 210, 7)) for chat in range(7)}


async def test_no_more_work_at_once_than_there_are_slots(desk: Desk) -> None:
    working, most = 0, 0
    go_on = asyncio.Event()

    async def handle(update: Json) -> None:
        nonlocal working, most
        working += 1
        most = max(most, working)
        await desk.note(update)
        await go_on.wait()
        working -= 1

    desk.handle = handle
    desk.dispatcher.start()
    for number in range(3 * WORKING):
        await desk.put(f"chat {number}", number)
    await desk.until(lambda: len(desk.seen) >= WORKING)
    await settle()
    assert working == WORKING == 4
    go_on.set()
    await desk.until_empty()
    assert most == WORKING
    assert len(desk.seen) == 3 * WORKING


async def test_those_that_wait_for_telegram_hold_up_nobody(desk: Desk) -> None:
    async def handle(update: Json) -> None:
        if update["update_id"] < 3 * WORKING:
            await wait(1000)
        await desk.note(update)

    desk.handle = handle
    desk.dispatcher.start()
    for number in range(3 * WORKING):
        await desk.put(f"chat {number}", number)
    await settle()
    await desk.put("another", 100, 101)
    await desk.until(lambda: desk.seen == [100, 101])


async def test_whoever_waited_goes_on_although_all_places_are_taken(desk: Desk) -> None:
    """The answers that only have to be sent do not queue up behind those that have not begun."""
    go_on = asyncio.Event()

    async def handle(update: Json) -> None:
        if update["update_id"] < WORKING:
            await wait(0.001)
            await desk.note(update)
        else:
            await go_on.wait()

    desk.handle = handle
    desk.dispatcher.start()
    for number in range(3 * WORKING):
        await desk.put(f"chat {number}", number)
    await desk.until(lambda: sorted(desk.seen) == list(range(WORKING)))
    go_on.set()
    await desk.until_empty()


async def test_a_place_given_up_twice_is_one_place(desk: Desk) -> None:
    working, most = 0, 0

    async def handle(update: Json) -> None:
        nonlocal working, most
        working += 1
        most = max(most, working)
        await settle()
        working -= 1
        for _ in range(3):
            await wait(0.0001)

    desk.handle = handle
    desk.dispatcher.start()
    for number in range(5 * WORKING):
        await desk.put(f"chat {number}", number)
    await desk.until_empty()
    assert most == WORKING


async def test_a_failed_update_is_tried_again_and_its_chat_stays_in_order(desk: Desk) -> None:
    counted = Counted()
    failures = 2

    async def handle(update: Json) -> None:
        nonlocal failures
        if update["update_id"] == 1 and failures:
            failures -= 1
            raise ConnectionError("something of a message")
        await desk.note(update)

    desk.handle = handle
    desk.dispatcher.start()
    with capture_logs() as lines:
        await desk.put("a", 1, 2)
        await desk.put("b", 3)
        await desk.until(lambda: desk.seen == [3])
        await desk.a_minute_later()
        assert desk.seen == [3]
        await desk.a_minute_later()
        await desk.until_empty()
    assert desk.seen == [3, 1, 2]
    assert counted("bot_dropped", reason="failed for now") == 2
    assert "something of a message" not in str(lines)
    assert [line["error"] for line in lines if line["log_level"] == "error"] == ["ConnectionError"] * 2


async def test_an_update_that_always_fails_makes_room_for_the_next(desk: Desk) -> None:
    async def handle(update: Json) -> None:
        if update["update_id"] == 1:
            raise ConnectionError
        await desk.note(update)

    desk.handle = handle
    desk.dispatcher.start()
    await desk.put("a", 1, 2)
    for _ in range(MOST_ATTEMPTS + 1):
        await desk.a_minute_later()
    await desk.until_empty()
    assert desk.seen == [2]


@pytest.mark.parametrize("body", ["{", '{"update_id": 1}', "[" * 100_000])
async def test_an_unreadable_update_is_set_aside_at_once_and_the_next_is_handled(desk: Desk, body: str) -> None:
    counted = Counted()

    async def handle(update: Json) -> None:
        if update["update_id"] == 1:
            raise Unreadable("KeyError")
        await desk.note(update)

    desk.handle = handle
    desk.dispatcher.start()
    await desk.put("a", 1, body=body)
    await desk.put("a", 2)
    await desk.until_empty()
    assert desk.seen == [2]
    assert counted("bot_dropped", reason="unreadable") == 1


@pytest.mark.parametrize(
    ("update", "kind"),
    [
        ({"message": {}}, "message"),
        ({"x": 1, "callback_query": {}}, "callback_query"),
        ({"a_kind_nobody_knows": {}}, "other"),
        ({}, "other"),
    ],
)
async def test_updates_are_counted_by_the_kinds_that_are_known(desk: Desk, update: Json, kind: str) -> None:
    counted = Counted()
    desk.dispatcher.start()
    await desk.put("a", 1, body=json.dumps({"update_id": 1, **update}))
    await desk.until_empty()
    assert counted("bot_updates", kind=kind) == 1


async def test_each_line_of_an_update_says_which(desk: Desk) -> None:
    async def handle(update: Json) -> None:
        await desk.note(update)
        raise ConnectionError

    desk.handle = handle
    desk.dispatcher.start()
    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        await desk.put("a", 0xAB)
        await desk.put("b", 0xCD)
        await desk.until(lambda: len(desk.seen) == 2)
        await settle()
    assert sorted(line["update"] for line in lines) == ["ab", "cd"]


async def test_an_inbox_that_fails_is_asked_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.inbox.dispatcher._AWAY", 0.001)
    failures = 3
    claim = desk.inbox.claim

    async def failing(*args: Any, **kwargs: Any) -> Any:
        nonlocal failures
        if failures:
            failures -= 1
            raise StoreError("away")
        return await claim(*args, **kwargs)

    monkeypatch.setattr(desk.inbox, "claim", failing)
    desk.dispatcher.start()
    await desk.put("a", 1)
    await desk.until_empty()
    assert desk.seen == [1]


async def test_long_work_keeps_its_claim(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.inbox.dispatcher._RENEWAL", 0.001)
    go_on = asyncio.Event()
    renewed = asyncio.Event()
    renew = desk.inbox.renew

    async def noted(*args: Any, **kwargs: Any) -> None:
        await renew(*args, **kwargs)
        renewed.set()

    async def handle(update: Json) -> None:
        await desk.note(update)
        await go_on.wait()

    monkeypatch.setattr(desk.inbox, "renew", noted)
    desk.handle = handle
    desk.dispatcher.start()
    await desk.put("a", 1)
    await desk.until(lambda: desk.seen == [1])
    for _ in range(3):  # two minutes, looked at every forty seconds
        desk.clock.now += LEASE * 2 / 3
        renewed.clear()
        async with asyncio.timeout(PATIENCE):
            await renewed.wait()
    assert await desk.inbox.claim("another process", limit=10, now=desk.clock.now) == []
    go_on.set()
    await desk.until_empty()
    assert desk.seen == [1]


async def test_a_chat_in_hand_is_left_alone_even_when_its_claim_ran_out(desk: Desk) -> None:
    """As when the store was away for too long to renew it."""
    go_on = asyncio.Event()

    async def handle(update: Json) -> None:
        await desk.note(update)
        await go_on.wait()

    desk.handle = handle
    desk.dispatcher.start()
    await desk.put("a", 1, 2)
    await desk.until(lambda: desk.seen == [1])
    await desk.a_minute_later()
    assert desk.seen == [1]
    go_on.set()
    await desk.until_empty()
    assert desk.seen == [1, 2]


# --- the stop -----------------------------------------------------------------------------------


async def test_a_stop_lets_work_in_hand_end(desk: Desk) -> None:
    go_on = asyncio.Event()

    async def handle(update: Json) -> None:
        await desk.note(update)
        await go_on.wait()

    desk.handle = handle
    desk.dispatcher.start()
    await desk.put("a", 1, 2)
    await desk.until(lambda: desk.seen == [1])
    stopping = asyncio.create_task(desk.dispatcher.stop(GRACE))
    await settle()
    assert not stopping.done()
    go_on.set()
    async with asyncio.timeout(PATIENCE):
        await stopping
    # The first was ended, the second not begun.
    assert desk.seen == [1]
    assert [row.update_id for row in await desk.inbox.claim("next", limit=9, now=desk.clock.now)] == [2]


async def test_what_takes_too_long_is_left_to_the_next_start_which_begins_with_it_at_once(desk: Desk) -> None:
    async def handle(update: Json) -> None:
        await desk.note(update)
        await asyncio.Event().wait()

    desk.handle = handle
    desk.dispatcher.start()
    for number in range(2 * WORKING):
        await desk.put(f"chat {number}", number)
    await desk.until(lambda: len(desk.seen) == WORKING)
    async with asyncio.timeout(PATIENCE):
        await desk.dispatcher.stop(0.01)
    waiting = await desk.inbox.claim("next", limit=99, now=desk.clock.now)
    assert [(row.update_id, row.attempts) for row in waiting] == [(n, 1) for n in range(2 * WORKING)]


async def test_a_stop_ends_all_waiting_for_telegram_at_once(desk: Desk) -> None:
    ended: list[str] = []

    async def handle(update: Json) -> None:
        await desk.note(update)
        try:
            await wait(1000)
        except Stopping:
            ended.append("stopping")
            raise

    desk.handle = handle
    desk.dispatcher.start()
    for number in range(3 * WORKING):
        await desk.put(f"chat {number}", number)
    await desk.until(lambda: len(desk.seen) == 3 * WORKING)
    await settle()
    with capture_logs() as lines:
        async with asyncio.timeout(PATIENCE):
            await desk.dispatcher.stop(1000)
    assert len(ended) == 3 * WORKING
    assert not [line for line in lines if line["log_level"] == "error"]
    waiting = await desk.inbox.claim("next", limit=99, now=desk.clock.now)
    assert [row.attempts for row in waiting] == [1] * 3 * WORKING


async def test_waiting_that_begins_after_the_stop_ends_at_once_too() -> None:
    slots = Slots()
    slots.hurry()
    async with asyncio.timeout(PATIENCE), slots.taken():
        with pytest.raises(Stopping):
            await wait(1000)


async def test_a_stop_does_not_wait_for_an_inbox_that_hangs(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.inbox.dispatcher._LAST_WORD", 0.01)

    async def hang(_: str) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(desk.inbox, "release", hang)
    desk.dispatcher.start()
    async with asyncio.timeout(PATIENCE):
        await desk.dispatcher.stop(GRACE)


async def test_two_dispatchers_on_one_inbox_handle_each_update_once(desk: Desk) -> None:
    assert desk.clock.now == NOON
    second = desk.another()
    desk.dispatcher.start()
    second.start()
    for number in range(60):
        await desk.put(f"chat {number % 5}", number)
        await desk.put(f"chat {number % 5}", number)
    await desk.until_empty()
    await second.stop(0)
    assert sorted(desk.seen) == list(range(60))
