"""Calls of the database that a stop must not break off: in its middle, a transaction could keep the file locked."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class Unbroken:
    """Runs calls to their end, whoever stops waiting for them."""

    def __init__(self) -> None:
        self._calls: set[asyncio.Task[Any]] = set()

    async def __call__(self, call: Coroutine[Any, Any, T]) -> T:
        """Return what ``call`` returns; where the caller is cancelled, it goes on."""
        task = asyncio.create_task(call)
        self._calls.add(task)
        task.add_done_callback(self._ended)
        return await asyncio.shield(task)

    async def end(self, within: float) -> None:
        """Return when all have ended, or after so many seconds."""
        if self._calls:
            await asyncio.wait(self._calls, timeout=within)

    def _ended(self, call: "asyncio.Task[Any]") -> None:
        self._calls.discard(call)
        if not call.cancelled():
            call.exception()  # looked at, or asyncio would log it when nobody waits any more
