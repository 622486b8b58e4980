"""How many updates are worked on at once: few, since they share two cores; those that only wait do not count."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextvars import ContextVar

WORKING = 4
"""Most replies a second were measured with 4: 350, with 8 240, with 16 170, with 256 95 (python-telegram-bot 22.8,
two cores)."""

SENDING = 8
"""How many may send at once after a wait: as much as is in doubt when the process is killed."""

_held: ContextVar["_Place | None"] = ContextVar("held", default=None)


class Stopping(Exception):
    """The bot stops: what only waits is left to the next start."""


class _Place:
    """One update's place: among those at work, and after its first wait among those that send."""

    def __init__(self, working: asyncio.Semaphore, sending: asyncio.Semaphore, hurry: asyncio.Event) -> None:
        """``working`` is held already."""
        self._held: asyncio.Semaphore | None = working
        self._sending = sending
        self._hurry = hurry

    def give_up(self) -> None:
        if self._held is not None:
            self._held.release()
            self._held = None

    async def wait(self, seconds: float) -> None:
        self.give_up()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._hurry.wait()
        if self._hurry.is_set():
            raise Stopping
        # Only sending is left. Queued up again behind those that have not begun, the answers of a crowd would all
        # be due at once in the end, and break the limits they waited for.
        await self._sending.acquire()
        self._held = self._sending


class Slots:
    """A semaphore whose holders let go when they wait for Telegram's limits."""

    def __init__(self, working: int = WORKING, sending: int = SENDING) -> None:
        self._working = asyncio.Semaphore(working)
        self._sending = asyncio.Semaphore(sending)
        self._hurry = asyncio.Event()

    @contextlib.asynccontextmanager
    async def taken(self) -> AsyncIterator[None]:
        """Hold a place."""
        await self._working.acquire()
        place = _Place(self._working, self._sending, self._hurry)
        token = _held.set(place)
        try:
            yield
        finally:
            _held.reset(token)
            place.give_up()

    def hurry(self) -> None:
        """End all waiting, now and from now on, with ``Stopping``."""
        self._hurry.set()


async def wait(seconds: float) -> None:
    """Sleep; whoever holds a place gives it up. Raise ``Stopping`` when the bot stops."""
    place = _held.get()
    if place is None:
        await asyncio.sleep(seconds)
    else:
        await place.wait(seconds)
