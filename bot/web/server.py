"""Serve from code: hosts that set WEB_CONCURRENCY must not get two bots, and signals are the bot's own matter."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import uvicorn
from starlette.applications import Starlette

from bot.errors import CannotRunError


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave SIGTERM and SIGINT to whoever runs the bot."""
        yield


class WebServer:
    """An HTTP server that is open once ``start`` returned."""

    def __init__(self, app: Starlette, port: int) -> None:
        """``port``: 0 lets the system choose."""
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=1,
            limit_concurrency=500,
        )
        self._server = _Server(config)
        self._port = port
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> int:
        """Open the port and return its number; raise ``CannotRunError`` when it is taken."""
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(("0.0.0.0", self._port))  # noqa: S104 (hosts reach the bot from outside)
        except OSError as error:
            raise CannotRunError(
                f"Port {self._port} cannot be opened: {error.strerror}. Set PORT to a free one."
            ) from None
        listening.listen()  # uvicorn does so later; whoever connects before that waits instead of being refused
        self._task = asyncio.create_task(self._server.serve([listening]))
        port: int = listening.getsockname()[1]
        return port

    async def stop(self) -> None:
        """Close the port after the requests in hand."""
        self._server.should_exit = True
        if self._task is not None:
            await self._task
