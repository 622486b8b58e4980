"""One door to the database, a SQLite file or a PostgreSQL server: connections, transactions, plain errors."""

import asyncio
import sqlite3
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING

import aiosqlite
from sqlalchemy import event, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DisconnectionError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.schema import Table

from bot.storage.protocol import StoreError
from bot.storage.urls import FileAddress, read_address

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

CONNECT_WITHIN = 5.0
"""Seconds to wait for a connection, a lock or a statement."""
_PING = 2.0
"""Seconds for the answer to whoever only asks whether the database is well; hosts wait five."""
_BEGIN = "begin"
_INODE = "inode"


class Lock(IntEnum):
    """What only one transaction at a time may do, in whichever process; the numbers are PostgreSQL's lock keys."""

    SCHEMA = 7_305_001
    INBOX = 7_305_002
    OUTBOX = 7_305_003


class Database:
    """Connections to one database. What goes wrong with it comes out as ``StoreError``, without its address."""

    def __init__(
        self, engine: AsyncEngine, failures: tuple[type[Exception], ...], file: Path | None = None
    ) -> None:
        """Use ``open``; ``failures`` are the errors that mean trouble with the database."""
        self._engine = engine
        self._failures = failures
        self._under_way: set[asyncio.Future[None]] = set()
        self._check: asyncio.Task[None] | None = None
        self.file = file
        # SQLite makes a second writer sleep for growing, unfair whiles; in this process they take turns instead.
        self._writer = asyncio.Lock() if file else None

    @classmethod
    def open(cls, url: str | Path) -> "Database":
        """Return the database at ``url``, connected when first used; raise ``StoreError`` for an unusable address.

        ``url`` is ``postgresql://…`` (or ``postgres://…``), ``sqlite:///path`` or the path of a SQLite file,
        which is made with its folders if it is not there.
        """
        address = read_address(url)
        if isinstance(address, FileAddress):
            return cls(_file_engine(address.path), (SQLAlchemyError, sqlite3.Error, OSError), address.path)
        # Imported here: the memory it takes is wasted where the database is a file.
        import asyncpg

        engine = create_async_engine(
            "postgresql+asyncpg://",  # the address is not in the engine, whose repr would show it
            connect_args={
                **address.arguments,
                "timeout": CONNECT_WITHIN,
                "command_timeout": CONNECT_WITHIN,
                # Behind a pooler, the next statement may reach another server session: nothing may be kept in one.
                "statement_cache_size": 0,
                "prepared_statement_cache_size": 0,
                "prepared_statement_name_func": lambda: f"__bot_{uuid.uuid4().hex}__",
            },
            pool_size=5,
            max_overflow=2,
            pool_timeout=CONNECT_WITHIN,
            pool_pre_ping=True,
            hide_parameters=True,
        )
        failures = (
            SQLAlchemyError,
            OSError,
            asyncpg.PostgresError,
            asyncpg.InterfaceError,
            asyncpg.InternalClientError,
        )
        return cls(engine, failures)

    def __repr__(self) -> str:
        return f"Database({self.file or 'PostgreSQL'})"

    @property
    def is_file(self) -> bool:
        """Whether this is a SQLite file."""
        return self.file is not None

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """Yield a connection in a transaction that only reads."""
        async with self._plain_errors(), self._engine.begin() as connection:
            yield connection

    @asynccontextmanager
    async def writing(self, *locks: Lock | int) -> AsyncIterator[AsyncConnection]:
        """Yield a connection in a transaction, committed at the end, that holds ``locks`` from its beginning.

        They are PostgreSQL lock keys, taken in this order; on a file only one process writes at a time anyway.
        """
        async with self._plain_errors(), self._turn(), self._engine.connect() as plain:
            # A SQLite transaction that begins by reading could not wait for another writer: it would fail at once.
            connection = await plain.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"})
            async with connection.begin():
                for lock in () if self.is_file else locks:
                    await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": int(lock)})
                yield connection

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        if self._writer is None:
            yield
        else:
            async with self._writer:
                yield

    def insert(self, table: Table) -> "sqlite.Insert | postgresql.Insert":
        """Return an INSERT into ``table`` that knows ON CONFLICT."""
        if self.is_file:
            return sqlite.insert(table)
        from sqlalchemy.dialects import postgresql  # as asyncpg: only where it is needed

        return postgresql.insert(table)

    async def ping(self) -> None:
        """Return when the database answers and a file takes what is written; else soon raise ``StoreError``."""
        if self._check is None or self._check.done():
            self._check = asyncio.create_task(self._look())
            self._check.add_done_callback(_seen)
        # Not cancelled: the driver would wait for its lock all the same. Who asks next waits for the same look.
        check = self._check
        await asyncio.wait({check}, timeout=_PING)
        if not check.done():
            raise self._trouble(TimeoutError.__name__)
        check.result()

    async def _look(self) -> None:
        if not self.is_file:
            async with self.reading() as connection:
                await connection.execute(text("SELECT 1"))
            return
        async with self.writing() as connection:
            # Writes the first page as it is: a file that is locked, read-only or full can still be read.
            await connection.execute(text("PRAGMA user_version = 0"))

    async def make_file(self) -> None:
        """Make the file again, empty, where it has been deleted."""
        if self.file is not None and _inode(self.file) is None:
            # Connections to the deleted file know its journal by the name that the new one's will have.
            await self._engine.dispose()
            _make(self.file)

    async def clear_traces(self) -> None:
        """Let nothing deleted linger in SQLite's journal, unless somebody is reading just now."""
        if not self.is_file:
            return
        async with self._plain_errors(), self._engine.connect() as plain:
            connection = await plain.execution_options(**{_BEGIN: ""})
            await connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))

    async def close(self) -> None:
        """Close all connections, once what is under way has ended: at most some seconds."""
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=CONNECT_WITHIN + 1)
        async with self._plain_errors():
            await self._engine.dispose()

    @asynccontextmanager
    async def _plain_errors(self) -> AsyncIterator[None]:
        ended = asyncio.get_running_loop().create_future()
        self._under_way.add(ended)
        try:
            yield
        except self._failures as error:
            cause = _cause(error)
            if cause.startswith("SQLITE_READONLY"):
                # A connection made while the file could not be written to stays so when it can be again.
                await self._engine.dispose()
            raise self._trouble(cause) from None
        finally:
            self._under_way.discard(ended)
            ended.set_result(None)

    def _trouble(self, cause: str) -> StoreError:
        where = f"The database file {self.file}" if self.file else "The PostgreSQL server that DATABASE_URL names"
        return StoreError(f"{where} cannot be used ({cause}).", cause)


def _seen(look: "asyncio.Task[None]") -> None:
    """Look at how ``look`` ended, or asyncio would log what nobody waited for."""
    if not look.cancelled():
        look.exception()


def _cause(error: BaseException) -> str:
    """Return the name of what a driver raised, which SQLAlchemy may have wrapped twice."""
    error = getattr(error, "orig", None) or error
    error = error.__cause__ or error
    return str(getattr(error, "sqlite_errorname", type(error).__name__))


def _make(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
    except OSError as error:
        raise StoreError(
            f"The database file {path} cannot be made ({error.strerror}).", type(error).__name__
        ) from None


def _inode(path: Path) -> int | None:
    """Return what tells the file from another one of its name, ``None`` when there is none."""
    try:
        return path.stat().st_ino
    except OSError:
        return None


def _file_engine(path: Path) -> AsyncEngine:
    _make(path)
    # "rw": a file that was deleted while the bot runs is trouble to be told, and made anew with its tables only.
    uri = f"{path.absolute().as_uri()}?mode=rw"

    async def connect() -> aiosqlite.Connection:
        connection = await _FileConnection(
            lambda: sqlite3.connect(uri, uri=True, isolation_level=None, timeout=CONNECT_WITHIN), iter_chunk_size=64
        )
        try:
            await _prepare(connection)
        except BaseException:
            await connection.close()
            raise
        return connection

    engine = create_async_engine(
        f"sqlite+aiosqlite:///{path.absolute()}",
        async_creator=connect,
        pool_size=3,
        max_overflow=0,
        pool_timeout=CONNECT_WITHIN,
        hide_parameters=True,
    )
    event.listen(engine.sync_engine, "begin", _begin)
    same_file = _SameFile(path)
    event.listen(engine.sync_engine, "connect", same_file.connected)
    event.listen(engine.sync_engine, "checkout", same_file.checked_out)
    return engine


def _begin(connection: Connection) -> None:
    """Begin as asked: left to itself, Python's driver would begin late, and not at all before DDL."""
    if begin := connection.get_execution_options().get(_BEGIN, "BEGIN"):
        connection.exec_driver_sql(begin)


async def _prepare(connection: aiosqlite.Connection) -> None:
    give_up = asyncio.get_running_loop().time() + CONNECT_WITHIN
    while True:
        try:
            await connection.execute("PRAGMA journal_mode = WAL")
            break
        except sqlite3.OperationalError as error:
            # Two processes that turn a new file to WAL at once are refused instead of made to wait.
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or asyncio.get_running_loop().time() > give_up:
                raise
            await asyncio.sleep(0.05)
    # secure_delete: what is deleted is overwritten, a handled message among it.
    for pragma in ("synchronous = NORMAL", "foreign_keys = ON", "secure_delete = ON"):
        await connection.execute(f"PRAGMA {pragma}")


class _FileConnection(aiosqlite.Connection):
    """A connection whose end does not hang, even when it is closed again while its thread waits for a lock.

    ``close`` awaits what ``stop`` returns; of two calls of ``stop`` the thread would answer the first one only.
    """

    def __init__(self, connector: Callable[[], sqlite3.Connection], iter_chunk_size: int) -> None:
        super().__init__(connector, iter_chunk_size)
        self._thread.daemon = True  # as SQLAlchemy does: a forgotten connection must not keep the process
        self._stopped: asyncio.Future[object] | None = None

    def stop(self) -> "asyncio.Future[object] | None":
        if self._stopped is None:
            self._stopped = super().stop()
        return self._stopped


class _SameFile:
    """Keeps connections from writing to a file that has been deleted or replaced, where nobody would find it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def connected(self, _driver: object, record: ConnectionPoolEntry) -> None:
        record.info[_INODE] = _inode(self._path)

    def checked_out(self, _driver: object, record: ConnectionPoolEntry, _proxy: object) -> None:
        if record.info[_INODE] != _inode(self._path):
            raise DisconnectionError  # the pool connects anew
