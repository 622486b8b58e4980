"""What the bot answers over HTTP: to Telegram, to hosts, to people and to whoever tries the door."""

import asyncio
import json
from collections.abc import AsyncIterator, MutableMapping
from typing import Any

import httpx
import pytest

from bot.knowledge.markup import parse
from bot.ops.health import STALE, Health
from bot.storage.protocol import StoreError
from bot.tg.intake import Intake
from bot.tg.token import derived, webhook_path
from bot.web.app import LARGEST_BODY, SECRET_HEADER, Pages, Webhook, build_app
from bot.web.pages import page
from tests.support import updates
from tests.support.bot_api import TOKEN
from tests.support.fakes import Clock
from tests.support.metrics import Counted
from tests.support.patience import PATIENCE
from tests.support.receiving import Receiving

PATH = webhook_path(TOKEN)
SECRET = derived(TOKEN, "webhook secret")
SHOWN = {SECRET_HEADER: SECRET}


class Door:
    """The application with everything behind it in memory."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.inbox = Receiving()
        self.webhook = Webhook(PATH, SECRET, Intake(self.inbox.take).take)
        self.pages = Pages(
            Health(self.clock, knowledge_loaded=True), metrics_token="m" * 20, ping=self._ping, webhook=self.webhook
        )
        self.database_error: Exception | None = None
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(build_app(self.pages)), base_url="http://bot.example"
        )

    async def _ping(self) -> None:
        if self.database_error is not None:
            raise self.database_error

    async def post(self, body: object, *, headers: dict[str, str] = SHOWN) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await self.http.post(PATH, content=content, headers=headers)


class Body:
    """A body that knows how much of it was read."""

    def __init__(self, chunks: int, size: int = 1000) -> None:
        self._chunks, self._size = chunks, size
        self.read = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for _ in range(self._chunks):
            self.read += self._size
            yield b"x" * self._size


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    opened = Door()
    async with opened.http:
        yield opened


# --- the webhook ------------------------------------------------------------------------------


def test_path_and_secret_tell_nothing_of_the_token_and_change_with_it() -> None:
    other = TOKEN.replace("A", "B")
    assert len({PATH, webhook_path(other)}) == 2
    assert len({SECRET, derived(other, "webhook secret"), derived(TOKEN, "webhook path")}) == 3
    assert len(PATH.rpartition("/")[2]) >= 32
    assert SECRET not in PATH and PATH.rpartition("/")[2] not in SECRET
    for part in TOKEN.split(":"):
        assert part not in PATH and part not in SECRET


async def test_an_update_is_confirmed_only_once_it_is_stored_or_answered(door: Door) -> None:
    door.inbox.slow = True
    update = updates.message("hello")
    async with asyncio.timeout(PATIENCE):
        answer = asyncio.create_task(door.post(update))
        await door.inbox.came.wait()
        # Whatever else is asked meanwhile is answered, and this is not.
        assert (await door.http.get("/healthz")).status_code == 200
        assert not answer.done()
        door.inbox.settle(update["update_id"])
        assert (await answer).status_code == 200


@pytest.mark.parametrize("error", [StoreError("The bot stops."), ValueError("unheard of")])
async def test_an_update_that_is_given_up_is_to_come_again(
    door: Door, error: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    door.inbox.slow = True
    update = updates.message("hello")
    async with asyncio.timeout(PATIENCE):
        answer = asyncio.create_task(door.post(update))
        await door.inbox.came.wait()
        door.inbox.settle(update["update_id"], error=error)
        _comes_again(await answer)
    assert "unheard of" not in capsys.readouterr().out


async def test_an_update_is_held_no_longer_than_telegram_waits(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.tg.intake.HELD", 0.01)
    door.inbox.slow = True
    update = updates.message("hello")
    async with asyncio.timeout(PATIENCE):
        _comes_again(await door.post(update))
        # It stays in hand: when it comes again, it is the same one that is waited for.
        _comes_again(await door.post(update))
        door.inbox.settle(update["update_id"])
        assert (await door.post(update)).status_code == 200
    assert len(door.inbox.bodies) == 1


@pytest.mark.parametrize("secret", [None, "", "wrong", SECRET[:-1], SECRET + "a", SECRET.upper(), "é", "\x80"])
async def test_without_the_secret_the_door_is_not_there_and_nothing_is_read(door: Door, secret: str | None) -> None:
    body = Body(100)
    headers = [] if secret is None else [(SECRET_HEADER.encode(), secret.encode("latin-1"))]
    refused = await door.http.post(PATH, content=body, headers=headers)
    nowhere = await door.http.post("/nowhere")
    assert refused.status_code == nowhere.status_code == 404
    assert body.read == 0
    assert not door.inbox.bodies


@pytest.mark.parametrize("ready", [True, False])
async def test_a_wrong_secret_learns_nothing_of_the_state_of_the_bot(door: Door, ready: bool) -> None:
    door.pages.health.stopping = not ready
    assert (await door.post({}, headers={SECRET_HEADER: "wrong"})).status_code == 404


@pytest.mark.parametrize("size", [LARGEST_BODY + 1, 20 * LARGEST_BODY])
async def test_a_body_above_the_limit_is_refused_without_reading_on(door: Door, size: int) -> None:
    counted = Counted()
    body = Body(-(-size // 10_000), 10_000)
    answer = await door.http.post(PATH, content=body, headers=SHOWN)
    assert answer.status_code == 413
    assert body.read <= LARGEST_BODY + 10_000
    assert counted("bot_dropped", reason="too large") == 1


async def test_a_body_that_is_broken_off_is_neither_confirmed_nor_an_error(door: Door) -> None:
    messages: list[MutableMapping[str, Any]] = [
        {"type": "http.request", "body": b'{"upd', "more_body": True},
        {"type": "http.disconnect"},
    ]
    answers: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return messages.pop(0)

    async def send(message: MutableMapping[str, Any]) -> None:
        answers.append(message)

    headers = [(SECRET_HEADER.lower().encode(), SECRET.encode())]
    scope = {"type": "http", "method": "POST", "path": PATH, "query_string": b"", "headers": headers}
    await build_app(door.pages)(scope, receive, send)
    assert answers[0]["status"] == 400
    assert not door.inbox.bodies


async def test_a_body_at_the_limit_is_taken(door: Door) -> None:
    update = {"update_id": 7, "message": {"text": ""}}
    update["message"] = {"text": "x" * (LARGEST_BODY - len(json.dumps(update)))}
    assert len(json.dumps(update)) == LARGEST_BODY
    assert (await door.post(update)).status_code == 200
    assert len(door.inbox.bodies) == 1


async def test_an_update_that_comes_again_is_confirmed_and_not_kept_twice(door: Door) -> None:
    counted = Counted()
    update = updates.message("hello")
    answers = [await door.post(update) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert len(door.inbox.bodies) == 1
    assert counted("bot_dropped", reason="repeated") == 2


async def test_telegram_is_asked_to_come_back_while_the_bot_loads(door: Door) -> None:
    door.webhook.take = None
    await _asked_to_come_back(door)


async def test_telegram_is_asked_to_come_back_while_the_bot_stops(door: Door) -> None:
    door.pages.health.stopping = True
    await _asked_to_come_back(door)


async def test_telegram_is_asked_to_come_back_when_nothing_can_be_stored(door: Door) -> None:
    door.inbox.full = True
    await _asked_to_come_back(door)


async def _asked_to_come_back(door: Door) -> None:
    _comes_again(await door.post(updates.message("hello")))
    assert not door.inbox.bodies


def _comes_again(answer: httpx.Response) -> None:
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0


JUNK = {
    "nothing": b"",
    "no json": b"hello",
    "half": b'{"update_id": 5, "message": {"te',
    "form": b"update_id=5",
    "not utf-8": b'{"update_id": 5, "text": "\xff\xfe"}',
    "a number of 5000 digits": b'{"update_id": ' + b"9" * 5000 + b"}",
}
NO_UPDATES = {
    "list": b"[]",
    "list of updates": b'[{"update_id": 5}]',
    "number": b"17",
    "text": b'"hello"',
    "null": b"null",
    "no number": b"{}",
    "text for a number": b'{"update_id": "5"}',
    "truth for a number": b'{"update_id": true}',
    "half a number": b'{"update_id": 5.5}',
    "negative": b'{"update_id": -5}',
    "too large for a database": b'{"update_id": 9223372036854775808}',
}


@pytest.mark.parametrize("body", JUNK.values(), ids=JUNK)
async def test_what_is_no_json_is_confirmed_and_counted(door: Door, body: bytes) -> None:
    counted = Counted()
    assert (await door.post(body)).status_code == 200
    assert counted("bot_dropped", reason="unreadable") == 1
    await _still_open(door)


@pytest.mark.parametrize("body", NO_UPDATES.values(), ids=NO_UPDATES)
async def test_what_is_no_update_is_confirmed_and_counted(door: Door, body: bytes) -> None:
    counted = Counted()
    assert (await door.post(body)).status_code == 200
    assert counted("bot_dropped", reason="no update") == 1
    await _still_open(door)


@pytest.mark.parametrize("bracket", ["[]", "{}"])
async def test_nesting_of_any_depth_is_confirmed(door: Door, bracket: str) -> None:
    opening, closing = ("[", "]") if bracket == "[]" else ('{"a":', "}")
    # Reading and writing end at depths of their own: some depths can be read and not written.
    depths = [*range(100, 1100, 7), *range(1_100, 20_000, 419), 100_000]
    for number, depth in enumerate(depths):
        body = '{"update_id": %d, "x": %s1%s}' % (number, opening * depth, closing * depth)  # noqa: UP031
        assert (await door.post(body.encode())).status_code == 200, depth
    await _still_open(door)


async def _still_open(door: Door) -> None:
    before = len(door.inbox.bodies)
    assert (await door.post({**updates.message("hello"), "update_id": 10**9})).status_code == 200
    assert len(door.inbox.bodies) == before + 1


async def test_without_a_public_address_there_is_no_webhook() -> None:
    pages = Pages(Health())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(build_app(pages)), base_url="http://bot") as http:
        assert (await http.post(PATH, headers=SHOWN)).status_code == 404


# --- pages for hosts and people ---------------------------------------------------------------


async def test_a_bot_that_hears_is_alive_and_ready(door: Door) -> None:
    for path in ("/healthz", "/readyz"):
        assert (await door.http.get(path)).status_code == 200


@pytest.mark.parametrize("state", ["loading", "stopping", "deaf", "elsewhere"])
async def test_a_bot_that_does_not_answer_people_says_so(door: Door, state: str) -> None:
    health = door.pages.health
    match state:
        case "loading":
            health.knowledge_loaded = False
        case "stopping":
            health.stopping = True
        case "deaf":
            door.clock.now += STALE + 1
        case "elsewhere":
            health.webhook_is_ours(False)
    for path in ("/healthz", "/readyz"):
        answer = await door.http.get(path)
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0


async def test_a_word_from_telegram_brings_the_bot_back_to_life(door: Door) -> None:
    door.clock.now += STALE + 1
    door.pages.health.heard()
    assert (await door.http.get("/healthz")).status_code == 200
    door.pages.health.webhook_is_ours(False)
    door.pages.health.webhook_is_ours(True)
    assert (await door.http.get("/healthz")).status_code == 200


async def test_without_its_database_the_bot_is_alive_but_not_ready(door: Door) -> None:
    door.database_error = StoreError("The database cannot be used.", "OperationalError")
    assert (await door.http.get("/healthz")).status_code == 200
    answer = await door.http.get("/readyz")
    assert answer.status_code == 503
    assert "database" not in answer.text
    door.database_error = None
    assert (await door.http.get("/readyz")).status_code == 200


async def test_nothing_is_ready_before_a_database_was_asked(door: Door) -> None:
    door.pages.ping = None
    assert (await door.http.get("/readyz")).status_code == 503


async def test_metrics_open_to_their_token_alone(door: Door) -> None:
    for headers in (
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "m" * 20},
        {"Authorization": "Bearer "},
    ):
        refused = await door.http.get("/metrics", headers=headers)
        assert refused.status_code == 404
        assert "bot_" not in refused.text
    shown = await door.http.get("/metrics", headers={"Authorization": "Bearer " + "m" * 20})
    assert shown.status_code == 200
    for name in ("bot_updates", "bot_replies", "bot_undelivered", "bot_dropped"):
        assert name in shown.text


async def test_metrics_without_a_token_are_closed_to_everybody(door: Door) -> None:
    door.pages.metrics_token = ""
    for given in ("", "Bearer", "Bearer ", "Bearer None"):
        assert (await door.http.get("/metrics", headers={"Authorization": given})).status_code == 404


async def test_the_privacy_page_is_the_bots_own_text_made_safe(door: Door) -> None:
    assert (await door.http.get("/privacy")).status_code == 503
    door.pages.privacy = page(
        "Privacy", parse("We keep <b>little</b> & **this**.\n\n- one\n- [two](https://a.example/?b&c)")
    )
    answer = await door.http.get("/privacy")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "We keep &lt;b&gt;little&lt;/b&gt; &amp; <b>this</b>." in answer.text
    assert "<li>one</li>" in answer.text
    assert '<a href="https://a.example/?b&amp;c">two</a>' in answer.text


@pytest.mark.parametrize(
    "path", ["/", "/telegram", "/telegram/", PATH + "x", PATH[:-1], "/docs", "/.env", "/healthz/x"]
)
async def test_everything_else_is_not_there(door: Door, path: str) -> None:
    for method in ("GET", "POST"):
        assert (await door.http.request(method, path, headers=SHOWN)).status_code == 404


@pytest.mark.parametrize("path", ["/metrics/", "/healthz/", "/privacy/", PATH + "/", "//metrics", "/metrics//"])
async def test_nobody_is_sent_on_to_the_host_that_a_request_names(door: Door, path: str) -> None:
    answer = await door.http.get(f"http://bot.example{path}", headers={"Host": "evil.example"})
    assert answer.status_code == 404
    assert "evil" not in answer.text + str(answer.headers)
