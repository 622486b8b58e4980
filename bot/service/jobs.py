"""Tasks of a running process: watched while they run, ended together."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

_END = 1.0
"""Seconds for cancelled tasks to end; none may keep the process from stopping."""


class Jobs:
    """Tasks that are cancelled together; those that must not end are watched."""

    def __init__(self) -> None:
        self.running: set[asyncio.Task[object]] = set()
        self._all: set[asyncio.Task[object]] = set()

    def __call__(self, work: Awaitable[object], *, ends: bool = True) -> "asyncio.Task[object]":
        """Start ``work``; ``ends``: the bot stops when it does."""
        task: asyncio.Task[object] = asyncio.ensure_future(work)
        self._all.add(task)
        if ends:
            self.running.add(task)
        return task

    async def cancel(self) -> None:
        """End all of them."""
        for task in self._all:
            task.cancel()
        if self._all:
            await asyncio.wait(self._all, timeout=_END)


@contextlib.asynccontextmanager
async def jobs() -> AsyncIterator[Jobs]:
    """Yield jobs that end with the block."""
    started = Jobs()
    try:
        yield started
    finally:
        await started.cancel()


async def first(*tasks: "asyncio.Task[object]") -> None:
    """Wait for one of ``tasks``; raise what it raised."""
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()


async def every(seconds: float, work: Callable[[], Awaitable[object]]) -> None:
    """Do ``work`` again and again, ``seconds`` after it was done; never ends."""
    while True:
        await asyncio.sleep(seconds)
        # Shielded: broken off by a stop in its middle, it could keep the database locked for what is still in hand.
        await asyncio.shield(work())
