"""Updates are taken in and handled: chats side by side, each chat's in order, until they are done."""

import asyncio
import contextlib
import json
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import structlog

from bot.inbox.lanes import Lanes, Row
from bot.inbox.protocol import RENEWAL, Inbox, Unreadable, Waiting
from bot.inbox.receiving import MOST_IN_HAND, Receiver, stopping
from bot.inbox.settling import Settler
from bot.inbox.slots import Place, Slots, Stopping
from bot.inbox.unbroken import Unbroken
from bot.ops.metrics import DROPPED, UNDELIVERED, UPDATES
from bot.storage.protocol import StoreError

log = structlog.get_logger(__name__)

_SWEEP = 5.0
"""Seconds between looks for what another process left, or stored."""
_AWAY = 1.0
"""Seconds to wait when the database gives nothing because it is away."""
_FIRST_PAUSE = 5.0
_LONGEST_PAUSE = 60.0
"""Seconds before an update is tried again that could not be answered; twice as long each time."""
_TOO_OLD = 24 * 3600.0
"""Seconds for which an answer is tried: Telegram itself keeps updates no longer."""
_BEGINNING = 0.4
"""Share of the time at a stop in which messages may still be begun; in the rest Telegram can answer those on the
wire, so that a slow machine does not break one off."""
_LAST_WORD = 2.5
"""Seconds at a stop for what is to be recorded."""

Handle = Callable[[dict[str, Any]], Awaitable[None]]
"""Handles one raw update. Raises ``Unreadable`` for one that will never be understood."""


class Dispatcher:
    """Takes updates in, claims what others left, and hands them to ``handle``."""

    def __init__(
        self,
        inbox: Inbox,
        handle: Handle,
        slots: Slots,
        kinds: Sequence[str] = (),
        *,
        hurries: Callable[[str], bool] = lambda _: False,
        alone: Callable[[], bool] = lambda: False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """``kinds``: what updates are counted by. ``hurries`` tells of a body whether it may not wait for others,
        and must be quick. ``alone`` tells whether no other process lives on the database;
        ``clock`` gives Unix time.
        """
        self._inbox = inbox
        self._handle = handle
        self._slots = slots
        self._kinds = kinds
        self._hurries = hurries
        self._alone = alone
        self._clock = clock
        self._worker = uuid.uuid4().hex
        self._lanes = Lanes()
        self._unbroken = Unbroken()
        self._settler = Settler(inbox, clock, self._unbroken)
        self._receiver = Receiver(inbox, self._lanes, self._worker, self._begin, self._settler.knows)
        self._wake = self._receiver.left = self._settler.more = asyncio.Event()
        self._work: dict[Row, asyncio.Task[None]] = {}
        self._took_over = False
        self._stopping = False
        self._loops: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin with what is stored already."""
        self._loops = [
            asyncio.create_task(loop()) for loop in (self._claim_for_ever, self._renew_for_ever, self._settler.run)
        ]

    async def take(self, update_id: int, lane: str, body: str, person: str = "") -> "asyncio.Future[None] | None":
        """Take an update in; return what ends when Telegram may be told, ``None`` for one that was dealt with.

        Raise ``StoreError`` when there is no room for it, or the bot stops: it is then not to be confirmed.
        """
        if self._stopping:
            raise stopping()
        now = self._clock()
        waiting = Waiting(update_id, self._inbox.lane_key(lane), body, now)
        received = await self._receiver.take(waiting, person, now=now)
        if self._stopping and received is not None and not received.done():
            raise stopping()
        return received

    async def emptied(self) -> None:
        """Store again what is in hand: the database has lost all it kept."""
        for row in self._lanes:
            if row.stored:
                with contextlib.suppress(StoreError):
                    await self._receiver.store_again(row, now=self._clock())

    async def stop(self, grace: float) -> None:
        """Take nothing more, give work in hand ``grace`` seconds, record what was done and free the rest.

        What is neither stored nor answered is dropped: Telegram was not told of it, and brings it again.
        """
        self._stopping = True
        telling = self._loops[-1:]  # what is done meanwhile is recorded as ever
        for loop in self._loops[:-1]:
            loop.cancel()
        self._slots.hurry()
        self._receiver.stop()
        await self._end_work(grace)
        for loop in telling:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        left = len(self._lanes)
        for row in self._lanes:
            if not row.received.done():
                row.received.set_exception(stopping())
                row.received.exception()  # looked at: perhaps nobody waits for it
        try:
            async with asyncio.timeout(_LAST_WORD):
                await self._unbroken.end(_LAST_WORD)
                await self._settler.flush()
                await self._inbox.release(self._worker)
                await self._inbox.clear_traces()
        except (StoreError, TimeoutError):
            log.error("stopped without the database", answered_unrecorded=len(self._settler))
        if left:
            log.info("left for the next start", updates=left)

    async def _end_work(self, grace: float) -> None:
        """Let what is in hand end within ``grace`` seconds; what does not is left, or in doubt if on the wire."""
        for seconds in (_BEGINNING * grace, (1 - _BEGINNING) * grace):
            if self._work:
                await asyncio.wait(self._work.values(), timeout=seconds)
            self._slots.close()
        late = list(self._work.values())
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    # --- what others left -------------------------------------------------------------------

    async def _claim_for_ever(self) -> None:
        while True:
            self._wake.clear()
            try:
                claimed = await self._unbroken(self._claim())
            except Exception as error:
                log.error("updates not claimed", error=type(error).__name__)
                await asyncio.sleep(_AWAY)
                continue
            if not claimed:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_SWEEP):
                        await self._wake.wait()

    async def _claim(self) -> int:
        if not self._took_over and self._alone():
            # What a killed process had in hand need not wait for its leases: a danger sign may be among it.
            await self._inbox.take_over(self._worker)
            self._took_over = True
        room = MOST_IN_HAND - len(self._lanes)
        if room <= 0:
            return 0
        claimed = await self._inbox.claim(self._worker, limit=room, now=self._clock())
        for waiting in claimed:
            in_hand = self._lanes.get(waiting.update_id)
            if in_hand is not None:
                in_hand.stored = True
                in_hand.confirm()
            elif not self._settler.knows(waiting.update_id):
                row = Row(waiting, stored=True)
                if self._lanes.add(row):
                    self._begin(row)
                    await asyncio.sleep(0)  # a thousand are looked at: nobody else is to wait for all of them
        return len(claimed)

    async def _renew_for_ever(self) -> None:
        while True:
            await asyncio.sleep(RENEWAL)
            held = [row for row in self._lanes if row.stored]
            if not held:
                continue
            try:
                lost = await self._unbroken(
                    self._inbox.renew(self._worker, [row.waiting.update_id for row in held], now=self._clock())
                )
            except Exception as error:
                log.error("leases not renewed", error=type(error).__name__)
                continue
            for row in held:
                # After a long outage another process may have it; what is being answered here is answered twice.
                if row.waiting.update_id in lost and not self._lanes.is_first(row):
                    self._lanes.remove(row)

    # --- work ---------------------------------------------------------------------------------

    def _begin(self, row: Row) -> None:
        """Work through the lane whose first row is ``row``."""
        task = asyncio.create_task(self._through(row))
        self._work[row] = task
        task.add_done_callback(lambda _: self._work.pop(row, None))

    async def _through(self, row: Row) -> None:
        following: Row | None = row
        while following is not None and await self._dealt_with(following):
            following = self._lanes.remove(following)
        if following is None and row.waiting.attempts:
            self._wake.set()  # it was claimed: more of its lane may wait

    async def _dealt_with(self, row: Row) -> bool:
        """Deal with ``row``; return ``False`` when the bot stops before that."""
        structlog.contextvars.bind_contextvars(update=f"{row.waiting.update_id:x}")
        while not self._stopping:
            try:
                hurries = self._slots.busy and self._hurries(row.waiting.body)
                async with self._slots.taken(hurries=hurries) as place:
                    await self._attempt(row, place)
                return True
            except Stopping:
                return False
            except Exception as error:
                row.failures += 1
                DROPPED.labels("failed for now").inc()
                log.error("update not handled", error=type(error).__name__, failures=row.failures)
            if self._clock() - row.waiting.received > _TOO_OLD:
                self._settle(row, "too old")
                return True
            pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** (row.failures - 1))
            with contextlib.suppress(Stopping):
                await self._slots.pause(pause)
        return False

    async def _attempt(self, row: Row, place: Place) -> None:
        try:
            update = json.loads(row.waiting.body)
            kind = next((kind for kind in self._kinds if kind in update), "other")
            await self._handle(update)
        except (Unreadable, ValueError, RecursionError) as error:
            DROPPED.labels("unreadable").inc()
            log.warning("update set aside", error=type(error).__name__)
            self._settle(row, type(error).__name__)
            return
        except asyncio.CancelledError:
            if place.on_the_wire:
                # The bot stops, and the answer may well have arrived: the next start must not send it again.
                UNDELIVERED.labels("uncertain").inc()
                log.warning("answer cut off by the stop")
                self._settle(row)
                self._lanes.remove(row)
            raise
        UPDATES.labels(kind).inc()
        self._settle(row)

    def _settle(self, row: Row, why: str = "") -> None:
        self._settler.note(row.waiting.update_id, why)
        row.confirm()
        if row.storing is not None:
            row.storing.cancel()  # no harm when it has ended
