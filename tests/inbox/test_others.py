"""Updates are handled while the database comes and goes, and while other processes live on it."""

import asyncio
import json
from typing import Any

import pytest

from bot.inbox.protocol import LEASE, Waiting
from tests.inbox.desk import Desk, Json, confirmed, settle
from tests.support.fakes import NOON
from tests.support.memory_inbox import MemoryInbox
from tests.support.patience import PATIENCE


async def left(desk: Desk, lane: str, *numbers: int, worker: str = "", now: float = NOON) -> None:
    """Store updates as another process would."""
    for number in numbers:
        body = json.dumps({"update_id": number, "message": {}})
        await desk.inbox.put(Waiting(number, desk.inbox.lane_key(lane), body, now), "", worker, now=now)


async def test_what_was_stored_before_the_start_is_handled_in_order(desk: Desk) -> None:
    await left(desk, "a", 2, 1, 3)
    await left(desk, "b", 4)
    desk.dispatcher.start()
    await desk.until_empty()
    assert [number for number in desk.seen if number != 4] == [1, 2, 3]


async def test_an_inbox_that_fails_is_asked_again(desk: Desk) -> None:
    await left(desk, "a", 1)
    desk.breaks()
    desk.dispatcher.start()
    await settle()
    assert desk.seen == []
    desk.mends()
    await desk.until_empty()
    assert desk.seen == [1]


async def test_people_are_answered_in_order_while_the_database_is_away(desk: Desk) -> None:
    desk.dispatcher.start()
    desk.breaks()
    received = await desk.take("a", 1, 2) + await desk.take("b", 3)
    await desk.until(lambda: sorted(desk.seen) == [1, 2, 3])
    await settle()
    assert desk.seen.index(1) < desk.seen.index(2)
    assert all(future is not None and confirmed(future) for future in received)
    desk.mends()
    await settle()
    assert await desk.take("a", 1, 2) == [None, None]
    await desk.put("a", 4)
    await desk.until_empty()
    assert desk.seen[3:] == [4]


async def test_what_was_left_behind_others_is_claimed_when_its_chat_is_free(desk: Desk) -> None:
    await left(desk, "a", 1, worker="other")
    desk.dispatcher.start()
    await desk.put("a", 2, 3)
    await settle()
    assert desk.seen == []
    await desk.inbox.settle({1: ""}, now=NOON)
    await desk.put("a", 4)  # what it is put behind tells that there is something to claim
    await desk.until_empty()
    assert desk.seen == [2, 3, 4]


async def test_what_another_process_left_is_found_without_being_told(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.inbox.dispatcher._SWEEP", 0.0)
    desk.dispatcher.start()
    await settle()
    await left(desk, "a", 1, worker="killed")
    await settle()
    assert desk.seen == []
    desk.clock.now += LEASE
    await desk.until_empty()
    assert desk.seen == [1]


async def test_whoever_is_alone_begins_at_once_with_what_a_killed_one_had_and_takes_over_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.inbox.dispatcher._SWEEP", 0.0)
    await left(desk, "a", 1, worker="killed")
    desk.dispatcher.start()
    await settle()
    assert desk.seen == []
    desk.alone = True
    await desk.until_empty()
    assert desk.seen == [1]
    await left(desk, "b", 2, worker="other")
    await settle()
    assert desk.seen == [1]


async def test_long_work_keeps_its_claim(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.inbox.dispatcher.RENEWAL", 0.0)
    go_on, renewed = asyncio.Event(), asyncio.Event()
    renew = desk.inbox.renew

    async def noted(*args: Any, **kwargs: Any) -> set[int]:
        lost = await renew(*args, **kwargs)
        renewed.set()
        return lost

    async def handle(update: Json) -> None:
        await desk.note(update)
        await go_on.wait()

    monkeypatch.setattr(desk.inbox, "renew", noted)
    desk.handle = handle
    await left(desk, "a", 1)
    desk.dispatcher.start()
    await desk.put("b", 2, 3)
    await desk.until(lambda: sorted(desk.seen) == [1, 2])
    for _ in range(3):
        desk.clock.now += LEASE * 2 / 3
        renewed.clear()
        async with asyncio.timeout(PATIENCE):
            await renewed.wait()
    assert await desk.inbox.claim("another process", limit=10, now=desk.clock.now) == []
    go_on.set()
    await desk.until_empty()
    assert sorted(desk.seen) == [1, 2, 3]


async def test_what_another_process_took_after_an_outage_is_let_go_unless_it_is_worked_on(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.inbox.dispatcher.RENEWAL", 0.0)
    go_on = asyncio.Event()

    async def handle(update: Json) -> None:
        await desk.note(update)
        await go_on.wait()

    desk.handle = handle
    desk.dispatcher.start()
    await desk.put("a", 1, 2, 3)
    await desk.until(lambda: desk.seen == [1])
    desk.breaks()
    await settle()
    desk.clock.now += LEASE
    for number in (1, 2):  # the other process reaches the database
        (row,) = await MemoryInbox.claim(desk.inbox, "other", limit=9, now=desk.clock.now)
        assert row.update_id == number
        if number == 1:
            await MemoryInbox.settle(desk.inbox, {1: ""}, now=desk.clock.now)
    desk.mends()
    await settle()
    go_on.set()
    await settle()
    assert desk.seen == [1, 3]
    await desk.inbox.settle({2: ""}, now=desk.clock.now)
    await desk.until_empty()


async def test_a_claimed_update_that_was_answered_meanwhile_is_not_answered_again(desk: Desk) -> None:
    desk.inbox.late = True
    desk.hangs()  # it is stored, but nobody hears of that
    await desk.take("a", 1)
    await desk.until(lambda: desk.seen == [1])
    desk.mends()
    desk.clock.now += LEASE
    desk.dispatcher.start()
    await desk.until_empty()
    await settle()
    assert desk.seen == [1]


async def test_what_was_stored_although_that_failed_is_confirmed_when_it_is_claimed(desk: Desk) -> None:
    desk.handle = lambda update: asyncio.Event().wait()  # type: ignore[assignment,return-value]
    desk.inbox.late = True
    desk.breaks()  # it is stored, and then the connection breaks
    (received,) = await desk.take("a", 1)
    await settle()
    assert received is not None
    assert not received.done()
    desk.mends()
    desk.clock.now += LEASE
    desk.dispatcher.start()
    await settle()
    assert confirmed(received)


async def test_what_is_answered_is_stored_no_more(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    given_up: list[int] = []

    async def hang(waiting: Waiting, *_: object, **__: object) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            given_up.append(waiting.update_id)

    monkeypatch.setattr(desk.inbox, "put", hang)
    await desk.take("a", 1)
    await desk.until(lambda: desk.seen == [1])
    await settle()
    assert given_up == [1]


async def test_what_is_worked_on_keeps_its_chat_although_another_process_took_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.inbox.dispatcher.RENEWAL", 0.0)
    go_on = asyncio.Event()

    async def handle(update: Json) -> None:
        await desk.note(update)
        await go_on.wait()

    desk.handle = handle
    desk.dispatcher.start()
    await desk.put("a", 1)
    await desk.until(lambda: desk.seen == [1])
    desk.breaks()
    desk.clock.now += LEASE
    assert await MemoryInbox.claim(desk.inbox, "other", limit=9, now=desk.clock.now)
    desk.mends()
    await settle()
    desk.breaks()
    await desk.take("a", 2)
    await settle()
    assert desk.seen == [1]
    go_on.set()
    await desk.until(lambda: desk.seen == [1, 2])


async def test_what_is_in_hand_when_the_database_has_lost_all_is_stored_again(desk: Desk) -> None:
    go_on = asyncio.Event()

    async def handle(update: Json) -> None:
        await desk.note(update)
        await go_on.wait()

    desk.handle = handle
    desk.dispatcher.start()
    await desk.put("a", 1, 2)
    await desk.put("b", 3)
    await desk.until(lambda: sorted(desk.seen) == [1, 3])
    desk.inbox.loses_all()
    desk.clock.now += LEASE
    await desk.dispatcher.emptied()
    assert await desk.inbox.waiting() == 3
    assert await desk.inbox.claim("other", limit=9, now=desk.clock.now) == []  # they are in hand here
    assert await desk.take("b", 3) != [None]
    go_on.set()
    await desk.until_empty()
    assert sorted(desk.seen) == [1, 2, 3]


async def test_what_cannot_be_stored_again_is_answered_all_the_same(desk: Desk) -> None:
    go_on = asyncio.Event()

    async def handle(update: Json) -> None:
        await desk.note(update)
        await go_on.wait()

    desk.handle = handle
    desk.dispatcher.start()
    await desk.put("a", 1, 2)
    await desk.until(lambda: desk.seen == [1])
    desk.inbox.loses_all()
    desk.breaks()
    await desk.dispatcher.emptied()
    go_on.set()
    await desk.until(lambda: desk.seen == [1, 2])


async def test_two_dispatchers_on_one_inbox_handle_each_update_once_and_in_order(desk: Desk) -> None:
    second = desk.another()
    desk.dispatcher.start()
    second.start()
    for number in range(60):
        lane = f"chat {number % 5}"
        by, repeated = (desk.dispatcher, second) if number % 3 else (second, desk.dispatcher)
        assert await desk.take(lane, number, by=by) != [None]
        assert await desk.take(lane, number, by=repeated) == [None]
    for _ in range(60):
        await settle()
        desk.dispatcher._wake.set()  # as after five seconds
        second._wake.set()
    await desk.until_empty()
    assert sorted(desk.seen) == list(range(60))
    for chat in range(5):
        assert [number for number in desk.seen if number % 5 == chat] == list(range(chat, 60, 5))
