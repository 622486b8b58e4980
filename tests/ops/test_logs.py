"""Whoever logs: no token, no password, no message, nobody's name; and errors still say where they happened."""

import asyncio
import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
import structlog

from bot.errors import BotError, ExitCode
from bot.ops.logs import configure, redact
from bot.service.process import run
from bot.settings import LogFormat, LogLevel, Settings
from tests.support import updates
from tests.support.bot_api import TOKEN

TELLING = "my left calf hurts, call +353 86 555 0199"
ADDRESS = "postgresql://bot:pa55%2Fword@db.example/bot"
SECRETS = (TOKEN, TOKEN.partition(":")[2], "pa55", TELLING, "555 0199", "Mira")


Begin = Callable[[], Callable[[], str]]


@pytest.fixture(params=list(LogFormat))
def begin(request: pytest.FixtureRequest, logged: pytest.CaptureFixture[str]) -> Begin:
    """Begin to log under DEBUG, once in each form, and return what tells what was logged."""

    def configured() -> Callable[[], str]:
        configure(LogLevel.DEBUG, request.param)
        return lambda: logged.readouterr().err

    return configured


def fails() -> None:
    raise ValueError(f"{TELLING} {TOKEN} {ADDRESS}")


def test_redacting_takes_tokens_and_passwords_and_leaves_the_rest() -> None:
    assert (
        redact(f"POST https://api.telegram.org/bot{TOKEN}/getMe")
        == "POST https://api.telegram.org/bot<token>/getMe"
    )
    assert redact(ADDRESS) == "postgresql://<password>@db.example/bot"
    for innocent in ("at 12:30 there were 5 of 7", "https://bot.example:8080/healthz", "a@b.example", "1:2:3"):
        assert redact(innocent) == innocent


@pytest.mark.parametrize(
    "name", ["bot.tg.app", "httpx", "telegram.ext.Application", "uvicorn.error", "sqlalchemy.pool", "x"]
)
@pytest.mark.parametrize("level", [logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL])
def test_no_logger_shows_tokens_or_passwords(begin: Begin, name: str, level: int) -> None:
    read = begin()
    logging.getLogger(name).log(level, "POST https://api/bot%s/getMe from %s", TOKEN, ADDRESS)
    said = read()
    assert [secret for secret in SECRETS if secret in said] == [], said


def test_the_library_may_log_whole_updates_and_none_shows(begin: Begin) -> None:
    read = begin()
    update = updates.message(TELLING)
    for name in ("telegram", "telegram.ext.Application", "telegram.Bot"):
        logger = logging.getLogger(name)
        logger.debug("Processing update %s", update)
        logger.error("No error handlers are registered for %s", update, exc_info=ValueError(TELLING))
    said = read()
    assert said.count("No error handlers are registered") == 3
    assert [secret for secret in SECRETS if secret in said] == []


def test_an_exception_is_shown_by_its_type_and_its_places(begin: Begin) -> None:
    read = begin()
    try:
        try:
            fails()
        except ValueError as error:
            raise RuntimeError(TELLING) from error
    except RuntimeError as error:
        structlog.get_logger("bot.x").error("failed", exc_info=error)
        structlog.get_logger("bot.x").exception("failed")
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
        logging.getLogger("sqlalchemy.pool").error("Exception terminating connection", exc_info=True)
    said = read()
    assert said.count("RuntimeError") == 4
    assert said.count("test_logs.py") >= 4
    assert [secret for secret in SECRETS if secret in said] == []


async def test_a_task_that_nobody_waited_for_shows_nothing_of_its_error(begin: Begin) -> None:
    read = begin()

    async def broken() -> None:
        fails()

    loop = asyncio.get_running_loop()
    task = loop.create_task(broken(), name="broken")
    await asyncio.wait({task})
    # What asyncio does when such a task is thrown away.
    loop.call_exception_handler(
        {"message": "Task exception was never retrieved", "exception": task.exception(), "future": task}
    )
    said = read()
    assert "Task exception was never retrieved" in said
    assert "ValueError" in said and "fails" in said
    assert [secret for secret in SECRETS if secret in said] == []


async def test_a_mistake_in_the_bot_ends_it_with_a_sentence_and_without_its_text(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = begin()

    def broken(*_: Any) -> None:
        fails()

    monkeypatch.setattr("bot.service.process._serving", broken)
    with pytest.raises(BotError, match=r"a mistake in it \(ValueError\)") as ended:
        await run(Settings.model_validate({"telegram_bot_token": TOKEN}))
    assert ended.value.exit_code is ExitCode.FAILED
    assert ended.value.__suppress_context__
    said = read() + str(ended.value)
    assert "test_logs.py" in said
    assert [secret for secret in SECRETS if secret in said] == []


def test_a_line_that_cannot_be_written_is_not_shown_either(begin: Begin) -> None:
    read = begin()
    logging.getLogger("x").error("%d calls from %s", "many", TELLING)
    said = read()
    assert "a log line of x could not be written" in said
    assert [secret for secret in SECRETS if secret in said] == []


def test_json_lines_are_json_and_carry_what_was_bound(logged: pytest.CaptureFixture[str]) -> None:
    configure(LogLevel.INFO, LogFormat.JSON)
    with structlog.contextvars.bound_contextvars(update="ab"):
        structlog.get_logger("bot.x").info("done", number=3)
        logging.getLogger("bot.y").warning("two\nlines")
    lines = [json.loads(line) for line in logged.readouterr().err.splitlines()]
    assert [(line["event"], line["update"], line["level"]) for line in lines] == [
        ("done", "ab", "info"),
        ("two\nlines", "ab", "warning"),
    ]
    assert lines[0]["number"] == 3
    assert all("timestamp" in line for line in lines)


def test_the_level_is_kept(logged: pytest.CaptureFixture[str]) -> None:
    configure(LogLevel.WARNING, LogFormat.TEXT)
    structlog.get_logger("bot.x").info("quiet")
    structlog.get_logger("bot.x").warning("loud")
    said = logged.readouterr().err
    assert "quiet" not in said
    assert "loud" in said
