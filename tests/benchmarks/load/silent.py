"""Strangers who connect and say nothing, or little, beside Telegram and the host's health checks."""

import asyncio
import contextlib
import itertools
import time
from collections.abc import Callable, Coroutine
from typing import Any

import httpx

from bot.tg.token import derived, webhook_path
from bot.web.app import SECRET_HEADER
from tests.benchmarks.load.lab import Figure, Lab, at_most, free_ports
from tests.benchmarks.load.ledger import percentile
from tests.benchmarks.load.server import LoadServer
from tests.benchmarks.load.traffic import asked
from tests.support.bot_api import TOKEN

_OF_EACH = 600
_SECONDS = 30.0
"""For how long they stay, and others come where one was sent away."""
_BETWEEN = 0.1
_PATIENCE = 10.0


async def silent(lab: Lab) -> list[Figure]:
    """600 idle connections and 600 posts whose bodies do not come: what the health page and the webhook take."""
    (port,) = free_ports(1)
    path, secret = webhook_path(TOKEN), derived(TOKEN, "webhook secret")
    head = f"POST {path} HTTP/1.1\r\nHost: bot\r\nContent-Length: 100\r\n{SECRET_HEADER}: {secret}\r\n\r\n{{"
    numbers = itertools.count()
    async with (
        LoadServer((port,)) as server,
        lab.running(server, lab.process(server, port=port)),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=_PATIENCE) as http,
    ):

        async def health() -> bool:
            return (await http.get("/healthz", headers={"Connection": "close"})).status_code == 200

        async def webhook() -> bool:
            update = asked("hi", next(numbers))
            headers = {SECRET_HEADER: secret, "Connection": "close"}
            return (await http.post(path, json=update, headers=headers)).status_code == 200

        strangers = [
            asyncio.create_task(_stay(port, said))
            for said in (b"", head.encode())
            for _ in range(lab.size(_OF_EACH))
        ]
        try:
            found = await asyncio.gather(_watch(health, lab), _watch(webhook, lab))
        finally:
            for stranger in strangers:
                stranger.cancel()
            await asyncio.gather(*strangers, return_exceptions=True)
    figures = []
    for name, (waits, failed) in zip(("health page", "webhook"), found, strict=True):
        figures += [
            Figure("silent", f"{name}, p50", 1000 * percentile(waits, 50), "ms"),
            at_most("silent", f"{name}, longest", 1000 * max(waits), 500, "ms"),
            at_most("silent", f"{name}, not answered 200", failed, 0),
        ]
    return figures


async def _stay(port: int, said: bytes) -> None:
    """Connect, say ``said``, and stay until sent away; then come again."""
    while True:
        with contextlib.suppress(OSError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(said)
            await reader.read()
            writer.close()
        await asyncio.sleep(_BETWEEN)


async def _watch(ask: Callable[[], Coroutine[Any, Any, bool]], lab: Lab) -> tuple[list[float], int]:
    """Ask again and again; return the seconds each took, and how many were not answered as they should."""
    waits: list[float] = []
    failed = 0
    end = time.monotonic() + lab.size(int(_SECONDS))
    while time.monotonic() < end:
        begun = time.monotonic()
        try:
            failed += not await ask()
        except httpx.HTTPError:
            failed += 1
        waits.append(time.monotonic() - begun)
        await asyncio.sleep(_BETWEEN)
    return waits, failed
