"""Whatever happens in whatever order: nothing is lost, doubled or out of its lane's order."""

import asyncio
import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bot.inbox.dispatcher import Dispatcher
from bot.inbox.protocol import LEASE, MOST_ATTEMPTS, Inbox, Put, Waiting
from bot.inbox.slots import Slots
from bot.inbox.sql import SqlInbox
from bot.storage.database import Database
from bot.storage.ids import Hasher
from bot.storage.migrations import upgrade
from bot.storage.protocol import StoreError
from tests.inbox.desk import Json, PassingInbox
from tests.support.fakes import NOON, Clock, broken
from tests.support.memory_inbox import MemoryInbox

IDS = st.integers(0, 12)
WORKERS = st.sampled_from(["w", "other"])
STEP = st.one_of(
    st.tuples(st.just("put"), st.one_of(WORKERS, st.just("")), IDS),
    st.tuples(st.just("claim"), WORKERS, st.integers(1, 4)),
    st.tuples(st.sampled_from(["settle", "set aside"]), WORKERS, IDS),
    st.tuples(st.sampled_from(["release", "take over", "renew"]), WORKERS, st.just(0)),
    st.tuples(st.just("wait"), st.just(""), st.sampled_from([1, 5, 10])),
)
Steps = list[tuple[str, str, int]]


def lane(update_id: int) -> str:
    return f"lane {update_id % 3}"


class Model:
    """The simplest inbox there could be: whose each update is, until when, and how often it was claimed."""

    def __init__(self) -> None:
        self.now = 0
        self.known: set[int] = set()
        self.whose: dict[int, str] = {}
        self.until: dict[int, float] = {}
        self.attempts: dict[int, int] = {}

    def put(self, worker: str, number: int) -> Put:
        if number in self.known:
            return Put.KNOWN
        before = [other for other in self.whose if lane(other) == lane(number)]
        own = worker != "" and all(self.whose[other] == worker and not self._free(other) for other in before)
        self.known.add(number)
        self.attempts[number] = 0
        self._give(number, worker if own else "")
        return Put.OURS if own else Put.LEFT

    def claim(self, worker: str, limit: int) -> list[tuple[int, int]]:
        for number in list(self.whose):
            if self._free(number) and self.attempts[number] >= MOST_ATTEMPTS:
                self.forget(number)
        heads = []
        for name in {lane(number) for number in self.whose}:
            of_lane = [number for number in self.whose if lane(number) == name]
            if all(self._free(number) for number in of_lane):
                heads.append(min(of_lane))
        for number in sorted(heads)[:limit]:
            self.attempts[number] += 1
            self._give(number, worker)
        return [(number, self.attempts[number]) for number in sorted(heads)[:limit]]

    def forget(self, number: int) -> bool:
        self.known.add(number)
        self.whose.pop(number, None)
        return any(self._free(other) for other in self.whose)

    def let_go(self, *workers: str, counted: bool) -> None:
        for number in [number for number, whose in self.whose.items() if whose in workers]:
            self._give(number, "")
            self.attempts[number] -= 0 if counted else min(1, self.attempts[number])

    def renew(self, worker: str) -> set[int]:
        for number in [number for number, whose in self.whose.items() if whose == worker]:
            self._give(number, worker)
        return {number for number, whose in self.whose.items() if whose not in ("", worker)}

    def _free(self, number: int) -> bool:
        return self.until[number] <= self.now

    def _give(self, number: int, worker: str) -> None:
        self.whose[number] = worker
        self.until[number] = self.now + LEASE if worker else self.now


async def follow(inbox: Inbox, steps: Steps) -> None:
    model = Model()
    for what, worker, number in steps:
        now = NOON + model.now
        if what == "put":
            row = Waiting(number, inbox.lane_key(lane(number)), "{}", now)
            assert await inbox.put(row, "somebody", worker, now=now) is model.put(worker, number)
        elif what == "claim":
            claimed = [(row.update_id, row.attempts) for row in await inbox.claim(worker, limit=number, now=now)]
            assert claimed == model.claim(worker, number)
        elif what in ("settle", "set aside"):
            done = {number: "" if what == "settle" else "ValueError"}
            assert await inbox.settle(done, now=now) == model.forget(number)
        elif what == "release":
            await inbox.release(worker)
            model.let_go(worker, counted=False)
        elif what == "take over":
            await inbox.take_over(worker)
            model.let_go(*({"w", "other"} - {worker}), counted=True)
        elif what == "renew":
            assert await inbox.renew(worker, list(range(13)), now=now) == model.renew(worker)
        else:
            model.now += number
        assert await inbox.waiting() == len(model.whose)


@given(st.lists(STEP, max_size=60))
def test_the_inbox_in_memory_does_as_the_model(steps: Steps) -> None:
    asyncio.run(follow(MemoryInbox(), steps))


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEP, max_size=60))
def test_the_inbox_in_a_file_does_as_the_model(steps: Steps) -> None:
    async def on_a_file() -> None:
        with tempfile.TemporaryDirectory() as folder:
            database = Database.open(Path(folder) / "bot.db")
            await upgrade(database)
            try:
                await follow(SqlInbox(database, Hasher(b"k" * 16)), steps)
            finally:
                await database.close()

    asyncio.run(on_a_file())


# --- one process after the other, on a database that comes and goes ---------------------------------

EVENT = st.one_of(
    st.tuples(st.just("arrives"), st.integers(0, 2)),
    st.tuples(st.just("arrives"), st.integers(0, 2)),
    st.tuples(st.just("again"), st.integers(0, 20)),
    st.tuples(st.just("turns"), st.sampled_from([1, 3, 10, 40])),
    st.tuples(st.sampled_from(["breaks", "hangs", "hangs late", "mends", "mends"]), st.just(0)),
    st.tuples(st.sampled_from(["busy", "free", "lease ends"]), st.just(0)),
    st.tuples(st.sampled_from(["kill", "stop"]), st.just(0)),
)
Events = list[tuple[str, int]]


class Recording(PassingInbox):
    """Remembers what it was told to be done."""

    def __init__(self) -> None:
        super().__init__()
        self.recorded: set[int] = set()

    async def settle(self, done: Mapping[int, str], *, now: float) -> bool:
        more = await super().settle(done, now=now)
        self.recorded |= set(done)
        return more

    def has(self, number: int) -> bool:
        return number in self._rows or number in self.aside


class Town:
    """Telegram, a database and one process at a time; notices what must not happen."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.inbox = Recording()
        self.free = asyncio.Event()
        self.free.set()
        self.arrived: list[int] = []
        self.confirmed: set[int] = set()
        self.seen: list[int] = []
        self.failed: set[int] = set()
        self.again: set[int] = set()
        """What may be answered once more: the process that answered it ended before the database knew, or it came
        again and the database went away before it could be asked."""
        self.being_taken: Counter[int] = Counter()
        self.rough: set[int] = set()
        """What came in this process's time with the database away."""
        self.wrong: list[str] = []
        self.dispatcher = self._next()

    def _next(self) -> Dispatcher:
        made = Dispatcher(self.inbox, self._handle, Slots(), clock=self.clock)
        made.start()
        return made

    @property
    def away(self) -> bool:
        return self.inbox.trouble.hangs or self.inbox.trouble.error is not None

    async def _handle(self, update: Json) -> None:
        number = update["update_id"]
        await self.free.wait()
        if number % 5 == 0 and number not in self.failed:
            self.failed.add(number)
            raise ConnectionError
        if number in self.seen and number not in self.again:
            self.wrong.append(f"{number} is answered twice")
        for before in self.arrived:
            if before < number and before % 3 == number % 3 and not self._may_overtake(number, before):
                self.wrong.append(f"{number} overtook {before}")
        self.again.discard(number)
        self.seen.append(number)

    def _may_overtake(self, number: int, before: int) -> bool:
        if number in self.seen or before in self.seen or before in self.inbox.aside:
            return True
        # A question that only the database knows waits for it; those that come meanwhile do not.
        return number in self.rough and self.inbox.has(before)

    async def _bring(self, number: int) -> None:
        try:
            body = json.dumps({"update_id": number})
            received = await self.dispatcher.take(number, lane(number), body, "somebody")
            self.being_taken[number] -= 1
            if received is not None:
                await asyncio.wait({received})
                received.result()
        except StoreError:
            return
        self.confirmed.add(number)
        if not self.inbox.has(number) and number not in self.seen:
            self.wrong.append(f"{number} is confirmed, but neither stored nor answered")

    def bring(self, number: int) -> None:
        if self.away:
            self.rough.add(number)
        self.being_taken[number] += 1
        asyncio.create_task(self._bring(number))  # noqa: RUF006 (ended with the process)

    async def step(self, what: str, number: int) -> None:
        if what == "arrives":
            update_id = 3 * len(self.arrived) + number
            self.arrived.append(update_id)
            self.bring(update_id)
        elif what == "again" and self.arrived:
            repeated = self.arrived[number % len(self.arrived)]
            # Once it is recorded, only the database knows that it was answered.
            if repeated not in self.inbox.recorded or not self.away:
                self.bring(repeated)
        elif what == "turns":
            for _ in range(number):
                await asyncio.sleep(0)
        elif what in ("breaks", "hangs", "hangs late"):
            self._break(what)
        elif what == "mends":
            self.inbox.trouble.passes()
        elif what in ("busy", "free"):
            (self.free.set if what == "free" else self.free.clear)()
        elif what == "lease ends":
            self.clock.now += LEASE
        elif what in ("kill", "stop"):
            await self._end(clean=what == "stop")
        self.check()

    def _break(self, what: str) -> None:
        self.inbox.trouble.passes(broken())
        if what == "breaks":
            self.inbox.trouble.error = broken()
        self.inbox.trouble.hangs = what != "breaks"
        self.inbox.late = what == "hangs late"
        self.rough |= set(self.arrived) - self.confirmed
        self.again |= set(+self.being_taken) & set(self.seen)

    async def _end(self, *, clean: bool) -> None:
        if clean:
            await self.dispatcher.stop(0)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        dropped = [number for number in self.arrived if number not in self.confirmed]
        known = self.inbox.recorded - set(dropped)  # of what Telegram brings again, the next may be unable to ask
        self.again |= set(self.seen) - known
        self.rough.clear()
        self.being_taken.clear()
        self.dispatcher = self._next()
        for number in dropped:
            self.bring(number)

    def check(self) -> None:
        assert self.wrong == []
        lost = [n for n in self.confirmed if not self.inbox.has(n) and n not in self.seen]
        assert lost == []

    async def finish(self) -> None:
        self.free.set()
        self.inbox.trouble.passes()
        self.inbox.late = False
        for _ in range(2 * len(self.arrived) + 3):
            await self.step("turns", 40)
            await self.step("lease ends", 0)
        given_up = {number for number, why in self.inbox.aside.items() if why == "attempts"}
        assert set(self.arrived) - set(self.seen) <= given_up
        assert set(self.arrived) == self.confirmed
        assert await self.inbox.waiting() == 0
        await self.dispatcher.stop(0)


@pytest.fixture(scope="module", autouse=True)
def _no_time_passes() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for module, names in {
            "dispatcher": ("_SWEEP", "_AWAY", "_FIRST_PAUSE", "RENEWAL"),
            "settling": ("_AWAY", "_IDLE"),
            "receiving": ("_STORE_WITHIN",),
        }.items():
            for name in names:
                patch.setattr(f"bot.inbox.{module}.{name}", 0.0)
        patch.setattr("bot.inbox.receiving._TRY_WITHIN", 1e-9)
        patch.setattr("bot.inbox.dispatcher._LAST_WORD", 0.01)
        yield


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(EVENT, max_size=50))
def test_with_outages_kills_and_stops_nothing_is_lost_doubled_or_out_of_order(events: Events) -> None:
    async def check() -> None:
        # What a killed process was in the middle of, nobody looks at any more.
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)
        town = Town()
        for what, number in events:
            await town.step(what, number)
        await town.finish()

    with capture_logs():
        asyncio.run(check())
