"""The server itself: real sockets on the loopback interface."""

import asyncio
import contextlib
import inspect
import itertools
import resource
import signal
import socket
from asyncio.base_events import _set_nodelay  # type: ignore[attr-defined]
from asyncio.selector_events import BaseSelectorEventLoop
from collections.abc import AsyncIterator, Iterator

import h11
import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from bot.errors import CannotRunError
from bot.ops.health import Health
from bot.web import server as server_module
from bot.web.app import SECRET_HEADER, Pages, Webhook, build_app
from bot.web.server import WebServer
from tests.support.patience import PATIENCE

HOOK = b"POST /hook HTTP/1.1\r\nHost: bot\r\n" + SECRET_HEADER.encode() + b": secret\r\n"
FOR_EVER = 1_000_000.0


def app() -> Starlette:
    return build_app(Pages(Health(), webhook=Webhook("/hook", "secret")))


class Callers:
    """Connections to a bot that is up: its webhook takes every update into ``taken``."""

    def __init__(self) -> None:
        self.taken: list[object] = []
        webhook = Webhook("/hook", "secret", self._take)
        pages = Pages(Health(knowledge_loaded=True), privacy="x" * 100_000, webhook=webhook)
        self.server = WebServer(build_app(pages), 0)
        self.port = 0
        self._opened: list[socket.socket] = []
        self._numbers = itertools.count()

    async def open(self, said: bytes = b"") -> socket.socket:
        caller = socket.socket()
        self._opened.append(caller)
        caller.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(caller, ("127.0.0.1", self.port))
        await loop.sock_sendall(caller, said)
        return caller

    async def healthy(self) -> None:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}", timeout=PATIENCE) as http:
            assert (await http.get("/healthz")).status_code == 200
            update = {"update_id": next(self._numbers)}
            posted = await http.post("/hook", json=update, headers={SECRET_HEADER: "secret"})
            assert posted.status_code == 200
            assert update in self.taken

    @property
    def connected(self) -> set[H11Protocol]:
        """The server's own ends of the connections."""
        return {c for c in self.server._server.server_state.connections if isinstance(c, H11Protocol)}

    async def _take(self, update: object) -> None:
        self.taken.append(update)

    def close(self) -> None:
        for caller in self._opened:
            caller.close()


@pytest.fixture
async def callers() -> AsyncIterator[Callers]:
    callers = Callers()
    callers.port = await callers.server.start()
    yield callers
    callers.close()
    await callers.server.stop()


@pytest.fixture
def descriptors() -> Iterator[None]:
    """Room for both ends of many connections in one process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def rest(caller: socket.socket) -> bytes:
    """Return all that still comes, up to the end of the connection."""
    heard = b""
    async with asyncio.timeout(PATIENCE):
        with contextlib.suppress(ConnectionResetError):
            while more := await asyncio.get_running_loop().sock_recv(caller, 65536):
                heard += more
    return heard


async def test_the_port_takes_callers_as_soon_as_start_returns() -> None:
    server = WebServer(app(), 0)
    port = await server.start()
    try:
        with socket.create_connection(("127.0.0.1", port), PATIENCE):  # before anything else gets a turn
            pass
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
            answer = await http.get("/healthz")
        assert answer.status_code == 503
        assert "server" not in answer.headers
    finally:
        await server.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), PATIENCE)


async def test_a_stranger_is_turned_away_before_the_body_comes() -> None:
    server = WebServer(app(), 0)
    port = await server.start()
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST /hook HTTP/1.1\r\nHost: bot\r\nContent-Length: 60000000\r\n\r\n")
        async with asyncio.timeout(PATIENCE):
            assert b" 404 " in await reader.readline()
        writer.close()
    finally:
        await server.stop()


async def test_a_port_in_use_is_said_in_a_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CannotRunError, match=f"Port {port} cannot be opened: .+ Set PORT to a free one"):
            await WebServer(app(), port).start()


async def test_signals_are_left_to_the_bot() -> None:
    def handlers() -> list[object]:
        return [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]

    before = handlers()
    server = WebServer(app(), 0)
    port = await server.start()
    async with httpx.AsyncClient() as http:
        await http.get(f"http://127.0.0.1:{port}/healthz")
    assert handlers() == before
    await server.stop()
    assert handlers() == before


async def test_a_request_in_hand_is_answered_before_the_server_stops() -> None:
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def slow(_: Request) -> PlainTextResponse:
        asked.set()
        await go_on.wait()
        return PlainTextResponse("done")

    server = WebServer(Starlette(routes=[Route("/", slow)]), 0)
    port = await server.start()
    async with asyncio.timeout(PATIENCE), httpx.AsyncClient() as http:
        answer = asyncio.create_task(http.get(f"http://127.0.0.1:{port}/"))
        await asked.wait()
        stopping = asyncio.create_task(server.stop())
        go_on.set()
        assert (await answer).text == "done"
        await stopping


async def test_a_request_that_never_ends_does_not_keep_the_server() -> None:
    asked = asyncio.Event()

    async def for_ever(_: Request) -> PlainTextResponse:
        asked.set()
        await asyncio.Event().wait()
        return PlainTextResponse("")

    server = WebServer(Starlette(routes=[Route("/", for_ever)]), 0)
    port = await server.start()
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\nHost: bot\r\n\r\n")
    async with asyncio.timeout(PATIENCE):
        await asked.wait()
        await server.stop()
    writer.close()


# --- who keeps the server waiting -----------------------------------------------------------------


@pytest.mark.usefixtures("descriptors")
async def test_a_crowd_that_says_nothing_or_little_leaves_room_for_health_and_telegram(
    callers: Callers, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nobody is helped by time running out.
    monkeypatch.setattr(server_module, "HEADERS_WITHIN", FOR_EVER)
    monkeypatch.setattr(server_module, "BODY_WITHIN", FOR_EVER)
    silent, slow = [], []
    async with asyncio.timeout(4 * PATIENCE):
        for number in range(600):
            silent.append(await callers.open())
            slow.append(await callers.open(HOOK + b"Content-Length: 100\r\n\r\n{"))
            if number % 50 == 0:
                await callers.healthy()
        await callers.healthy()
        assert len(callers.connected) <= server_module.MOST_WAITED_FOR + 2  # and those of the last healthy()
        # Whoever was there first had to go.
        assert await rest(silent[0]) == b""
        assert (await rest(slow[0])).startswith(b"HTTP/1.1 408 ")


@pytest.mark.usefixtures("descriptors")
async def test_a_crowd_that_comes_at_once_leaves_room_for_health_and_telegram(callers: Callers) -> None:
    async with asyncio.timeout(4 * PATIENCE):
        async with asyncio.TaskGroup() as group:
            for number in range(600):
                group.create_task(callers.open())
                group.create_task(callers.open(HOOK + b"Content-Length: 100\r\n\r\n{"))
                if number % 100 == 0:
                    group.create_task(callers.healthy())
        await callers.healthy()


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        (b"", b""),
        (b"G", b"408"),
        (b"GET /healthz HTTP/1.1\r\nHost: bot\r\nX-Half", b"408"),
        (b"GET /healthz HTTP/1.1\r\nHost: bot\r\n\r\n", b"200"),
        (b"GET /healthz HTTP/1.1\r\nHost: bot\r\n\r\nGET", b"200"),
    ],
    ids=["nothing", "a byte", "half a header", "no second request", "half a second request"],
)
async def test_headers_that_do_not_come_end_the_connection(
    callers: Callers, monkeypatch: pytest.MonkeyPatch, said: bytes, answer: bytes
) -> None:
    monkeypatch.setattr(server_module, "HEADERS_WITHIN", 0.25)
    heard = await rest(await callers.open(said))
    assert heard.partition(b" ")[2][:3] == answer
    assert not callers.connected


@pytest.mark.parametrize(
    ("head", "answer"),
    [
        (HOOK + b"Content-Length: 9\r\n\r\n", b"408"),
        (HOOK + b"Content-Length: 9\r\n\r\n{", b"408"),
        (HOOK + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{", b"408"),
        (HOOK + b"Content-Length: 9\r\nExpect: 100-continue\r\n\r\n", b"408"),
        (b"POST /hook HTTP/1.1\r\nHost: bot\r\nContent-Length: 9\r\n\r\n{", b"404"),
    ],
    ids=["nothing of it", "a byte", "a chunk", "asked for", "refused before"],
)
async def test_a_body_that_does_not_come_ends_the_connection(
    callers: Callers, monkeypatch: pytest.MonkeyPatch, head: bytes, answer: bytes
) -> None:
    monkeypatch.setattr(server_module, "HEADERS_WITHIN", FOR_EVER)
    monkeypatch.setattr(server_module, "BODY_WITHIN", 0.25)
    heard = await rest(await callers.open(head))
    statuses = [line.split()[1] for line in heard.split(b"\r\n") if line.startswith(b"HTTP/1.1 ")]
    assert [status for status in statuses if status != b"100"] == [answer]
    assert not callers.taken
    assert not callers.connected


async def test_a_byte_now_and_then_wins_no_time(callers: Callers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "HEADERS_WITHIN", 0.05)
    caller = await callers.open(b"GET / HTTP/1.1\r\nX: ")
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(PATIENCE):
        with contextlib.suppress(ConnectionError):
            while True:
                await loop.sock_sendall(caller, b"x")
                # So slowly that the test would be over before there are more headers than the server takes.
                await asyncio.sleep(0.005)


async def test_an_answer_that_is_not_taken_ends_the_connection(
    callers: Callers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_module, "BODY_WITHIN", 0.05)
    monkeypatch.setattr(server_module, "HEADERS_WITHIN", FOR_EVER)
    caller = await callers.open()
    async with asyncio.timeout(PATIENCE):
        with contextlib.suppress(ConnectionError):
            while True:
                await asyncio.get_running_loop().sock_sendall(caller, b"GET /privacy HTTP/1.1\r\nHost: bot\r\n\r\n")
    assert not callers.connected


async def test_an_update_may_be_held_longer_than_a_body_may_take(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "BODY_WITHIN", 0.25)
    come, timers_over = asyncio.Event(), asyncio.Event()

    async def slow(request: Request) -> PlainTextResponse:
        await request.body()
        come.set()
        await timers_over.wait()
        return PlainTextResponse("done")

    server = WebServer(Starlette(routes=[Route("/", slow, methods=["POST"])]), 0)
    port = await server.start()
    async with asyncio.timeout(PATIENCE), httpx.AsyncClient() as http:
        answer = asyncio.create_task(http.post(f"http://127.0.0.1:{port}/", content=b"{}"))
        await come.wait()
        # Timers end in their order: this one was begun later, and is longer.
        asyncio.get_running_loop().call_later(0.3, timers_over.set)
        assert (await answer).text == "done"
    await server.stop()


# --- what else strangers may send -------------------------------------------------------------------


@pytest.mark.parametrize(
    "lengths",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        b"transfer-encoding: chunked\r\nCONTENT-LENGTH: 5\r\n",
    ],
)
async def test_a_request_with_two_lengths_is_refused_and_nothing_behind_it_served(
    callers: Callers, lengths: bytes
) -> None:
    caller = await callers.open(
        HOOK + lengths + b"\r\n2\r\n{}\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: bot\r\n\r\n"
    )
    heard = await rest(caller)
    assert heard.startswith(b"HTTP/1.1 400 ")
    assert heard.count(b"HTTP/1.1") == 1
    assert not callers.taken


@pytest.mark.parametrize("head", [HOOK, b"POST /hook HTTP/1.1\r\nHost: bot\r\n"], ids=["Telegram", "a stranger"])
async def test_a_body_that_breaks_the_rules_ends_the_connection_quietly(
    callers: Callers, head: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caller = await callers.open(head + b"Transfer-Encoding: chunked\r\n\r\n")
    if head != HOOK:
        async with asyncio.timeout(PATIENCE):  # the answer is out already
            assert b" 404 " in await asyncio.get_running_loop().sock_recv(caller, 65536)
    await asyncio.get_running_loop().sock_sendall(caller, b"no chunk\r\n")
    heard = await rest(caller)
    assert heard.startswith(b"HTTP/1.1 400 ") if head == HOOK else heard == b""
    await callers.healthy()
    assert not [record for record in caplog.records if record.levelname in ("ERROR", "CRITICAL")]


async def test_answers_leave_in_one_go(callers: Callers) -> None:
    caller = await callers.open(b"GET /healthz HTTP/1.1\r\nHost: bot\r\n\r\n")
    async with asyncio.timeout(PATIENCE):
        assert await asyncio.get_running_loop().sock_recv(caller, 1)
    (connection,) = callers.connected
    end = connection.transport.get_extra_info("socket")
    assert end.proto == socket.IPPROTO_TCP
    assert end.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


# --- what the server relies on without a promise ----------------------------------------------------


def test_uvicorn_and_asyncio_are_built_as_the_server_takes_them_to_be() -> None:
    """A version that changes this fails here first; see ``tests/test_private_parts.py``."""
    handling = inspect.getsource(H11Protocol.handle_events)
    assert "self.conn.next_event()" in handling
    assert "except h11.RemoteProtocolError" in handling and "self.send_400_response(" in handling
    assert "on_response=self.on_response_complete" in handling
    made = inspect.getsource(H11Protocol.__init__)
    for part in (
        "self.conn = h11.Connection(",
        "self.cycle: RequestResponseCycle = None",
        "self.flow: FlowControl",
    ):
        assert part in made
    assert "self.flow.pause_writing()" in inspect.getsource(H11Protocol.pause_writing)
    sending = inspect.getsource(RequestResponseCycle.send)
    assert "if self.disconnected:" in sending and "self.on_response()" in sending
    assert "self.disconnected or self.response_complete" in inspect.getsource(RequestResponseCycle.receive)
    assert {"trailing_data", "our_state", "their_state"} <= set(dir(h11.Connection(h11.SERVER)))
    # As many are accepted in a turn as the backlog has; and Nagle's algorithm is left on where the protocol is 0.
    assert "range(backlog" in inspect.getsource(BaseSelectorEventLoop._accept_connection)  # type: ignore[attr-defined]
    assert "IPPROTO_TCP" in inspect.getsource(_set_nodelay)
