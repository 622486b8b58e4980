"""Periodic jobs run once, however many processes share the database."""

import hashlib
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import delete, text

from bot.storage.database import Database
from bot.storage.schema import leases

LEADER_LEASE = 600.0
"""Seconds after which the lead on a SQLite file is free again when its process was killed; no job takes as long."""


@asynccontextmanager
async def leading(database: Database, name: str, *, now: float | None = None) -> AsyncIterator[bool]:
    """Yield whether the job ``name`` is this caller's to do, until the block ends; nobody waits for it.

    ``now`` is Unix time, by default the present. Raise ``StoreError`` when the database cannot be used.
    """
    if database.is_file:
        async with _leased(database, name, time.time() if now is None else now) as mine:
            yield mine
        return
    # A transaction's lock, unlike a session's, also holds behind a pooler, and goes with the connection.
    key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
    async with database.reading() as connection:
        yield bool(await connection.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": key}))


@asynccontextmanager
async def _leased(database: Database, name: str, now: float) -> AsyncIterator[bool]:
    holder = uuid.uuid4().hex
    insert = database.insert(leases).values(name=name, holder=holder, leased_until=now + LEADER_LEASE)
    taken = insert.on_conflict_do_update(
        index_elements=["name"],
        set_={"holder": insert.excluded.holder, "leased_until": insert.excluded.leased_until},
        where=leases.c.leased_until <= now,
    ).returning(leases.c.name)
    async with database.writing() as connection:
        mine = await connection.scalar(taken) is not None
    try:
        yield mine
    finally:
        if mine:
            async with database.writing() as connection:
                await connection.execute(delete(leases).where(leases.c.holder == holder))
