"""In bad weather and with a failing database every question is answered, and none twice.

The bot is a real process. Its Telegram refuses, cuts, doubles, mixes and garbles, drawn from a seed, and the bot is
killed meanwhile; its database is locked, read-only, full, deleted, stopped. What was asked and answered is told by
the side that knows, Telegram's. ``python -m tests.benchmarks.load burst faults`` is the long form.
"""

import asyncio
import contextlib
import os
import random
import re
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from bot.inbox.slots import SENDING, WORKING
from bot.knowledge.model import KnowledgeBase
from bot.storage.database import Database
from bot.storage.migrations import upgrade
from tests.benchmarks.load.process import drop_override
from tests.support import updates
from tests.support.bot_api import Call
from tests.support.faulty_api import NUMBERLESS, UNREADABLE, FaultyApi, FaultyServer, Postman, Weather, chat_of
from tests.support.knowledge import QUESTIONS, shown
from tests.support.patience import PATIENCE
from tests.support.postgres import PostgresServer, postgres_server
from tests.support.process import BotProcess, troubles
from tests.support.town import METRICS_TOKEN, Town, question
from tests.support.updates import Json
from tests.support.ways import POLLING, POSTGRESQL, SQLITE, WEBHOOK, ways

SEED = int(os.environ.get("FAULT_SEED", "1"))
"""Decides what goes wrong and when the bot is killed."""
CHATS = [*range(101, 121), updates.GROUP_ID, updates.SUPERGROUP_ID]
ODD_CHAT = 99
FIRST, SECOND, THIRD, *_ = QUESTIONS

Asked = tuple[int, str]
"""A chat, and the entry that answers what is asked there. Nobody asks the same thing twice."""


class Ledger:
    """What was asked, and what became of it as Telegram sees it."""

    def __init__(self, api: FaultyApi, knowledge: KnowledgeBase) -> None:
        self._api = api
        self._shown = {entry: shown(knowledge.entries[entry]) for entry in QUESTIONS.values()}
        self._doubt = knowledge.texts["may_have_missed"][0] + "\n\n"
        self._answered: list[Asked] = []
        self.asked: dict[int, Asked] = {}
        """What was asked, by the numbers of the updates."""

    def ask(self, found: Sequence[Json]) -> set[Asked]:
        """Note what is going to be asked, and return it."""
        new: dict[int, Asked] = {}
        for update in found:
            with contextlib.suppress(KeyError, TypeError):  # an odd one asks nothing
                text = update["message"]["text"].removesuffix(f" @{updates.BOT_NAME}")
                new[update["update_id"]] = (chat_of(update), QUESTIONS[text])
        self.asked |= new
        return set(new.values())

    @property
    def answered(self) -> list[Asked]:
        """What was answered, in order, as often as it was."""
        for call in self._api.sent[len(self._answered) :]:
            self._answered.append(self._answer(call))
        return self._answered

    @property
    def settled(self) -> set[Asked]:
        """What was answered, or was lost on the way to Telegram: of that the bot cannot know."""
        return {*self.answered, *(self._answer(Call("sendMessage", params, 0)) for params in self._api.lost)}

    def wait(self, asked: set[Asked], what: str) -> None:
        """Wait until ``asked`` is settled."""
        self._api.wait_until(lambda: asked <= self.settled, what)

    def wait_for_number(self, least: int) -> None:
        """Wait until so many questions are settled."""
        self._api.wait_until(lambda: len(self.settled) >= least, f"{least} answers")

    def check(self, again: Sequence[set[Asked]] = ()) -> None:
        """Assert that everything was answered, once and in order.

        ``again``: for each kill, what had been answered by then but not recorded; it was to be answered once more.
        """
        answered, asked = self.answered, list(self.asked.values())
        assert set(asked) - self.settled == set()
        allowed = {one: 1 + sum(one in unrecorded for unrecorded in again) for one in asked}
        assert [one for one in asked if answered.count(one) > allowed[one]] == []
        for chat in {chat for chat, _ in asked}:
            places = [asked.index(one) for one in answered if one[0] == chat]
            assert places == sorted(places), f"chat {chat} out of order"

    def _answer(self, call: Call) -> Asked:
        text = call.shown.removeprefix(self._doubt)  # where Telegram left the answer before in doubt
        entry = next((entry for entry, begins in self._shown.items() if text.startswith(begins)), None)
        assert entry is not None, f"not what was asked for: {call.shown[:60]!r}"
        return int(call.params["chat_id"]), entry


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    with postgres_server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return str(tmp_path / "data" / "bot.db")
    server: PostgresServer = request.getfixturevalue("postgres")
    return asyncio.run(server.fresh_database())


def asking(text: str, chat: int) -> Json:
    """Return an update in which somebody asks the bot."""
    return question(text if chat > 0 else f"{text} @{updates.BOT_NAME}", chat)


def eventually(condition: Callable[[], bool], what: str) -> None:
    """Return when ``condition`` holds, of which nobody tells."""
    give_up = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < give_up, f"{what}: not within {PATIENCE:.0f} s"
        time.sleep(0.02)


# --- bad weather ----------------------------------------------------------------------------------


def odd_updates() -> list[Json]:
    """Return updates of one chat that have a number and cannot be read all the same."""
    chat = {"id": ODD_CHAT, "type": "private"}
    nested: list[object] = []
    for _ in range(300):
        nested = [nested]
    shapes: list[Json] = [
        {"message": {"message_id": 1, "text": "does it hurt?", "chat": chat}},
        {"message": {"message_id": "one", "date": "today", "chat": chat}},
        {"edited_message": {"chat": chat, "nested": nested}},
        {"callback_query": {"id": 1, "message": {"chat": chat}}},
    ]
    return [{"update_id": updates.message()["update_id"], **shape} for shape in shapes]


def burst(dice: random.Random) -> list[Json]:
    """Return what is asked in all chats, mixed, with updates in between that cannot be read."""
    wanted = {chat: dice.sample(list(QUESTIONS), 3 if chat > 0 else 1) for chat in CHATS}
    order = [chat for chat, texts in wanted.items() for _ in texts]
    dice.shuffle(order)
    found = [asking(wanted[chat].pop(), chat) for chat in order]
    for odd in odd_updates():
        found.insert(dice.randint(0, len(found)), odd)
    # Telegram's numbers rise with what it hands out.
    numbers = sorted(update["update_id"] for update in found)
    return [{**update, "update_id": number} for update, number in zip(found, numbers, strict=True)]


def dropped(town: Town) -> dict[str, int]:
    """Return what the bot counts as dropped, by reason."""
    metrics = town.get("/metrics", Authorization=f"Bearer {METRICS_TOKEN}").text
    found = re.findall(r'bot_dropped_total\{reason="([^"]+)"\} (\d+)', metrics)
    return {reason: int(count) for reason, count in found}


def check_that_odd_updates_are_counted(town: Town, ledger: Ledger) -> None:
    before = dropped(town)
    odd, last = odd_updates(), question(FIRST, ODD_CHAT)
    unreadable = len(odd)
    if town.mode == "webhook":
        unreadable += len(UNREADABLE)
        for body in (*NUMBERLESS, *UNREADABLE):
            assert Postman(town.api).post(town.port, body.encode()).status_code == 200, body[:60]
    else:
        town.api.strays += NUMBERLESS
    asked = ledger.ask([last])
    town.deliver([*odd, last])
    ledger.wait(asked, "an answer behind what cannot be read")
    counted = dropped(town)
    assert counted["no update"] - before.get("no update", 0) == len(NUMBERLESS)
    assert counted["unreadable"] - before.get("unreadable", 0) == unreadable


@ways((WEBHOOK, SQLITE), (POLLING, POSTGRESQL))
def test_in_bad_weather_and_killed_twice_the_bot_answers_everything_once(
    mode: str, database: str, knowledge: KnowledgeBase, small_folder: Path, tmp_path: Path
) -> None:
    kind = "postgresql" if "://" in database else "sqlite"
    print(
        f"again: FAULT_SEED={SEED} .venv/bin/pytest tests/service/test_faults.py -k 'weather and {mode} and {kind}'"
    )
    dice, weather = random.Random(f"{SEED} {mode} {kind}"), Weather(f"{SEED} {mode} {kind}")
    api = FaultyApi(weather=weather)
    with FaultyServer(api) as server:
        town = Town(api, server.url, database, small_folder, tmp_path, mode)
        ledger = Ledger(api, knowledge)
        found = burst(dice)
        asked = ledger.ask(found)
        postman = town.deliver(found)
        waiting: set[int] = set()
        again: list[set[Asked]] = []
        for moment in sorted(dice.sample(range(3, len(asked) - 5), 2)):
            with town.bot(PORT=str(town.port)) as bot:
                bot.wait_for("port open")  # by now all that the one before it sent has arrived
                again.append({ledger.asked[number] for number in waiting} & set(ledger.answered))
                ledger.wait_for_number(moment)
                bot.kill()
            waiting = town.waiting() & ledger.asked.keys()
            town.a_minute_passes()
            assert troubles(bot.log) == []
        with town.bot(PORT=str(town.port)) as bot:
            bot.wait_for("port open")
            again.append({ledger.asked[number] for number in waiting} & set(ledger.answered))
            bot.wait_for("ready")
            ledger.wait(asked, "all answers")
            postman.wait()
            weather.fair = True
            eventually(lambda: town.waiting() == set(), "everything recorded")
            check_that_odd_updates_are_counted(town, ledger)
            assert troubles(bot.log) == []
        ledger.check(again)
        assert all(len(unrecorded) <= WORKING + SENDING for unrecorded in again)


# --- a database that fails ------------------------------------------------------------------------

Fault = Callable[[Town, BotProcess, pytest.FixtureRequest], AbstractContextManager[None]]


def files(town: Town) -> list[Path]:
    """Return the database file and its journals."""
    return list(Path(town.database).parent.glob("bot.db*"))


@contextmanager
def locked(town: Town, _: BotProcess, __: pytest.FixtureRequest) -> Iterator[None]:
    """Another program writes to the file, and takes its time."""
    with contextlib.closing(sqlite3.connect(town.database, timeout=5, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def full(town: Town, bot: BotProcess, _: pytest.FixtureRequest) -> Iterator[None]:
    """No file may grow."""
    resource = pytest.importorskip("resource")
    if not hasattr(resource, "prlimit"):
        pytest.skip("only Linux sets a limit to a running process")
    largest = max(path.stat().st_size for path in files(town))
    before = resource.prlimit(bot.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(bot.pid, resource.RLIMIT_FSIZE, (largest, before[1]))
    yield
    resource.prlimit(bot.pid, resource.RLIMIT_FSIZE, before)


@contextmanager
def deleted(town: Town, _: BotProcess, __: pytest.FixtureRequest) -> Iterator[None]:
    """The file is gone, and a folder of its name keeps it from being made again."""
    for path in files(town):
        path.unlink()
    Path(town.database).mkdir()
    yield
    Path(town.database).rmdir()


@contextmanager
def stopped(_: Town, __: BotProcess, request: pytest.FixtureRequest) -> Iterator[None]:
    """The server is away."""
    postgres: PostgresServer = request.getfixturevalue("postgres")
    if not postgres.can_stop:
        pytest.skip("TEST_DATABASE_URL names a server that is not ours to stop")
    postgres.stop()
    try:
        yield
    finally:
        postgres.start()


async def made(address: str) -> None:
    """Make a database with its tables."""
    database = Database.open(address)
    await upgrade(database)
    await database.close()


def heeding_permissions(start: Callable[[], BotProcess]) -> BotProcess:
    """Start a bot that may not write to what is read-only, even when root runs the tests."""
    if os.geteuid() != 0:
        return start()
    # Whoever gives up that right gives it up for good, so it is a thread that does, and starts the process.
    with ThreadPoolExecutor(1, initializer=drop_override) as thread:
        return thread.submit(start).result()


def is_back(bot: BotProcess) -> bool:
    """Return whether the bot could not store updates for a while, and says that it can again."""
    gone, back = bot.log.count("updates not stored in time"), bot.log.count("updates are stored again")
    return 0 < gone == back


class Load:
    """A bot with a webhook, what it is asked, and whether its database is well."""

    def __init__(self, town: Town, knowledge: KnowledgeBase) -> None:
        self.town = town
        self.ledger = Ledger(town.api, knowledge)

    def ask(self, *asked: Json) -> set[Asked]:
        self.town.deliver(asked)
        return self.ledger.ask(asked)

    def is_answered_meanwhile(self) -> None:
        """Assert that people get answers although the database has failed, and hosts the truth."""
        meanwhile = self.ask(*(question(FIRST, chat) for chat in range(201, 209)))
        assert self.town.get("/readyz").status_code == 503
        assert self.town.get("/healthz").status_code == 200
        self.ledger.wait(meanwhile, "answers meanwhile")

    def is_stored_again(self, bot: BotProcess) -> None:
        """Assert that the database recovers, knows all that was answered, and keeps what a killed bot was asked."""
        api = self.town.api
        self.ledger.wait(set(self.ledger.asked.values()), "all answers")
        eventually(lambda: self.town.get("/readyz").status_code == 200, "the database in use again")
        chats = iter(range(301, 400))
        while not is_back(bot):  # it is the next questions that show it
            self.ledger.wait(self.ask(question(FIRST, next(chats))), "an answer after it")
        eventually(lambda: self.town.waiting() == set(), "all that was answered recorded")
        assert self.town.get("/readyz").status_code == 200
        self.ledger.check()
        api.fail_next("sendMessage", 429, "Too Many Requests: retry after 30", times=3, retry_after=30)
        later = [question(THIRD, chat) for chat in range(101, 104)]
        self.town.deliver(later)
        api.wait_until(lambda: sum(call.status == 429 for call in api.calls) == 3, "three refusals")
        bot.kill()
        # Nothing else is left, so nothing will be answered a second time.
        assert self.town.waiting() == {update["update_id"] for update in later}


@pytest.fixture
def load(database: str, knowledge: KnowledgeBase, small_folder: Path, tmp_path: Path) -> Iterator[Load]:
    api = FaultyApi()
    with FaultyServer(api) as server:
        yield Load(Town(api, server.url, database, small_folder, tmp_path, "webhook"), knowledge)


@pytest.mark.parametrize(
    ("database", "fault"),
    [("sqlite", locked), ("sqlite", full), ("sqlite", deleted), ("postgresql", stopped)],
    indirect=["database"],
)
def test_a_database_that_fails_under_load_costs_no_answer_and_is_used_again(
    load: Load, fault: Fault, request: pytest.FixtureRequest
) -> None:
    with load.town.bot() as bot:
        bot.wait_for("ready")
        load.ask(*(question(text, chat) for text in (FIRST, SECOND) for chat in range(101, 113)))
        load.town.api.wait_for_messages(6)
        with fault(load.town, bot, request):
            load.is_answered_meanwhile()
        load.is_stored_again(bot)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_bot_that_starts_on_a_read_only_file_answers_and_uses_it_once_it_may(load: Load, database: str) -> None:
    asyncio.run(made(database))
    paths = [*files(load.town), Path(database).parent]
    for path in paths:
        path.chmod(path.stat().st_mode & 0o555)
    with heeding_permissions(load.town.bot) as bot:
        bot.wait_for("database not ready")
        bot.wait_for("mode=webhook")
        load.is_answered_meanwhile()
        for path in paths:
            path.chmod(0o700)
        load.is_stored_again(bot)
