"""A database that fails or hangs is asked all the same, but not waited for: answers go out without it."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn, TypeVar

import structlog

from bot.storage.protocol import StoreError

log = structlog.get_logger(__name__)

CALL_WITHIN = 2.0
"""Seconds to wait for the primary."""
AGAIN_WITHIN = 0.25
"""The same after a call that failed, so that a slow database does not slow every answer down."""

T = TypeVar("T")


class Switch:
    """Gives the primary ``patience`` seconds for a call, less while it is away."""

    def __init__(self, part: str, patience: float, returned: Callable[[], None]) -> None:
        """``part`` names the primary in logs; ``returned`` is called after an outage."""
        self._part = part
        self._patience = patience
        self._returned = returned
        self._away = False
        self._abandoned: set[asyncio.Task[Any]] = set()

    async def attempt(self, call: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Return what the primary answers to ``call``; raise ``StoreError`` when it fails or hangs."""
        patience = min(self._patience, AGAIN_WITHIN) if self._away else self._patience
        # A task of its own, since a cancelled call of a driver may go on waiting for its thread or its server.
        task = asyncio.create_task(call())
        try:
            done, _ = await asyncio.wait({task}, timeout=patience)
        except asyncio.CancelledError:
            # The caller stops. Broken off in its middle, a transaction could keep the file locked for the others,
            # so the call gets the time it would have had.
            asyncio.get_running_loop().call_later(self._patience, task.cancel)
            self._leave(task)
            raise
        if not done:
            # It gets the time of a patient call: on a slow machine that is how a database shows that it is back.
            asyncio.get_running_loop().call_later(self._patience - patience, task.cancel)
            self._leave(task)
            self._failed("TimeoutError")
        try:
            result = task.result()
        except StoreError as error:
            self._failed(error.cause)
        except Exception as error:  # whatever it is, the person is waiting for an answer
            self._failed(type(error).__name__)
        self._answered()
        return result

    def _answered(self) -> None:
        if self._away:
            self._away = False
            self._returned()

    def _failed(self, cause: str) -> NoReturn:
        if not self._away:
            self._away = True
            log.error("store unavailable", part=self._part, error=cause)
        raise _away() from None

    def _leave(self, task: "asyncio.Task[Any]") -> None:
        self._abandoned.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[Any]") -> None:
        self._abandoned.discard(task)
        if not task.cancelled() and task.exception() is None:
            self._answered()


def _away() -> StoreError:
    return StoreError("The database cannot be reached at present. Try again in a minute.")
