"""What was dealt with is told to the database: in batches, in order, for as long as it takes."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from itertools import islice

import structlog

from bot.inbox.protocol import Inbox
from bot.inbox.unbroken import Unbroken
from bot.storage.protocol import StoreError

log = structlog.get_logger(__name__)

_AT_ONCE = 100
_MOST_NOTED = 100_000
"""Updates answered while the database is away; of more than that the oldest may be answered twice."""
_AWAY = 1.0
"""Seconds to wait when the database takes nothing."""
_IDLE = 2.0
"""Seconds of rest after which nothing of a handled message is left on the disk."""
_SOONER_OR_LATER = 60.0
"""Seconds after which that is so without any rest."""


class Settler:
    """Keeps the notes of what is done until the database has them."""

    def __init__(
        self, inbox: Inbox, clock: Callable[[], float] = time.time, unbroken: Unbroken | None = None
    ) -> None:
        """``clock`` gives Unix time; ``unbroken`` takes the calls of the database."""
        self._inbox = inbox
        self._unbroken = unbroken or Unbroken()
        self._clock = clock
        self._done: dict[int, str] = {}
        self._noted = asyncio.Event()
        self._cleared_at = clock()
        self._away = False
        self.more = asyncio.Event()
        """Set when the database was seen to hold updates that belong to nobody."""

    def note(self, update_id: int, why: str = "") -> None:
        """Note that an update was answered or, for the reason ``why``, set aside."""
        self._done[update_id] = why
        if len(self._done) > _MOST_NOTED:
            del self._done[next(iter(self._done))]
        self._noted.set()

    def knows(self, update_id: int) -> bool:
        """Return whether an update is done, and the database is yet to hear of it."""
        return update_id in self._done

    def __len__(self) -> int:
        return len(self._done)

    async def run(self) -> None:
        """Tell the database until cancelled; when it is idle, have what was handled wiped off the disk."""
        clean = False  # the process before may have been killed
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(None if clean else _IDLE):
                    await self._noted.wait()
            if not self._noted.is_set() or self._clock() - self._cleared_at > _SOONER_OR_LATER:
                clean = await self._clear()
            if self._noted.is_set():
                self._noted.clear()
                clean = False
                await self._until_told()

    async def flush(self) -> None:
        """Tell the database all there is now; raise ``StoreError`` when that fails."""
        while self._done:
            batch = dict(islice(self._done.items(), _AT_ONCE))
            if await self._unbroken(self._inbox.settle(batch, now=self._clock())):
                self.more.set()
            for update_id in batch:
                self._done.pop(update_id, None)

    async def _until_told(self) -> None:
        while self._done:
            try:
                await self.flush()
            except Exception as error:
                if not self._away:
                    cause = error.cause if isinstance(error, StoreError) else type(error).__name__
                    log.error("answers not recorded; tried again until they are", error=cause)
                self._away = True
                await asyncio.sleep(_AWAY)
        if self._away:
            self._away = False
            log.info("answers are recorded again")

    async def _clear(self) -> bool:
        try:
            await self._unbroken(self._inbox.clear_traces())
        except Exception:  # it is tried again
            return False
        self._cleared_at = self._clock()
        return True
