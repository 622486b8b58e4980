"""No question is lost and none answered twice: the real process, killed, stopped, doubled and moved.

The bot runs as ``python -m bot run`` against a Bot API of the tests' own, with small knowledge, on SQLite and on
PostgreSQL. No test sleeps: each waits for a call, a log line or an exit.
"""

import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bot.inbox.slots import WORKING
from bot.knowledge.model import KnowledgeBase
from bot.tg.token import derived, webhook_path
from bot.web.app import SECRET_HEADER
from tests.support import updates
from tests.support.bot_api import TOKEN, BotApiServer
from tests.support.faulty_api import FaultyApi, Postman, chat_of
from tests.support.knowledge import QUESTION
from tests.support.postgres import PostgresServer, postgres_server
from tests.support.process import free_port
from tests.support.town import METRICS_TOKEN, PUBLIC_URL, Town, answers, question
from tests.support.updates import Json
from tests.support.ways import POLLING, POSTGRESQL, SQLITE, WEBHOOK, ways

PAIN, COST = QUESTION, "what does a session cost"


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    with postgres_server() as server:
        yield server


@pytest.fixture(params=["polling", "webhook"])
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return str(tmp_path / "bot.db")
    server: PostgresServer = request.getfixturevalue("postgres")
    return asyncio.run(server.fresh_database())


@pytest.fixture
def town(mode: str, database: str, small_folder: Path, tmp_path: Path) -> Iterator[Town]:
    api = FaultyApi()
    with BotApiServer(api=api) as server:
        yield Town(api, server.url, database, small_folder, tmp_path, mode)


webhook_only = pytest.mark.parametrize("mode", ["webhook"])
polling_only = pytest.mark.parametrize("mode", ["polling"])
sqlite_only = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
postgresql_only = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


def two_questions_from(*chats: int) -> list[Json]:
    """Return updates in which each chat asks about pain, then about the cost, all mixed."""
    return [question(text, chat) for text in (PAIN, COST) for chat in chats]


# --- killed -----------------------------------------------------------------------------------------


@ways((POLLING, POSTGRESQL), (WEBHOOK, SQLITE))
def test_a_killed_bot_owes_nobody_an_answer(town: Town, knowledge: KnowledgeBase) -> None:
    api = town.api
    chats = range(101, 126)
    asked = two_questions_from(*chats)
    # Some are answered; then Telegram takes messages and says nothing, which is the worst moment to die.
    api.hold("sendMessage", after=10, delivered=True)
    with town.bot() as bot:
        bot.wait_for("ready")
        postman = town.deliver(asked, times=2)
        api.wait_until(lambda: api.held >= WORKING, "all at work")
        if town.mode == "webhook":
            postman.wait()
        else:
            api.wait_until(lambda: api.pending == 0, "all updates confirmed")
        bot.kill()
    town.a_minute_passes()
    unanswered = {int(params["chat_id"]) for params in api.unanswered}
    waiting = town.waiting()
    unrecorded = {chat_of(update) for update in asked if update["update_id"] in waiting}
    api.release()
    with town.bot() as bot:
        town.wait_until_answered(len(chats))
        assert bot.stop() == 0
    sent = answers(api, knowledge)
    assert sorted(sent) == list(chats)
    # Only what was sent and not yet recorded may come again, and only once.
    assert {chat for chat, entries in sent.items() if len(entries) > 2} <= unrecorded
    assert all(len(entries) <= 3 for entries in sent.values())
    assert len(unanswered) < len(chats) - 10
    for entries in sent.values():
        assert list(dict.fromkeys(entries)) == ["pain", "cost"]
        assert sorted(entries, key=["pain", "cost"].index) == entries


@sqlite_only
@webhook_only
def test_updates_posted_while_the_bot_is_down_come_again_and_are_answered(
    town: Town, knowledge: KnowledgeBase
) -> None:
    """Telegram posts until it hears 200: what was not stored when the bot died is not lost either."""
    api = town.api
    with town.bot() as bot:
        bot.wait_for("ready")
        postman = town.deliver(two_questions_from(*range(101, 111)), times=2)
        api.wait_for_messages(1)
        bot.kill()
    town.a_minute_passes()
    with town.bot() as bot:
        postman.wait()
        town.wait_until_answered(10)
        assert bot.stop() == 0
    assert all(list(dict.fromkeys(entries)) == ["pain", "cost"] for entries in answers(api, knowledge).values())


# --- stopped ----------------------------------------------------------------------------------------


@ways((POLLING, SQLITE), (WEBHOOK, POSTGRESQL))
def test_a_stop_does_not_wait_for_telegram_and_the_next_start_answers(town: Town, knowledge: KnowledgeBase) -> None:
    api = town.api
    api.fail_next("sendMessage", 429, "Too Many Requests: retry after 3600", times=3, retry_after=3600)
    asked = two_questions_from(101, 102, 103)
    with town.bot() as bot:
        bot.wait_for("ready")
        town.deliver(asked).wait()
        api.wait_until(lambda: len([c for c in api.calls if c.status == 429]) == 3, "three refusals")
        assert bot.stop() == 0
        assert "Traceback" not in bot.log
    assert api.sent == []
    if town.mode == "webhook":
        assert api.webhook["url"] == PUBLIC_URL + webhook_path(TOKEN)
    # Nothing has to run out: what a clean stop leaves is free at once.
    with town.bot() as bot:
        town.wait_until_answered(3)
        assert bot.stop(signal.SIGINT) == 0
    assert answers(api, knowledge) == {chat: ["pain", "cost"] for chat in (101, 102, 103)}
    if town.mode == "webhook":
        assert api.of("deleteWebhook") == []


@sqlite_only
@polling_only
def test_a_stop_does_not_wait_for_an_answer_that_does_not_come(town: Town) -> None:
    town.api.hold("sendMessage")
    with town.bot() as bot:
        town.deliver([question(PAIN, chat) for chat in range(101, 109)])
        town.api.wait_until(lambda: town.api.held >= WORKING, "all at work")
        assert bot.stop() == 0


# --- doubled and moved ------------------------------------------------------------------------------


@webhook_only
@postgresql_only
def test_two_processes_that_get_everything_answer_it_once(town: Town, knowledge: KnowledgeBase) -> None:
    chats = range(101, 111)
    ports = free_port(), free_port()
    with town.bot(port=ports[0]) as first, town.bot(port=ports[1]) as second:
        first.wait_for("ready")
        second.wait_for("ready")
        postman = Postman(town.api, *ports)
        postman.deliver(two_questions_from(*chats))
        postman.wait()
        town.wait_until_answered(len(chats))
        assert (first.stop(), second.stop()) == (0, 0)
        assert answers(town.api, knowledge) == {chat: ["pain", "cost"] for chat in chats}


@sqlite_only
@polling_only
def test_a_move_from_fetching_to_a_webhook_and_back_drops_nothing(town: Town, knowledge: KnowledgeBase) -> None:
    api = town.api
    stored, pending, later = (two_questions_from(*chats) for chats in ((101, 102), (103, 104), (105, 106)))
    api.fail_next("sendMessage", 429, "Too Many Requests: retry after 30", times=2, retry_after=30)
    with town.bot() as bot:
        town.deliver(stored)
        api.wait_until(lambda: len([c for c in api.calls if c.status == 429]) == 2, "two refusals")
        assert bot.stop() == 0
    for update in pending:
        api.push(update)
    town.mode = "webhook"
    with town.bot() as bot:
        bot.wait_for("ready")
        town.deliver([*stored, *pending]).wait()  # Telegram does not know what was fetched last
        town.wait_until_answered(4)
        assert bot.stop() == 0
    for update in later:
        api.push(update)
    town.mode = "polling"
    with town.bot() as bot:
        town.wait_until_answered(6)
        api.wait_until(lambda: api.pending == 0, "all updates confirmed")
        assert bot.stop() == 0
    assert answers(api, knowledge) == {chat: ["pain", "cost"] for chat in range(101, 107)}
    moves = api.of("setWebhook", "deleteWebhook")
    assert [call.method for call in moves] == ["deleteWebhook", "setWebhook", "deleteWebhook"]
    assert not any(call.params.get("drop_pending_updates") for call in moves)


# --- what it says of itself ---------------------------------------------------------------------------


@sqlite_only
@webhook_only
def test_the_port_is_open_and_asks_for_patience_before_telegram_is_called(town: Town) -> None:
    api = town.api
    api.hold("getMe")
    secret = {SECRET_HEADER: derived(TOKEN, "webhook secret")}
    hook = f"http://127.0.0.1:{town.port}{webhook_path(TOKEN)}"
    with town.bot() as bot:
        bot.wait_for("port open")
        for stage in ("loading", "waiting for Telegram"):
            for path in ("/healthz", "/readyz"):
                answer = town.get(path)
                assert (answer.status_code, int(answer.headers["Retry-After"]) > 0) == (503, True), stage
            early = httpx.post(hook, json=updates.message(PAIN), headers=secret)
            assert (early.status_code, int(early.headers["Retry-After"]) > 0) == (503, True), stage
            assert httpx.post(hook, json={}, headers={SECRET_HEADER: "wrong"}).status_code == 404
            api.wait_until(lambda: api.held == 1, "getMe")
        assert api.calls == []
        api.release()
        bot.wait_for("ready")
        assert town.get("/healthz").status_code == town.get("/readyz").status_code == 200
        assert api.webhook["secret_token"] == derived(TOKEN, "webhook secret")
        assert bot.stop() == 0


@sqlite_only
@webhook_only
@pytest.mark.parametrize("stage", ["loading", "waiting for Telegram"])
def test_a_stop_while_the_bot_starts_is_quick_and_clean(town: Town, stage: str) -> None:
    town.api.hold("getMe")
    with town.bot() as bot:
        bot.wait_for("port open")
        if stage != "loading":
            town.api.wait_until(lambda: town.api.held == 1, "getMe")
        assert bot.stop() == 0, bot.log
        assert "Traceback" not in bot.log


@webhook_only
@postgresql_only
def test_without_its_database_the_bot_answers_says_it_is_not_ready_and_keeps_its_secrets(
    town: Town, postgres: PostgresServer, knowledge: KnowledgeBase
) -> None:
    if not postgres.can_stop:
        pytest.skip("TEST_DATABASE_URL names a server that is not ours to stop")
    api = town.api
    person = {"id": 555, "is_bot": False, "first_name": "Wilhelmina", "last_name": "Quetzal"}
    telling = f"{PAIN} call me at +353 86 555 0199"
    with town.bot(LOG_LEVEL="DEBUG", LOG_FORMAT="json") as bot:
        bot.wait_for("ready")
        assert town.get("/readyz").status_code == 200
        postgres.stop()
        try:
            assert town.get("/readyz").status_code == 503
            assert town.get("/healthz").status_code == 200
            town.deliver([updates.message(telling, chat_id=101, **{"from": person})]).wait()
            api.wait_for_messages(1)
        finally:
            postgres.start()
        assert town.get("/readyz").status_code == 200
        broken = {"update_id": 10**9, "message": {"text": telling, "chat": {"id": 5}}}
        assert Postman(api).post(town.port, broken).status_code == 200
        bot.wait_for("update set aside")
        town.deliver([updates.message(COST, chat_id=101)]).wait()
        api.wait_for_messages(2)
        assert town.get("/metrics").status_code == 404
        metrics = town.get("/metrics", Authorization=f"Bearer {METRICS_TOKEN}").text
        assert 'bot_dropped_total{reason="unreadable"} 1.0' in metrics
        assert (
            knowledge.texts["privacy"][0].partition("\n")[0].split("*")[0].strip()[:20] in town.get("/privacy").text
        )
        assert bot.stop() == 0
        password = town.database.partition("://")[2].partition("@")[0].partition(":")[2]
        secret = derived(TOKEN, "webhook secret")
        told = [telling, "555 0199", "Wilhelmina", "Quetzal", PAIN, COST]
        kept = [TOKEN, TOKEN.split(":")[1], password, secret, webhook_path(TOKEN), METRICS_TOKEN, town.database]
        assert password
        assert [word for word in (*told, *kept) if word in bot.log] == []
        assert "Traceback" not in bot.log


@sqlite_only
def test_an_update_that_cannot_be_read_stops_nobody(town: Town, knowledge: KnowledgeBase) -> None:
    [before, after] = two_questions_from(101)
    broken = {
        "update_id": before["update_id"] * 1000,
        "message": {"message_id": 1, "text": PAIN, "chat": {"id": 101}},
    }
    after = {**after, "update_id": broken["update_id"] + 1}
    with town.bot() as bot:
        bot.wait_for("ready")
        if town.mode == "webhook":
            for update in (before, broken, after):
                assert Postman(town.api).post(town.port, update).status_code == 200
        else:
            for update in (before, broken, after):
                town.api.push(update)
        town.wait_until_answered(1)
        assert bot.stop() == 0
        assert bot.log.count("update set aside") == 1
        assert f"{broken['update_id']:x}" in bot.wait_for("update set aside")
    assert answers(town.api, knowledge) == {101: ["pain", "cost"]}


@sqlite_only
@polling_only
def test_a_host_that_asks_for_four_workers_gets_one_bot(town: Town) -> None:
    with town.bot(WEB_CONCURRENCY="4", PORT="0") as bot:
        bot.wait_for("ready")
        assert httpx.get(f"http://127.0.0.1:{bot.port}/healthz").status_code == 200
        children = Path(f"/proc/{bot.pid}/task/{bot.pid}/children")
        if children.exists():
            assert children.read_text() == ""
        town.deliver([updates.message(PAIN)])
        town.api.wait_for_messages(1)
        assert bot.stop() == 0
    assert len(town.api.of("getMe")) == len(town.api.sent) == 1
    assert not [call for call in town.api.calls if call.status == 409]


@sqlite_only
@polling_only
def test_a_token_taken_back_while_the_bot_runs_ends_it_with_a_sentence(town: Town) -> None:
    with town.bot() as bot:
        bot.wait_for("ready")
        town.api.fail_next("getUpdates", 401, "Unauthorized")
        town.deliver([updates.message(PAIN)])  # ends the poll under way
        assert bot.wait() != 0
        assert "Telegram refuses TELEGRAM_BOT_TOKEN" in bot.log
        assert "Traceback" not in bot.log
        assert TOKEN not in bot.log


@sqlite_only
@webhook_only
def test_an_address_that_telegram_does_not_accept_ends_the_bot_with_a_sentence(town: Town) -> None:
    town.api.fail_next("setWebhook", 400, "Bad Request: bad webhook: IP address 10.0.0.1 is reserved")
    with town.bot() as bot:
        assert bot.wait() != 0
        assert "is reserved" in bot.log
        assert "Traceback" not in bot.log


@sqlite_only
@webhook_only
def test_a_new_host_whose_name_is_not_known_yet_is_waited_for(town: Town) -> None:
    town.api.fail_next("setWebhook", 400, "Bad Request: bad webhook: Failed to resolve host")
    with town.bot() as bot:
        bot.wait_for("webhook not set yet")
        bot.wait_for("ready")
        town.api.wait_until(lambda: bool(town.api.webhook), "the second try")
        assert bot.stop() == 0
