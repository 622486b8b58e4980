"""Whatever is put, claimed and done in whatever order: nothing is lost, doubled or out of its lane's order."""

import asyncio
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.inbox.failsafe import SteadyInbox
from bot.inbox.memory import MemoryInbox
from bot.inbox.protocol import LEASE, MOST_ATTEMPTS, Inbox
from bot.inbox.sql import SqlInbox
from bot.storage.database import Database
from bot.storage.ids import Hasher
from bot.storage.migrations import upgrade
from tests.support.fakes import NOON, Clock, FragileInbox, broken

IDS = st.integers(0, 12)
STEP = st.one_of(
    st.tuples(st.just("put"), IDS),
    st.tuples(st.just("claim"), st.integers(1, 4)),
    st.tuples(st.just("done"), IDS),
    st.tuples(st.just("wait"), st.sampled_from([1, 30, 61])),
    st.tuples(st.just("release"), st.just(0)),
)
Steps = list[tuple[str, int]]


def lane(update_id: int) -> str:
    return f"lane {update_id % 3}"


class Model:
    """The simplest inbox there could be: one worker, a set of ids and the end of each lease."""

    def __init__(self) -> None:
        self.known: set[int] = set()
        self.waiting: dict[int, float] = {}
        self.attempts: dict[int, int] = {}

    def put(self, update_id: int) -> bool:
        new = update_id not in self.known
        self.known.add(update_id)
        if new:
            self.waiting[update_id] = 0.0
            self.attempts[update_id] = 0
        return new

    def claim(self, limit: int, now: float) -> list[int]:
        for update_id in [i for i, until in self.waiting.items() if until <= now and self.attempts[i] >= 5]:
            del self.waiting[update_id]
        free = []
        for name in {lane(update_id) for update_id in self.waiting}:
            of_lane = {i: until for i, until in self.waiting.items() if lane(i) == name}
            if max(of_lane.values()) <= now:
                free.append(min(of_lane))
        claimed = sorted(free)[:limit]
        for update_id in claimed:
            self.waiting[update_id] = now + LEASE
            self.attempts[update_id] += 1
        return claimed


async def follow(inbox: Inbox, steps: Steps) -> None:
    model, now = Model(), NOON
    claims: set[int] = set()
    for what, number in steps:
        if what == "put":
            assert await inbox.put(number, lane(number), "{}", now=now) == model.put(number)
        elif what == "claim":
            claimed = [row.update_id for row in await inbox.claim("w", limit=number, now=now)]
            assert claimed == model.claim(number, now)
            claims |= set(claimed)
        elif what == "done":
            await inbox.done(number)
            model.waiting.pop(number, None)
            claims.discard(number)
        elif what == "release":
            await inbox.release("w")
            for update_id in claims & model.waiting.keys():
                model.waiting[update_id] = 0.0
                model.attempts[update_id] -= 1
            claims.clear()
        else:
            now += number
        assert await inbox.waiting() == len(model.waiting)


@given(st.lists(STEP, max_size=60))
def test_the_inbox_in_memory_does_as_the_model(steps: Steps) -> None:
    asyncio.run(follow(MemoryInbox(), steps))


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEP, max_size=60))
def test_the_inbox_in_a_file_does_as_the_model(steps: Steps) -> None:
    async def on_a_file(check: Callable[[Inbox, Steps], Awaitable[None]]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            database = Database.open(Path(folder) / "bot.db")
            await upgrade(database)
            try:
                await check(SqlInbox(database, Hasher(b"k" * 16)), steps)
            finally:
                await database.close()

    asyncio.run(on_a_file(follow))


OUTAGES = st.tuples(st.sampled_from(["breaks", "mends"]), st.just(0))


class Handler:
    """A worker on a steady inbox, who notices when something is handed out that must not be."""

    def __init__(self) -> None:
        self._primary = FragileInbox()
        self._clock = Clock()
        self._inbox = SteadyInbox(self._primary, self._clock)
        self._taken: set[int] = set()
        self._handled: set[int] = set()
        self._in_hand: dict[int, float] = {}
        self._attempts: Counter[int] = Counter()

    async def step(self, what: str, number: int) -> None:
        if what == "put":
            new = await self._inbox.put(number, lane(number), "{}", now=self._clock.now)
            assert new == (number not in self._taken)
            self._taken.add(number)
        elif what == "claim":
            await self._claim(number)
        elif what == "done" and number in self._in_hand:
            await self._done(number)
        elif what == "wait":
            self._clock.now += number
        elif what in ("breaks", "mends"):
            self._primary.trouble.error = broken() if what == "breaks" else None

    async def finish(self) -> None:
        self._primary.trouble.error = None
        for _ in range(3 * len(self._taken)):
            self._clock.now += LEASE
            await self._claim(9)
            for update_id in list(self._in_hand):
                await self._done(update_id)
        for update_id in self._taken - self._handled:  # set aside
            assert self._attempts[update_id] >= MOST_ATTEMPTS
        assert await self._inbox.waiting() == 0

    async def _claim(self, limit: int) -> None:
        now = self._clock.now
        for row in await self._inbox.claim("w", limit=limit, now=now):
            assert lane(row.update_id) not in {lane(i) for i, until in self._in_hand.items() if until > now}
            assert row.update_id not in self._handled
            self._in_hand[row.update_id] = now + LEASE
            self._attempts[row.update_id] += 1

    async def _done(self, update_id: int) -> None:
        del self._in_hand[update_id]
        self._handled.add(update_id)
        await self._inbox.done(update_id)


@given(st.lists(st.one_of(STEP, OUTAGES), max_size=80))
def test_with_outages_each_update_is_handled_once_and_lanes_stay_apart(steps: Steps) -> None:
    async def check() -> None:
        handler = Handler()
        for what, number in steps:
            await handler.step(what, number)
        await handler.finish()

    asyncio.run(check())
