"""What staff ordered and what they are to be told, kept in a SQLite file and in PostgreSQL."""

import asyncio

import pytest

from bot.storage.database import Database
from bot.storage.protocol import MOST_UNSENT, OUTBOX_KEPT, Letter, Pause, StaffState
from bot.storage.retention import expire
from bot.storage.sql_staff import SqlStaffStore
from tests.support.fakes import NOON, Clock

CHAT, SUPERGROUP = -55, -1_001_234_567_890


@pytest.fixture
def staff(database: Database, clock: Clock) -> SqlStaffStore:
    return SqlStaffStore(database, clock)


@pytest.fixture
def other(second: Database, clock: Clock) -> SqlStaffStore:
    """The store of another process."""
    return SqlStaffStore(second, clock)


async def texts(store: SqlStaffStore, worker: str = "w", *, alone: bool = False) -> list[str]:
    return [letter.text for letter in await store.claim(worker, lease=60, alone=alone)]


async def test_the_latest_word_on_an_entry_is_what_every_process_reads(
    staff: SqlStaffStore, other: SqlStaffStore
) -> None:
    assert await staff.state(CHAT) == StaffState({})
    await staff.pause("aftercare", Pause(True, 1.0))
    await staff.pause("run-after", Pause(True, 2.0))
    await other.pause("aftercare", Pause(False, 3.0))
    expected = {"aftercare": Pause(False, 3.0), "run-after": Pause(True, 2.0)}
    assert (await other.state(None)).pauses == (await staff.state(CHAT)).pauses == expected


async def test_an_order_that_is_written_late_does_not_undo_a_later_one(
    staff: SqlStaffStore, other: SqlStaffStore
) -> None:
    await other.pause("aftercare", Pause(False, 3.0))
    await staff.pause("aftercare", Pause(True, 1.0))
    assert (await staff.state(None)).pauses == {"aftercare": Pause(False, 3.0)}


async def test_where_the_staff_chat_went_is_remembered_by_what_the_settings_call_it(
    staff: SqlStaffStore, other: SqlStaffStore
) -> None:
    await staff.move(CHAT, SUPERGROUP)
    assert (await other.state(CHAT)).chat == SUPERGROUP
    assert (await other.state(SUPERGROUP)).chat is None
    await staff.move(CHAT, SUPERGROUP - 1)
    assert (await other.state(CHAT)).chat == SUPERGROUP - 1


async def test_that_the_staff_chat_is_lost_is_news_to_one_who_asks(
    staff: SqlStaffStore, other: SqlStaffStore
) -> None:
    assert not await staff.lose(CHAT, lost=False)
    told = await asyncio.gather(*(store.lose(CHAT, lost=True) for store in (staff, other, staff, other)))
    assert sorted(told) == [False, False, False, True]
    assert (await other.state(CHAT)).lost
    assert await other.lose(CHAT, lost=False)
    assert not (await staff.state(CHAT)).lost


async def test_a_chat_that_moved_is_not_lost_and_one_that_is_lost_stays_where_it_moved(
    staff: SqlStaffStore,
) -> None:
    await staff.lose(CHAT, lost=True)
    await staff.move(CHAT, SUPERGROUP)
    assert await staff.state(CHAT) == StaffState({}, SUPERGROUP)
    await staff.lose(CHAT, lost=True)
    assert await staff.state(CHAT) == StaffState({}, SUPERGROUP, lost=True)


async def test_messages_come_in_the_order_they_were_put_until_they_are_sent(staff: SqlStaffStore) -> None:
    await staff.put(["one", "two"])
    await staff.put(["three\0", "half \ud83d"])
    letters = await staff.claim("w", lease=60, alone=False)
    assert [letter.text for letter in letters] == ["one", "two", "three", "half ?"]
    await staff.sent("w", letters[:2])
    assert await texts(staff) == ["three", "half ?"]


async def test_what_one_process_has_in_hand_no_other_gets_until_its_lease_ends(
    staff: SqlStaffStore, other: SqlStaffStore, clock: Clock
) -> None:
    await staff.put(["one"])
    assert await texts(staff, "a") == ["one"]
    await staff.put(["two"])
    # Not even what came later: it would overtake.
    assert await texts(other, "b") == []
    assert await texts(staff, "a") == ["one", "two"]
    clock.now += 61
    assert await texts(other, "b") == ["one", "two"]
    await staff.sent("a", [Letter(1, "one")])  # too late: they are another's
    assert await texts(other, "b") == ["one", "two"]


async def test_what_a_process_let_go_of_or_left_behind_is_there_at_once(
    staff: SqlStaffStore, other: SqlStaffStore
) -> None:
    await staff.put(["one"])
    await texts(staff, "a")
    assert await texts(other, "b", alone=True) == ["one"]
    await other.release("b")
    assert await texts(staff, "a") == ["one"]


async def test_two_processes_put_and_claim_at_once_and_nothing_is_lost_or_doubled(
    staff: SqlStaffStore, other: SqlStaffStore
) -> None:
    await asyncio.gather(*(store.put([str(n)]) for n in range(10) for store in (staff, other)))
    first, second = await asyncio.gather(texts(staff, "a"), texts(other, "b"))
    assert sorted(first + second) == sorted([str(n) for n in range(10)] * 2)
    assert [] in (first, second)


async def test_of_too_many_messages_the_oldest_go(staff: SqlStaffStore) -> None:
    await staff.put([str(n) for n in range(MOST_UNSENT)])
    await staff.put(["last"])
    assert (await texts(staff))[0] == "1"


async def test_what_could_not_be_sent_for_a_week_goes_and_a_pause_never(
    staff: SqlStaffStore, database: Database
) -> None:
    await staff.put(["one"])
    await staff.pause("aftercare", Pause(True, NOON))
    assert await expire(database, NOON + OUTBOX_KEPT - 1) == 0
    assert await expire(database, NOON + OUTBOX_KEPT) == 1
    assert await texts(staff) == []
    await expire(database, NOON + 1000 * OUTBOX_KEPT)
    assert (await staff.state(None)).pauses == {"aftercare": Pause(True, NOON)}


async def test_what_is_put_under_a_name_is_put_once_whoever_does_it(
    staff: SqlStaffStore, other: SqlStaffStore
) -> None:
    assert not await staff.was_put("week 1")
    done = await asyncio.gather(*(store.put_once("week 1", ["digest"]) for store in (staff, other) * 3))
    assert sorted(done) == [False] * 5 + [True]
    assert await other.was_put("week 1")
    assert await staff.put_once("week 2", [])
    assert await texts(staff) == ["digest"]
