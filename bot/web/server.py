"""Serve from code: hosts that set WEB_CONCURRENCY must not get two bots, and signals are the bot's own matter.

Whoever keeps the server waiting keeps it from nobody else: few connections are waited for, each for seconds. A new
one, which may be Telegram's, takes the place of the one that has been waited for longest.
"""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from enum import Enum
from http import HTTPStatus
from typing import Any, ClassVar

import h11
import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol

from bot.errors import CannotRunError

HEADERS_WITHIN = 5.0
"""Seconds for a whole request line and headers, from when the connection is there or the last answer is out."""
BODY_WITHIN = 10.0
"""Seconds for a whole body, and for an answer to be taken."""
MOST_WAITED_FOR = 300
"""Connections waited for at once. Processes often have 1,024 file descriptors for everything."""
_ACCEPTED = 50
"""Connections accepted in one turn of the event loop: so few that a request sent at once is read before its
connection becomes the oldest of ``MOST_WAITED_FOR``, and that descriptors last until old ones are closed."""
_QUEUE = 2048
"""Connections that the system holds until they are accepted."""
_LENGTHS = {b"content-length", b"transfer-encoding"}


class _Owed(Enum):
    """What the other side is waited for to do."""

    HEADERS = "send a request"
    BODY = "send the body"
    TAKING = "take the answer, or the end of the connection"


class _Parser(h11.Connection):
    """Refuses a request with two lengths: a proxy in front may believe the other one."""

    def next_event(self) -> Any:
        """See ``h11``."""
        event = super().next_event()
        if isinstance(event, h11.Request) and {name for name, _ in event.headers} >= _LENGTHS:
            raise h11.RemoteProtocolError("Content-Length beside Transfer-Encoding")
        return event


class _Connection(H11Protocol):
    """A connection with an end to its waiting."""

    waited_for: ClassVar[dict["_Connection", asyncio.TimerHandle]]
    """Of one server, longest first."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.conn = _Parser(h11.SERVER)
        self._owed: tuple[_Owed | None, object] = None, None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """See ``asyncio.Protocol``, as below."""
        super().connection_made(transport)
        self._look()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._look()

    def eof_received(self) -> None:
        super().eof_received()
        self._wait(_Owed.TAKING)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._look()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._look()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._wait(None)

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no request, also where an answer is out already."""
        self._refuse(HTTPStatus.BAD_REQUEST)

    def _look(self) -> None:
        """See whose turn it is."""
        if self.transport.is_closing() or self.flow.write_paused:
            self._wait(_Owed.TAKING)
        elif self.conn.their_state is h11.SEND_BODY:
            self._wait(_Owed.BODY)
        elif self.cycle is None or self.cycle.response_complete:
            self._wait(_Owed.HEADERS)
        else:
            self._wait(None)

    def _wait(self, owed: _Owed | None) -> None:
        # Only what is new starts the clock anew: a byte now and then does not.
        if (owed, self.cycle) == self._owed:
            return
        self._owed = owed, self.cycle
        timer = self.waited_for.pop(self, None)
        if timer is not None:
            timer.cancel()
        if owed is None:
            return
        within = HEADERS_WITHIN if owed is _Owed.HEADERS else BODY_WITHIN
        self.waited_for[self] = self.loop.call_later(within, self._give_up)
        if len(self.waited_for) > MOST_WAITED_FOR:
            next(iter(self.waited_for))._give_up()

    def _give_up(self) -> None:
        self.waited_for.pop(self).cancel()
        begun = self.conn.their_state is h11.SEND_BODY or self.conn.trailing_data[0]
        if begun and not self.transport.is_closing():
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)
        else:
            self.transport.close()
        if self.transport.get_write_buffer_size():
            # Closed only once all is taken, which may be never.
            self.transport.abort()

    def _refuse(self, status: HTTPStatus) -> None:
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            headers = [("Content-Length", "0"), ("Connection", "close")]
            answer = h11.Response(status_code=status, headers=headers, reason=status.phrase.encode())
            for event in (answer, h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        if self.cycle is not None:
            # What the application may still answer has nowhere to go.
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.close()


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave SIGTERM and SIGINT to whoever runs the bot."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen with a longer queue than what is accepted in one turn, which asyncio takes for the same."""
        await super().startup(sockets)
        for listening in sockets or ():
            listening.listen(_QUEUE)


class WebServer:
    """An HTTP server that is open once ``start`` returned."""

    def __init__(self, app: Starlette, port: int, host: str = "0.0.0.0") -> None:  # noqa: S104 (hosts reach it)
        """``port``: 0 lets the system choose. ``host``: who may reach it; 127.0.0.1 for this machine alone."""

        class Connection(_Connection):
            waited_for: ClassVar[dict[_Connection, asyncio.TimerHandle]] = {}

        config = uvicorn.Config(
            app,
            http=Connection,
            ws="none",
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=1,
            backlog=_ACCEPTED,
        )
        self._server = _Server(config)
        self._address = host, port
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> int:
        """Open the port and return its number; raise ``CannotRunError`` when it is taken."""
        # Said to be TCP, or asyncio leaves Nagle's algorithm on: an answer in two pieces would wait in the middle.
        listening = socket.socket(proto=socket.IPPROTO_TCP)
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "TCP_DEFER_ACCEPT"):
            # Linux keeps whoever says nothing to itself for a second, and a real caller comes with the request at
            # hand: in a flood it would else be the oldest before its request has travelled.
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 1)
        try:
            listening.bind(self._address)
        except OSError as error:
            raise CannotRunError(
                f"Port {self._address[1]} cannot be opened: {error.strerror}. "
                "Set PORT to a free one, or --port for the preview."
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
