"""Whether to ask the database: what fails or hangs is left alone for a while, so that answers go out."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn, TypeVar

import structlog

from bot.storage.protocol import StoreError

log = structlog.get_logger(__name__)

CALL_WITHIN = 2.0
"""Seconds to wait for the primary."""
PAUSE = 5.0
"""Seconds without a try after a failed one, so that a slow database does not slow every answer down."""

T = TypeVar("T")


class Switch:
    """Decides whether to ask the primary, and gives it ``patience`` seconds."""

    def __init__(
        self, part: str, clock: Callable[[], float], patience: float, returned: Callable[[], None]
    ) -> None:
        """``part`` names the primary in logs; ``clock`` counts seconds; ``returned`` is called after an outage."""
        self._part = part
        self._clock = clock
        self._patience = patience
        self._returned = returned
        self._away = False
        self._retry_at = 0.0
        self._abandoned: set[asyncio.Task[Any]] = set()

    async def attempt(self, call: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Return what the primary answers to ``call``; raise ``StoreError`` when it fails or is not asked."""
        if self._away:
            if self._clock() < self._retry_at:
                raise _away()
            self._retry_at = self._clock() + PAUSE  # while this call tries, others do not wait as well
        # A task of its own, since a cancelled call of a driver may go on waiting for its thread or its server.
        task = asyncio.create_task(call())
        try:
            done, _ = await asyncio.wait({task}, timeout=self._patience)
        except asyncio.CancelledError:
            # The caller stops. Broken off in its middle, a transaction could keep the file locked for the others,
            # so the call gets the time it would have had.
            asyncio.get_running_loop().call_later(self._patience, task.cancel)
            self._leave(task)
            raise
        if not done:
            task.cancel()
            self._leave(task)
            self._failed("TimeoutError")
        try:
            result = task.result()
        except StoreError as error:
            self._failed(error.cause)
        except Exception as error:  # whatever it is, the person is waiting for an answer
            self._failed(type(error).__name__)
        if self._away:
            self._away = False
            self._returned()
        return result

    def _failed(self, cause: str) -> NoReturn:
        if not self._away:
            self._away = True
            log.error("store unavailable", part=self._part, error=cause)
        self._retry_at = self._clock() + PAUSE
        raise _away() from None

    def _leave(self, task: "asyncio.Task[Any]") -> None:
        self._abandoned.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[Any]") -> None:
        self._abandoned.discard(task)
        if not task.cancelled():
            task.exception()  # looked at, or asyncio would log it with its text


def _away() -> StoreError:
    return StoreError("The database cannot be reached at present. Try again in a minute.")
