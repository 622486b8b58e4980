"""What stands behind the intake, for tests of what stands before it."""

import asyncio

from bot.storage.protocol import StoreError
from bot.tg.intake import Received


class Receiving:
    """Takes updates as a ``Dispatcher`` does. ``full`` and ``refuses`` say for which there is no room.

    While it is ``slow``, what comes is neither stored nor answered until ``settle``.
    """

    def __init__(self) -> None:
        self.bodies: dict[int, str] = {}
        self.lanes: dict[int, tuple[str, str]] = {}
        self.full = False
        self.refuses = -1
        self.slow = False
        self.came = asyncio.Event()
        self._received: dict[int, Received] = {}

    async def take(self, update_id: int, lane: str, body: str, person: str) -> Received | None:
        """See ``Dispatcher.take``."""
        if self.full or self.refuses == update_id:
            raise StoreError("full")
        known = self._received.get(update_id)
        if known is not None:
            return None if known.done() else known
        self.bodies[update_id], self.lanes[update_id] = body, (lane, person)
        received = self._received[update_id] = asyncio.get_running_loop().create_future()
        if not self.slow:
            received.set_result(None)
        self.came.set()
        return received

    def settle(self, *update_ids: int, error: Exception | None = None) -> None:
        """Let updates be stored or answered or, with ``error``, given up."""
        for update_id in update_ids:
            if error is None:
                self._received[update_id].set_result(None)
            else:
                self._received[update_id].set_exception(error)
