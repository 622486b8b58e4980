"""Received means on disk or answered: a database that is locked, slow or gone, and then a stop or a kill.

Each is the real process with real databases: what Telegram was told is received is answered, in its chat's order.
"""

import asyncio
import contextlib
import os
import re
import signal
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from bot.knowledge.model import KnowledgeBase
from tests.service.test_process import (
    COST,
    PAIN,
    database,
    mode,
    polling_only,
    postgres,
    postgresql_only,
    sqlite_only,
    town,
    two_questions_from,
    webhook_only,
)
from tests.support.faulty_api import FaultyApi
from tests.support.knowledge import DANGER, DOUBT, visible
from tests.support.postgres import PostgresServer
from tests.support.process import BotProcess
from tests.support.town import Town, answers, question
from tests.support.ways import POLLING, POSTGRESQL, SQLITE, WEBHOOK, ways

__all__ = ["database", "mode", "postgres", "town"]  # fixtures

BOTH = ["pain", "cost"]


@contextlib.contextmanager
def locked(database: str) -> Iterator[None]:
    """Let another program hold a lock that keeps the bot from storing anything."""
    if "://" not in database:
        with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
        return
    with asyncio.Runner() as runner:
        connection: Any = runner.run(asyncpg.connect(database))
        lock = connection.transaction()
        runner.run(lock.start())
        runner.run(connection.execute("LOCK TABLE inbox IN ACCESS EXCLUSIVE MODE"))
        try:
            yield
        finally:
            runner.run(lock.rollback())
            runner.run(connection.close())


def assert_in_order_and_once(api: FaultyApi, knowledge: KnowledgeBase, chats: range) -> None:
    sent = answers(api, knowledge)
    assert {chat: entries for chat, entries in sent.items() if entries != BOTH} == {}
    assert sorted(sent) == list(chats)


def the_next_start_answers(town: Town, chats: range, missing: int = 0) -> None:
    with town.bot() as bot:
        town.wait_until_answered(len(chats), missing=missing)
        assert bot.stop() == 0


def cut_off(bot: BotProcess) -> int:
    """Return how many answers a stop broke off on the wire: whether they arrived nobody can know."""
    return bot.log.count("answer cut off by the stop")


def assert_nothing_lost(town: Town, knowledge: KnowledgeBase, chats: range, in_doubt: int = 0) -> None:
    """Fail if a chat lacks an answer, or its answers are out of order; what came twice is left out.

    As many as are ``in_doubt`` may be missing.
    """
    got = {chat: list(dict.fromkeys(entries)) for chat, entries in answers(town.api, knowledge).items()}
    short = {chat: got.get(chat, []) for chat in chats if got.get(chat, []) != BOTH}
    assert len(short) <= in_doubt, short
    assert all(entries in (["pain"], ["cost"], []) for entries in short.values()), short


@ways((POLLING, POSTGRESQL))
def test_people_are_answered_in_order_while_nothing_can_be_stored(
    town: Town, knowledge: KnowledgeBase, database: str
) -> None:
    chats = range(101, 116)
    with town.bot() as bot:
        bot.wait_for("ready")
        with locked(database):
            postman = town.deliver(two_questions_from(*chats))
            town.wait_until_answered(len(chats))
            # What was answered is confirmed although it was never stored.
            if town.mode == "polling":
                town.api.wait_until(lambda: town.api.pending == 0, "all confirmed")
            postman.wait()
        assert bot.stop() == 0
    assert_in_order_and_once(town.api, knowledge, chats)
    with town.bot() as bot:  # nothing is left to be answered again
        bot.wait_for("ready")
        assert bot.stop() == 0
    assert_in_order_and_once(town.api, knowledge, chats)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
@ways((WEBHOOK, POSTGRESQL))
def test_a_stop_or_kill_while_nothing_can_be_stored_loses_no_question(
    town: Town, knowledge: KnowledgeBase, database: str, how: signal.Signals
) -> None:
    chats = range(101, 131)
    with town.bot() as bot:
        bot.wait_for("ready")
        with locked(database):
            town.deliver(two_questions_from(*chats))
            town.api.wait_for_messages(10)
            bot.stop(how)
    town.a_minute_passes()
    the_next_start_answers(town, chats, cut_off(bot))
    assert_nothing_lost(town, knowledge, chats, cut_off(bot))


@ways((POLLING, SQLITE))
def test_a_stop_right_after_a_lock_has_ended_loses_nothing_and_answers_nothing_twice(
    town: Town, knowledge: KnowledgeBase, database: str
) -> None:
    chats = range(101, 131)
    with town.bot() as bot:
        bot.wait_for("ready")
        with locked(database):
            town.deliver(two_questions_from(*chats))
            town.api.wait_for_messages(10)
        assert bot.stop() == 0
    the_next_start_answers(town, chats, cut_off(bot))
    assert_nothing_lost(town, knowledge, chats, cut_off(bot))
    assert len(town.api.sent) <= 2 * len(chats)


@postgresql_only
def test_a_database_that_is_gone_and_a_telegram_that_asks_to_wait_lose_no_question(
    town: Town, knowledge: KnowledgeBase, postgres: PostgresServer
) -> None:
    chats = range(101, 106)
    with town.bot() as bot:
        bot.wait_for("ready")
        postgres.stop()
        try:
            town.api.fail_next("sendMessage", 429, "Too Many Requests", times=5, retry_after=3600)
            town.deliver(two_questions_from(*chats))
            town.api.wait_until(lambda: len([c for c in town.api.calls if c.status == 429]) == 5, "refused")
            assert bot.stop() == 0
        finally:
            postgres.start()
    the_next_start_answers(town, chats)
    assert_in_order_and_once(town.api, knowledge, chats)


@sqlite_only
@polling_only
def test_more_chats_than_a_batch_are_answered_while_nothing_can_be_stored(
    town: Town, knowledge: KnowledgeBase, database: str
) -> None:
    chats = range(101, 401)
    with town.bot(PACING="false") as bot:
        bot.wait_for("ready")
        with locked(database):
            town.deliver([question(PAIN, chat) for chat in chats])
            town.wait_until_answered(len(chats), each=1)
            town.api.wait_until(lambda: town.api.pending == 0, "all confirmed")
        assert bot.stop() == 0
    assert answers(town.api, knowledge) == {chat: ["pain"] for chat in chats}


@contextlib.contextmanager
def held_to_a_quarter(bot: BotProcess) -> Iterator[None]:
    """Let the process run a quarter of the time, as a quota of a shared core does."""
    over = threading.Event()

    def hold() -> None:
        with contextlib.suppress(ProcessLookupError):  # it has ended
            while not over.is_set():
                os.kill(bot.pid, signal.SIGSTOP)
                over.wait(0.075)
                os.kill(bot.pid, signal.SIGCONT)
                over.wait(0.025)

    thread = threading.Thread(target=hold)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@ways((WEBHOOK, SQLITE))
def test_a_stop_on_a_slow_machine_loses_nothing_and_answers_nothing_twice(
    town: Town, knowledge: KnowledgeBase
) -> None:
    chats = range(101, 161)
    with town.bot() as bot:
        bot.wait_for("ready")
        with held_to_a_quarter(bot):
            town.deliver(two_questions_from(*chats))
            town.api.wait_for_messages(20)
            assert bot.stop() == 0
    the_next_start_answers(town, chats, cut_off(bot))
    assert_nothing_lost(town, knowledge, chats, cut_off(bot))
    # A stop ends within five seconds. Where the machine is too slow even for its last record, the log says how many
    # answers are not in it; there is no other reason to answer anything twice.
    told = re.search(r"answered_unrecorded=(\d+)", bot.log)
    assert len(town.api.sent) - 2 * len(chats) <= (int(told[1]) if told else 0)


@sqlite_only
@webhook_only
def test_a_danger_sign_in_hand_at_a_kill_need_not_wait_for_a_lease(town: Town, knowledge: KnowledgeBase) -> None:
    api = town.api
    api.hold("sendMessage")
    with town.bot() as bot:
        bot.wait_for("ready")
        town.deliver([question(DANGER, 101), question(PAIN, 102)]).wait()
        api.wait_until(lambda: api.held == 2, "both being sent")
        bot.kill()
    api.release()
    with town.bot() as bot:
        bot.wait_for("ready")
        api.wait_for_messages(4)  # nobody lets a lease run out; two are those of the dead bot
        assert bot.stop() == 0
    urgent = visible(knowledge.red_flags["chest"].reply)
    assert [call.params["chat_id"] for call in api.sent if call.shown.startswith(urgent)] == [101, 101]


@sqlite_only
@polling_only
def test_a_danger_sign_behind_500_waiting_questions_is_answered_first_of_all_by_the_next_start(
    town: Town, knowledge: KnowledgeBase
) -> None:
    api = town.api
    waiting = [*(question(PAIN, chat) for chat in range(101, 601)), question(DANGER, 601)]
    api.fail_next("sendMessage", 429, "Too Many Requests", times=len(waiting), retry_after=3600)
    with town.bot(PACING="false") as bot:
        bot.wait_for("ready")
        town.deliver(waiting)
        api.wait_until(lambda: len([c for c in api.calls if c.status == 429]) == len(waiting), "refused")
        bot.kill()
    urgent = visible(knowledge.red_flags["chest"].reply)
    with town.bot() as bot:
        bot.wait_for("ready")
        api.wait_until(lambda: any(call.shown.startswith(urgent) for call in api.sent), "the urgent reply")
        assert bot.stop() == 0
    place = next(n for n, call in enumerate(api.sent) if call.shown.startswith(urgent))
    # Thirty a second are sent, and two seconds are allowed: it does not stand in line with the questions.
    assert place < 60


@ways((WEBHOOK, SQLITE))
def test_an_answer_on_the_wire_at_a_stop_is_not_sent_again(town: Town, knowledge: KnowledgeBase) -> None:
    api = town.api
    api.hold("sendMessage", delivered=True)
    with town.bot() as bot:
        bot.wait_for("ready")
        town.deliver([question(PAIN, chat) for chat in range(101, 105)]).wait()
        api.wait_until(lambda: api.held == 4, "all delivered, none confirmed")
        assert bot.stop() == 0
    assert cut_off(bot) == 4
    api.release()
    with town.bot() as bot:
        bot.wait_for("ready")
        town.deliver([question(COST, chat) for chat in range(101, 105)])
        town.wait_until_answered(4)
        assert bot.stop() == 0
    assert_in_order_and_once(api, knowledge, range(101, 105))
    assert [call.shown.startswith(DOUBT) for call in api.sent] == [False] * 4 + [True] * 4


@sqlite_only
@webhook_only
def test_an_urgent_answer_on_the_wire_at_a_stop_is_sent_once_more(town: Town, knowledge: KnowledgeBase) -> None:
    api = town.api
    api.hold("sendMessage", delivered=True)
    with town.bot() as bot:
        bot.wait_for("ready")
        town.deliver([question(DANGER, 101)]).wait()
        api.wait_until(lambda: api.held == 1, "delivered, not confirmed")
        assert bot.stop() == 0
    api.release()
    with town.bot() as bot:
        api.wait_for_messages(2)
        assert bot.stop() == 0
    urgent = visible(knowledge.red_flags["chest"].reply)
    assert [call.shown.startswith(urgent) for call in api.sent] == [True, True]


@sqlite_only
@webhook_only
def test_the_key_comes_back_with_a_deleted_folder(town: Town, knowledge: KnowledgeBase, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with town.bot(DATABASE_URL=str(folder / "bot.db"), DATA_KEY="") as bot:
        bot.wait_for("ready")
        key = (folder / "data.key").read_text()
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
        bot.wait_for("made anew")
        assert (folder / "data.key").read_text() == key
        assert bot.stop() == 0
