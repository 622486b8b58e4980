"""Telegram hears "received" only of what is stored, or of what is answered."""

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.inbox import receiving
from bot.inbox.lanes import Lanes, Row
from bot.inbox.protocol import Put, Waiting
from bot.inbox.receiving import Receiver
from bot.storage.protocol import StoreError
from tests.inbox.desk import Json, PassingInbox, confirmed, settle
from tests.support.fakes import NOON, broken
from tests.support.memory_inbox import MemoryInbox

Received = asyncio.Future[None]
really_wait = asyncio.wait


class Patience:
    """Ends when a test says so; ``asked`` has how long it would have been each time."""

    def __init__(self) -> None:
        self.asked: list[float | None] = []
        self.over = asyncio.Event()

    async def wait(self, tasks: Iterable[asyncio.Future[Any]], *, timeout: float | None = None) -> None:  # noqa: ASYNC109
        self.asked.append(timeout)
        over = asyncio.create_task(self.over.wait())
        await really_wait({*tasks, over}, return_when=asyncio.FIRST_COMPLETED)
        over.cancel()


class Door:
    """A receiver whose updates wait to be answered; ``begun`` has those that may be, in order."""

    def __init__(self) -> None:
        self.inbox = PassingInbox()
        self.lanes = Lanes()
        self.begun: list[int] = []
        self.unrecorded: set[int] = set()
        self.receiver = Receiver(self.inbox, self.lanes, "w", self._begin, self.unrecorded.__contains__)

    def _begin(self, row: Row) -> None:
        self.begun.append(row.waiting.update_id)

    async def take(self, number: int, lane: str = "a") -> Received | None:
        waiting = Waiting(number, self.inbox.lane_key(lane), "{}", NOON)
        return await self.receiver.take(waiting, "somebody", now=NOON)

    def answer(self, number: int) -> None:
        """Answer an update, as the dispatcher does."""
        row = self.lanes.get(number)
        assert row is not None
        self.unrecorded.add(number)
        row.confirm()
        if row.storing is not None:
            row.storing.cancel()
        following = self.lanes.remove(row)
        if following is not None:
            self._begin(following)


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> Patience:
    made = Patience()
    monkeypatch.setattr(asyncio, "wait", made.wait)
    return made


@pytest.fixture
def door(patience: Patience) -> Door:
    return Door()


def begin_to_take(door: Door, number: int, lane: str = "a") -> "asyncio.Task[Received | None]":
    return asyncio.create_task(door.take(number, lane))


def pending(received: Received | None) -> bool:
    return received is not None and not received.done()


async def test_what_is_stored_is_confirmed_at_once_and_handled(door: Door) -> None:
    received = await door.take(1)
    assert received is not None
    assert confirmed(received)
    assert await door.inbox.waiting() == 1
    assert door.begun == [1]


async def test_an_update_behind_another_of_its_chat_is_not_begun(door: Door) -> None:
    for number in (1, 2):
        await door.take(number)
    await door.take(3, "b")
    assert door.begun == [1, 3]


async def test_nothing_is_confirmed_or_begun_while_it_is_being_stored(door: Door) -> None:
    door.inbox.trouble.hangs = True
    taking = begin_to_take(door, 1)
    await settle()
    assert not taking.done()
    assert door.begun == []
    door.inbox.trouble.passes()
    received = await taking
    assert received is not None
    assert confirmed(received)


@pytest.mark.parametrize("error", [broken(), ValueError("something of a message"), OSError()])
async def test_what_cannot_be_stored_is_handled_and_confirmed_when_it_is_answered(
    door: Door, error: Exception
) -> None:
    door.inbox.trouble.error = error
    received = await door.take(1)
    assert door.begun == [1]
    await settle()
    assert pending(received)
    door.answer(1)
    assert received is not None
    assert confirmed(received)


async def test_what_takes_too_long_to_store_is_handled_and_confirmed_when_it_is_answered(
    door: Door, patience: Patience
) -> None:
    door.inbox.trouble.hangs = True
    patience.over.set()
    received = await door.take(1)
    assert door.begun == [1]
    assert pending(received)
    door.answer(1)
    assert received is not None
    assert confirmed(received)
    door.inbox.trouble.passes()
    await settle()
    assert await door.inbox.waiting() == 0  # it was not stored after its answer


async def test_what_is_stored_late_is_confirmed_then(door: Door, patience: Patience) -> None:
    door.inbox.trouble.hangs = True
    patience.over.set()
    received = await door.take(1)
    door.inbox.trouble.passes()
    await settle()
    assert received is not None
    assert confirmed(received)
    assert await door.inbox.waiting() == 1
    row = door.lanes.get(1)
    assert row is not None
    assert row.stored
    assert not door.receiver.left.is_set()


async def test_what_fails_late_is_confirmed_when_it_is_answered(door: Door, patience: Patience) -> None:
    door.inbox.trouble.hangs = True
    patience.over.set()
    received = await door.take(1)
    door.inbox.trouble.passes(broken())
    await settle()
    assert pending(received)
    door.answer(1)
    assert received is not None
    assert confirmed(received)


async def test_what_is_stored_late_behind_others_calls_for_a_claim(door: Door, patience: Patience) -> None:
    await MemoryInbox.put(door.inbox, Waiting(1, door.inbox.lane_key("a"), "{}", NOON), "", "other", now=NOON)
    door.inbox.trouble.hangs = True
    patience.over.set()
    received = await door.take(2)
    assert not door.receiver.left.is_set()
    door.inbox.trouble.passes()
    await settle()
    assert received is not None
    assert confirmed(received)
    assert door.receiver.left.is_set()


async def test_what_is_stored_behind_others_is_confirmed_and_left_to_be_claimed(door: Door) -> None:
    await MemoryInbox.put(door.inbox, Waiting(1, door.inbox.lane_key("a"), "{}", NOON), "", "other", now=NOON)
    received = await door.take(2)
    assert received is not None
    assert confirmed(received)
    assert door.receiver.left.is_set()
    assert door.begun == []
    assert len(door.lanes) == 0


# --- repeats --------------------------------------------------------------------------------------


async def test_a_repeat_of_what_is_in_hand_waits_for_the_same(door: Door) -> None:
    door.inbox.trouble.error = broken()
    first = await door.take(1)
    assert first is not None
    assert await door.take(1) is first
    door.inbox.trouble.passes()
    assert await door.take(1) is first
    assert door.begun == [1]
    assert door.inbox.trouble.calls == 1
    assert await door.inbox.waiting() == 0


async def test_a_repeat_that_comes_while_the_first_is_being_stored_waits_for_the_same(
    door: Door, patience: Patience
) -> None:
    door.inbox.trouble.hangs = True
    takings = [begin_to_take(door, 1) for _ in range(3)]
    await settle()
    patience.over.set()
    first, *repeats = await asyncio.gather(*takings)
    assert pending(first)
    assert repeats == [first] * 2
    assert door.begun == [1]
    assert door.inbox.trouble.calls == 1


async def test_a_repeat_of_what_is_answered_and_not_recorded_is_let_go(door: Door) -> None:
    door.inbox.trouble.error = broken()
    await door.take(1)
    door.answer(1)
    assert await door.take(1) is None
    door.inbox.trouble.passes()
    assert await door.take(1) is None
    assert door.begun == [1]


async def test_a_repeat_of_what_is_known_is_let_go(door: Door) -> None:
    await door.inbox.settle({1: ""}, now=NOON)
    await MemoryInbox.put(door.inbox, Waiting(2, door.inbox.lane_key("b"), "{}", NOON), "", "other", now=NOON)
    assert await door.take(1) is None
    assert await door.take(2) is None
    assert door.begun == []
    assert len(door.lanes) == 0


async def test_what_was_stored_and_claimed_before_that_was_known_is_in_hand_once(
    door: Door, patience: Patience
) -> None:
    await MemoryInbox.put(door.inbox, Waiting(1, door.inbox.lane_key("a"), "{}", NOON), "", "other", now=NOON)
    door.inbox.late = door.inbox.trouble.hangs = True  # 2 is left behind 1
    taking = begin_to_take(door, 2)
    await settle()
    claimed = Row(Waiting(2, door.inbox.lane_key("a"), "{}", NOON, attempts=1), stored=True)
    door.lanes.add(claimed)
    patience.over.set()
    assert await taking is claimed.received
    assert list(door.lanes) == [claimed]
    assert door.lanes.remove(claimed) is None
    await settle()
    assert asyncio.all_tasks() == {asyncio.current_task()}  # nobody goes on storing it


async def test_what_was_stored_claimed_and_answered_before_that_was_known_is_let_go(
    door: Door, patience: Patience
) -> None:
    door.inbox.late = door.inbox.trouble.hangs = True
    taking = begin_to_take(door, 1)
    await settle()
    door.unrecorded.add(1)
    patience.over.set()
    assert await taking is None
    assert door.begun == []


# --- order, room, and whoever goes away -----------------------------------------------------------


async def test_two_messages_of_a_chat_do_not_overtake_each_other_on_their_way_to_the_disk(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = asyncio.Event()
    stored: list[int] = []
    put = door.inbox.put

    async def slow(waiting: Waiting, *args: Any, **kwargs: Any) -> Put:
        if waiting.update_id == 1:
            await first.wait()
        stored.append(waiting.update_id)
        return await put(waiting, *args, **kwargs)

    monkeypatch.setattr(door.inbox, "put", slow)
    takings = [begin_to_take(door, number) for number in (1, 2)]
    another = begin_to_take(door, 3, "b")
    await settle()
    assert stored == [3]
    assert another.done()
    first.set()
    await asyncio.gather(*takings)
    assert stored == [3, 1, 2]
    assert door.begun == [3, 1]


async def test_what_is_not_stored_keeps_its_place_in_front_of_what_is(door: Door) -> None:
    door.inbox.trouble.error = broken()
    await door.take(1)
    door.inbox.trouble.passes()
    await door.take(2)
    assert door.begun == [1]
    door.answer(1)
    assert door.begun == [1, 2]


async def test_an_update_is_not_taken_when_neither_database_nor_memory_has_room(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving, "MOST_IN_HAND", 2)
    door.inbox.trouble.error = broken()
    await door.take(1)
    await door.take(2, "b")
    with pytest.raises(StoreError):
        await door.take(3, "c")
    assert door.begun == [1, 2]
    door.answer(1)
    assert pending(await door.take(3, "c"))  # delivered again, it is new
    assert door.begun == [1, 2, 3]


async def test_with_memory_full_and_the_database_slow_nothing_is_stored_that_was_refused(
    door: Door, patience: Patience, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving, "MOST_IN_HAND", 0)
    door.inbox.trouble.hangs = True
    patience.over.set()
    with pytest.raises(StoreError):
        await door.take(1)
    door.inbox.trouble.passes()
    await settle()
    assert await door.inbox.waiting() == 0


async def test_with_memory_full_what_is_stored_is_left_to_be_claimed(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving, "MOST_IN_HAND", 1)
    await door.take(1)
    received = await door.take(2, "b")
    assert received is not None
    assert confirmed(received)
    assert door.begun == [1]
    assert door.receiver.left.is_set()
    assert [row.update_id for row in await door.inbox.claim("other", limit=9, now=NOON)] == [2]


async def test_nothing_of_a_chat_is_stored_before_what_is_not(door: Door) -> None:
    """Stored, it would be answered first should the process end now and Telegram bring the other again."""
    door.inbox.trouble.error = broken()
    first = await door.take(1)
    door.inbox.trouble.passes()
    second = await door.take(2)
    assert pending(first) and pending(second)
    assert await door.inbox.waiting() == 0
    door.answer(1)
    door.answer(2)
    third = await door.take(3)
    assert third is not None and confirmed(third)


async def test_a_client_that_goes_away_loses_nothing(door: Door) -> None:
    door.inbox.trouble.hangs = True
    takings = [begin_to_take(door, number) for number in (1, 2)]
    await settle()
    for taking in takings:
        taking.cancel()
    await settle()
    assert [taking.cancelled() for taking in takings] == [True, True]
    door.inbox.trouble.passes()
    await settle()
    assert await door.inbox.waiting() == 2
    assert door.begun == [1]
    door.answer(1)
    assert door.begun == [1, 2]


# --- an outage ------------------------------------------------------------------------------------


async def test_after_a_failure_nobody_waits_long_until_something_is_stored_again(
    door: Door, patience: Patience
) -> None:
    for number in range(3):
        door.inbox.trouble.error = broken()
        await door.take(number, f"lane {number}")
    door.inbox.trouble.passes()
    await door.take(3, "c")
    await door.take(4, "d")
    long, short = receiving._STORE_WITHIN, receiving._TRY_WITHIN
    assert patience.asked == [long, short, short, short, long]
    assert short < long


async def test_a_database_that_hangs_makes_the_next_wait_short_too(door: Door, patience: Patience) -> None:
    door.inbox.trouble.hangs = True
    patience.over.set()
    await door.take(1)
    await door.take(2, "b")
    assert patience.asked == [receiving._STORE_WITHIN, receiving._TRY_WITHIN]


async def test_one_line_says_that_an_outage_began_and_one_that_it_ended(door: Door) -> None:
    numbers = iter(range(100))
    with capture_logs() as lines:
        for error in (broken(), ValueError("something of a message")):
            door.inbox.trouble.error = error
            for _ in range(3):
                number = next(numbers)
                await door.take(number, f"lane {number}")
            door.inbox.trouble.passes()
            for _ in range(3):
                number = next(numbers)
                await door.take(number, f"lane {number}")
    expected: list[Json] = []
    for cause in ("OperationalError", "ValueError"):
        expected += [
            {"event": "updates not stored in time; answered from memory", "error": cause, "log_level": "error"},
            {"event": "updates are stored again", "log_level": "info"},
        ]
    assert lines == expected


async def test_the_line_of_a_database_that_hangs_says_so(door: Door, patience: Patience) -> None:
    door.inbox.trouble.hangs = True
    patience.over.set()
    with capture_logs() as lines:
        await door.take(1)
    assert [line["error"] for line in lines] == ["TimeoutError"]
