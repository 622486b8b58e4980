"""The store goes on from memory when its primary fails, says what it cannot promise, and returns by itself."""

import asyncio
import contextlib
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.storage.database import Database
from bot.storage.failsafe import SteadyStore
from bot.storage.ids import Hasher
from bot.storage.memory import MemoryStore
from bot.storage.migrations import upgrade
from bot.storage.protocol import Speaker, StoreError
from bot.storage.sql_store import SqlStore
from bot.storage.switch import CALL_WITHIN
from tests.support.fakes import Clock, FragileStore, broken
from tests.support.patience import PATIENCE
from tests.support.postgres import PostgresServer

ROOT = Path(__file__).resolve().parents[2]
ANN = Speaker("1", "1")
BEN = Speaker("2", "2")
SOON = 0.05
"""Patience in tests where the primary hangs."""


@pytest.fixture
def primary(clock: Clock) -> FragileStore:
    return FragileStore(clock)


@pytest.fixture
def steady(primary: FragileStore, clock: Clock) -> SteadyStore:
    return SteadyStore(primary, clock, patience=SOON)


async def test_the_primary_is_used_while_it_works(steady: SteadyStore, primary: FragileStore) -> None:
    await steady.record(ANN, "codes", [("answer", "a")])
    await steady.rate(ANN, "a", "up")
    await steady.keep_question(ANN, "question")
    assert await primary.conversation(ANN) == await steady.conversation(ANN) == "codes"
    assert await steady.counts(date(2026, 1, 9)) == {("answer", "a"): 1}
    assert await steady.ratings() == await primary.ratings() != []
    assert await steady.questions() == await primary.questions() != []
    assert await steady.held("1") == await primary.held("1")
    [question] = await steady.questions()
    assert await steady.settle_question(question.id)
    assert not await steady.settle_question(question.id)
    assert await primary.questions() == []
    await steady.forget("1")
    assert await primary.conversation(ANN) == await steady.conversation(ANN) == ""


@pytest.mark.parametrize("trouble", ["raises", "hangs", "has a bug"])
async def test_conversations_go_on_where_they_were_when_the_primary_fails(
    steady: SteadyStore, primary: FragileStore, trouble: str
) -> None:
    await steady.record(ANN, "before", [])
    primary.trouble.hangs = trouble == "hangs"
    primary.trouble.error = broken() if trouble == "raises" else KeyError("bug")
    assert await steady.conversation(ANN) == "before"
    await steady.record(ANN, "during", [])
    assert await steady.conversation(ANN) == "during"
    assert await steady.conversation(BEN) == ""


async def test_an_outage_is_logged_once_by_type_only_and_its_end_with_what_was_not_counted(
    steady: SteadyStore, primary: FragileStore, clock: Clock
) -> None:
    primary.trouble.error = KeyError("a secret worry")
    with capture_logs() as logs:
        for _ in range(3):
            await steady.record(ANN, "codes", [("answer", "a"), ("fallback", "")])
        primary.trouble.error = None
        await steady.record(BEN, "codes", [])
        await steady.record(BEN, "codes", [])
    assert logs == [
        {"event": "store unavailable", "part": "store", "error": "KeyError", "log_level": "error"},
        {"event": "store available again", "part": "store", "not_counted": 6, "log_level": "info"},
    ]


async def test_an_error_from_the_database_is_logged_by_what_is_behind_it(
    steady: SteadyStore, primary: FragileStore
) -> None:
    primary.trouble.error = broken()
    with capture_logs() as logs:
        await steady.conversation(ANN)
    assert logs[0]["error"] == "OperationalError"


async def test_a_slow_primary_is_asked_at_every_call_and_costs_its_patience_only_once(
    steady: SteadyStore, primary: FragileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.storage.switch.AGAIN_WITHIN", 0.0)
    primary.trouble.hangs = True
    for _ in range(5):
        await steady.conversation(ANN)
    assert primary.trouble.calls == 5
    primary.trouble.hangs = False
    with capture_logs() as logs:
        while not logs:  # with no patience at all it is a late answer that tells
            await steady.conversation(ANN)
    assert logs[0]["event"] == "store available again"
    assert await steady.counts(date(2026, 1, 9)) == {}


async def test_what_was_told_is_not_forgotten_when_the_primary_loses_all(
    steady: SteadyStore, primary: FragileStore
) -> None:
    await steady.record(ANN, "alarm", [])
    await MemoryStore.forget(primary, "1")
    assert await steady.conversation(ANN) == ""
    steady.emptied()
    assert await steady.conversation(ANN) == "alarm"
    await steady.record(ANN, "later", [])
    assert await primary.conversation(ANN) == "later"
    await steady.forget("1")
    steady.emptied()
    assert await steady.conversation(ANN) == ""


async def test_what_was_told_during_the_outage_is_not_forgotten_after_it(
    steady: SteadyStore, primary: FragileStore, clock: Clock
) -> None:
    await steady.record(ANN, "calm", [])
    primary.trouble.error = broken()
    await steady.record(ANN, "alarm", [])
    primary.trouble.error = None
    assert await steady.conversation(BEN) == ""  # the primary is back
    assert await steady.conversation(ANN) == "alarm"
    await steady.record(ANN, "later", [])
    assert await primary.conversation(ANN) == "later"
    await MemoryStore.record(primary, ANN, "by another process", [])
    assert await steady.conversation(ANN) == "by another process"


async def test_what_a_person_must_rely_on_is_refused_while_the_primary_is_away(
    steady: SteadyStore, primary: FragileStore, clock: Clock
) -> None:
    primary.trouble.error = broken()
    for _ in range(2):  # when it fails, and while it is not asked
        for call in (
            steady.rate(ANN, "a", "up"),
            steady.keep_question(ANN, "question"),
            steady.settle_question("id"),
            steady.forget("1"),
            steady.counts(date(2026, 1, 9)),
        ):
            with pytest.raises(StoreError, match="at present"):
                await call
    primary.trouble.error = None
    await steady.rate(ANN, "a", "up")


async def test_a_forgotten_person_is_gone_from_memory_too(
    steady: SteadyStore, primary: FragileStore, clock: Clock
) -> None:
    primary.trouble.error = broken()
    await steady.record(ANN, "codes", [])
    primary.trouble.error = None
    await steady.forget("1")
    assert await steady.conversation(ANN) == ""
    primary.trouble.error = broken()
    assert await steady.conversation(ANN) == ""


async def test_a_caller_that_gives_up_leaves_no_call_behind(steady: SteadyStore, primary: FragileStore) -> None:
    primary.trouble.hangs = True
    call = asyncio.create_task(steady.conversation(ANN))
    await primary.trouble.struck.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}), return_exceptions=True)
    primary.trouble.hangs = False
    with capture_logs() as logs:
        await steady.conversation(ANN)
    assert logs == []  # giving up is no outage


# --- real databases -----------------------------------------------------------------------------


class Bot:
    """A steady store on a real database."""

    def __init__(self, database: Database, hasher: Hasher, patience: float = CALL_WITHIN) -> None:
        self.store = SteadyStore(SqlStore(database, hasher), patience=patience)
        self._next = 0

    async def talks(self) -> bool:
        """Record an exchange, and return whether it was counted in the database."""
        self._next += 1
        await self.store.record(ANN, f"codes {self._next}", [("answer", "a")])
        assert await self.store.conversation(ANN) == f"codes {self._next}"
        try:
            return (await self.store.counts(date(2000, 1, 1))).get(("answer", "a"), 0) == self._next
        except StoreError:
            return False

    async def talks_again(self) -> str:
        """Talk until the database has it, and return the codes recorded last."""
        async with asyncio.timeout(PATIENCE):
            while True:
                await self.talks()
                with contextlib.suppress(StoreError):
                    codes = (await self.store.held("1")).conversations
                    if codes == (f"codes {self._next}",):
                        return codes[0]


@pytest.fixture
async def stoppable(postgres: PostgresServer) -> AsyncIterator[Database]:
    if not postgres.can_stop:
        pytest.skip("the server of TEST_DATABASE_URL is not ours to stop")
    database = Database.open(await postgres.fresh_database())
    await upgrade(database)
    yield database
    await database.close()


async def test_a_postgresql_that_stops_and_starts_is_survived(
    stoppable: Database, postgres: PostgresServer, hasher: Hasher
) -> None:
    bot = Bot(stoppable, hasher)
    assert await bot.talks()
    postgres.stop()
    try:
        assert not await bot.talks()
    finally:
        postgres.start()
    with capture_logs() as logs:
        await bot.talks_again()
    assert "store available again" in {log["event"] for log in logs}


async def test_a_postgresql_restarted_between_two_messages_is_not_noticed(
    stoppable: Database, postgres: PostgresServer, hasher: Hasher
) -> None:
    bot = Bot(stoppable, hasher)
    assert await bot.talks()
    postgres.stop()
    postgres.start()
    with capture_logs() as logs:
        assert await bot.talks()
    assert logs == []


async def test_a_locked_file_is_survived(tmp_path: Path, hasher: Hasher) -> None:
    database = Database.open(tmp_path / "bot.db")
    await upgrade(database)
    bot = Bot(database, hasher, patience=10 * SOON)
    other = sqlite3.connect(tmp_path / "bot.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert not await bot.talks()
    other.execute("ROLLBACK")
    other.close()
    await bot.talks_again()
    await database.close()


async def held_up(path: Path, hasher: Hasher) -> Database:
    """Return a database of which a call, given up already, waits for a lock that goes in a moment."""
    database = Database.open(path)
    await upgrade(database)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    await SteadyStore(SqlStore(database, hasher), patience=SOON).record(ANN, "codes", [])
    asyncio.get_running_loop().call_later(0.2, other.close)
    for _ in range(20):  # the driver hears that it was given up
        await asyncio.sleep(0)
    return database


async def test_closing_waits_for_calls_that_were_given_up(tmp_path: Path, hasher: Hasher) -> None:
    database = await held_up(tmp_path / "bot.db", hasher)
    await database.close()
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}


def test_a_process_ends_even_when_nothing_was_closed(tmp_path: Path) -> None:
    code = f"""
import asyncio, pathlib
from bot.storage.ids import Hasher
from tests.storage.test_failsafe import held_up
asyncio.run(held_up(pathlib.Path({str(tmp_path / "bot.db")!r}), Hasher(b"k" * 16)))
"""
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=PATIENCE, check=True, capture_output=True)


async def test_a_deleted_file_is_noticed_and_its_backup_taken_up(tmp_path: Path, hasher: Hasher) -> None:
    path = tmp_path / "bot.db"
    database = Database.open(path)
    await upgrade(database)
    bot = Bot(database, hasher)
    assert await bot.talks()
    await database.clear_traces()
    backup = path.read_bytes()
    for name in ("bot.db", "bot.db-wal", "bot.db-shm"):
        (tmp_path / name).unlink()
    assert not await bot.talks()
    assert not path.exists()
    path.write_bytes(backup)
    await bot.talks_again()
    await database.close()
