"""Handle stored updates: chats side by side, the messages of one chat in order, each until it is done."""

import asyncio
import contextlib
import json
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import structlog

from bot.inbox.protocol import LEASE, Inbox, Unreadable, Waiting
from bot.inbox.slots import Slots, Stopping
from bot.ops.metrics import DROPPED, UPDATES
from bot.storage.protocol import StoreError

log = structlog.get_logger(__name__)

MOST_IN_HAND = 200
"""Updates claimed at once. Most of them wait for Telegram's limits; how many compute is up to the slots."""
_ENOUGH = 32
"""Updates in hand that are work enough for the next ``_BREATH`` seconds: to look for more after each one that is
done would cost as many transactions as there are answers."""
_BREATH = 0.1
_SWEEP = 5.0
"""Seconds between looks for what another process left, or stored."""
_RENEWAL = LEASE / 3
_AWAY = 1.0
"""Seconds to wait when the store gives nothing because it is away."""
_LAST_WORD = 1.0
"""Seconds at a stop for a claim under way, and for giving claims back."""

Handle = Callable[[dict[str, Any]], Awaitable[None]]
"""Handles one raw update. Raises ``Unreadable`` for one that will never be understood."""


class Dispatcher:
    """Claims updates from the inbox and hands them to ``handle``."""

    def __init__(
        self, inbox: Inbox, arrived: asyncio.Event, handle: Handle, slots: Slots, kinds: Sequence[str] = ()
    ) -> None:
        """``arrived`` is set when something was stored by this process. Updates are counted by ``kinds``."""
        self._inbox = inbox
        self._arrived = arrived
        self._handle = handle
        self._slots = slots
        self._kinds = kinds
        self._worker = uuid.uuid4().hex
        self._in_hand: dict[str, tuple[int, asyncio.Task[None]]] = {}
        self._stopping = False
        self._loops: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin with what is stored already."""
        self._loops = [asyncio.create_task(self._claim_for_ever()), asyncio.create_task(self._renew_for_ever())]

    async def stop(self, grace: float) -> None:
        """Claim nothing more, give work in hand ``grace`` seconds, and leave the rest to the next start."""
        self._stopping = True
        self._arrived.set()
        # A claim under way is waited for: broken off, it could still be written, after the release below.
        await asyncio.wait(self._loops[:1], timeout=_LAST_WORD)
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        self._slots.hurry()
        tasks = [task for _, task in self._in_hand.values()]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
            if late:
                log.info("left for the next start", updates=len(late))
        with contextlib.suppress(StoreError, TimeoutError):
            async with asyncio.timeout(_LAST_WORD):
                await self._inbox.release(self._worker)

    async def _claim_for_ever(self) -> None:
        while not self._stopping:
            self._arrived.clear()
            try:
                claimed = await self._claim()
            except Exception as error:
                log.error("updates not claimed", error=type(error).__name__)
                await asyncio.sleep(_AWAY)
                continue
            if len(self._in_hand) >= _ENOUGH:
                await asyncio.sleep(_BREATH)
            elif not claimed and not self._stopping:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_SWEEP):
                        await self._arrived.wait()

    async def _claim(self) -> int:
        room = MOST_IN_HAND - len(self._in_hand)
        if room <= 0:
            return 0
        claimed = await self._inbox.claim(self._worker, limit=room, now=time.time(), skip=list(self._in_hand))
        for waiting in claimed if not self._stopping else ():
            task = asyncio.create_task(self._work(waiting))
            self._in_hand[waiting.lane] = (waiting.update_id, task)
        return len(claimed)

    async def _work(self, waiting: Waiting) -> None:
        structlog.contextvars.bind_contextvars(update=f"{waiting.update_id:x}")
        try:
            async with self._slots.taken():
                await self._attempt(waiting)
        except Stopping:
            log.info("left for the next start", updates=1)
        except Exception as error:
            # Not done: it is claimed again when the lease ends.
            DROPPED.labels("failed for now").inc()
            log.error("update not handled", error=type(error).__name__, attempt=waiting.attempts)
        finally:
            self._in_hand.pop(waiting.lane, None)
            self._arrived.set()

    async def _attempt(self, waiting: Waiting) -> None:
        try:
            update = json.loads(waiting.body)
            kind = next((kind for kind in self._kinds if kind in update), "other")
            await self._handle(update)
        except (Unreadable, ValueError, RecursionError) as error:
            DROPPED.labels("unreadable").inc()
            log.warning("update set aside", error=type(error).__name__)
            await self._inbox.set_aside(waiting.update_id, type(error).__name__)
            return
        UPDATES.labels(kind).inc()
        await self._inbox.done(waiting.update_id)

    async def _renew_for_ever(self) -> None:
        while True:
            await asyncio.sleep(_RENEWAL)
            if ids := [update_id for update_id, _ in self._in_hand.values()]:
                try:
                    await self._inbox.renew(self._worker, ids, now=time.time())
                except Exception as error:
                    log.error("claims not renewed", error=type(error).__name__)
