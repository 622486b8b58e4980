"""The server itself: real sockets on the loopback interface."""

import asyncio
import signal
import socket

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from bot.errors import CannotRunError
from bot.ops.health import Health
from bot.web.app import Pages, Webhook, build_app
from bot.web.server import WebServer
from tests.support.patience import PATIENCE


def app() -> Starlette:
    return build_app(Pages(Health(), webhook=Webhook("/hook", "secret")))


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
