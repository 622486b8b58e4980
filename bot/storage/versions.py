"""The last good version of the knowledge files, kept where no host wipes it; and the one refused last."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy import inspect, select
from sqlalchemy.engine import Connection

from bot.storage.database import Database
from bot.storage.schema import knowledge_versions


class Judged(StrEnum):
    """What became of a version; of each kind the last one is kept."""

    GOOD = "good"
    REFUSED = "refused"


@dataclass(frozen=True)
class KeptVersion:
    """A version as it is kept; ``at`` is the Unix time since when, ``packed`` is empty for a refused one."""

    fingerprint: str
    at: float
    packed: str = field(default="", repr=False)


class KeptVersions:
    """Keeps both. Every method may raise ``StoreError``."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        """``clock`` returns Unix time."""
        self._database = database
        self._clock = clock

    async def good(self) -> KeptVersion | None:
        """Return the version that was good last."""
        columns = knowledge_versions.c
        query = select(columns.fingerprint, columns.at, columns.files).where(columns.name == Judged.GOOD.value)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).one_or_none()
        return KeptVersion(*row) if row is not None else None

    async def keep(self, fingerprint: str, packed: str) -> bool:
        """Keep a good version in place of the one before; return whether it is new: one of several hears so."""
        return await self._put(Judged.GOOD, fingerprint, packed)

    async def refuse(self, fingerprint: str) -> bool:
        """Note that a version is refused; return whether nobody had noted it: of several processes one hears so."""
        return await self._put(Judged.REFUSED, fingerprint, "")

    async def was_refused(self, fingerprint: str) -> bool:
        """Return whether this is the version that was refused last."""
        columns = knowledge_versions.c
        query = select(columns.fingerprint).where(columns.name == Judged.REFUSED.value)
        async with self._database.reading() as connection:
            return await connection.scalar(query) == fingerprint

    async def _put(self, judged: Judged, fingerprint: str, packed: str) -> bool:
        insert = self._database.insert(knowledge_versions).values(
            name=judged.value, fingerprint=fingerprint, files=packed, at=self._clock()
        )
        changed = insert.on_conflict_do_update(
            index_elements=["name"],
            set_={name: insert.excluded[name] for name in ("fingerprint", "files", "at")},
            where=knowledge_versions.c.fingerprint != fingerprint,
        ).returning(knowledge_versions.c.name)
        async with self._database.writing() as connection:
            return await connection.scalar(changed) is not None


def versions_in(connection: Connection) -> dict[Judged, KeptVersion]:
    """Return what is kept, without its files; nothing is changed."""
    if not inspect(connection).has_table(knowledge_versions.name):
        return {}
    columns = knowledge_versions.c
    rows = connection.execute(select(columns.name, columns.fingerprint, columns.at))
    return {Judged(name): KeptVersion(fingerprint, at) for name, fingerprint, at in rows}
