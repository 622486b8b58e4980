"""Two processes on one database: two ``Database`` objects here, which share nothing else."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.inbox.protocol import LEASE, Put, Waiting
from bot.inbox.sql import SqlInbox
from bot.storage.database import Database
from bot.storage.ids import Hasher
from bot.storage.leader import LEADER_LEASE, leading
from bot.storage.migrations import STEPS, upgrade
from bot.storage.protocol import Speaker
from bot.storage.sql_store import SqlStore
from tests.support.fakes import NOON
from tests.support.patience import PATIENCE


@pytest.fixture
def inboxes(database: Database, second: Database, hasher: Hasher) -> tuple[SqlInbox, SqlInbox]:
    """The inbox as two processes see it."""
    return SqlInbox(database, hasher), SqlInbox(second, hasher)


async def put(inbox: SqlInbox, number: int, lane: str, worker: str = "", person: str = "") -> Put:
    return await inbox.put(Waiting(number, inbox.lane_key(lane), "{}", NOON), person, worker, now=NOON)


async def test_each_update_is_claimed_once_and_each_lane_in_order(inboxes: tuple[SqlInbox, SqlInbox]) -> None:
    lanes = {update_id: f"lane {update_id % 7}" for update_id in range(60)}
    for update_id, lane in lanes.items():
        await put(inboxes[0], update_id, lane)
    handled: list[Waiting] = []
    in_hand: set[str] = set()

    async def work(inbox: SqlInbox, worker: str) -> None:
        while await inbox.waiting():
            for row in await inbox.claim(worker, limit=2, now=NOON):
                assert row.lane not in in_hand
                in_hand.add(row.lane)
                await asyncio.sleep(0)  # lets the others try
                handled.append(row)
                in_hand.discard(row.lane)
                await inbox.settle({row.update_id: ""}, now=NOON)

    async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
        for n in range(4):
            group.create_task(work(inboxes[n % 2], str(n)))
    assert sorted(row.update_id for row in handled) == list(lanes)
    for lane in set(lanes.values()):
        of_lane = [row.update_id for row in handled if lanes[row.update_id] == lane]
        assert of_lane == sorted(of_lane)


async def test_what_a_killed_process_had_in_hand_is_taken_up_when_its_lease_ends(
    inboxes: tuple[SqlInbox, SqlInbox],
) -> None:
    dead, living = inboxes
    assert await put(dead, 1, "a", "dead") is await put(dead, 2, "a", "dead") is Put.OURS
    assert await living.claim("living", limit=9, now=NOON + LEASE - 1) == []
    assert [row.update_id for row in await living.claim("living", limit=9, now=NOON + LEASE)] == [1]


async def test_an_update_delivered_to_two_processes_at_once_is_new_once(inboxes: tuple[SqlInbox, SqlInbox]) -> None:
    for update_id in range(10):
        both = await asyncio.gather(*(put(inbox, update_id, "a") for inbox in inboxes))
        assert {*both} == {Put.KNOWN, Put.LEFT}


async def test_a_claim_finds_the_free_lanes_behind_one_that_is_long_and_in_hand(
    database: Database, inboxes: tuple[SqlInbox, SqlInbox]
) -> None:
    await put(inboxes[0], 0, "busy")
    digits = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) "
    columns = "update_id, lane, person, body, received, attempts, worker, leased_until, reason, set_aside_at"
    lane = "CASE WHEN i % 2 = 0 THEN 'one' ELSE 'lane ' || (i % 500) END"
    row = f"SELECT i, {lane}, '', '{{}}', 0, 0, '', 0, '', 0 FROM n"
    insert = f"{digits} INSERT INTO inbox ({columns}) {row}" if not database.is_file else ""
    insert = insert or f"INSERT INTO inbox ({columns}) {digits} {row}"
    async with database.writing() as connection:
        await connection.execute(text(insert))
    (first,) = await inboxes[0].claim("w", limit=1, now=NOON)
    assert first.update_id == 0
    # Every even number is of lane "one", which is taken by the claim of 2; each odd one has a lane of its own.
    claimed = await inboxes[1].claim("v", limit=4, now=NOON)
    assert [update.update_id for update in claimed] == [1, 2, 3, 5]


async def test_two_processes_that_start_at_once_upgrade_once(url: str) -> None:
    databases = [Database.open(url) for _ in range(4)]
    assert await asyncio.gather(*map(upgrade, databases)) == [len(STEPS)] * 4
    async with databases[0].reading() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM schema_version")) == len(STEPS)
    for database in databases:
        await database.close()


async def test_a_periodic_job_is_led_by_one_at_a_time(database: Database, second: Database) -> None:
    async with leading(database, "expire") as first:
        async with leading(second, "expire") as other, leading(second, "report") as another:
            assert (first, other, another) == (True, False, True)
        async with leading(second, "expire") as still_no:
            assert not still_no
    async with leading(second, "expire") as now_yes:
        assert now_yes


async def test_the_lead_passes_on_when_the_job_fails(database: Database, second: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with leading(database, "expire"):
            raise ZeroDivisionError
    async with leading(second, "expire") as mine:
        assert mine


async def test_a_killed_leader_on_a_file_bars_the_job_no_longer_than_its_lease(tmp_path: Path) -> None:
    database = Database.open(tmp_path / "bot.db")
    await upgrade(database)
    async with leading(database, "expire", now=NOON) as killed:
        async with leading(database, "expire", now=NOON + LEADER_LEASE - 1) as early:
            assert (killed, early) == (True, False)
        async with leading(database, "expire", now=NOON + LEADER_LEASE) as late:
            assert late
    await database.close()


async def test_what_one_process_records_the_other_reads(
    database: Database, second: Database, hasher: Hasher
) -> None:
    await SqlStore(database, hasher).record(Speaker("1", "1"), "codes", [])
    assert await SqlStore(second, hasher).conversation(Speaker("1", "1")) == "codes"
    await put(SqlInbox(database, hasher), 1, "1", person="1")
    await put(SqlInbox(database, hasher), 2, "1", person="1")
    await SqlInbox(database, hasher).settle({1: "ValueError"}, now=NOON)
    await SqlStore(second, hasher).forget("1")
    # What waits is still to be answered; what nobody can read goes with the rest.
    assert await SqlInbox(database, hasher).waiting() == 1
    async with database.reading() as connection:
        assert list(await connection.scalars(text("SELECT update_id FROM inbox"))) == [2]
