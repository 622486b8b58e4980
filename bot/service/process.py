"""The running process: the port opens, the engine is loaded behind it, and it stops without losing a question.

Imports little, so that the port is open at once; what takes long to import is in ``bot.service.engine``.
"""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import TYPE_CHECKING

import structlog

from bot.errors import BotError
from bot.ops.health import Health
from bot.ops.threads import in_thread
from bot.service.jobs import Jobs, first, jobs
from bot.settings import Settings
from bot.tg.token import derived, usable_token, webhook_path
from bot.web.app import Pages, Webhook, build_app
from bot.web.server import WebServer

if TYPE_CHECKING:
    from bot.service.engine import Engine
    from bot.service.watching import Watch
    from bot.web.preview.site import Site

log = structlog.get_logger(__name__)

DEFAULT_PORT = 8080


async def run(settings: Settings, watch: "Watch | None" = None) -> None:
    """Answer until SIGTERM or SIGINT. Raise ``BotError`` when the bot cannot start or go on.

    ``watch`` says how often the knowledge folder is looked at.
    """
    try:
        await _run(settings, watch)
    except BotError:
        raise
    except Exception as error:
        # Python's own traceback would show the error's text, which may hold a message or the token.
        log.error("the bot failed", exc_info=error)
        raise BotError(
            f"The bot ended because of a mistake in it ({type(error).__name__}). The log says where."
        ) from None


async def _run(settings: Settings, watch: "Watch | None") -> None:
    token = usable_token(settings)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    health = Health()
    pages = Pages(health, metrics_token=settings.metrics_token.get_secret_value())
    if preview_token := settings.preview_token.get_secret_value():
        pages.preview = _preview(preview_token, settings.public_url)
    if settings.public_url:
        secret = settings.webhook_secret.get_secret_value() or derived(token, "webhook secret")
        pages.webhook = Webhook(webhook_path(token), secret)
    async with _serving(settings, pages), jobs() as work, contextlib.AsyncExitStack() as parts:
        stopped = work(stop.wait())
        starting = work(_start(partial(_load_engine, settings, pages, watch), parts, work), ends=False)
        await first(stopped, starting)
        if not stopped.done():
            await first(*work.running)
        log.info("stopping")
        health.stopping = True
        # Nothing more comes in; then the dispatcher ends what is in hand.
        await work.cancel()


async def _start(load: Callable[[], "Engine"], parts: contextlib.AsyncExitStack, work: Jobs) -> None:
    engine = await in_thread(load)
    parts.push_async_callback(engine.stop)
    await engine.start(work)


def _preview(token: str, public_url: str) -> "Site":
    from bot.web.preview.door import Door
    from bot.web.preview.site import Site

    return Site(Door(token, public_url=public_url))


def _load_engine(settings: Settings, pages: Pages, watch: "Watch | None") -> "Engine":
    from bot.service.engine import Engine

    return Engine(settings, pages, watch)


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
