"""A clock that stands still, and primaries that fail on demand."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date

from bot.inbox.protocol import Put, Waiting
from bot.storage.database import Database
from bot.storage.memory import MemoryStore
from bot.storage.protocol import Letter, Occurrence, Pause, Speaker, StaffState, StoreError
from bot.storage.sql_staff import SqlStaffStore
from tests.support.memory_inbox import MemoryInbox

NOON = 1_767_960_000.0
"""2026-01-09, 12:00 UTC."""
DAY = 86_400.0


class Clock:
    """Shows ``now`` until told otherwise."""

    def __init__(self, now: float = NOON) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class Trouble:
    """What is wrong with a primary: it raises ``error``, or it ``hangs``; ``calls`` counts what it was asked."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.hangs = False
        self.calls = 0
        self.struck = asyncio.Event()

    async def strike(self) -> None:
        self.calls += 1
        self.struck.set()
        if self.hangs:
            await asyncio.Event().wait()
        if self.error is not None:
            raise self.error


class FragileStore(MemoryStore):
    """A primary store."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock=clock)
        self.trouble = Trouble()

    async def conversation(self, speaker: Speaker) -> str:
        await self.trouble.strike()
        return await super().conversation(speaker)

    async def record(self, speaker: Speaker, codes: str, events: Sequence[Occurrence]) -> None:
        await self.trouble.strike()
        await super().record(speaker, codes, events)

    async def rate(self, speaker: Speaker, entry_id: str, verdict: str, reason: str = "") -> None:
        await self.trouble.strike()
        await super().rate(speaker, entry_id, verdict, reason)

    async def keep_question(self, speaker: Speaker, text: str) -> None:
        await self.trouble.strike()
        await super().keep_question(speaker, text)

    async def settle_question(self, question_id: str) -> bool:
        await self.trouble.strike()
        return await super().settle_question(question_id)

    async def forget(self, person: str) -> None:
        await self.trouble.strike()
        await super().forget(person)

    async def counts(self, since: date, until: date = date.max) -> Mapping[Occurrence, int]:
        await self.trouble.strike()
        return await super().counts(since, until)


class FragileInbox(MemoryInbox):
    """A primary inbox; ``late`` lets what it is asked happen although it then hangs."""

    def __init__(self) -> None:
        super().__init__()
        self.trouble = Trouble()
        self.late = False

    async def put(self, waiting: Waiting, person: str, worker: str, *, now: float) -> Put:
        if self.late:
            put = await super().put(waiting, person, worker, now=now)
            await self.trouble.strike()
            return put
        await self.trouble.strike()
        return await super().put(waiting, person, worker, now=now)

    async def claim(self, worker: str, *, limit: int, now: float) -> list[Waiting]:
        await self.trouble.strike()
        return await super().claim(worker, limit=limit, now=now)

    async def renew(self, worker: str, update_ids: Sequence[int], *, now: float) -> set[int]:
        await self.trouble.strike()
        return await super().renew(worker, update_ids, now=now)

    async def settle(self, done: Mapping[int, str], *, now: float) -> bool:
        await self.trouble.strike()
        return await super().settle(done, now=now)

    async def release(self, worker: str) -> None:
        await self.trouble.strike()
        await super().release(worker)

    async def take_over(self, worker: str) -> None:
        await self.trouble.strike()
        await super().take_over(worker)


class FragileStaff(SqlStaffStore):
    """What staff ordered, in a database that may be away."""

    def __init__(self, database: Database, clock: Clock) -> None:
        super().__init__(database, clock)
        self.database = database
        self.trouble = Trouble()

    async def state(self, configured: int | None) -> StaffState:
        await self.trouble.strike()
        return await super().state(configured)

    async def pause(self, entry_id: str, pause: Pause) -> None:
        await self.trouble.strike()
        await super().pause(entry_id, pause)

    async def move(self, configured: int, chat: int) -> None:
        await self.trouble.strike()
        await super().move(configured, chat)

    async def lose(self, configured: int, *, lost: bool) -> bool:
        await self.trouble.strike()
        return await super().lose(configured, lost=lost)

    async def put(self, texts: Sequence[str]) -> None:
        await self.trouble.strike()
        await super().put(texts)

    async def sent(self, worker: str, letters: Sequence[Letter], message: int = 0, chat: int = 0) -> None:
        await self.trouble.strike()
        await super().sent(worker, letters, message, chat)


def broken() -> StoreError:
    return StoreError("The database cannot be used.", "OperationalError")
