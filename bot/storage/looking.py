"""A look into a database that makes and changes nothing, for commands that only tell what is there."""

import asyncio
import sqlite3
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import create_engine, inspect, select
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from bot.storage.database import Database
from bot.storage.protocol import StoreError
from bot.storage.schema import pauses
from bot.storage.urls import FileAddress, read_address


def read_only(path: Path) -> Engine:
    """Return the way to read the SQLite file ``path``, which must be there."""
    # While the bot runs, or after it was killed, the newest pages are in a journal with an index. Without these,
    # SQLite would make both.
    running = all(path.with_name(path.name + suffix).exists() for suffix in ("-wal", "-shm"))
    uri = f"{path.absolute().as_uri()}?mode=ro&{'readonly_shm=1' if running else 'immutable=1'}"
    return create_engine("sqlite://", creator=lambda: sqlite3.connect(uri, uri=True), poolclass=NullPool)


def paused_in(address: str | Path) -> Mapping[str, float]:
    """Return the entries that staff have paused, each with the Unix time since which.

    Nothing where there is no database yet, and where it cannot be read: then something else tells of it.
    """
    try:
        named = read_address(address)
        if not isinstance(named, FileAddress):
            return asyncio.run(_on_server(address))
        if not named.path.is_file():
            return {}
        with read_only(named.path).connect() as connection:
            return _paused(connection)
    except (StoreError, SQLAlchemyError, OSError, UnicodeError, OverflowError):
        return {}


async def _on_server(address: str | Path) -> Mapping[str, float]:
    database = Database.open(address)
    try:
        async with database.reading() as connection:
            return await connection.run_sync(_paused)
    finally:
        await database.close()


def _paused(connection: Connection) -> Mapping[str, float]:
    if not inspect(connection).has_table(pauses.name):
        return {}
    rows = connection.execute(select(pauses.c.entry_id, pauses.c.since).where(pauses.c.paused != 0))
    return {row.entry_id: row.since for row in rows}
