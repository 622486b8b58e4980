"""One rule: Telegram hears "received" only of what is stored, or of what is answered.

An update is written to the database, then handled. Where the database is slow or away it is handled all the same,
from a bounded memory, and ``Row.received`` ends when its answer is out. If the process dies before that, Telegram
brings the update again: twice at worst, lost never.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from weakref import WeakValueDictionary

import structlog

from bot.inbox.lanes import Lanes, Row
from bot.inbox.protocol import Inbox, Put, Waiting
from bot.storage.protocol import StoreError

log = structlog.get_logger(__name__)

MOST_IN_HAND = 5_000
"""Updates in hand at once, stored or not: some 10 MB."""
_STORE_WITHIN = 2.0
"""Seconds for an update to be stored before it is handled without."""
_TRY_WITHIN = 0.25
"""The same after one that was not stored in time: the database is asked all the same, but nobody waits long."""


def stopping() -> StoreError:
    """Return what to raise for an update that came too late to be taken in."""
    return StoreError("The bot stops. Telegram will deliver this one again.")


class Receiver:
    """Takes updates in."""

    def __init__(
        self, inbox: Inbox, lanes: Lanes, worker: str, begin: Callable[[Row], None], settled: Callable[[int], bool]
    ) -> None:
        """``begin`` is called with a row that became the first of its lane; ``settled`` tells whether an update was
        answered here and the database is yet to hear of it.
        """
        self._inbox = inbox
        self._lanes = lanes
        self._worker = worker
        self._begin = begin
        self._settled = settled
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._within = _STORE_WITHIN
        self._storing: set[asyncio.Task[Put]] = set()
        self._stopped = False
        self._taking: set[asyncio.Task[asyncio.Future[None] | None]] = set()
        self.left = asyncio.Event()
        """Set when something was stored that is to be claimed."""

    async def take(self, waiting: Waiting, person: str, *, now: float) -> "asyncio.Future[None] | None":
        """Take an update in; return what ends when Telegram may be told, ``None`` for one that was dealt with.

        Raise ``StoreError`` when neither the database nor memory has room for it.
        """
        # A task of its own: whoever brought the update may go away, which must not leave it stored and forgotten.
        taking = asyncio.create_task(self._in_turn(waiting, person, now))
        self._taking.add(taking)
        taking.add_done_callback(self._taken)
        return await asyncio.shield(taking)

    def stop(self) -> None:
        """Store nothing more: what is to be recorded of the answers must not queue behind it."""
        self._stopped = True
        for storing in self._storing:
            storing.cancel()

    async def store_again(self, row: Row, *, now: float) -> None:
        """Store a row in hand that the database has lost; raise ``StoreError`` when that fails."""
        await self._inbox.put(row.waiting, row.person, self._worker, now=now)

    def _taken(self, taking: "asyncio.Task[asyncio.Future[None] | None]") -> None:
        self._taking.discard(taking)
        if not taking.cancelled():
            taking.exception()  # looked at, or asyncio would log it when nobody waits any more

    async def _in_turn(self, waiting: Waiting, person: str, now: float) -> "asyncio.Future[None] | None":
        # Two messages of a chat must not overtake each other on their way to the disk.
        turn = self._turns.setdefault(waiting.lane, asyncio.Lock())
        async with turn:
            return await self._store(waiting, person, now)

    async def _store(self, waiting: Waiting, person: str, now: float) -> "asyncio.Future[None] | None":
        if self._is_here(waiting.update_id):
            return self._received(waiting.update_id)
        if self._stopped:
            # What came before it in its chat may just have been refused.
            raise stopping()
        has_room = len(self._lanes) < MOST_IN_HAND
        if has_room and self._lanes.has_unstored(waiting.lane):
            # Stored, it would come before the one that is not, should this process end now.
            return self._in_hand(Row(waiting, person, stored=False))
        storing = asyncio.create_task(self._inbox.put(waiting, person, self._worker if has_room else "", now=now))
        self._storing.add(storing)
        storing.add_done_callback(self._storing.discard)
        await asyncio.wait({storing}, timeout=self._within)
        if storing.cancelled():
            raise stopping()
        put = self._outcome(storing)
        if put is Put.KNOWN:
            return None
        if self._is_here(waiting.update_id):
            # It was stored, and claimed before that was known here.
            storing.cancel()
            return self._received(waiting.update_id)
        row = Row(waiting, person, stored=put is not None)
        if put is Put.LEFT:
            self.left.set()
            return row.received
        if put is None:
            if not has_room:
                storing.cancel()
                raise StoreError("Too many updates wait to be handled. Telegram will deliver this one again.")
            row.storing = storing
            storing.add_done_callback(partial(self._stored_late, row))
        return self._in_hand(row)

    def _in_hand(self, row: Row) -> "asyncio.Future[None]":
        if self._lanes.add(row):
            self._begin(row)
        return row.received

    def _is_here(self, update_id: int) -> bool:
        return self._lanes.get(update_id) is not None or self._settled(update_id)

    def _received(self, update_id: int) -> "asyncio.Future[None] | None":
        in_hand = self._lanes.get(update_id)
        return in_hand.received if in_hand is not None else None

    def _outcome(self, storing: "asyncio.Task[Put]") -> Put | None:
        """Return what became of an attempt to store, ``None`` where it failed or takes too long."""
        cause = "TimeoutError"
        if storing.done():
            try:
                put = storing.result()
            except StoreError as error:
                cause = error.cause
            except Exception as error:  # whatever it is, the person is waiting for an answer
                cause = type(error).__name__
            else:
                self._works()
                return put
        if self._within == _STORE_WITHIN:
            log.error("updates not stored in time; answered from memory", error=cause)
        self._within = _TRY_WITHIN
        return None

    def _works(self) -> None:
        if self._within != _STORE_WITHIN:
            log.info("updates are stored again")
        self._within = _STORE_WITHIN

    def _stored_late(self, row: Row, storing: "asyncio.Task[Put]") -> None:
        if storing.cancelled() or storing.exception() is not None:
            return
        self._works()
        row.stored = True
        row.confirm()
        if storing.result() is not Put.OURS:
            self.left.set()
