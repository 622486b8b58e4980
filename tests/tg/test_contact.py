"""The application before the first update, and what it says to Telegram besides answers."""

from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from bot.errors import BotError, CannotRunError, ExitCode
from bot.settings import Settings
from bot.tg.bot import build_bot
from bot.tg.contact import Contact, NameNotKnown
from tests.support.bot_api import TOKEN, BotApiServer

WRONG_TOKEN = TOKEN.replace("A", "B")
HOOK = "https://bot.example/telegram/x"


def settings(token: str, url: str = "http://127.0.0.1:9") -> Settings:
    return Settings(telegram_bot_token=SecretStr(token), telegram_api_url=url)


def contact(url: str, token: str = TOKEN) -> Contact:
    return Contact(build_bot(settings(token, url)), url)


@pytest.fixture
async def server() -> AsyncIterator[BotApiServer]:
    with BotApiServer() as running:
        yield running


@pytest.mark.parametrize(
    "token", ["", "   ", "your-token-here", "123456:short", "AAHtestTokenOfTheTestsOwnWithoutANumber0123"]
)
def test_what_cannot_be_a_token_is_refused_before_anything_is_sent(token: str) -> None:
    with pytest.raises(CannotRunError, match="TELEGRAM_BOT_TOKEN") as refused:
        build_bot(settings(token))
    assert refused.value.exit_code is ExitCode.CANNOT_RUN
    assert "@BotFather" in str(refused.value)
    assert not token.strip() or token not in str(refused.value)


def test_requests_go_to_the_configured_server() -> None:
    bot = build_bot(settings(TOKEN, "http://127.0.0.1:8081/"))
    assert bot.base_url == f"http://127.0.0.1:8081/bot{TOKEN}"
    assert bot.base_file_url == f"http://127.0.0.1:8081/file/bot{TOKEN}"


@pytest.mark.parametrize("blank", ["\n", " ", "\r\n"])
def test_a_token_pasted_with_a_blank_behind_it_works(blank: str) -> None:
    assert build_bot(settings(TOKEN + blank)).token == TOKEN


async def test_a_token_that_telegram_refuses_is_explained(server: BotApiServer) -> None:
    with pytest.raises(CannotRunError, match="refuses TELEGRAM_BOT_TOKEN") as refused:
        await contact(server.url, WRONG_TOKEN).begin()
    assert refused.value.__suppress_context__
    assert WRONG_TOKEN not in str(refused.value)


async def test_a_server_that_cannot_be_reached_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.tg.pacing._FIRST_PAUSE", 0.001)
    with BotApiServer() as server:
        url = server.url
    with pytest.raises(BotError, match="cannot be reached") as refused:
        await contact(url).begin()
    assert url in str(refused.value)
    assert TOKEN not in str(refused.value)
    assert refused.value.exit_code is ExitCode.FAILED


async def test_where_telegram_keeps_silent_the_log_says_once_what_to_look_at(
    server: BotApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.tg.pacing._FIRST_PAUSE", 0.001)
    server.api.fail_next("getMe", 502, times=3)
    with capture_logs() as quick:
        await contact(server.url).begin()
    assert [line for line in quick if line["log_level"] == "warning"] == []
    monkeypatch.setattr("bot.tg.contact._SILENT", 0.0)
    server.api.fail_next("getMe", 502, times=3)
    with capture_logs() as slow:
        await contact(server.url).begin()
    [line] = [line for line in slow if line["log_level"] == "warning"]
    assert server.url in line["event"] and "online" in line["event"] and "doctor" in line["event"]
    assert TOKEN not in str(line)


async def test_a_bad_moment_at_the_start_is_survived(server: BotApiServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.tg.pacing._FIRST_PAUSE", 0.001)
    server.api.fail_next("getMe", 502, body=b"<html>Bad Gateway</html>", times=3)
    await contact(server.url).begin()


async def test_no_way_of_getting_updates_drops_those_that_wait(server: BotApiServer) -> None:
    server.api.push_message("hello")
    telegram = contact(server.url)
    await telegram.begin()
    await telegram.set_webhook(HOOK, "s" * 64)
    assert server.api.webhook["url"] == HOOK
    assert server.api.webhook["secret_token"] == "s" * 64
    assert {"message", "edited_message", "callback_query"} <= set(server.api.webhook["allowed_updates"])
    assert await telegram.webhook_is(HOOK, within=60)
    assert not await telegram.webhook_is(HOOK + "y", within=60)
    await telegram.remove_webhook()
    assert server.api.webhook == {}
    assert not await telegram.webhook_is(HOOK, within=60)
    assert [call.params.get("drop_pending_updates") for call in server.api.of("setWebhook", "deleteWebhook")] == [
        False,
        False,
    ]
    [waiting] = server.api._get_updates({"timeout": 0})
    assert waiting["message"]["text"] == "hello"


@pytest.mark.parametrize(
    ("reason", "error", "remedy"),
    [
        ("Bad Request: bad webhook: HTTPS url must be provided", BotError, "Check PUBLIC_URL"),
        (
            "Bad Request: bad webhook: Failed to resolve host: Name not known",
            NameNotKnown,
            "some minutes",
        ),
    ],
)
async def test_an_address_that_telegram_does_not_accept_is_said_with_its_reason(
    server: BotApiServer, reason: str, error: type[BotError], remedy: str
) -> None:
    telegram = contact(server.url)
    await telegram.begin()
    server.api.fail_next("setWebhook", 400, reason)
    with pytest.raises(error, match=remedy) as refused:
        await telegram.set_webhook(HOOK, "s")
    assert type(refused.value) is error
    assert reason.partition("webhook: ")[2].lower() in str(refused.value).lower()


async def test_what_does_not_speak_as_telegram_does_is_no_mistake_of_the_bot(
    server: BotApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = {"id": 1, "first_name": "FAQ"}
    monkeypatch.setattr(server.api, "_METHODS", {**server.api._METHODS, "getMe": lambda *_: nobody})
    with pytest.raises(BotError, match="does not speak as Telegram does"):
        await contact(server.url).begin()


@pytest.mark.parametrize(("age", "said"), [(10, 1), (3600, 0)])
async def test_only_fresh_trouble_with_delivery_is_logged(
    server: BotApiServer, monkeypatch: pytest.MonkeyPatch, age: int, said: int
) -> None:
    telegram = contact(server.url)
    await telegram.begin()
    await telegram.set_webhook(HOOK, "s")
    now = 1_760_000_000
    monkeypatch.setattr("bot.tg.contact.time.time", lambda: now + age)
    info = {**server.api._get_webhook_info({}), "last_error_date": now, "last_error_message": "Wrong response"}
    monkeypatch.setattr(server.api, "_METHODS", {**server.api._METHODS, "getWebhookInfo": lambda *_: info})
    with capture_logs() as lines:
        assert await telegram.webhook_is(HOOK, within=60)
    assert len([line for line in lines if line["event"] == "Telegram could not deliver"]) == said
