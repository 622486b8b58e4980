"""No update is lost, none is answered twice, and lanes keep together, whatever happens to the primary."""

import pytest
from structlog.testing import capture_logs

from bot.inbox.failsafe import SteadyInbox
from bot.inbox.memory import MemoryInbox
from bot.inbox.protocol import LEASE
from bot.storage.protocol import StoreError
from bot.storage.switch import PAUSE
from tests.support.fakes import NOON, Clock, FragileInbox, broken

SOON = 0.05


@pytest.fixture
def primary() -> FragileInbox:
    return FragileInbox()


@pytest.fixture
def steady(primary: FragileInbox, clock: Clock) -> SteadyInbox:
    return SteadyInbox(primary, clock, patience=SOON)


async def put(inbox: SteadyInbox, *updates: tuple[int, str]) -> list[bool]:
    return [await inbox.put(update_id, lane, "{}", person=lane, now=NOON) for update_id, lane in updates]


async def claim(inbox: SteadyInbox, *, limit: int = 10, now: float = NOON) -> list[int]:
    return [row.update_id for row in await inbox.claim("w", limit=limit, now=now)]


def breaks(primary: FragileInbox) -> None:
    primary.trouble.error = broken()


def mends(primary: FragileInbox, clock: Clock) -> None:
    primary.trouble.error = None
    primary.trouble.hangs = False
    clock.now += PAUSE


async def test_updates_are_taken_and_handled_while_the_primary_is_away(
    steady: SteadyInbox, primary: FragileInbox
) -> None:
    breaks(primary)
    assert await put(steady, (1, "a"), (2, "a"), (3, "b")) == [True, True, True]
    assert await steady.waiting() == 3
    rows = await steady.claim("w", limit=10, now=NOON)
    assert [(row.update_id, row.lane) for row in rows] == [(1, "hash of a"), (3, "hash of b")]
    await steady.done(1)
    assert await claim(steady) == [2]


async def test_a_duplicate_is_known_across_the_switch_in_both_directions(
    steady: SteadyInbox, primary: FragileInbox, clock: Clock
) -> None:
    await put(steady, (1, "a"))
    breaks(primary)
    assert await put(steady, (1, "a"), (2, "a")) == [False, True]
    mends(primary, clock)
    assert await put(steady, (2, "a"), (3, "a")) == [False, True]


async def test_a_handled_update_is_not_handed_out_again_when_the_primary_returns(
    steady: SteadyInbox, primary: FragileInbox, clock: Clock
) -> None:
    await put(steady, (1, "a"), (2, "b"), (3, "b"))
    assert await claim(steady) == [1, 2]
    breaks(primary)
    await steady.done(1)
    await steady.set_aside(2, "ValueError")
    mends(primary, clock)
    assert await claim(steady, now=NOON + 2 * LEASE) == [3]
    assert await primary.waiting() == 1


async def test_both_places_are_served_but_never_two_updates_of_a_lane_at_once(
    steady: SteadyInbox, primary: FragileInbox, clock: Clock
) -> None:
    await put(steady, (1, "a"), (2, "b"))
    assert await claim(steady, limit=1) == [1]
    breaks(primary)
    await put(steady, (3, "a"), (4, "c"))
    assert await claim(steady) == [4]  # 1 of lane a is in hand, from the primary
    mends(primary, clock)
    await put(steady, (5, "c"), (6, "d"))
    assert await claim(steady) == [2, 6]  # 4 of lane c is in hand, from memory
    await steady.done(1)
    assert await claim(steady) == [3]
    await steady.done(4)
    assert await claim(steady) == [5]


async def test_the_limit_holds_for_both_places_together(
    steady: SteadyInbox, primary: FragileInbox, clock: Clock
) -> None:
    await put(steady, (1, "a"), (2, "b"))
    breaks(primary)
    await put(steady, (3, "c"), (4, "d"))
    mends(primary, clock)
    assert await claim(steady, limit=3) == [3, 4, 1]


async def test_a_lane_in_hand_is_free_in_memory_when_its_lease_ends_unless_renewed(
    steady: SteadyInbox, primary: FragileInbox
) -> None:
    await put(steady, (1, "a"))
    await claim(steady)
    breaks(primary)
    await put(steady, (2, "a"))
    await steady.renew("w", [1], now=NOON + LEASE / 2)
    assert await claim(steady, now=NOON + LEASE) == []
    assert await claim(steady, now=NOON + LEASE * 1.5) == [2]


async def test_an_update_that_reached_a_hanging_primary_all_the_same_is_handled_once(
    steady: SteadyInbox, primary: FragileInbox, clock: Clock
) -> None:
    primary.trouble.hangs = primary.late = True
    assert await put(steady, (1, "a")) == [True]
    assert await claim(steady) == [1]
    mends(primary, clock)
    primary.late = False
    assert await claim(steady) == []
    await steady.done(1)
    assert await claim(steady, now=NOON + 2 * LEASE) == []
    assert await primary.waiting() == 0


async def test_an_update_that_reaches_the_primary_long_after_it_was_given_up_is_handled_once(
    steady: SteadyInbox, primary: FragileInbox, clock: Clock
) -> None:
    breaks(primary)
    await put(steady, (1, "a"))
    await claim(steady)
    await steady.done(1)
    mends(primary, clock)
    assert await claim(steady) == []  # the primary hears that 1 is handled before it hears of 1
    await primary.put(1, "a", "{}", now=NOON)
    assert await claim(steady) == []
    assert await claim(steady) == []
    assert await primary.waiting() == 0


async def test_an_update_is_not_taken_when_memory_is_full(steady: SteadyInbox, primary: FragileInbox) -> None:
    steady._memory = MemoryInbox(most_waiting=2, lane_key=primary.lane_key)
    breaks(primary)
    await put(steady, (1, "a"), (2, "b"))
    with pytest.raises(StoreError):
        await put(steady, (3, "c"))
    await claim(steady)
    await steady.done(1)
    assert await put(steady, (3, "c")) == [True]  # delivered again, it is new


async def test_the_ledger_is_bounded_but_never_forgets_what_waits() -> None:
    inbox = MemoryInbox(most_remembered=2)
    for update_id in (1, 2, 3):
        await inbox.put(update_id, "a", "{}", now=NOON)
    assert not await inbox.put(1, "a", "{}", now=NOON)
    for update_id in (1, 2, 3):
        await inbox.done(update_id)
    assert [await inbox.put(update_id, "a", "{}", now=NOON) for update_id in (3, 2)] == [False, False]
    assert await inbox.put(1, "a", "{}", now=NOON)


async def test_a_clean_stop_brings_to_the_primary_what_waits_in_memory(
    steady: SteadyInbox, primary: FragileInbox, clock: Clock
) -> None:
    breaks(primary)
    await put(steady, (1, "a"), (2, "b"), (3, "c"))
    assert await claim(steady, limit=2) == [1, 2]
    await steady.done(1)
    mends(primary, clock)
    with capture_logs() as logs:
        await steady.release("w")
    assert [log["event"] for log in logs] == ["store available again"]
    assert [row.update_id for row in await primary.claim("next", limit=9, now=NOON)] == [2, 3]


async def test_a_stop_without_the_primary_says_how_many_updates_are_lost(
    steady: SteadyInbox, primary: FragileInbox
) -> None:
    await put(steady, (1, "a"))
    await claim(steady)
    breaks(primary)
    await put(steady, (2, "b"), (3, "b"))
    await steady.done(1)
    with capture_logs() as logs:
        await steady.release("w")
    assert logs == [
        {
            "event": "stopped without the store",
            "updates_lost": 2,
            "handled_unrecorded": 1,
            "log_level": "error",
        }
    ]


async def test_a_long_outage_is_settled_a_hundred_at_a_time(
    steady: SteadyInbox, primary: FragileInbox, clock: Clock
) -> None:
    for update_id in range(150):
        await put(steady, (update_id, str(update_id)))
    await claim(steady, limit=150)
    breaks(primary)
    for update_id in range(150):
        await steady.done(update_id)
    mends(primary, clock)
    later = NOON + 2 * LEASE
    assert await claim(steady, limit=150, now=later) == []
    assert await claim(steady, limit=150, now=later) == []
    assert await primary.waiting() == 0


def loses_all(primary: FragileInbox) -> None:
    primary._rows.clear()
    primary._ledger.clear()


async def test_when_the_primary_loses_all_what_waited_is_handled_from_memory_once_and_in_order(
    steady: SteadyInbox, primary: FragileInbox
) -> None:
    await put(steady, (1, "a"), (2, "a"), (3, "a"), (4, "b"), (5, "c"))
    assert await claim(steady, limit=2) == [1, 4]
    await steady.done(4)
    loses_all(primary)
    steady.emptied()
    assert await put(steady, (4, "b"), (5, "c")) == [False, False]  # known, though the primary's list is gone
    assert await claim(steady) == [5]  # 1 is in hand
    await steady.done(1)
    assert await claim(steady) == [2]
    await steady.done(2)
    assert await claim(steady) == [3]
    await steady.done(3)
    await steady.done(5)
    assert await steady.waiting() == 0
    assert await claim(steady, now=NOON + 2 * LEASE) == []


async def test_what_was_in_hand_when_the_primary_lost_all_and_failed_is_tried_again(
    steady: SteadyInbox, primary: FragileInbox
) -> None:
    await put(steady, (1, "a"))
    await claim(steady)
    loses_all(primary)
    steady.emptied()
    assert await claim(steady) == []
    assert await claim(steady, now=NOON + LEASE) == [1]


async def test_what_was_handled_from_memory_is_not_handled_again_when_the_lost_file_is_put_back(
    steady: SteadyInbox, primary: FragileInbox
) -> None:
    await put(steady, (1, "a"))
    lost = dict(primary._rows)
    loses_all(primary)
    steady.emptied()
    assert await claim(steady) == [1]
    await steady.done(1)
    assert await claim(steady) == []  # the primary hears that 1 is handled before it has it again
    primary._rows.update(lost)
    assert await claim(steady) == []
    assert await claim(steady) == []
    assert await primary.waiting() == 0


async def test_what_another_process_may_have_handled_long_ago_is_not_handled_from_memory(
    steady: SteadyInbox, primary: FragileInbox
) -> None:
    await put(steady, (1, "a"))
    await steady.put(2, "b", "{}", now=NOON + 10 * LEASE)
    loses_all(primary)
    steady.emptied()
    assert await claim(steady) == [2]
