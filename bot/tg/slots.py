"""How many updates are worked on at once: few, since they share two cores; those that only wait do not count."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextvars import ContextVar

WORKING = 4
"""Most replies a second were measured with 4: 350, with 8 240, with 16 170, with 256 95 (python-telegram-bot 22.8,
two cores)."""

_held: ContextVar["_Place | None"] = ContextVar("held", default=None)


class Stopping(Exception):
    """The bot stops: what only waits is left to the next start."""


class _Place:
    """One update's place; given up for good at its first wait."""

    def __init__(self, places: asyncio.Semaphore, hurry: asyncio.Event) -> None:
        self._places = places
        self._hurry = hurry
        self._given_up = False

    def give_up(self) -> None:
        if not self._given_up:
            self._given_up = True
            self._places.release()

    async def wait(self, seconds: float) -> None:
        # It is not taken again: only sending is left, at the pace of Telegram's limits. Queued up anew behind those
        # that have not begun, the answers would all be due at once in the end.
        self.give_up()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._hurry.wait()
        if self._hurry.is_set():
            raise Stopping


class Slots:
    """A semaphore whose holders let go when they wait for Telegram's limits."""

    def __init__(self, working: int = WORKING) -> None:
        self._places = asyncio.Semaphore(working)
        self._hurry = asyncio.Event()

    @contextlib.asynccontextmanager
    async def taken(self) -> AsyncIterator[None]:
        """Hold a place."""
        await self._places.acquire()
        place = _Place(self._places, self._hurry)
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
