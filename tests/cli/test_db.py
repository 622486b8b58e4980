"""``db upgrade``: brings either kind of database up to date, says so, and leaves a newer release's alone."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from bot.storage import schema
from bot.storage.database import Database
from bot.storage.ids import Hasher
from bot.storage.migrations import STEPS
from bot.storage.protocol import Speaker
from bot.storage.sql_store import SqlStore
from tests.cli.conftest import Command

DONE = (0, f"The database has schema version {len(STEPS)}.\n", "")


async def upgrade(command: Command, monkeypatch: pytest.MonkeyPatch, url: str) -> tuple[int, str, str]:
    """Run ``db upgrade`` on the database at ``url``, beside the connections that a test has to it."""
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("DATA_KEY", "a key of enough characters")  # PostgreSQL is not used without one
    return await asyncio.to_thread(command, "db", "upgrade")


async def test_an_empty_database_gets_its_tables(
    command: Command, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    assert await upgrade(command, monkeypatch, url) == DONE
    database = Database.open(url)
    async with database.reading() as connection:
        made = await connection.run_sync(lambda plain: inspect(plain).get_table_names())
    await database.close()
    assert set(made) == {"schema_version", *schema.metadata.tables}


async def test_a_database_that_is_up_to_date_keeps_everything(
    command: Command, monkeypatch: pytest.MonkeyPatch, url: str, database: Database, hasher: Hasher
) -> None:
    store = SqlStore(database, hasher)
    await store.record(Speaker("1", "1"), "codes", [])
    assert await upgrade(command, monkeypatch, url) == DONE
    assert await upgrade(command, monkeypatch, url) == DONE
    assert await store.conversation(Speaker("1", "1")) == "codes"


async def test_a_database_of_a_newer_release_is_left_alone_and_told_in_a_sentence(
    command: Command, monkeypatch: pytest.MonkeyPatch, url: str, database: Database
) -> None:
    async with database.writing() as connection:
        await connection.execute(text("INSERT INTO schema_version VALUES (99)"))
    code, out, err = await upgrade(command, monkeypatch, url)
    assert (code, out) == (1, "")
    assert err == (
        f"The database has schema version 99, this release knows {len(STEPS)}. "
        "Start the newer release of the bot again, or give this one another database.\n"
    )
    async with database.reading() as connection:
        versions = await connection.scalars(text("SELECT version FROM schema_version ORDER BY version"))
        assert list(versions) == [*range(1, len(STEPS) + 1), 99]


@pytest.mark.parametrize("url", ["postgresql://me:5ecret@127.0.0.1:9/bot", "mysql://me:5ecret@127.0.0.1/bot"])
async def test_a_database_that_cannot_be_used_is_told_in_a_sentence_without_its_password(
    command: Command, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    code, out, err = await upgrade(command, monkeypatch, url)
    assert (code, out) == (1, "")
    assert "DATABASE_URL" in err
    assert len(err.splitlines()) == 1
    assert "5ecret" not in err


def test_before_the_first_start_the_file_and_its_key_are_made(process: Command, tmp_path: Path) -> None:
    assert process("db", "upgrade", DATABASE_URL=str(tmp_path / "data" / "bot.db")) == DONE
    assert {path.name for path in (tmp_path / "data").iterdir()} == {"bot.db", "data.key"}
