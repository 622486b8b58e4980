"""No update is lost or answered twice when the database fails or hangs: an inbox that falls back on memory."""

import asyncio
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from functools import partial
from itertools import islice
from typing import TypeVar

import structlog

from bot.inbox.memory import MemoryInbox, Row
from bot.inbox.protocol import LEASE, Inbox, Waiting
from bot.storage.protocol import StoreError
from bot.storage.switch import CALL_WITHIN, Switch

log = structlog.get_logger(__name__)

_MOST_NOTED = 10_000
_SETTLED_AT_ONCE = 100
_HANDLED = ""
_KEPT = 10 * LEASE
"""Seconds for which an update is also kept in memory, in case the primary loses it."""

V = TypeVar("V")


class SteadyInbox:
    """See ``Inbox``. While the primary is away, updates wait in memory; from there they are also handled.

    Only ``put`` raises ``StoreError``: when memory is full as well. An update is then not to be confirmed.
    """

    def __init__(
        self, primary: Inbox, clock: Callable[[], float] = time.monotonic, *, patience: float = CALL_WITHIN
    ) -> None:
        """``clock`` counts seconds; ``patience`` is how many of them one call may take."""
        self._primary = primary
        self._switch = Switch("inbox", clock, patience, self._returned)
        self._memory = MemoryInbox(lane_key=primary.lane_key)
        self._claiming = asyncio.Lock()
        # Claims from the primary, with lane and end of the lease: memory leaves these lanes alone.
        self._in_hand: dict[int, tuple[str, float]] = {}
        # What the primary has yet to hear: why an update was set aside, or that it was handled.
        self._unsettled: dict[int, str] = {}
        # What the primary was given here and has not been told to be handled, to go on with should it lose all.
        self._kept: dict[int, Row] = {}
        # Updates that memory took. A call that was given up may have brought one to the primary all the same.
        self._taken: dict[int, None] = {}

    def lane_key(self, lane: str) -> str:
        """See ``Inbox``."""
        return self._primary.lane_key(lane)

    async def put(self, update_id: int, lane: str, body: str, *, person: str = "", now: float) -> bool:
        """See ``Inbox``."""
        if self._memory.knows(update_id, now=now):
            return False
        try:
            new = await self._switch.attempt(
                lambda: self._primary.put(update_id, lane, body, person=person, now=now)
            )
        except StoreError:
            new = await self._memory.put(update_id, lane, body, person=person, now=now)
            if new:
                _note(self._taken, update_id, None)
        else:
            self._memory.remember(update_id, now=now)
            if new:
                self._keep(Row(Waiting(update_id, self.lane_key(lane), body, now, attempts=0), lane, person))
        return new

    async def claim(self, worker: str, *, limit: int, now: float, skip: Collection[str] = ()) -> list[Waiting]:
        """See ``Inbox``."""
        async with self._claiming:
            self._in_hand = {key: held for key, held in self._in_hand.items() if held[1] > now}
            busy = {lane for lane, _ in self._in_hand.values()}.union(skip)
            claimed = await self._memory.claim(worker, limit=limit, now=now, skip=busy)
            try:
                rows = await self._switch.attempt(
                    lambda: self._claim_from_primary(worker, limit - len(claimed), now, skip)
                )
            except StoreError:
                return claimed
            for row in rows:
                if row.update_id in self._taken:
                    _note(self._unsettled, row.update_id, _HANDLED)
                elif row.update_id not in self._unsettled:
                    self._in_hand[row.update_id] = (row.lane, now + LEASE)
                    claimed.append(row)
            return claimed

    async def renew(self, worker: str, update_ids: Collection[int], *, now: float) -> None:
        """See ``Inbox``."""
        await self._memory.renew(worker, update_ids, now=now)
        for update_id in self._in_hand.keys() & set(update_ids):
            self._in_hand[update_id] = (self._in_hand[update_id][0], now + LEASE)
        with suppress(StoreError):
            await self._switch.attempt(lambda: self._primary.renew(worker, update_ids, now=now))

    async def done(self, update_id: int) -> None:
        """See ``Inbox``."""
        await self._finish(update_id, _HANDLED)

    async def set_aside(self, update_id: int, reason: str) -> None:
        """See ``Inbox``."""
        await self._finish(update_id, reason or "unknown")

    async def release(self, worker: str) -> None:
        """See ``Inbox``. What waits in memory moves to the primary, or the log says what is lost."""
        await self._memory.release(worker)
        self._in_hand.clear()
        with suppress(StoreError):
            await self._switch.attempt(lambda: self._primary.release(worker))
            while self._unsettled:
                await self._switch.attempt(self._settle)
            for row in self._memory.rows():
                await self._switch.attempt(partial(self._hand_over, row))
                await self._memory.done(row.waiting.update_id)
                self._taken.pop(row.waiting.update_id, None)
        lost = await self._memory.waiting()
        if lost or self._unsettled:
            log.error("stopped without the store", updates_lost=lost, handled_unrecorded=len(self._unsettled))

    async def waiting(self) -> int:
        """See ``Inbox``. Those that the primary holds are left out while it is away."""
        waiting = await self._memory.waiting()
        with suppress(StoreError):
            waiting += await self._switch.attempt(self._primary.waiting)
        return waiting

    async def _claim_from_primary(
        self, worker: str, limit: int, now: float, skip: Collection[str]
    ) -> list[Waiting]:
        await self._settle()
        if not limit:
            return []
        lanes = {row.waiting.lane for row in self._memory.rows()}.union(skip)
        return await self._primary.claim(worker, limit=limit, now=now, skip=lanes)

    async def _hand_over(self, row: Row) -> None:
        update = row.waiting
        await self._primary.put(update.update_id, row.lane, update.body, person=row.person, now=update.received)

    async def _finish(self, update_id: int, how: str) -> None:
        self._in_hand.pop(update_id, None)
        self._kept.pop(update_id, None)
        if update_id in self._memory:
            await self._memory.done(update_id)
            _note(self._unsettled, update_id, how)
            return
        try:
            await self._switch.attempt(lambda: self._tell(update_id, how))
        except StoreError:
            _note(self._unsettled, update_id, how)

    async def _tell(self, update_id: int, how: str) -> None:
        if how == _HANDLED:
            await self._primary.done(update_id)
        else:
            await self._primary.set_aside(update_id, how)

    async def _settle(self) -> None:
        """Tell the primary what it missed, a hundred updates at most, to be done within its patience."""
        for update_id, how in list(islice(self._unsettled.items(), _SETTLED_AT_ONCE)):
            await self._tell(update_id, how)
            self._unsettled.pop(update_id, None)

    def emptied(self) -> None:
        """Handle from memory what came through here and was not handled: the primary has lost all it kept."""
        for update_id, row in self._kept.items():
            self._memory.restore(row)
            _note(self._taken, update_id, None)
        self._kept.clear()

    def _keep(self, row: Row) -> None:
        _note(self._kept, row.waiting.update_id, row)
        # Another process may have handled some without a word to this one.
        while next(iter(self._kept.values())).waiting.received <= row.waiting.received - _KEPT:
            del self._kept[next(iter(self._kept))]

    def _returned(self) -> None:
        log.info("store available again", part="inbox", waiting_in_memory=len(list(self._memory.rows())))


def _note(notes: dict[int, V], update_id: int, value: V) -> None:
    """Add to ``notes``, and drop the oldest of too many."""
    notes[update_id] = value
    if len(notes) > _MOST_NOTED:
        del notes[next(iter(notes))]
