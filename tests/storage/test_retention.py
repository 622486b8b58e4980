from datetime import date

from sqlalchemy import text

from bot.inbox.protocol import Waiting
from bot.inbox.sql import SqlInbox
from bot.storage.database import Database
from bot.storage.ids import Hasher
from bot.storage.protocol import CODES_KEPT, REMEMBERED, SET_ASIDE_KEPT, Held, KeptQuestion, Speaker
from bot.storage.retention import expire
from bot.storage.sql_store import SqlStore
from tests.support.fakes import DAY, NOON, Clock

ANN = Speaker("1", "1")


async def test_what_is_kept_for_days_goes_after_them(database: Database, hasher: Hasher, clock: Clock) -> None:
    store = SqlStore(database, hasher, clock)
    await store.record(ANN, "codes", [("answer", "a")])
    await store.rate(ANN, "a", "up")
    await store.keep_question(ANN, "old")
    clock.now += DAY
    await store.keep_question(ANN, "newer")
    await expire(database, NOON + 90 * DAY)
    held = await store.held("1")
    assert (len(held.ratings), len(held.questions)) == (1, 2)
    assert await expire(database, NOON + 91 * DAY) == 3  # counter, rating, question
    assert await store.held("1") == Held(questions=(KeptQuestion(date(2026, 1, 10), "newer"),))
    assert await store.counts(date(2000, 1, 1)) == {}


async def test_codes_go_when_a_conversation_is_idle(database: Database, hasher: Hasher, clock: Clock) -> None:
    store = SqlStore(database, hasher, clock)
    await store.record(ANN, "codes", [])
    assert await expire(database, NOON + CODES_KEPT - 1) == 0
    assert await store.conversation(ANN) == "codes"
    assert await expire(database, NOON + CODES_KEPT) == 1
    assert await store.conversation(ANN) == ""


async def kept(database: Database) -> int:
    """Return how many updates are kept, waiting or set aside."""
    async with database.reading() as connection:
        return await connection.scalar(text("SELECT count(*) FROM inbox")) or 0


async def test_updates_set_aside_go_after_an_hour_and_ids_after_48_but_nothing_that_waits(
    database: Database, hasher: Hasher
) -> None:
    inbox = SqlInbox(database, hasher)
    for number in (1, 2):
        await inbox.put(Waiting(number, inbox.lane_key(str(number)), "{}", NOON), str(number), "w", now=NOON)
    await inbox.settle({1: "ValueError"}, now=NOON)
    assert await kept(database) == 2  # the text of both
    assert await expire(database, NOON + SET_ASIDE_KEPT - 1) == 0
    assert await expire(database, NOON + SET_ASIDE_KEPT) == 1
    assert await kept(database) == 1
    assert await expire(database, NOON + REMEMBERED - 1) == 0
    assert await expire(database, NOON + REMEMBERED) == 2
    assert await inbox.waiting() == 1
