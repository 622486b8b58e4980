"""How long tests wait for what happens in its own time."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PATIENCE = 180.0
"""Seconds after which something hangs: many times what the slowest and busiest machine needs, since no test
measures speed. What is done in time ends the wait at once."""


async def until(condition: Callable[[], T]) -> T:
    """Return what ``condition`` gives as soon as that is something; nothing tells a test when it is."""
    async with asyncio.timeout(PATIENCE):
        while not (found := condition()):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    return found
