"""Conversations with therapists, kept in a SQLite file and in PostgreSQL: who, since when, and never a word."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from bot.storage.database import Database
from bot.storage.ids import Hasher
from bot.storage.protocol import HANDOFF_KEPT, MOST_UNSENT, OUTBOX_KEPT, Handover, Letter, Speaker
from bot.storage.retention import expire
from bot.storage.sql_handoffs import FORGOTTEN, SqlHandoffStore
from bot.storage.sql_staff import SqlStaffStore
from bot.storage.sql_store import SqlStore
from tests.support.fakes import DAY, NOON, Clock

ANN, BEN = Speaker("11", "11"), Speaker("22", "22")


class Kept:
    """All stores of one process."""

    def __init__(self, database: Database, hasher: Hasher, clock: Clock) -> None:
        self.talks = SqlHandoffStore(database, hasher, clock)
        self.staff = SqlStaffStore(database, clock)
        self.people = SqlStore(database, hasher, clock)

    async def letters(self) -> list[Letter]:
        return list(await self.staff.claim("w", lease=0, alone=True))

    async def bring(self, message: int = 500, chat: int = -5) -> None:
        """Let the staff chat have all that waits."""
        await self.staff.sent("w", await self.letters(), message, chat)


@pytest.fixture
def here(database: Database, hasher: Hasher, clock: Clock) -> Kept:
    return Kept(database, hasher, clock)


@pytest.fixture
def there(second: Database, hasher: Hasher, clock: Clock) -> Kept:
    """The stores of another process."""
    return Kept(second, hasher, clock)


def words(*texts: str, message: int = 1) -> Handover:
    check = sum(ord(letter) for letter in texts[0])
    return Handover(texts, message, check, changed=[f"changed to {text}" for text in texts])


def texts(letters: Sequence[Letter]) -> list[tuple[str, str]]:
    return [(letter.handoff, letter.text) for letter in letters]


async def test_a_person_has_one_open_conversation_and_what_follows_joins_it(here: Kept, there: Kept) -> None:
    await here.talks.pass_on(ANN, words("one", "two"), "qa")
    await there.talks.pass_on(ANN, words("three", message=2), "qb")
    await there.talks.pass_on(BEN, words("four"), "qc")
    assert texts(await here.letters()) == [("qa", "one"), ("qa", "two"), ("qa", "three"), ("qc", "four")]
    talk = await there.talks.of_person("11")
    assert talk is not None
    assert (talk.ref, talk.runner, talk.is_open) == ("qa", 11, True)
    assert [message for message in range(1, 30) if talk.has_passed_on(message)] == [1, 2]
    assert await here.talks.find("qb") is None


async def test_two_processes_open_one_conversation_for_one_person(here: Kept, there: Kept) -> None:
    await asyncio.gather(
        *(kept.talks.pass_on(ANN, words(str(n), message=n), f"q{n}") for n, kept in enumerate([here, there] * 5, 1))
    )
    letters = await here.letters()
    assert len(letters) == 10
    assert len({letter.handoff for letter in letters}) == 1


async def test_a_message_is_passed_on_once_in_the_same_words_whatever_came_after_it(here: Kept) -> None:
    for handover in (words("one"), words("one"), words("two", message=2), words("one"), words("two", message=2)):
        await here.talks.pass_on(ANN, handover, "qa")
    assert [letter.text for letter in await here.letters()] == ["one", "two"]


async def test_what_a_message_was_changed_to_is_passed_on_as_a_change_each_time(here: Kept) -> None:
    for said in ("left", "right", "right", "left"):
        await here.talks.pass_on(ANN, words(said), "qa")
    assert [letter.text for letter in await here.letters()] == ["left", "changed to right", "changed to left"]


async def test_a_message_of_a_conversation_that_is_over_is_passed_on_anew(here: Kept) -> None:
    await here.talks.pass_on(ANN, words("one"), "qa")
    await here.talks.close("qa")
    await here.talks.pass_on(ANN, words("one"), "qb")
    assert texts(await here.letters()) == [("qa", "one"), ("qb", "one")]


async def test_what_follows_a_message_goes_with_it_and_with_no_later_conversation(here: Kept) -> None:
    await here.talks.pass_on(ANN, words("one"), "qa", [words("two", message=2)])
    assert await here.talks.pass_along(ANN, words("three", message=3), first=1)
    await here.talks.close("qa")
    assert not await here.talks.pass_along(ANN, words("four", message=4), first=1)
    await here.talks.pass_on(ANN, words("five", message=5), "qb")
    assert not await here.talks.pass_along(ANN, words("six", message=6), first=1)
    assert texts(await here.letters()) == [("qa", "one"), ("qa", "two"), ("qa", "three"), ("qb", "five")]


async def test_where_it_stands_in_the_staff_chat_is_noted_with_what_was_sent(here: Kept) -> None:
    await here.talks.pass_on(ANN, words("one"), "qa")
    await here.bring(501)
    talk = await here.talks.find("qa")
    assert talk is not None
    assert talk.message == 501
    assert await here.letters() == []


async def test_an_answer_ends_the_wait_and_the_next_message_begins_one(here: Kept, clock: Clock) -> None:
    await here.talks.pass_on(ANN, words("one"), "qa")
    clock.now += 60
    await here.talks.pass_on(ANN, words("two", message=2), "qa")
    assert (talk := await here.talks.find("qa")) is not None and talk.waiting == NOON
    await here.talks.answer("qa", "91", 33)
    assert (talk := await here.talks.find("qa")) is not None
    assert (talk.waiting, talk.answered, talk.helper, talk.topic) == (0, NOON + 60, here.talks.hashed("91"), 33)
    clock.now += 60
    await here.talks.pass_on(ANN, words("three", message=3), "qa")
    await here.talks.answer("qa", "92", 0)
    assert (talk := await here.talks.find("qa")) is not None
    assert (talk.answered, talk.helper) == (NOON + 60, here.talks.hashed("92"))


async def test_that_only_replies_reach_the_clinic_is_to_be_said_once_after_the_first_answer(
    here: Kept, there: Kept
) -> None:
    await here.talks.pass_on(ANN, words("one"), "qa")
    assert not await here.talks.first_aside("11")
    await here.talks.answer("qa", "91", 0)
    assert not await here.talks.first_aside("22")
    assert sorted(await asyncio.gather(*(kept.talks.first_aside("11") for kept in (here, there)))) == [False, True]
    await here.talks.answer("qa", "91", 0)
    assert not await here.talks.first_aside("11")


async def test_how_long_a_question_waited_is_told_by_the_day_it_was_asked(here: Kept, clock: Clock) -> None:
    store, day = here.people, datetime.fromtimestamp(NOON, UTC).date()
    await here.talks.pass_on(ANN, words("one"), "qa")
    clock.now += 90
    await here.talks.answer("qa", "91", 0)
    await here.talks.pass_on(BEN, words("two"), "qb")
    clock.now += DAY
    assert sorted(await store.waits(day, day), key=str) == [90, None]
    assert await store.waits(day + timedelta(days=1), day + timedelta(days=9)) == []
    await here.talks.close("qa")
    assert 90 in await store.waits(day, day)


async def test_what_is_over_names_nobody_and_keeps_its_times_alone(
    here: Kept, there: Kept, database: Database, clock: Clock
) -> None:
    await here.talks.pass_on(ANN, words("one"), "qa")
    await here.talks.answer("qa", "91", 0, "7:1a")
    await here.bring()
    clock.now += 60
    assert await there.talks.close("qa", "over")
    assert not await here.talks.close("qa", "over")
    assert texts(await here.letters()) == [("qa", "over")]
    async with database.reading() as connection:
        row = (await connection.execute(text("SELECT * FROM handoffs"))).mappings().one()
    assert {name: row[name] for name in ("person", "runner", "passed", "relayed", "helper")} == {
        "person": "",
        "runner": 0,
        "passed": "",
        "relayed": "",
        "helper": "",
    }
    assert (row["opened"], row["answered"], row["closed"]) == (NOON, NOON, NOON + 60)
    assert await here.talks.of_person("11") is None


async def test_the_chat_of_a_runner_and_no_name_or_word_stands_in_the_table(here: Kept, database: Database) -> None:
    await here.talks.pass_on(ANN, words("my secret knee"), "qa")
    await here.talks.answer("qa", "91", 0)
    async with database.reading() as connection:
        row = str((await connection.execute(text("SELECT * FROM handoffs"))).mappings().one())
    assert "secret" not in row
    assert "'91'" not in row
    assert row.count("11,") == row.count("'runner': 11,")


async def test_what_the_runner_was_sent_of_the_therapists_is_known_by_its_last_words(
    here: Kept, there: Kept
) -> None:
    await here.talks.pass_on(ANN, words("one"), "qa")
    for relayed in ("7:1a", "8:2b?", "7:3c", ""):
        await here.talks.answer("qa", "91", 0, relayed)
    talk = await there.talks.find("qa")
    assert talk is not None
    assert talk.relayed == "8:2b? 7:3c"
    assert [number for number in (1, 7, 8, 71) if talk.has_relayed(number)] == [7, 8]


async def test_each_conversation_that_the_former_staff_chat_has_read_is_begun_anew_once(
    here: Kept, there: Kept, database: Database
) -> None:
    await here.talks.pass_on(ANN, words("one"), "qa")
    await here.bring(chat=-5)
    assert await here.talks.moved(-5, "it goes on here") == 0
    await here.talks.pass_on(BEN, words("two"), "qb")  # which no chat has read
    assert [await kept.talks.moved(-6, "it goes on here") for kept in (here, there)] == [1, 0]
    assert texts(await here.letters()) == [("qb", "two"), ("qa", "it goes on here")]
    talks = [await there.talks.find(ref) for ref in ("qa", "qb")]
    assert [talk.message for talk in talks if talk is not None] == [-1, 0]
    async with database.writing() as connection:  # as an earlier release left it
        await connection.execute(text("UPDATE handoffs SET chat = 0, message = 500"))
    assert await here.talks.moved(-7, "it goes on here") == 0
    talk = await here.talks.find("qa")
    assert talk is not None
    assert talk.message == 500


async def test_a_word_for_the_staff_chat_waits_behind_the_others_even_when_the_conversation_is_over(
    here: Kept,
) -> None:
    await here.talks.pass_on(ANN, words("one"), "qa")
    await here.talks.say("qa", "passed on")
    await here.talks.close("qa")
    await here.talks.say("qa", "closed")
    assert texts(await here.letters()) == [("qa", "one"), ("qa", "passed on"), ("qa", "closed")]


async def test_who_waits_too_long_is_reminded_of_once_by_one_process(here: Kept, there: Kept, clock: Clock) -> None:
    await here.talks.pass_on(ANN, words("one"), "qa")
    clock.now += 60
    await here.talks.pass_on(BEN, words("two"), "qb")
    await here.bring()
    assert await here.talks.remind(NOON - 1, "hurry") == 0
    counts = await asyncio.gather(here.talks.remind(NOON, "hurry"), there.talks.remind(NOON, "hurry"))
    assert sorted(counts) == [0, 1]
    assert texts(await here.letters()) == [("qa", "hurry")]
    await here.bring()
    await here.talks.answer("qa", "91", 0)
    await here.talks.pass_on(ANN, words("three", message=3), "qa")
    assert await here.talks.remind(clock.now, "hurry") == 2


async def test_runners_with_something_unsent_are_told_by_one_process_and_again_after_it_was_sent(
    here: Kept, there: Kept
) -> None:
    await here.talks.pass_on(ANN, words("one"), "qa")
    assert [talk.ref for talk in await here.talks.stranded()] == ["qa"]
    assert sorted(await asyncio.gather(*(kept.talks.tell("qa") for kept in (here, there)))) == [False, True]
    assert await here.talks.stranded() == []
    await here.bring()
    await here.talks.pass_on(ANN, words("two", message=2), "qa")
    assert [talk.ref for talk in await here.talks.stranded()] == ["qa"]


@pytest.mark.parametrize("read", [False, True])
async def test_forget_ends_it_deletes_what_was_not_sent_and_tells_the_clinic_what_it_read(
    here: Kept, there: Kept, read: bool
) -> None:
    await here.talks.pass_on(ANN, words("one"), "qa")
    if read:
        await here.bring()
        await here.talks.pass_on(ANN, words("two", message=2), "qa")
    await here.talks.pass_on(BEN, words("three"), "qb")
    assert (await there.people.held("11")).handoffs == 1
    await there.people.forget("11")
    assert (await here.people.held("11")).handoffs == 0
    told = [("qa", FORGOTTEN)] if read else []
    assert sorted(texts(await here.letters())) == sorted([("qb", "three"), *told])
    assert (talk := await here.talks.find("qa")) is not None and not talk.is_open


async def test_what_runners_wrote_is_not_pushed_out_by_news_and_waits_longer_than_a_week(
    here: Kept, database: Database
) -> None:
    await here.talks.pass_on(ANN, words("one"), "qa")
    await here.staff.put([str(n) for n in range(MOST_UNSENT + 1)])
    assert texts(await here.letters())[0] == ("qa", "one")
    await expire(database, NOON + OUTBOX_KEPT)
    assert texts(await here.letters()) == [("qa", "one")]
    await here.talks.close("qa", "over")
    await expire(database, NOON + OUTBOX_KEPT)
    assert await here.letters() == []


async def test_a_staff_chat_that_was_mistyped_and_set_right_has_each_conversation_begun_anew_once(
    here: Kept,
) -> None:
    await here.talks.pass_on(ANN, words("one"), "qa")
    await here.bring(chat=-5)
    for chat in (-6, -5):
        assert await here.talks.moved(chat, "it goes on here") == 1
    assert texts(await here.letters()) == [("qa", "it goes on here")]


async def test_what_the_staff_chat_has_at_its_new_id_keeps_its_number_there(here: Kept) -> None:
    await here.talks.pass_on(ANN, words("one"), "qa")
    await here.bring(501, chat=-6)
    await here.staff.move(-5, -6)
    assert (talk := await here.talks.find("qa")) is not None
    assert talk.message == 501


async def test_in_a_staff_chat_that_moved_nothing_is_put_below_a_number_of_the_old_one(here: Kept) -> None:
    await here.talks.pass_on(ANN, words("one"), "qa")
    await here.bring(501)
    await here.talks.answer("qa", "91", 33)
    await here.staff.move(-55, -1_001_234_567_890)
    assert (talk := await here.talks.find("qa")) is not None
    assert (talk.message, talk.topic) == (-1, 0)
    assert await here.talks.close("qa", "over")
    assert texts(await here.letters()) == [("qa", "over")]


@pytest.mark.parametrize("read", [False, True])
async def test_what_was_never_sent_of_a_silent_conversation_goes_with_it_and_the_clinic_is_told(
    here: Kept, there: Kept, read: bool
) -> None:
    await here.talks.pass_on(ANN, words("one"), "qa")
    if read:
        await here.bring()
    assert list((await there.talks.silent(NOON)).values()) == [not read]
    assert await there.talks.close("qa", "over", drop=True)
    assert texts(await here.letters()) == [("qa", "over")]
    assert await here.talks.silent(NOON) == {}


async def test_two_weeks_without_a_word_end_it_and_its_times_go_with_the_counters(
    here: Kept, database: Database, clock: Clock
) -> None:
    await here.talks.pass_on(ANN, words("one"), "qa")
    clock.now += DAY
    await here.talks.answer("qa", "91", 0)
    assert await here.talks.silent(NOON) == {}
    assert [silent.ref for silent in await here.talks.silent(NOON + DAY)] == ["qa"]
    await expire(database, NOON + DAY + HANDOFF_KEPT)
    assert await here.talks.of_person("11") is not None  # both sides are told first
    await expire(database, NOON + 2 * DAY + HANDOFF_KEPT)
    assert await here.talks.of_person("11") is None
    assert await here.letters() == []
    assert (talk := await here.talks.find("qa")) is not None and talk.runner == 0
    await expire(database, NOON + 2 * DAY + HANDOFF_KEPT + 90 * DAY)
    assert await here.talks.find("qa") is None
