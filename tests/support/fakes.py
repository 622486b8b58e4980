"""A clock that stands still, and primaries that fail on demand."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import date

from bot.inbox.memory import MemoryInbox
from bot.inbox.protocol import Waiting
from bot.storage.memory import MemoryStore
from bot.storage.protocol import Occurrence, Speaker, StoreError

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

    async def forget(self, person: str) -> None:
        await self.trouble.strike()
        await super().forget(person)

    async def counts(self, since: date) -> Mapping[Occurrence, int]:
        await self.trouble.strike()
        return await super().counts(since)


class FragileInbox(MemoryInbox):
    """A primary inbox; ``late`` lets what it is asked happen although it then hangs."""

    def __init__(self) -> None:
        super().__init__(lane_key=lambda lane: f"hash of {lane}")
        self.trouble = Trouble()
        self.late = False

    async def put(self, update_id: int, lane: str, body: str, *, person: str = "", now: float) -> bool:
        new = await super().put(update_id, lane, body, person=person, now=now) if self.late else False
        await self.trouble.strike()
        return new or await super().put(update_id, lane, body, person=person, now=now)

    async def claim(self, worker: str, *, limit: int, now: float, skip: Collection[str] = ()) -> list[Waiting]:
        await self.trouble.strike()
        return await super().claim(worker, limit=limit, now=now, skip=skip)

    async def renew(self, worker: str, update_ids: Collection[int], *, now: float) -> None:
        await self.trouble.strike()
        await super().renew(worker, update_ids, now=now)

    async def done(self, update_id: int) -> None:
        await self.trouble.strike()
        await super().done(update_id)

    async def release(self, worker: str) -> None:
        await self.trouble.strike()
        await super().release(worker)

    async def set_aside(self, update_id: int, reason: str) -> None:
        await self.trouble.strike()
        await super().set_aside(update_id, reason)

    async def waiting(self) -> int:
        await self.trouble.strike()
        return await super().waiting()


def broken() -> StoreError:
    return StoreError("The database cannot be used.", "OperationalError")
