"""The application before the first update."""

import asyncio
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from bot.assistant import Assistant
from bot.errors import BotError, CannotRunError, ExitCode
from bot.settings import Settings
from bot.tg.app import build_application, run_polling
from tests.support.bot_api import TOKEN, BotApiServer


def settings(token: str, url: str = "http://127.0.0.1:9") -> Settings:
    return Settings(telegram_bot_token=SecretStr(token), telegram_api_url=url)


@pytest.fixture
def own_loop() -> Iterator[None]:
    """An event loop for ``run_polling``, which takes the thread's own and closes it."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield
    loop.close()
    asyncio.set_event_loop(None)


@pytest.mark.parametrize(
    "token", ["", "   ", "your-token-here", "123456:short", "AAHtestTokenOfTheTestsOwnWithoutANumber0123"]
)
def test_what_cannot_be_a_token_is_refused_before_anything_is_sent(assistant: Assistant, token: str) -> None:
    with pytest.raises(CannotRunError, match="TELEGRAM_BOT_TOKEN") as refused:
        build_application(settings(token), assistant)
    assert refused.value.exit_code is ExitCode.CANNOT_RUN
    assert "@BotFather" in str(refused.value)
    assert not token.strip() or token not in str(refused.value)


def test_requests_go_to_the_configured_server(assistant: Assistant) -> None:
    application = build_application(settings(TOKEN, "http://127.0.0.1:8081/"), assistant)
    assert application.bot.base_url == f"http://127.0.0.1:8081/bot{TOKEN}"
    assert application.bot.base_file_url == f"http://127.0.0.1:8081/file/bot{TOKEN}"


@pytest.mark.usefixtures("own_loop")
def test_a_token_that_telegram_refuses_is_explained(assistant: Assistant) -> None:
    with BotApiServer() as server, pytest.raises(CannotRunError, match="refuses TELEGRAM_BOT_TOKEN") as refused:
        run_polling(settings(TOKEN.replace("A", "B"), server.url), assistant)
    assert refused.value.__cause__ is None
    assert TOKEN.replace("A", "B") not in str(refused.value)


@pytest.mark.usefixtures("own_loop")
def test_a_server_that_cannot_be_reached_is_named(assistant: Assistant) -> None:
    with BotApiServer() as server:
        url = server.url
    with pytest.raises(BotError, match="cannot be reached") as refused:
        run_polling(settings(TOKEN, url), assistant)
    assert url in str(refused.value)
    assert TOKEN not in str(refused.value)
    assert refused.value.exit_code is ExitCode.FAILED


@pytest.mark.parametrize("blank", ["\n", " ", "\r\n"])
def test_a_token_pasted_with_a_blank_behind_it_works(assistant: Assistant, blank: str) -> None:
    application = build_application(settings(TOKEN + blank), assistant)
    assert application.bot.token == TOKEN
