"""Logging without secrets: no bot token, no message text, whoever logs it."""

import contextlib
import logging
import re
import sys
import traceback
from types import TracebackType
from typing import TextIO

import structlog
from structlog.typing import EventDict, WrappedLogger

from bot.settings import LogFormat, LogLevel

_TOKEN = re.compile(r"\d+:[\w-]{30,}")
_PASSWORD = re.compile(r"(?<=://)[^/\s:@]*:[^/\s@]+(?=@)")
_QUIET = ("httpx", "httpcore", "telegram", "asyncio", "hpack", "sqlalchemy", "aiosqlite", "asyncpg", "uvicorn")
"""Libraries whose chatter is kept out below WARNING: httpx logs every address with the token in it,
python-telegram-bot whole updates, aiosqlite every statement with its values."""


def redact(text: str) -> str:
    """Return ``text`` without bot tokens and without the passwords of addresses."""
    return _PASSWORD.sub("<password>", _TOKEN.sub("<token>", text))


def configure(level: LogLevel, form: LogFormat) -> None:
    """Send all log lines, ours and the libraries', to standard error in one form."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_exception_texts,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if form is LogFormat.JSON
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    handler = _Handler(sys.stderr)
    handler.addFilter(_LibraryFilter())
    handler.setFormatter(
        _RedactingFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.value)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


class _Handler(logging.StreamHandler[TextIO]):
    def handleError(self, record: logging.LogRecord) -> None:
        """Say that a line is lost, not what it was about, as Python would."""
        with contextlib.suppress(Exception):
            self.stream.write(f"a log line of {record.name} could not be written\n")


class _LibraryFilter(logging.Filter):
    """Keeps what libraries say, but not what they say it about: arguments may hold a whole update."""

    def filter(self, record: logging.LogRecord) -> bool:
        library = record.name.split(".")[0]
        if library == "telegram":
            record.msg, record.args = str(record.msg), ()
        elif library == "asyncio":
            # What follows the first line shows tasks with their exceptions, whose texts may quote a message.
            record.msg, record.args = record.getMessage().partition("\n")[0], ()
        return True


class _RedactingFormatter(structlog.stdlib.ProcessorFormatter):
    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


def _without_exception_texts(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Replace an exception by its types and places: its text may quote a message."""
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    elif isinstance(info, BaseException):
        info = (type(info), info, info.__traceback__)
    if isinstance(info, tuple) and info[1] is not None:
        event["exception"] = _describe(info[1], info[2])
    return event


def _describe(error: BaseException, trace: TracebackType | None) -> str:
    frames = [f"{f.filename}:{f.lineno} {f.name}" for f in traceback.extract_tb(trace)]
    return " < ".join([type(error).__name__, *reversed(frames)])
