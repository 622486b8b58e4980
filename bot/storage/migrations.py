"""Brings the tables up to date, step by step.

A step that has been released never changes again; a new need is a new step. Its SQL must do for SQLite and
PostgreSQL. A test compares the outcome with ``schema``.
"""

from sqlalchemy import inspect, text
from sqlalchemy.engine import Connection

from bot.storage.database import Database, Lock
from bot.storage.protocol import StoreError

_FIRST = (
    "CREATE TABLE IF NOT EXISTS conversations (person TEXT NOT NULL, chat TEXT NOT NULL, codes TEXT NOT NULL, "
    "touched DOUBLE PRECISION NOT NULL, PRIMARY KEY (person, chat))",
    "CREATE TABLE IF NOT EXISTS counters (day DATE NOT NULL, what TEXT NOT NULL, subject TEXT NOT NULL, "
    "count BIGINT NOT NULL, PRIMARY KEY (day, what, subject))",
    "CREATE TABLE IF NOT EXISTS ratings (person TEXT NOT NULL, entry_id TEXT NOT NULL, verdict TEXT NOT NULL, "
    "reason TEXT NOT NULL, day DATE NOT NULL, PRIMARY KEY (person, entry_id))",
    "CREATE TABLE IF NOT EXISTS questions (person TEXT NOT NULL, digest TEXT NOT NULL, text TEXT NOT NULL, "
    "day DATE NOT NULL, PRIMARY KEY (person, digest))",
    "CREATE TABLE IF NOT EXISTS inbox (update_id BIGINT NOT NULL PRIMARY KEY, lane TEXT NOT NULL, "
    "person TEXT NOT NULL, body TEXT NOT NULL, received DOUBLE PRECISION NOT NULL, attempts INTEGER NOT NULL, "
    "worker TEXT NOT NULL, leased_until DOUBLE PRECISION NOT NULL, reason TEXT NOT NULL, "
    "set_aside_at DOUBLE PRECISION NOT NULL)",
    "CREATE INDEX IF NOT EXISTS inbox_lanes ON inbox (lane, update_id, leased_until) WHERE reason = ''",
    "CREATE INDEX IF NOT EXISTS inbox_persons ON inbox (person)",
    "CREATE TABLE IF NOT EXISTS ledger (update_id BIGINT NOT NULL PRIMARY KEY, seen DOUBLE PRECISION NOT NULL)",
    "CREATE INDEX IF NOT EXISTS ledger_seen ON ledger (seen)",
    "CREATE TABLE IF NOT EXISTS leases (name TEXT NOT NULL PRIMARY KEY, holder TEXT NOT NULL, "
    "leased_until DOUBLE PRECISION NOT NULL)",
)
_STAFF = (
    "CREATE TABLE IF NOT EXISTS pauses (entry_id TEXT NOT NULL PRIMARY KEY, paused INTEGER NOT NULL, "
    "since DOUBLE PRECISION NOT NULL)",
    "CREATE TABLE IF NOT EXISTS staff_chat (configured BIGINT NOT NULL PRIMARY KEY, chat BIGINT NOT NULL, "
    "lost INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS outbox (id BIGINT NOT NULL PRIMARY KEY, body TEXT NOT NULL, "
    "put DOUBLE PRECISION NOT NULL, worker TEXT NOT NULL, leased_until DOUBLE PRECISION NOT NULL)",
)
_KNOWLEDGE = (
    "CREATE TABLE IF NOT EXISTS knowledge_versions (name TEXT NOT NULL PRIMARY KEY, fingerprint TEXT NOT NULL, "
    "files TEXT NOT NULL, at DOUBLE PRECISION NOT NULL)",
)
_TOLD = ("CREATE TABLE IF NOT EXISTS told (what TEXT NOT NULL PRIMARY KEY, at DOUBLE PRECISION NOT NULL)",)
_HANDOFF = (
    "CREATE TABLE IF NOT EXISTS handoffs (ref TEXT NOT NULL PRIMARY KEY, person TEXT NOT NULL, "
    "runner BIGINT NOT NULL, passed TEXT NOT NULL, opened DOUBLE PRECISION NOT NULL, "
    "waiting DOUBLE PRECISION NOT NULL, answered DOUBLE PRECISION NOT NULL, closed DOUBLE PRECISION NOT NULL, "
    "touched DOUBLE PRECISION NOT NULL, helper TEXT NOT NULL, aside INTEGER NOT NULL, "
    "reminded INTEGER NOT NULL, told INTEGER NOT NULL, message BIGINT NOT NULL, topic BIGINT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS handoffs_person ON handoffs (person)",
    "ALTER TABLE outbox ADD COLUMN handoff TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE outbox ADD COLUMN copied BIGINT NOT NULL DEFAULT 0",
)
_RELAYED = (
    "ALTER TABLE handoffs ADD COLUMN relayed TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE handoffs ADD COLUMN chat BIGINT NOT NULL DEFAULT 0",
)
STEPS = (_FIRST, _STAFF, _KNOWLEDGE, _TOLD, _HANDOFF, _RELAYED)
_VERSION = text("SELECT max(version) FROM schema_version")


async def upgrade(database: Database) -> int:
    """Bring the schema up to date and return its version; processes that do so at once wait for each other.

    Raise ``StoreError`` when the database cannot be used or a newer release has already changed it.
    """
    async with database.writing(Lock.SCHEMA) as connection:
        await connection.execute(
            text("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL PRIMARY KEY)")
        )
        version: int = await connection.scalar(_VERSION) or 0
        refuse_newer(version)
        for number, statements in enumerate(STEPS[version:], start=version + 1):
            for statement in statements:
                await connection.execute(text(statement))
            await connection.execute(text("INSERT INTO schema_version VALUES (:number)"), {"number": number})
    return len(STEPS)


async def restore(database: Database) -> bool:
    """Bring the tables up to date where they are not; return whether there were none, as in a file made anew.

    Raise ``StoreError`` when the database cannot be used.
    """
    await database.make_file()
    async with database.reading() as connection:
        version = await connection.run_sync(schema_version)
    if version >= len(STEPS):
        return False
    await upgrade(database)
    return version == 0


def schema_version(connection: Connection) -> int:
    """Return the version of the schema, 0 when there are no tables; nothing is changed."""
    if not inspect(connection).has_table("schema_version"):
        return 0
    version: int = connection.scalar(_VERSION) or 0
    return version


def refuse_newer(version: int) -> None:
    """Raise ``StoreError`` when only a newer release knows the schema ``version``."""
    if version > len(STEPS):
        raise StoreError(
            f"The database has schema version {version}, this release knows {len(STEPS)}. "
            "Start the newer release of the bot again, or give this one another database."
        )
