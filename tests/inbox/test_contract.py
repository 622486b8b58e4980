"""What every inbox promises, in memory, in a SQLite file and in PostgreSQL."""

import asyncio

from bot.inbox.protocol import LEASE, MOST_ATTEMPTS, Inbox
from bot.storage.protocol import REMEMBERED
from tests.support.fakes import NOON


async def put(inbox: Inbox, *updates: tuple[int, str], now: float = NOON) -> list[bool]:
    return [
        await inbox.put(update_id, lane, f"body {update_id}", person=lane, now=now) for update_id, lane in updates
    ]


async def claim(inbox: Inbox, worker: str = "w", *, limit: int = 10, now: float = NOON) -> list[int]:
    return [row.update_id for row in await inbox.claim(worker, limit=limit, now=now)]


async def test_an_update_comes_back_as_it_was_put(inbox: Inbox) -> None:
    await inbox.put(5, "a", '{"text": "ä🏃"}', person="1", now=NOON + 0.5)
    (row,) = await inbox.claim("w", limit=1, now=NOON + 1)
    assert (row.update_id, row.lane, row.body) == (5, inbox.lane_key("a"), '{"text": "ä🏃"}')
    assert (row.received, row.attempts) == (NOON + 0.5, 1)


async def test_an_update_is_new_once_until_48_hours_have_passed(inbox: Inbox) -> None:
    assert await put(inbox, (1, "a"), (1, "a")) == [True, False]
    await claim(inbox)
    await inbox.done(1)
    assert await inbox.waiting() == 0
    assert await put(inbox, (1, "a"), now=NOON + REMEMBERED - 1) == [False]
    assert await claim(inbox) == []
    assert await put(inbox, (1, "a"), now=NOON + REMEMBERED) == [True]


async def test_an_update_that_still_waits_is_never_new(inbox: Inbox) -> None:
    await put(inbox, (1, "a"))
    assert await put(inbox, (1, "a"), now=NOON + 2 * REMEMBERED) == [False]
    assert await inbox.waiting() == 1


async def test_the_same_update_put_at_once_is_new_once(inbox: Inbox) -> None:
    new = await asyncio.gather(*(inbox.put(1, "a", "{}", now=NOON) for _ in range(10)))
    assert sum(new) == 1
    assert await inbox.waiting() == 1


async def test_a_lane_gives_one_update_at_a_time_the_lowest_first(inbox: Inbox) -> None:
    await put(inbox, (4, "b"), (3, "a"), (1, "a"), (2, "b"))
    assert await claim(inbox) == [1, 2]
    assert await claim(inbox, "other") == []
    await inbox.done(1)
    assert await claim(inbox) == [3]
    assert await inbox.waiting() == 3  # those in hand are not handled yet


async def test_no_more_than_asked_for_are_claimed_and_the_oldest_first(inbox: Inbox) -> None:
    await put(inbox, (3, "c"), (2, "b"), (1, "a"))
    assert await claim(inbox, limit=2) == [1, 2]
    assert await claim(inbox, limit=2) == [3]


async def test_a_skipped_lane_is_left_alone(inbox: Inbox) -> None:
    await put(inbox, (1, "a"), (2, "b"))
    rows = await inbox.claim("w", limit=2, now=NOON, skip={inbox.lane_key("a")})
    assert [row.update_id for row in rows] == [2]


async def test_a_claim_runs_out_unless_it_is_renewed(inbox: Inbox) -> None:
    await put(inbox, (1, "a"), (2, "b"))
    await claim(inbox)
    await inbox.renew("w", [1], now=NOON + LEASE / 2)
    assert await claim(inbox, "other", now=NOON + LEASE - 1) == []
    assert await claim(inbox, "other", now=NOON + LEASE) == [2]
    assert await claim(inbox, "other", now=NOON + LEASE * 1.5) == [1]


async def test_a_worker_that_lost_its_claim_cannot_renew_it(inbox: Inbox) -> None:
    await put(inbox, (1, "a"))
    await claim(inbox)
    await claim(inbox, "other", now=NOON + LEASE)
    await inbox.renew("w", [1], now=NOON + LEASE * 1.9)
    assert await claim(inbox, "third", now=NOON + LEASE * 2) == [1]


async def test_a_clean_stop_frees_its_own_claims_at_once_and_does_not_count_them(inbox: Inbox) -> None:
    await put(inbox, (1, "a"), (2, "b"))
    await claim(inbox, limit=1)
    await claim(inbox, "other", limit=1)
    await inbox.release("w")
    rows = await inbox.claim("third", limit=2, now=NOON)
    assert [(row.update_id, row.attempts) for row in rows] == [(1, 1)]


async def test_an_update_that_fails_again_and_again_is_set_aside_and_its_lane_goes_on(inbox: Inbox) -> None:
    await put(inbox, (1, "a"), (2, "a"))
    for attempt in range(MOST_ATTEMPTS):
        assert await claim(inbox, now=NOON + attempt * LEASE) == [1]
    assert await claim(inbox, now=NOON + MOST_ATTEMPTS * LEASE) == [2]
    assert await inbox.waiting() == 1
    assert await put(inbox, (1, "a")) == [False]


async def test_an_update_set_aside_is_not_handed_out_and_its_lane_goes_on(inbox: Inbox) -> None:
    await put(inbox, (1, "a"), (2, "a"))
    await claim(inbox)
    await inbox.set_aside(1, "ValueError")
    assert await claim(inbox) == [2]
    assert await claim(inbox, now=NOON + 10 * LEASE) == [2]


async def test_what_is_not_there_is_done_and_renewed_without_complaint(inbox: Inbox) -> None:
    await inbox.done(1)
    await inbox.set_aside(1, "ValueError")
    await inbox.renew("w", [1], now=NOON)
    await inbox.renew("w", [], now=NOON)
    await inbox.release("w")
