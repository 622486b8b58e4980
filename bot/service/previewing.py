"""The preview on somebody's own machine: its port, and the folder followed as files are saved."""

import asyncio
import signal
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from bot.ops.health import Health
from bot.ops.threads import in_thread
from bot.service.jobs import first, jobs
from bot.settings import Settings
from bot.web.app import Pages, build_app
from bot.web.preview.door import Door
from bot.web.preview.site import Site
from bot.web.server import WebServer

if TYPE_CHECKING:
    from bot.service.following import Follower

_EVERY = 0.5
"""Seconds between two looks at the folder."""


async def preview(
    settings: Settings,
    port: int,
    opened: Callable[[int], None],
    tell: Callable[[str], None],
    every: float = _EVERY,
) -> None:
    """Show the preview to this machine until SIGTERM or SIGINT; ``opened`` is told the port.

    ``tell`` gets a line for each state of the folder that is used, or is not and why, from any thread.

    Raises ``CannotRunError`` when the port is taken.
    """
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    site = Site(Door())
    server = WebServer(build_app(Pages(Health(), preview=site)), port, "127.0.0.1")
    opened(await server.start())
    try:
        async with jobs() as work:
            await first(work(stop.wait()), work(_follow(settings, site, tell, every)))
            await work.cancel()
    finally:
        await server.stop()


async def _follow(settings: Settings, site: Site, tell: Callable[[str], None], every: float) -> None:
    # Imported in a thread: what it loads takes seconds, and the page says meanwhile that it is not ready.
    follower = await in_thread(partial(_follower, settings, tell))
    site.show = follower.show
    await follower.follow(every)


def _follower(settings: Settings, tell: Callable[[str], None]) -> "Follower":
    from bot.service.following import Follower

    return Follower(settings, tell)
