"""Databases of both kinds, and stores and inboxes of all three."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot.inbox.protocol import Inbox
from bot.inbox.sql import SqlInbox
from bot.storage.database import Database
from bot.storage.ids import Hasher
from bot.storage.memory import MemoryStore
from bot.storage.migrations import upgrade
from bot.storage.protocol import Store
from bot.storage.sql_store import SqlStore
from tests.support.fakes import Clock
from tests.support.memory_inbox import MemoryInbox
from tests.support.postgres import PostgresServer, postgres_server


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server; tests that stop it start it again."""
    with postgres_server() as server:
        yield server


async def _url(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if kind == "sqlite":
        return f"sqlite:///{tmp_path}/data/bot.db"
    server: PostgresServer = request.getfixturevalue("postgres")
    return await server.fresh_database()


@pytest.fixture(params=["sqlite", "postgresql"])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database, once of each kind."""
    return await _url(request.param, request, tmp_path)


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    """An open database with its schema, once of each kind."""
    opened = Database.open(url)
    await upgrade(opened)
    yield opened
    await opened.close()


@pytest.fixture
async def second(url: str, database: Database) -> AsyncIterator[Database]:
    """The same database as another process sees it."""
    opened = Database.open(url)
    yield opened
    await opened.close()


@pytest.fixture
async def file_database(tmp_path: Path) -> AsyncIterator[Database]:
    """An open SQLite file with its schema."""
    opened = Database.open(tmp_path / "bot.db")
    await upgrade(opened)
    yield opened
    await opened.close()


@pytest.fixture
def clock() -> Clock:
    """Stands at noon of a day in January 2026."""
    return Clock()


@pytest.fixture
def hasher() -> Hasher:
    return Hasher(b"a key of enough bytes")


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
async def both(
    request: pytest.FixtureRequest, tmp_path: Path, clock: Clock, hasher: Hasher
) -> AsyncIterator[tuple[Store, Inbox]]:
    """A store and an inbox on the same ground, once of each kind."""
    if request.param == "memory":
        yield MemoryStore(clock=clock), MemoryInbox()
        return
    opened = Database.open(await _url(request.param, request, tmp_path))
    await upgrade(opened)
    yield SqlStore(opened, hasher, clock), SqlInbox(opened, hasher)
    await opened.close()


@pytest.fixture
def store(both: tuple[Store, Inbox]) -> Store:
    """A store, once of each kind."""
    return both[0]


@pytest.fixture
def inbox(both: tuple[Store, Inbox]) -> Inbox:
    """An inbox, once of each kind."""
    return both[1]
