"""Orders of the staff's to real processes: obeyed by all of them, kept over kills, and what waits is sent once."""

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.clinic.digest import week_to_tell
from bot.storage.database import Database
from bot.storage.ids import Hasher
from bot.storage.migrations import upgrade
from bot.storage.protocol import Pause, Speaker
from bot.storage.sql_staff import SqlStaffStore
from bot.storage.sql_store import SqlStore
from tests.service.test_process import database, mode, polling_only, postgres, sqlite_only, town
from tests.support import updates
from tests.support.bot_api import Call
from tests.support.knowledge import write_knowledge
from tests.support.process import BotProcess
from tests.support.town import Town, question

__all__ = ["database", "mode", "postgres", "town"]  # fixtures

STAFF, ADMIN = updates.GROUP_ID, 91
PAIN, COST = "does dry needling hurt a lot?", "what does a session cost"


def staffed(town: Town) -> BotProcess:
    """Start a bot with a staff chat and an admin."""
    return town.bot(STAFF_CHAT_ID=str(STAFF), ADMIN_USER_IDS=str(ADMIN))


def told(town: Town, chat: int, words: str) -> list[Call]:
    """Return the messages with ``words`` that ``chat`` was sent."""
    return [call for call in town.api.sent if call.params["chat_id"] == chat and words in call.shown]


def order(town: Town, text: str, chat: int = STAFF) -> None:
    town.deliver([question(text, chat)])


def wait_until_told(town: Town, chat: int, words: str, count: int = 1) -> None:
    town.api.wait_until(lambda: len(told(town, chat, words)) >= count, f"{chat} told {words!r}")


async def keep(url: str, *, pause: str = "", news: tuple[str, ...] = ()) -> None:
    """Do what another process would do."""
    opened = Database.open(url)
    store = SqlStaffStore(opened)
    if pause:
        await store.pause(pause, Pause(True, 1.0))
    if news:
        await store.put(news)
    await opened.close()


@pytest.mark.parametrize(
    ("mode", "database"), [("polling", "sqlite"), ("webhook", "postgresql")], indirect=["database"]
)
def test_a_pause_is_obeyed_at_once_and_outlives_a_kill(town: Town) -> None:
    with staffed(town) as bot:
        bot.wait_for("ready")
        order(town, "/pause pain")
        wait_until_told(town, STAFF, "Paused: ")
        town.deliver([question(PAIN, 101)])
        town.api.wait_until(lambda: bool(told(town, 101, "")), "answered")
        bot.kill()
    with staffed(town) as bot:
        bot.wait_for("ready")
        town.deliver([question(PAIN, 102), question(COST, 103)])
        wait_until_told(town, 103, "What does it cost?")
        town.api.wait_until(lambda: bool(told(town, 102, "")), "answered")
        order(town, "/resume pain")
        wait_until_told(town, STAFF, "Runners get")
        town.deliver([question(PAIN, 104)])
        wait_until_told(town, 104, "Does it hurt?")
        assert bot.stop() == 0
    for chat in (101, 102):
        assert told(town, chat, "Does it hurt?") == []


@polling_only
@pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)
def test_what_another_process_was_ordered_is_obeyed_within_seconds(town: Town) -> None:
    with staffed(town) as bot:
        bot.wait_for("ready")
        town.deliver([question(PAIN, 101)])
        wait_until_told(town, 101, "Does it hurt?")
        asyncio.run(keep(town.database, pause="pain"))
        for chat in range(102, 200):
            town.deliver([question(PAIN, chat)])
            town.api.wait_until(lambda chat=chat: bool(told(town, chat, "")), "answered")  # type: ignore[misc]
            if not told(town, chat, "Does it hurt?"):
                break
        else:
            pytest.fail("it never stopped giving the paused answer")
        assert bot.stop() == 0


@polling_only
@sqlite_only
def test_news_waits_for_a_process_and_is_sent_once_over_stops(town: Town) -> None:
    with town.bot() as bot:  # makes the tables, and has nobody to tell
        bot.wait_for("ready")
        assert bot.stop() == 0
    asyncio.run(keep(town.database, news=("one", "two")))
    for number in (1, 2):
        with staffed(town) as bot:
            bot.wait_for("ready")
            wait_until_told(town, STAFF, "one\n\ntwo")
            order(town, "/pause pain", ADMIN)
            order(town, "/resume pain", ADMIN)
            wait_until_told(town, ADMIN, "Runners get", number)
            assert bot.stop() == 0

    def said() -> str:
        return "\n\n".join(call.shown for call in told(town, STAFF, ""))

    with staffed(town) as bot:
        town.api.wait_until(lambda: said().count("Runners get") == 2, "all told")
        bot.wait_for("ready")
        assert bot.stop() == 0
    assert [said().count(words) for words in ("one\n\ntwo", "Paused:", "Runners get")] == [1, 2, 2]


@polling_only
@sqlite_only
def test_a_staff_chat_that_is_not_there_is_said_to_an_admin_and_the_bot_answers_all_the_same(town: Town) -> None:
    town.api.fail_next("sendChatAction", 400, "Bad Request: chat not found")
    with staffed(town) as bot:
        wait_until_told(town, ADMIN, "I cannot write to the staff chat")
        town.deliver([question(PAIN, 101)])
        wait_until_told(town, 101, "Does it hurt?")
        assert bot.stop() == 0


@polling_only
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_week_before_is_told_of_at_the_next_start(town: Town) -> None:
    asyncio.run(count_a_week_ago(town.database))
    with town.bot(command=("tests.support.quick_bot",), STAFF_CHAT_ID=str(STAFF)) as bot:
        bot.wait_for("ready")
        wait_until_told(town, STAFF, "The week from")
        assert bot.stop() == 0
    assert len(told(town, STAFF, "The week from")) == 1


async def count_a_week_ago(url: str) -> None:
    """Let a question be counted in the week that is told of now."""
    opened = Database.open(url)
    await upgrade(opened)
    first = datetime.combine(week_to_tell(time.time(), ""), datetime.min.time(), UTC).timestamp()
    store = SqlStore(opened, Hasher(b"a key of enough bytes"), lambda: first)
    await store.record(Speaker("1", "1"), "", [("asked", "answer")])
    await opened.close()


@polling_only
@sqlite_only
def test_the_staff_chat_hears_of_a_certification_that_has_ended(town: Town, tmp_path: Path) -> None:
    clinic = """\
        therapists:
          - name: "Ada Byrne"
            certification: {body: "HCPC", valid_until: 2001-01-01}
        """
    folder = write_knowledge(tmp_path / "with therapists", {"clinic.yaml": clinic})
    with town.bot(STAFF_CHAT_ID=str(STAFF), KNOWLEDGE_DIR=str(folder)) as bot:
        wait_until_told(town, STAFF, "The certification of Ada Byrne ended on 2001-01-01")
        assert bot.stop() == 0
