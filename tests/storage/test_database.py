import contextlib
import os
import sqlite3
import ssl
import stat
import sys
import traceback
from pathlib import Path
from urllib.parse import quote

import aiosqlite
import pytest
from sqlalchemy import inspect, text
from sqlalchemy.engine import Connection

from bot.inbox.protocol import Put, Waiting
from bot.inbox.sql import SqlInbox
from bot.storage import schema
from bot.storage.database import Database
from bot.storage.ids import Hasher
from bot.storage.migrations import STEPS, restore, upgrade
from bot.storage.protocol import Speaker, StoreError
from bot.storage.sql_store import SqlStore
from bot.storage.urls import FileAddress, ServerAddress, read_address
from tests.support.fakes import NOON
from tests.support.postgres import PostgresServer

PASSWORD = "pa ss@w/ord"
SECRET = quote(PASSWORD, "")


def arguments(url: str) -> dict[str, object]:
    address = read_address(url)
    assert isinstance(address, ServerAddress)
    assert "pa ss" not in repr(address)
    return dict(address.arguments)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
def test_addresses_as_hosts_hand_them_out_are_understood(scheme: str) -> None:
    url = f"{scheme}://me:{SECRET}@db.example:6543/bot?sslmode=require&channel_binding=require&options=x"
    assert arguments(url) == {
        "host": "db.example",
        "port": 6543,
        "user": "me",
        "password": PASSWORD,
        "database": "bot",
        "ssl": "require",
    }


def test_a_socket_folder_and_missing_parts_are_understood() -> None:
    assert arguments("postgresql:///bot?host=/run/pg&user=me") == {
        "host": "/run/pg",
        "port": 5432,
        "user": "me",
        "database": "bot",
    }


@pytest.mark.parametrize("mode", ["disable", "allow", "prefer", "require"])
def test_the_ssl_mode_is_passed_on(mode: str) -> None:
    assert arguments(f"postgres://me@db/bot?sslmode={mode}")["ssl"] == mode


def test_ssl_true_means_require() -> None:
    assert arguments("postgres://me@db/bot?ssl=true")["ssl"] == "require"


@pytest.mark.parametrize(("mode", "names"), [("verify-ca", False), ("verify-full", True)])
def test_verifying_modes_trust_the_system_certificates(mode: str, names: bool) -> None:
    context = arguments(f"postgres://me@db/bot?sslmode={mode}&sslrootcert=system")["ssl"]
    assert isinstance(context, ssl.SSLContext)
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, names)


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///data/bot.db", "data/bot.db"),
        ("sqlite:////srv/bot.db", "/srv/bot.db"),
        ("data/my bot.db", "data/my bot.db"),
        (Path("bot.db"), "bot.db"),
    ],
)
def test_files_are_understood(url: str | Path, path: str) -> None:
    assert read_address(url) == FileAddress(Path(path))


@pytest.mark.parametrize(
    "url",
    [
        "",
        " ",
        "sqlite://",
        "sqlite:///:memory:",
        f"mysql://me:{SECRET}@db/bot",
        f"postgresql+psycopg://me:{SECRET}@db/bot",
        f"postgres://me:{SECRET}@db:port/bot",
        f"postgres://me:{SECRET}@db/bot?port=x",
        f"postgres://me:{SECRET}@db/bot?sslmode=sometimes",
        f"postgres://me:{SECRET}@db/bot?sslmode=verify-full&sslrootcert=/nowhere",
        f"postgres://me:{SECRET}@/bot",
    ],
)
def test_unusable_addresses_are_told_without_the_password(url: str) -> None:
    with pytest.raises(StoreError) as caught:
        Database.open(url)
    told = "".join(traceback.format_exception(caught.value))
    assert SECRET not in told
    assert PASSWORD not in told


async def test_no_error_and_no_repr_shows_the_password(postgres: PostgresServer) -> None:
    wrong = postgres.url.replace("postgresql://bot:", f"postgresql://bot:{SECRET}")
    nobody_there = f"postgresql://me:{SECRET}@127.0.0.1:9/bot"
    for url in (wrong, nobody_there, wrong + "?sslmode=require"):
        database = Database.open(url)
        with pytest.raises(StoreError, match="PostgreSQL server") as caught:
            await database.ping()
        told = "".join(traceback.format_exception(caught.value)) + repr(database) + repr(vars(database))
        assert SECRET not in told
        assert PASSWORD not in told
        await database.close()


async def test_a_bug_is_not_mistaken_for_a_broken_database(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with database.writing():
            raise ZeroDivisionError


async def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with database.writing() as connection:
            await connection.execute(text("INSERT INTO ledger VALUES (1, 0)"))
            raise ZeroDivisionError
    async with database.reading() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM ledger")) == 0


async def test_the_folders_of_a_file_are_made_and_the_file_is_its_owners(tmp_path: Path) -> None:
    path = tmp_path / "some %41 ?folder#" / "deep" / "bot.db"
    database = Database.open(path)
    await database.ping()
    await database.close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot be made"):
        Database.open(tmp_path / "file" / "bot.db")


async def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "bot.db").write_text("not a database " * 100)
    database = Database.open(tmp_path / "bot.db")
    with pytest.raises(StoreError, match=r"bot\.db cannot be used \(SQLITE_NOTADB\)"):
        await upgrade(database)
    await database.close()


async def test_a_file_runs_with_the_settings_that_keep_it_safe(file_database: Database) -> None:
    async with file_database.reading() as connection:
        pragmas = ("journal_mode", "synchronous", "busy_timeout", "foreign_keys", "secure_delete")
        set_to = [await connection.scalar(text(f"PRAGMA {pragma}")) for pragma in pragmas]
    assert set_to == ["wal", 1, 5000, 1, 1]


async def test_the_migrations_make_the_tables_that_the_code_uses(database: Database) -> None:
    tables = schema.metadata.tables

    def columns(connection: Connection) -> dict[str, dict[str, bool]]:
        inspector = inspect(connection)
        return {
            table: {column["name"]: column["nullable"] for column in inspector.get_columns(table)}
            for table in inspector.get_table_names()
        }

    def keys(connection: Connection) -> dict[str, list[str]]:
        inspector = inspect(connection)
        return {
            table: inspector.get_pk_constraint(table)["constrained_columns"] for table in schema.metadata.tables
        }

    def indexes(connection: Connection) -> set[str | None]:
        inspector = inspect(connection)
        return {index["name"] for table in tables for index in inspector.get_indexes(table)}

    async with database.reading() as connection:
        made = await connection.run_sync(columns)
        assert made.pop("schema_version") == {"version": False}
        assert made == {name: {c.name: False for c in table.columns} for name, table in tables.items()}
        expected_keys = {name: [c.name for c in table.primary_key] for name, table in tables.items()}
        assert await connection.run_sync(keys) == expected_keys
        expected = {index.name for table in tables.values() for index in table.indexes}
        assert await connection.run_sync(indexes) == expected


async def test_an_upgrade_of_an_up_to_date_database_keeps_everything(database: Database, hasher: Hasher) -> None:
    store = SqlStore(database, hasher)
    await store.record(Speaker("1", "1"), "codes", [])
    assert await upgrade(database) == len(STEPS)
    assert await store.conversation(Speaker("1", "1")) == "codes"


async def test_a_database_of_a_newer_release_is_refused(database: Database) -> None:
    async with database.writing() as connection:
        await connection.execute(text("INSERT INTO schema_version VALUES (99)"))
    with pytest.raises(StoreError, match="newer release"):
        await upgrade(database)


async def test_no_id_and_nothing_handled_or_forgotten_is_in_a_file(file_database: Database, hasher: Hasher) -> None:
    person, chat = "8812345678", "-1009988776655"
    store, inbox = SqlStore(file_database, hasher), SqlInbox(file_database, hasher)
    speaker = Speaker(person, chat)
    body = f'{{"from": {person}, "chat": {chat}, "text": "my secret worry"}}'

    def written() -> bytes:
        assert file_database.file is not None
        return b"".join(path.read_bytes() for path in file_database.file.parent.glob("bot.db*"))

    await inbox.put(Waiting(1, inbox.lane_key(chat), body, NOON), person, "w", now=NOON)
    assert b"my secret worry" in written()  # until it is handled
    await store.record(speaker, "codes", [("answer", "run-after")])
    await store.rate(speaker, "run-after", "down", "wrong")
    await store.keep_question(speaker, "a kept question")
    await inbox.settle({1: ""}, now=NOON)
    await file_database.clear_traces()
    assert b"a kept question" in written()
    for gone in (person, chat, "my secret worry"):
        assert gone.encode() not in written()
    await store.forget(person)
    assert b"a kept question" not in written()
    assert hasher.person(person).encode() not in written()


async def test_a_read_only_file_is_told_and_then_used_again(tmp_path: Path, hasher: Hasher) -> None:
    path = tmp_path / "bot.db"
    database = Database.open(path)
    await upgrade(database)
    await database.close()
    path.chmod(0o400)
    if os.access(path, os.W_OK):
        pytest.skip("root may write everything")
    store = SqlStore(database, hasher)
    with pytest.raises(StoreError, match="SQLITE_READONLY"):
        await store.record(Speaker("1", "1"), "codes", [])
    await database.close()
    for file in (path, *(file for name in ("bot.db-wal", "bot.db-shm") if (file := tmp_path / name).exists())):
        file.chmod(0o600)  # SQLite gives its journal the rights of the file
    await store.record(Speaker("1", "1"), "codes", [])
    await database.close()


async def limit_pages(database: Database, pages: int | None = None) -> None:
    """Let the file grow to ``pages`` and no further, by default to what it has; one connection is open."""
    async with database.reading() as connection:
        pages = pages or await connection.scalar(text("PRAGMA page_count"))
        await connection.execute(text(f"PRAGMA max_page_count = {pages}"))


async def test_a_full_file_is_told_loses_nothing_and_is_used_again(file_database: Database, hasher: Hasher) -> None:
    inbox = SqlInbox(file_database, hasher)
    await inbox.put(Waiting(1, "a1", "{}", NOON), "", "", now=NOON)
    await limit_pages(file_database)
    with pytest.raises(StoreError, match="SQLITE_FULL"):
        await inbox.put(Waiting(2, "b1", "x" * 10_000, NOON), "", "", now=NOON)
    assert [row.update_id for row in await inbox.claim("w", limit=9, now=NOON)] == [1]
    await inbox.settle({1: ""}, now=NOON)
    await limit_pages(file_database, 1_000_000)
    again = await inbox.put(Waiting(2, "b1", "x" * 10_000, NOON), "", "", now=NOON)
    assert again is Put.LEFT  # nothing of it was kept, so it is new
    assert [row.update_id for row in await inbox.claim("w", limit=9, now=NOON)] == [2]


async def test_whether_a_file_can_be_written_is_told_soon_and_without_changing_it(
    file_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert file_database.file is not None
    await file_database.ping()
    monkeypatch.setattr("bot.storage.database._PING", 0.05)
    with contextlib.closing(sqlite3.connect(file_database.file, isolation_level=None)) as other:
        before = other.execute("SELECT * FROM sqlite_master").fetchall()
        other.execute("BEGIN IMMEDIATE")
        for _ in range(3):
            with pytest.raises(StoreError, match="TimeoutError"):
                await file_database.ping()
        assert len(file_database._under_way) == 1  # whoever asks again waits for the first one's look
        other.execute("ROLLBACK")
        monkeypatch.undo()
        await file_database.ping()
        assert other.execute("SELECT * FROM sqlite_master").fetchall() == before


@pytest.mark.parametrize("left", ["nothing", "its journals"])
async def test_a_deleted_file_is_told_and_made_anew_with_its_tables(
    tmp_path: Path, hasher: Hasher, left: str
) -> None:
    path = tmp_path / "data" / "bot.db"
    database = Database.open(path)
    await upgrade(database)
    store = SqlStore(database, hasher)
    await store.record(Speaker("1", "1"), "codes", [])
    for file in [path] if left == "its journals" else list(path.parent.iterdir()):
        file.unlink()
    if left == "nothing":
        path.parent.rmdir()
    with pytest.raises(StoreError, match="SQLITE_CANTOPEN"):
        await store.conversation(Speaker("1", "1"))
    with pytest.raises(StoreError, match="SQLITE_CANTOPEN"):
        await database.ping()
    assert await restore(database)
    assert await store.conversation(Speaker("1", "1")) == ""
    await store.record(Speaker("1", "1"), "codes", [])
    await database.close()
    again = Database.open(path)
    assert await SqlStore(again, hasher).conversation(Speaker("1", "1")) == "codes"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    await again.close()


def held_though_deleted(file: Path) -> list[str]:
    """Return what this process has open of ``file`` after its deletion."""
    links = [str(path.readlink()) for path in Path("/proc/self/fd").iterdir() if path.is_symlink()]
    return [link for link in links if link == f"{file} (deleted)"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells which files are open")
async def test_a_deleted_file_is_let_go_and_its_room_on_the_disk_with_it(file_database: Database) -> None:
    assert file_database.file is not None
    async with file_database.reading(), file_database.reading(), file_database.reading():
        pass  # three connections, kept open
    file_database.file.unlink()
    assert len(held_though_deleted(file_database.file)) >= 3
    assert await restore(file_database)
    assert held_though_deleted(file_database.file) == []


async def test_a_file_put_in_the_place_of_another_gets_its_tables(tmp_path: Path) -> None:
    database = Database.open(tmp_path / "bot.db")
    await upgrade(database)
    (tmp_path / "new").touch()
    (tmp_path / "new").replace(tmp_path / "bot.db")
    assert await restore(database)
    await database.ping()
    await database.close()


async def test_tables_that_are_there_are_left_alone(database: Database, hasher: Hasher) -> None:
    store = SqlStore(database, hasher)
    await store.record(Speaker("1", "1"), "codes", [])
    assert not await restore(database)
    async with database.writing() as connection:
        await connection.execute(text("DELETE FROM schema_version"))
        await connection.execute(text("INSERT INTO schema_version VALUES (99)"))
    assert not await restore(database)  # a newer release's
    assert await store.conversation(Speaker("1", "1")) == "codes"


async def test_tables_that_are_gone_are_made_again(url: str) -> None:
    database = Database.open(url)
    assert await restore(database)
    assert not await restore(database)
    await database.close()


async def test_a_new_file_that_another_process_is_setting_up_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # SQLite refuses some of those that turn a file to WAL at once (14 of 900 when measured) despite its timeout.
    busy = sqlite3.OperationalError("database is locked")
    busy.sqlite_errorcode = sqlite3.SQLITE_BUSY
    refusals = [busy, busy]
    execute = aiosqlite.Connection.execute

    def refuse(connection: aiosqlite.Connection, sql: str) -> object:
        if refusals and "journal_mode" in sql:
            raise refusals.pop()
        return execute(connection, sql)

    monkeypatch.setattr(aiosqlite.Connection, "execute", refuse)
    database = Database.open(tmp_path / "bot.db")
    await database.ping()
    await database.close()
    assert not refusals
