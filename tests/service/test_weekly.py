"""The weekly digest: once a week, whichever processes run and however often they start."""

import asyncio
from datetime import UTC, datetime

import pytest

from bot.assistant import Assistant
from bot.clinic.desk import Desk
from bot.clinic.rights import Rights
from bot.ops.logs import configure
from bot.service.weekly import Weekly
from bot.settings import LogFormat, LogLevel
from bot.storage.database import Database
from bot.storage.ids import Hasher
from bot.storage.protocol import Pause, Speaker
from bot.storage.sql_staff import SqlStaffStore
from bot.storage.sql_store import SqlStore
from bot.understanding.mind import Mind
from tests.support.fakes import DAY, NOON, Clock
from tests.support.knowledge import OFF_TOPIC, QUESTION

ANN = Speaker("1", "1")
MONDAY_AT_SEVEN = datetime(2026, 1, 12, 7, tzinfo=UTC).timestamp()
HOUR = 3600.0


class Bot:
    """A process of the bot, as far as the digest goes."""

    def __init__(self, mind: Mind, database: Database, hasher: Hasher, clock: Clock) -> None:
        self.assistant = Assistant(mind, SqlStore(database, hasher, clock), clock)
        self.store = SqlStaffStore(database, clock)
        desk = Desk(self.store, Rights.of([], -5), self.assistant.pause, clock)
        self.weekly = Weekly(database, self.store, self.assistant, desk, clock)

    async def told(self) -> list[str]:
        return [letter.text for letter in await self.store.claim("w", lease=1, alone=True)]


@pytest.fixture
def bots(mind: Mind, file_database: Database, hasher: Hasher, clock: Clock) -> list[Bot]:
    return [Bot(mind, file_database, hasher, clock) for _ in range(2)]


async def test_a_week_is_told_once_on_monday_morning(bots: list[Bot], clock: Clock) -> None:
    one, other = bots
    for day in range(3):  # Friday to Sunday
        clock.now = NOON + day * DAY
        await one.assistant.reply(QUESTION, ANN)
    await one.assistant.reply(OFF_TOPIC, ANN)
    await one.assistant.tap("keep", ANN, OFF_TOPIC)
    await one.assistant.tap("good:pain", ANN)
    clock.now = MONDAY_AT_SEVEN
    await one.weekly.look()
    assert await one.told() == []
    clock.now += HOUR
    await one.assistant.reply(QUESTION, ANN)  # belongs to the week that begins
    await asyncio.gather(*(bot.weekly.look() for bot in bots * 2))
    [text] = await one.told()
    assert text.startswith("The week from 5 January to 11 January, in UTC:")
    assert "Questions: 4, answered 3, asked which was meant 0, not known 1." in text
    assert "Helpful: 1 of 1 who said." in text
    assert "• Does it hurt?: 3" in text and f"“{OFF_TOPIC}” (1)" in text
    clock.now += 3 * DAY
    await other.weekly.look()
    assert len(await one.told()) == 1
    clock.now = MONDAY_AT_SEVEN + HOUR + 7 * DAY
    await other.weekly.look()
    assert (await one.told())[1].startswith("The week from 12 January to 18 January, in UTC:\n\nQuestions: 1, ")


async def test_a_quiet_week_is_not_told_of_later_either(bots: list[Bot], clock: Clock) -> None:
    one, other = bots
    clock.now = MONDAY_AT_SEVEN + HOUR
    await one.weekly.look()
    await other.store.pause("pain", Pause(True, clock.now))
    await other.weekly._desk.refresh()
    await other.weekly.look()
    assert await one.told() == []


async def test_a_digest_that_fails_ends_nothing_and_is_tried_again(
    bots: list[Bot], clock: Clock, monkeypatch: pytest.MonkeyPatch, logged: pytest.CaptureFixture[str]
) -> None:
    configure(LogLevel.INFO, LogFormat.JSON)
    one, _ = bots
    await one.assistant.reply(QUESTION, ANN)
    clock.now = MONDAY_AT_SEVEN + HOUR
    with monkeypatch.context() as broken:
        broken.setattr("bot.service.weekly.gaps_of", lambda *_: [][0])
        await one.weekly.look()
    assert await one.told() == []
    assert '"error": "IndexError"' in logged.readouterr().err
    await one.weekly.look()
    assert len(await one.told()) == 1


async def test_the_first_look_comes_minutes_after_the_start(
    bots: list[Bot], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = bots
    await one.assistant.reply(QUESTION, ANN)
    clock.now = MONDAY_AT_SEVEN + HOUR
    waited: list[float] = []

    async def wait(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 2:
            raise asyncio.CancelledError
        assert await one.told() == []

    with monkeypatch.context() as patched:
        patched.setattr("bot.service.jobs.asyncio.sleep", wait)
        with pytest.raises(asyncio.CancelledError):
            await one.weekly.run()
    assert waited[0] >= 60
    assert len(await one.told()) == 1
