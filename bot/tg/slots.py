"""How many updates are worked on at once: few, since they share two cores; those that only wait do not count."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextvars import ContextVar

WORKING = 4
"""Most replies a second were measured with 4: 350, with 8 240, with 16 170, with 256 95 (python-telegram-bot 22.8,
two cores)."""

_held: ContextVar["Slots | None"] = ContextVar("held", default=None)


class Stopping(Exception):
    """The bot stops: what only waits is left to the next start."""


class Slots:
    """A semaphore that lets go of its place while its holder waits for Telegram's limits."""

    def __init__(self, working: int = WORKING) -> None:
        self._places = asyncio.Semaphore(working)
        self._hurry = asyncio.Event()

    @contextlib.asynccontextmanager
    async def taken(self) -> AsyncIterator[None]:
        """Hold a place."""
        async with self._places:
            token = _held.set(self)
            try:
                yield
            finally:
                _held.reset(token)

    def hurry(self) -> None:
        """End all waiting, now and from now on, with ``Stopping``."""
        self._hurry.set()

    async def _wait(self, seconds: float) -> None:
        self._places.release()
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._hurry.wait()
        finally:
            await asyncio.shield(self._places.acquire())
        if self._hurry.is_set():
            raise Stopping


async def wait(seconds: float) -> None:
    """Sleep; whoever holds a place lets others have it meanwhile. Raise ``Stopping`` when the bot stops."""
    slots = _held.get()
    if slots is None:
        await asyncio.sleep(seconds)
    else:
        await slots._wait(seconds)
