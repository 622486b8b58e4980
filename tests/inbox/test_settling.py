"""What was dealt with is told to the database: in batches, in order, for as long as it takes."""

import asyncio
from collections.abc import AsyncIterator, Mapping

import pytest
from structlog.testing import capture_logs

from bot.inbox import settling
from bot.inbox.protocol import Waiting
from bot.inbox.settling import Settler
from bot.storage.protocol import StoreError
from tests.inbox.desk import PassingInbox, settle
from tests.support.fakes import NOON, Clock, broken
from tests.support.patience import PATIENCE

NEVER = 3_600.0


class Told(PassingInbox):
    """Keeps what it was told, batch by batch; ``heard`` has each time it was told, and each wiping of the disk."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[dict[int, str]] = []
        self.wiping = True
        self.heard: list[str] = []

    async def settle(self, done: Mapping[int, str], *, now: float) -> bool:
        more = await super().settle(done, now=now)
        self.batches.append(dict(done))
        self.heard.append("settle")
        return more

    async def clear_traces(self) -> None:
        self.heard.append("clear" if self.wiping else "in vain")
        if not self.wiping:
            raise broken()


@pytest.fixture
def inbox() -> Told:
    return Told()


@pytest.fixture
async def settler(inbox: Told, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Settler]:
    """Made, but not running."""
    monkeypatch.setattr(settling, "_AWAY", 0.0)
    monkeypatch.setattr(settling, "_IDLE", NEVER)
    yield Settler(inbox, clock)


@pytest.fixture
async def running(settler: Settler) -> AsyncIterator[Settler]:
    """Running."""
    async with asyncio.TaskGroup() as group:
        task = group.create_task(settler.run())
        yield settler
        assert not task.done()
        task.cancel()


def noted(settler: Settler, *numbers: int) -> None:
    for number in numbers:
        settler.note(number)


async def test_what_is_done_is_told_with_the_reason_where_there_is_one(inbox: Told, running: Settler) -> None:
    running.note(1)
    running.note(2, "ValueError")
    await settle()
    assert inbox.batches == [{1: "", 2: "ValueError"}]
    running.note(3)
    await settle()
    assert inbox.batches[1:] == [{3: ""}]
    assert len(running) == 0


async def test_many_are_told_a_hundred_at_a_time_in_order(inbox: Told, running: Settler) -> None:
    numbers = [number * 7 % 250 for number in range(250)]
    noted(running, *numbers)
    await settle()
    assert [len(batch) for batch in inbox.batches] == [100, 100, 50]
    assert [number for batch in inbox.batches for number in batch] == numbers


async def test_what_is_done_while_the_database_is_told_is_told_next(inbox: Told, running: Settler) -> None:
    inbox.trouble.hangs = True
    noted(running, 1)
    await settle()
    noted(running, 2, 3)
    await settle()
    assert len(running) == 3
    inbox.trouble.passes()
    await settle()
    assert inbox.batches == [{1: ""}, {2: "", 3: ""}]


@pytest.mark.parametrize("error", [broken(), ValueError("something of a message")])
async def test_it_is_told_again_until_the_database_has_it(inbox: Told, running: Settler, error: Exception) -> None:
    inbox.trouble.error = error
    with capture_logs() as lines:
        noted(running, 1)
        await settle()
        noted(running, 2)
        await settle()
        assert inbox.trouble.calls > 3
        assert inbox.batches == []
        assert [running.knows(number) for number in (1, 2, 3)] == [True, True, False]
        inbox.trouble.passes()
        await settle()
    assert inbox.batches == [{1: "", 2: ""}]
    assert not running.knows(1)
    cause = "ValueError" if isinstance(error, ValueError) else "OperationalError"
    assert lines == [
        {"event": "answers not recorded; tried again until they are", "error": cause, "log_level": "error"},
        {"event": "answers are recorded again", "log_level": "info"},
    ]


async def test_each_outage_is_told_of(inbox: Told, running: Settler) -> None:
    with capture_logs() as lines:
        for number in (1, 2):
            inbox.trouble.error = broken()
            noted(running, number)
            await settle()
            inbox.trouble.passes()
            await settle()
    assert [line["log_level"] for line in lines] == ["error", "info"] * 2


async def test_what_is_done_is_known_until_the_database_has_been_told(inbox: Told, running: Settler) -> None:
    inbox.trouble.hangs = True
    noted(running, 1)
    await settle()
    assert running.knows(1)
    inbox.trouble.passes()
    await settle()
    assert not running.knows(1)


async def test_of_more_than_memory_holds_the_oldest_are_forgotten(
    inbox: Told, settler: Settler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "_MOST_NOTED", 3)
    noted(settler, 1, 2, 3, 4, 5)
    assert [number for number in range(7) if settler.knows(number)] == [3, 4, 5]
    assert len(settler) == 3
    await settler.flush()
    assert inbox.batches == [{3: "", 4: "", 5: ""}]


async def test_a_flush_tells_all_or_says_that_it_could_not(inbox: Told, settler: Settler) -> None:
    noted(settler, *range(250))
    inbox.trouble.error = broken()
    with pytest.raises(StoreError):
        await settler.flush()
    assert len(settler) == 250
    inbox.trouble.passes()
    await settler.flush()
    assert [len(batch) for batch in inbox.batches] == [100, 100, 50]
    assert len(settler) == 0
    await settler.flush()
    assert len(inbox.batches) == 3


async def test_a_flush_broken_off_in_its_middle_forgets_nothing(inbox: Told, settler: Settler) -> None:
    noted(settler, 1)
    inbox.trouble.hangs = True
    flushing = asyncio.create_task(settler.flush())
    await settle()
    flushing.cancel()
    await settle()
    assert flushing.cancelled()
    assert settler.knows(1)


async def test_whoever_claims_is_woken_when_something_waits_that_belongs_to_nobody(
    inbox: Told, running: Settler
) -> None:
    noted(running, 1)
    await settle()
    assert not running.more.is_set()
    await inbox.put(Waiting(2, "a", "{}", NOON), "", "", now=NOON)
    noted(running, 3)
    await settle()
    assert running.more.is_set()


# --- nothing lingers on the disk ------------------------------------------------------------------


async def until(inbox: Told, heard: list[str]) -> None:
    """Wait until the inbox was asked for ``heard``, and see that it is asked for nothing more."""
    async with asyncio.timeout(PATIENCE):
        while len(inbox.heard) < len(heard):  # noqa: ASYNC110 (each look gives the others a turn)
            await asyncio.sleep(0)
    await settle()
    assert inbox.heard == heard


@pytest.fixture
def idle(settler: Settler, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every moment without an update be long enough."""
    monkeypatch.setattr(settling, "_IDLE", 0.0)


async def test_the_disk_is_wiped_at_the_start_and_once_after_each_time_of_traffic(
    inbox: Told, idle: None, running: Settler
) -> None:
    await until(inbox, ["clear"])
    noted(running, 1)
    await until(inbox, ["clear", "settle", "clear"])


async def test_a_disk_that_could_not_be_wiped_is_tried_again(inbox: Told, idle: None, running: Settler) -> None:
    await until(inbox, ["clear"])
    inbox.wiping = False
    noted(running, 1)
    async with asyncio.timeout(PATIENCE):
        while inbox.heard.count("in vain") < 3:  # noqa: ASYNC110 (each look gives the others a turn)
            await asyncio.sleep(0)
    inbox.wiping = True
    await settle()
    assert inbox.heard[-1] == "clear"
    assert inbox.heard.count("clear") == 2
    assert not running.knows(1)


async def test_after_a_minute_of_traffic_the_disk_is_wiped_without_any_rest(
    inbox: Told, running: Settler, clock: Clock
) -> None:
    for number, seconds in enumerate((20.0, 20.0, 19.0)):
        clock.now += seconds
        noted(running, number)
        await settle()
    assert inbox.heard == ["settle"] * 3
    clock.now += 2.0
    noted(running, 3)
    await settle()
    assert inbox.heard == ["settle"] * 3 + ["clear", "settle"]
    clock.now += 59.0
    noted(running, 4)
    await settle()
    assert inbox.heard[5:] == ["settle"]
