"""What every inbox promises, in memory, in a SQLite file and in PostgreSQL."""

import asyncio

import pytest

from bot.inbox.protocol import LEASE, MOST_ATTEMPTS, Inbox, Put, Waiting
from bot.inbox.sql import SqlInbox
from bot.storage.database import Database
from bot.storage.ids import Hasher
from bot.storage.protocol import REMEMBERED
from tests.support.fakes import NOON

OURS, LEFT, KNOWN = Put.OURS, Put.LEFT, Put.KNOWN


async def put(inbox: Inbox, *updates: tuple[int, str], worker: str = "", now: float = NOON) -> list[Put]:
    return [
        await inbox.put(Waiting(number, inbox.lane_key(lane), f"body {number}", now), lane, worker, now=now)
        for number, lane in updates
    ]


async def claim(inbox: Inbox, worker: str = "w", *, limit: int = 10, now: float = NOON) -> list[int]:
    return [row.update_id for row in await inbox.claim(worker, limit=limit, now=now)]


async def attempts(inbox: Inbox, worker: str = "w", *, now: float = NOON) -> list[tuple[int, int]]:
    return [(row.update_id, row.attempts) for row in await inbox.claim(worker, limit=10, now=now)]


# --- to be put ------------------------------------------------------------------------------------


async def test_an_update_comes_back_as_it_was_put(inbox: Inbox) -> None:
    lane = inbox.lane_key("a")
    await inbox.put(Waiting(5, lane, '{"text": "ä🏃"}', NOON + 0.5), "1", "", now=NOON + 1)
    (row,) = await inbox.claim("w", limit=1, now=NOON + 2)
    assert row == Waiting(5, lane, '{"text": "ä🏃"}', NOON + 0.5, attempts=1)


async def test_a_lane_is_named_the_same_each_time_and_apart_from_others(inbox: Inbox) -> None:
    assert inbox.lane_key("a") == inbox.lane_key("a") != inbox.lane_key("b")
    assert inbox.lane_key("a") != "a"


async def test_an_update_of_a_lane_in_which_nothing_waits_belongs_to_whoever_put_it(inbox: Inbox) -> None:
    assert await put(inbox, (1, "a"), worker="w") == [OURS]
    assert await put(inbox, (2, "b"), worker="other") == [OURS]
    assert await claim(inbox, "third", now=NOON + LEASE - 1) == []
    assert await claim(inbox, "third", now=NOON + LEASE) == [1, 2]


async def test_an_update_behind_nothing_but_its_own_workers_belongs_to_that_worker_too(inbox: Inbox) -> None:
    assert await put(inbox, (1, "a"), (2, "a"), (3, "a"), worker="w") == [OURS] * 3
    await inbox.settle({1: ""}, now=NOON)
    assert await put(inbox, (4, "a"), worker="w") == [OURS]
    await inbox.settle({2: "", 3: "", 4: ""}, now=NOON)
    assert await put(inbox, (5, "a"), worker="other") == [OURS]


async def test_an_update_that_its_worker_claimed_before_is_its_own_too(inbox: Inbox) -> None:
    await put(inbox, (1, "a"))
    await claim(inbox, "w")
    assert await put(inbox, (2, "a"), worker="w") == [OURS]


async def test_an_update_behind_one_that_belongs_to_nobody_is_left_to_whoever_claims_it(inbox: Inbox) -> None:
    assert await put(inbox, (1, "a")) == [LEFT]
    assert await put(inbox, (2, "a"), worker="w") == [LEFT]
    assert await claim(inbox, "other") == [1]
    await inbox.settle({1: ""}, now=NOON)
    assert await put(inbox, (3, "a"), worker="w") == [LEFT]
    assert await claim(inbox, "other") == [2]


async def test_an_update_behind_one_of_another_worker_is_left_even_when_that_is_not_the_last(inbox: Inbox) -> None:
    assert await put(inbox, (1, "a"), worker="other") == [OURS]
    assert await put(inbox, (2, "a"), worker="w") == [LEFT]
    assert await put(inbox, (3, "a"), worker="other") == [LEFT]
    await inbox.settle({1: ""}, now=NOON)
    assert await claim(inbox, "w") == [2]


async def test_an_update_behind_its_own_workers_is_left_when_their_lease_has_run_out(inbox: Inbox) -> None:
    """Anybody may be working on those by now."""
    await put(inbox, (1, "a"), worker="w")
    assert await put(inbox, (2, "a"), worker="w", now=NOON + LEASE) == [LEFT]
    assert await claim(inbox, "other", now=NOON + LEASE) == [1]


async def test_an_update_set_aside_keeps_its_lane_from_nobody(inbox: Inbox) -> None:
    await put(inbox, (1, "a"))
    await inbox.settle({1: "ValueError"}, now=NOON)
    assert await put(inbox, (2, "a"), worker="w") == [OURS]


async def test_other_lanes_make_no_difference(inbox: Inbox) -> None:
    await put(inbox, (1, "a"))
    await put(inbox, (2, "b"), worker="other")
    assert await put(inbox, (3, "c"), worker="w") == [OURS]


# --- to be known ----------------------------------------------------------------------------------


async def test_an_update_is_new_once_until_48_hours_have_passed(inbox: Inbox) -> None:
    assert await put(inbox, (1, "a"), (1, "a"), worker="w") == [OURS, KNOWN]
    assert await put(inbox, (1, "a"), worker="other") == [KNOWN]
    await inbox.settle({1: ""}, now=NOON)
    assert await inbox.waiting() == 0
    assert await put(inbox, (1, "a"), now=NOON + REMEMBERED - 1) == [KNOWN]
    assert await claim(inbox) == []
    assert await put(inbox, (1, "a"), now=NOON + REMEMBERED) == [LEFT]


async def test_an_update_that_still_waits_is_never_new(inbox: Inbox) -> None:
    await put(inbox, (1, "a"))
    assert await put(inbox, (1, "a"), worker="w", now=NOON + 2 * REMEMBERED) == [KNOWN]
    assert await inbox.waiting() == 1
    assert await claim(inbox, now=NOON + 2 * REMEMBERED) == [1]


async def test_an_update_that_was_never_stored_is_known_once_it_is_settled(inbox: Inbox) -> None:
    await inbox.settle({1: "", 2: "ValueError"}, now=NOON)
    assert await put(inbox, (1, "a"), (2, "a"), worker="w") == [KNOWN] * 2
    assert await put(inbox, (1, "a"), now=NOON + REMEMBERED - 1) == [KNOWN]
    assert await put(inbox, (1, "a"), worker="w", now=NOON + REMEMBERED) == [OURS]


@pytest.mark.parametrize("workers", [("w", "w"), ("w", "other"), ("", "w")])
async def test_the_same_update_put_at_once_is_new_once(inbox: Inbox, workers: tuple[str, str]) -> None:
    row = Waiting(1, inbox.lane_key("a"), "{}", NOON)
    came_of_it = await asyncio.gather(*(inbox.put(row, "a", worker, now=NOON) for worker in workers * 5))
    assert came_of_it.count(KNOWN) == 9
    assert await inbox.waiting() == 1


async def test_of_two_workers_that_put_into_a_lane_at_once_one_has_it(inbox: Inbox) -> None:
    numbers = range(1, 21)
    workers = [("w", "other")[number % 2] for number in numbers]
    rows = [Waiting(number, inbox.lane_key("a"), "{}", NOON) for number in numbers]
    came_of_it = await asyncio.gather(
        *(inbox.put(row, "a", worker, now=NOON) for row, worker in zip(rows, workers, strict=True))
    )
    owners = {worker for worker, put in zip(workers, came_of_it, strict=True) if put is OURS}
    assert len(owners) == 1
    assert LEFT in came_of_it
    assert KNOWN not in came_of_it
    assert await claim(inbox, "third") == []  # the lane is in hand


async def test_of_two_processes_that_put_into_a_lane_at_once_one_has_it(
    database: Database, second: Database, hasher: Hasher
) -> None:
    here, there = SqlInbox(database, hasher), SqlInbox(second, hasher)
    lane = here.lane_key("a")
    came_of_it = await asyncio.gather(
        *(
            inbox.put(Waiting(number + first, lane, "{}", NOON), "a", worker, now=NOON)
            for number in range(0, 20, 2)
            for inbox, worker, first in ((here, "w", 0), (there, "other", 1))
        )
    )
    owners = {place % 2 for place, put in enumerate(came_of_it) if put is OURS}
    assert len(owners) == 1
    assert LEFT in came_of_it


# --- to be claimed --------------------------------------------------------------------------------


async def test_a_lane_gives_one_update_at_a_time_the_lowest_first(inbox: Inbox) -> None:
    await put(inbox, (4, "b"), (3, "a"), (1, "a"), (2, "b"))
    assert await claim(inbox) == [1, 2]
    assert await claim(inbox) == []
    assert await claim(inbox, "other") == []
    await inbox.settle({1: ""}, now=NOON)
    assert await claim(inbox) == [3]
    assert await inbox.waiting() == 3  # those in hand are not handled yet


async def test_no_more_than_asked_for_are_claimed_and_the_oldest_first(inbox: Inbox) -> None:
    await put(inbox, (3, "c"), (2, "b"), (1, "a"))
    assert await claim(inbox, limit=2) == [1, 2]
    assert await claim(inbox, limit=2) == [3]


async def test_a_lane_is_left_alone_while_any_of_its_updates_belongs_to_somebody(inbox: Inbox) -> None:
    await put(inbox, (5, "a"), worker="w")
    await put(inbox, (1, "a"), (2, "b"))
    assert await claim(inbox) == [2]
    assert await claim(inbox, now=NOON + LEASE) == [1, 2]


async def test_two_that_claim_at_once_never_get_the_same(inbox: Inbox) -> None:
    await put(inbox, *((number, f"lane {number % 10}") for number in range(30)))
    claims = await asyncio.gather(*(claim(inbox, f"worker {n}", limit=4) for n in range(4)))
    assert sorted(number for claimed in claims for number in claimed) == list(range(10))


async def test_a_claim_runs_out(inbox: Inbox) -> None:
    await put(inbox, (1, "a"))
    await claim(inbox)
    assert await claim(inbox, "other", now=NOON + LEASE - 1) == []
    assert await attempts(inbox, "other", now=NOON + LEASE) == [(1, 2)]


async def test_an_update_that_fails_again_and_again_is_set_aside_and_its_lane_goes_on(inbox: Inbox) -> None:
    await put(inbox, (1, "a"), (2, "a"))
    for attempt in range(MOST_ATTEMPTS):
        assert await attempts(inbox, now=NOON + attempt * LEASE) == [(1, attempt + 1)]
    assert await claim(inbox, now=NOON + MOST_ATTEMPTS * LEASE) == [2]
    assert await inbox.waiting() == 1
    assert await put(inbox, (1, "a")) == [KNOWN]


# --- to be kept -----------------------------------------------------------------------------------


async def test_a_worker_keeps_all_that_is_its_own_for_as_long_as_it_says_so(inbox: Inbox) -> None:
    await put(inbox, (1, "a"), worker="w")
    await put(inbox, (2, "b"))
    await claim(inbox, "other", limit=1)
    assert await inbox.renew("w", [], now=NOON + LEASE / 2) == set()
    assert await claim(inbox, "third", now=NOON + LEASE) == [2]
    assert await claim(inbox, "third", now=NOON + LEASE * 1.5 - 1) == []
    assert await claim(inbox, "third", now=NOON + LEASE * 1.5) == [1]


async def test_a_lease_that_ran_out_is_renewed_when_nobody_took_it(inbox: Inbox) -> None:
    await put(inbox, (1, "a"), worker="w")
    assert await inbox.renew("w", [1], now=NOON + 3 * LEASE) == set()
    assert await claim(inbox, "other", now=NOON + 3 * LEASE) == []


async def test_a_worker_hears_what_others_took_and_cannot_renew_it(inbox: Inbox) -> None:
    await put(inbox, (1, "a"), (2, "b"), (3, "c"), worker="w")
    await inbox.settle({3: ""}, now=NOON)
    assert await claim(inbox, "other", limit=1, now=NOON + LEASE) == [1]
    assert await inbox.renew("w", [1, 2, 3, 4], now=NOON + LEASE * 1.9) == {1}
    assert await claim(inbox, "third", now=NOON + LEASE * 2) == [1]


async def test_what_others_have_and_nobody_asked_about_is_not_told(inbox: Inbox) -> None:
    await put(inbox, (1, "a"), worker="other")
    assert await inbox.renew("w", [2], now=NOON) == set()


# --- to be done -----------------------------------------------------------------------------------


async def test_what_is_handled_is_gone_and_its_lane_goes_on(inbox: Inbox) -> None:
    await put(inbox, (1, "a"), (2, "a"), (3, "b"))
    await claim(inbox)
    await inbox.settle({1: "", 3: ""}, now=NOON)
    assert await inbox.waiting() == 1
    assert await claim(inbox) == [2]
    assert await claim(inbox, now=NOON + 10 * LEASE) == [2]


async def test_an_update_set_aside_is_not_handed_out_and_its_lane_goes_on(inbox: Inbox) -> None:
    await put(inbox, (1, "a"), (2, "a"))
    await claim(inbox)
    await inbox.settle({1: "ValueError"}, now=NOON)
    assert await inbox.waiting() == 1
    assert await claim(inbox) == [2]
    assert await claim(inbox, now=NOON + 10 * LEASE) == [2]
    assert await put(inbox, (1, "a")) == [KNOWN]


async def test_whoever_settles_hears_whether_something_waits_for_whoever_claims_it(inbox: Inbox) -> None:
    await put(inbox, (1, "a"), (2, "a"), worker="w")
    assert not await inbox.settle({1: ""}, now=NOON)
    await put(inbox, (3, "b"))
    assert await inbox.settle({2: ""}, now=NOON)
    await claim(inbox)
    assert not await inbox.settle({2: ""}, now=NOON)
    assert await inbox.settle({2: ""}, now=NOON + LEASE)
    assert not await inbox.settle({3: "ValueError"}, now=NOON + LEASE)


async def test_what_is_settled_twice_or_unknown_makes_no_difference(inbox: Inbox) -> None:
    await put(inbox, (1, "a"), worker="w")
    for _ in range(2):
        assert not await inbox.settle({1: "", 7: ""}, now=NOON)
    assert await inbox.waiting() == 0


# --- to be let go ---------------------------------------------------------------------------------


async def test_a_clean_stop_frees_its_own_at_once_and_does_not_count_them(inbox: Inbox) -> None:
    await put(inbox, (1, "a"), (2, "b"))
    await put(inbox, (3, "c"), worker="w")
    await claim(inbox, limit=1)
    await claim(inbox, "other", limit=1)
    await inbox.release("w")
    assert await attempts(inbox, "third") == [(1, 1), (3, 1)]


async def test_whoever_knows_itself_alone_takes_over_what_others_had_and_keeps_its_own(inbox: Inbox) -> None:
    await put(inbox, (1, "a"), worker="w")
    await put(inbox, (2, "b"), worker="killed")
    await put(inbox, (3, "c"))
    await claim(inbox, "killed as well")
    await inbox.take_over("w")
    assert await attempts(inbox, "w") == [(2, 1), (3, 2)]
    assert await put(inbox, (4, "a"), worker="w") == [OURS]


async def test_what_was_set_aside_is_not_freed(inbox: Inbox) -> None:
    await put(inbox, (1, "a"), (2, "b"), worker="killed")
    await inbox.settle({1: "ValueError"}, now=NOON)
    for attempt in range(1, MOST_ATTEMPTS + 2):
        await claim(inbox, "killed", now=NOON + attempt * LEASE)
    await inbox.release("killed")
    await inbox.take_over("w")
    assert await claim(inbox, "w") == []
    assert await inbox.waiting() == 0


async def test_a_worker_that_has_nothing_renews_releases_and_clears_without_complaint(inbox: Inbox) -> None:
    assert await inbox.renew("w", [1], now=NOON) == set()
    await inbox.release("w")
    await inbox.take_over("w")
    await inbox.clear_traces()
    assert await claim(inbox) == []
