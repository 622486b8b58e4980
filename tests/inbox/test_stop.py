"""A stop: what is in hand ends, what was done is recorded, and the rest is left to the next start."""

import asyncio

import pytest
from structlog.testing import capture_logs

from bot.inbox.slots import (
    WORKING,
    Slots,
    Stopping,
    about_to_write,
    in_doubt,
    on_the_wire,
    send_again,
    wait,
    writing,
)
from bot.storage.protocol import StoreError
from tests.inbox.desk import Desk, Json, confirmed, settle
from tests.support.fakes import broken
from tests.support.metrics import Counted
from tests.support.patience import PATIENCE

GRACE = 5.0


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
    with capture_logs() as lines:
        async with asyncio.timeout(PATIENCE):
            await stopping
    # The first was ended, the second not begun.
    assert desk.seen == [1]
    assert await desk.waiting() == [(2, 1)]
    assert lines == [{"event": "left for the next start", "updates": 1, "log_level": "info"}]


async def test_a_stop_with_nothing_in_hand_says_nothing(desk: Desk) -> None:
    desk.dispatcher.start()
    await desk.put("a", 1)
    await desk.until_empty()
    with capture_logs() as lines:
        await desk.dispatcher.stop(GRACE)
    assert lines == []


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
        await desk.dispatcher.stop(0)
    assert await desk.waiting() == [(number, 1) for number in range(2 * WORKING)]


async def test_what_was_on_the_wire_at_a_stop_is_recorded_and_counted_as_uncertain(desk: Desk) -> None:
    """Told to be brought again, it would most likely be answered twice."""
    counted = Counted()

    async def handle(update: Json) -> None:
        await desk.note(update)
        if update["update_id"] == 1:
            with on_the_wire():
                await asyncio.Event().wait()
        await asyncio.Event().wait()

    desk.handle = handle
    desk.dispatcher.start()
    await desk.put("a", 1)
    await desk.put("b", 2)
    desk.breaks()
    (unstored,) = await desk.take("c", 3)
    await desk.until(lambda: len(desk.seen) == 3)
    desk.mends()
    await desk.dispatcher.stop(0)
    assert counted("bot_undelivered", reason="uncertain") == 1
    assert await desk.waiting() == [(2, 1)]
    assert unstored is not None
    assert not confirmed(unstored)


async def test_what_was_on_the_wire_unstored_counts_as_answered(desk: Desk) -> None:
    async def handle(update: Json) -> None:
        await desk.note(update)
        with on_the_wire():
            await asyncio.Event().wait()

    desk.handle = handle
    desk.dispatcher.start()
    desk.breaks()
    (unstored,) = await desk.take("a", 1)
    await desk.until(lambda: desk.seen == [1])
    desk.mends()
    with capture_logs() as lines:
        await desk.dispatcher.stop(0)
    assert [line["event"] for line in lines] == ["answer cut off by the stop"]  # nothing is left
    assert unstored is not None
    assert confirmed(unstored)
    assert await desk.take("a", 1, by=desk.another()) == [None]


async def test_a_message_that_failed_or_arrived_is_on_the_wire_no_more(desk: Desk) -> None:
    counted = Counted()

    async def handle(update: Json) -> None:
        try:
            with on_the_wire():
                if update["update_id"] == 1:
                    raise ConnectionError
        except ConnectionError:
            pass
        await desk.note(update)
        await asyncio.Event().wait()

    desk.handle = handle
    desk.dispatcher.start()
    await desk.put("a", 1)
    await desk.put("b", 2)
    await desk.until(lambda: sorted(desk.seen) == [1, 2])
    await desk.dispatcher.stop(0)
    assert counted("bot_undelivered", reason="uncertain") == 0
    assert await desk.waiting() == [(1, 1), (2, 1)]


async def test_what_is_neither_stored_nor_answered_at_a_stop_is_to_be_brought_again(desk: Desk) -> None:
    async def handle(update: Json) -> None:
        await desk.note(update)
        await asyncio.Event().wait()

    desk.handle = handle
    desk.dispatcher.start()
    desk.breaks()
    received = await desk.take("a", 1, 2)
    await desk.until(lambda: desk.seen == [1])
    desk.mends()
    await desk.dispatcher.stop(0)
    for future in received:
        assert future is not None
        assert isinstance(future.exception(), StoreError)
    assert await desk.inbox.waiting() == 0
    again = desk.another()
    assert await desk.take("a", 1, 2, by=again) != [None, None]
    await desk.until(lambda: desk.seen == [1, 1])


async def test_a_repeat_waits_with_the_first_and_hears_of_the_stop_as_well(desk: Desk) -> None:
    desk.handle = lambda update: asyncio.Event().wait()  # type: ignore[assignment,return-value]
    desk.breaks()
    first, again = await desk.take("a", 1, 1)
    assert first is not None
    assert first is again
    await desk.dispatcher.stop(0)
    assert isinstance(first.exception(), StoreError)


async def test_nothing_is_taken_after_a_stop(desk: Desk) -> None:
    desk.dispatcher.start()
    await desk.dispatcher.stop(GRACE)
    with pytest.raises(StoreError):
        await desk.take("a", 1)
    assert await desk.inbox.waiting() == 0


async def test_what_is_being_stored_at_a_stop_and_fails_is_not_confirmed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.inbox.receiving._STORE_WITHIN", 1000.0)
    patient = desk.another()
    desk.hangs()
    taking = asyncio.create_task(desk.take("a", 1, by=patient))
    await settle()
    assert desk.inbox.trouble.calls == 1
    desk.inbox.trouble.hangs = False
    await patient.stop(0)
    desk.inbox.trouble.passes(broken())
    with pytest.raises(StoreError):
        await taking
    assert desk.seen == []


async def test_what_waits_for_its_turn_to_be_stored_at_a_stop_is_not_stored_before_what_came_first(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.inbox.receiving._STORE_WITHIN", 1000.0)
    patient = desk.another()
    desk.hangs()
    takings = [asyncio.create_task(desk.take("a", number, by=patient)) for number in (1, 2)]
    await settle()
    desk.inbox.trouble.hangs = False
    await patient.stop(0)
    came_of_it = await asyncio.gather(*takings, return_exceptions=True)
    assert [type(error) for error in came_of_it] == [StoreError] * 2
    assert await desk.inbox.waiting() == 0


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
    assert await desk.waiting() == [(number, 1) for number in range(3 * WORKING)]


async def test_a_stop_ends_the_pauses_after_failures_at_once(desk: Desk) -> None:
    async def handle(_: Json) -> None:
        raise ConnectionError

    desk.handle = handle
    desk.dispatcher.start()
    await desk.put("a", 1)
    await settle()
    assert desk.slots.pauses == [5.0]
    async with asyncio.timeout(PATIENCE):
        await desk.dispatcher.stop(1000)
    assert desk.slots.pauses == [5.0]  # it was not tried once more
    assert await desk.waiting() == [(1, 1)]


async def test_waiting_that_begins_after_the_stop_ends_at_once_too() -> None:
    slots = Slots()
    slots.hurry()
    async with asyncio.timeout(PATIENCE), slots.taken():
        with pytest.raises(Stopping):
            await wait(1000)
    with pytest.raises(Stopping):
        await slots.pause(1000)


async def test_late_in_a_stop_no_message_is_begun_and_those_on_the_wire_may_still_arrive(desk: Desk) -> None:
    """What has begun is waited for, so that a slow machine leaves no doubt; what has not goes to the next start."""
    arrives = asyncio.Event()
    begun: list[int] = []

    async def handle(update: Json) -> None:
        await desk.note(update)
        if update["update_id"] == 2:
            await desk.slots.no_more.wait()
        with on_the_wire():
            begun.append(update["update_id"])
            if desk.slots.closed:
                return
            await desk.slots.no_more.wait()
            arrives.set()

    desk.handle = handle
    desk.dispatcher.start()
    await desk.put("a", 1)
    await desk.put("b", 2)
    await desk.until(lambda: begun == [1] and sorted(desk.seen) == [1, 2])
    with capture_logs() as lines:
        await desk.dispatcher.stop(0)
    assert arrives.is_set()
    assert begun == [1]
    assert await desk.waiting() == [(2, 1)]
    assert [line["event"] for line in lines] == ["left for the next start"]


async def test_an_update_whose_message_is_to_be_sent_again_is_left_to_the_next_start(desk: Desk) -> None:
    async def handle(update: Json) -> None:
        await desk.note(update)
        try:
            with on_the_wire():
                await asyncio.Event().wait()
        except asyncio.CancelledError:
            assert in_doubt()
            send_again()
            raise

    desk.handle = handle
    desk.dispatcher.start()
    await desk.put("a", 1)
    await desk.until(lambda: desk.seen == [1])
    await desk.dispatcher.stop(0)
    assert await desk.waiting() == [(1, 1)]


async def test_what_was_answered_without_the_database_is_recorded_at_a_stop(desk: Desk) -> None:
    desk.breaks()
    await desk.take("a", 1)
    await desk.until(lambda: desk.seen == [1])
    desk.mends()
    await desk.dispatcher.stop(GRACE)
    assert await desk.take("a", 1, by=desk.another()) == [None]


async def test_a_stop_without_the_database_says_how_many_answers_are_unrecorded(desk: Desk) -> None:
    desk.dispatcher.start()
    desk.breaks()
    await desk.take("a", 1, 2)
    await desk.until(lambda: desk.seen == [1, 2])
    await settle()
    with capture_logs() as lines:
        await desk.dispatcher.stop(GRACE)
    assert lines == [
        {"event": "stopped without the database", "answered_unrecorded": 2, "log_level": "error"},
    ]


async def test_a_stop_does_not_wait_for_a_database_that_hangs(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.inbox.dispatcher._LAST_WORD", 0.0)
    desk.dispatcher.start()
    await settle()
    desk.hangs()
    with capture_logs() as lines:
        async with asyncio.timeout(PATIENCE):
            await desk.dispatcher.stop(GRACE)
    assert [line["event"] for line in lines] == ["stopped without the database"]


async def test_a_message_is_on_the_wire_from_its_first_byte_where_that_is_known() -> None:
    async with Slots().taken() as place:
        with on_the_wire():
            assert place.on_the_wire  # nobody tells more
            about_to_write()
            assert not place.on_the_wire
            writing()
            assert place.on_the_wire
        assert not place.on_the_wire
        about_to_write()  # a call that sends nothing
        writing()
        assert not place.on_the_wire
