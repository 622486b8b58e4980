"""The running process: the port opens, the engine is loaded behind it, and it stops without losing a question.

Imports little, so that the port is open at once; what takes long to import is in ``bot.service.engine``.
"""

import asyncio
import contextlib
import signal
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, TypeVar, cast

import structlog

from bot.errors import BotError
from bot.ops.health import Health
from bot.settings import Settings
from bot.tg.token import derived, usable_token, webhook_path
from bot.web.app import Pages, Webhook, build_app
from bot.web.server import WebServer

if TYPE_CHECKING:
    from bot.service.engine import Engine

log = structlog.get_logger(__name__)

T = TypeVar("T")

DEFAULT_PORT = 8080
_PATIENCE = 1.0
"""Seconds for cancelled tasks to end; none may keep the process from stopping."""


async def run(settings: Settings) -> None:
    """Answer until SIGTERM or SIGINT. Raise ``BotError`` when the bot cannot start or go on."""
    try:
        await _run(settings)
    except BotError:
        raise
    except Exception as error:
        # Python's own traceback would show the error's text, which may hold a message or the token.
        log.error("the bot failed", exc_info=error)
        raise BotError(
            f"The bot ended because of a mistake in it ({type(error).__name__}). The log says where."
        ) from None


async def _run(settings: Settings) -> None:
    token = usable_token(settings)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    health = Health()
    pages = Pages(health, metrics_token=settings.metrics_token.get_secret_value())
    if settings.public_url:
        secret = settings.webhook_secret.get_secret_value() or derived(token, "webhook secret")
        pages.webhook = Webhook(webhook_path(token), secret)
    async with _serving(settings, pages), _jobs() as jobs, contextlib.AsyncExitStack() as parts:
        stopped = jobs(stop.wait())
        starting = jobs(_start(settings, pages, parts, jobs), ends=False)
        await _first(stopped, starting)
        if not stopped.done():
            await _first(*jobs.running)
        log.info("stopping")
        health.stopping = True
        # Nothing more comes in; then the dispatcher ends what is in hand.
        await jobs.cancel()


async def _start(settings: Settings, pages: Pages, parts: contextlib.AsyncExitStack, jobs: "Jobs") -> None:
    engine: Engine = await _in_thread(partial(_load_engine, settings, pages))
    parts.push_async_callback(engine.stop)
    await engine.start(jobs, _in_thread)


def _load_engine(settings: Settings, pages: Pages) -> "Engine":
    from bot.service.engine import Engine

    return Engine(settings, pages)


@contextlib.asynccontextmanager
async def _serving(settings: Settings, pages: Pages) -> AsyncIterator[None]:
    """Open the port, where there is one, before anything slow is done."""
    if settings.port is None and not settings.public_url:
        yield
        return
    server = WebServer(build_app(pages), DEFAULT_PORT if settings.port is None else settings.port)
    port = await server.start()
    log.info("port open", port=port)
    try:
        yield
    finally:
        await server.stop()


class Jobs:
    """Tasks that are cancelled together; those that must not end are watched."""

    def __init__(self) -> None:
        self.running: set[asyncio.Task[object]] = set()
        self._all: set[asyncio.Task[object]] = set()

    def __call__(self, work: Awaitable[object], *, ends: bool = True) -> "asyncio.Task[object]":
        """Start ``work``; ``ends``: the bot stops when it does."""
        task: asyncio.Task[object] = asyncio.ensure_future(work)
        self._all.add(task)
        if ends:
            self.running.add(task)
        return task

    async def cancel(self) -> None:
        """End all of them."""
        for task in self._all:
            task.cancel()
        if self._all:
            await asyncio.wait(self._all, timeout=_PATIENCE)


@contextlib.asynccontextmanager
async def _jobs() -> AsyncIterator[Jobs]:
    jobs = Jobs()
    try:
        yield jobs
    finally:
        await jobs.cancel()


async def _first(*tasks: "asyncio.Task[object]") -> None:
    """Wait for one of ``tasks``; raise what it raised."""
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()


async def _in_thread(work: Callable[[], T]) -> T:
    """Return what ``work`` returns. Unlike an executor's, the thread does not keep a stopping process waiting."""
    loop = asyncio.get_running_loop()
    result: asyncio.Future[T] = loop.create_future()

    def finish(value: T | None, error: BaseException | None) -> None:
        if not result.done():
            if error is None:
                result.set_result(cast(T, value))
            else:
                result.set_exception(error)

    def work_and_tell() -> None:
        value, failure = None, None
        try:
            value = work()
        except BaseException as error:  # handed on to whoever waits
            failure = error
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(finish, value, failure)

    threading.Thread(target=work_and_tell, daemon=True).start()
    return await result
