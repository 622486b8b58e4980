"""The tests' Bot API behind an HTTP server that is quick enough for load: one thread, no framework."""

import asyncio
import contextlib
import json
import time
from collections import Counter, deque
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl

from tests.benchmarks.load.delivery import Delivery
from tests.benchmarks.load.ledger import Ledger
from tests.support.bot_api import BotApi, Refusal, decoded
from tests.support.updates import Json

_WINDOW = 1.0
_REPLACED = Refusal(409, "Conflict: terminated by other getUpdates request")
_TOO_MANY = Refusal(429, "Too Many Requests: retry after 1", retry_after=1)


class LoadServer:
    """Speaks for Telegram to the bots of one scenario, and keeps the ledger.

    ``ports``: where updates are pushed to, each to all of them; without any they are to be fetched.
    ``most_a_second``: sends beyond this many in any second are refused with 429.
    """

    def __init__(self, ports: tuple[int, ...] = (), *, most_a_second: int | None = None) -> None:
        self.api = BotApi()
        self.ledger = Ledger()
        self.refused = 0
        self.obeying = asyncio.Event()
        """Messages are sent while it is set. Until then their calls wait, and come to nothing in the end."""
        self.obeying.set()
        self.busiest = 0
        """Most sends asked for within a second, refused ones included."""
        self.calls: Counter[str] = Counter()
        self.deliveries: list[Delivery] = []
        self._ports = ports
        self._most = most_a_second
        self._sends: deque[float] = deque()
        self._asked_for: deque[float] = deque()
        self._waiting: deque[tuple[int, str]] = deque()
        self._news = asyncio.Event()
        self._poll = 0
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0, backlog=500)
        self.deliveries = [Delivery(port, lambda: self.api.webhook) for port in self._ports]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        for delivery in self.deliveries:
            await delivery.stop()
        self._server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    @property
    def url(self) -> str:
        """The value for ``TELEGRAM_API_URL``."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def push(self, update: Json, *, expect: bool = True) -> None:
        """Send ``update`` on its way to the bot; ``expect``: it is to be answered."""
        if expect:
            self.ledger.ask(update)
        self.api.note(update)
        if self.deliveries:
            for delivery in self.deliveries:
                delivery.push(_chat(update), update)
        else:
            self._waiting.append((update["update_id"], json.dumps(update)))
            self._news.set()

    # --- HTTP ---------------------------------------------------------------------------------

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            with contextlib.suppress(OSError, EOFError):
                while True:
                    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                    await self._exchange(head, reader, writer)
        finally:
            self._connections.discard(task)
            writer.close()

    async def _exchange(self, head: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first, *lines = head.split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        raw = await reader.readexactly(int(headers.get("content-length", 0)))
        token, _, method = first.split()[1].removeprefix("/bot").partition("?")[0].partition("/")
        if headers.get("content-type", "").startswith("application/json"):
            params: Json = json.loads(raw)
        else:
            params = dict(parse_qsl(raw.decode(), keep_blank_values=True))
        status, body = await self._answer(token, method, decoded(params))
        writer.write(
            b"HTTP/1.1 %d .\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
            % (status, len(body), body)
        )
        await writer.drain()

    async def _answer(self, token: str, method: str, params: Json) -> tuple[int, bytes]:
        self.calls[method] += 1
        if method == "getUpdates" and token == self.api.token and not self.api.webhook.get("url"):
            return await self._updates(params)
        if method == "sendMessage" and not self.obeying.is_set():
            await self.obeying.wait()
            raise EOFError  # ends the connection
        if method == "sendMessage" and not self._room():
            self.refused += 1
            return _refused(_TOO_MANY)
        status, body = self.api.answer(token, method, params)
        if status == 200 and method == "sendMessage":
            self.ledger.sent(params)
        elif status == 200 and method == "answerCallbackQuery":
            self.ledger.tapped(str(params["callback_query_id"]))
        return status, body

    def _room(self) -> bool:
        now = time.monotonic()
        for times in (self._asked_for, self._sends):
            while times and times[0] <= now - _WINDOW:
                times.popleft()
        self._asked_for.append(now)
        self.busiest = max(self.busiest, len(self._asked_for))
        if self._most is not None and len(self._sends) >= self._most:
            return False
        self._sends.append(now)
        return True

    async def _updates(self, params: Json) -> tuple[int, bytes]:
        offset = int(params.get("offset") or 0)
        while self._waiting and self._waiting[0][0] < offset:
            self._waiting.popleft()
        self._poll += 1
        mine = self._poll
        self._news.set()  # lets an earlier request go
        await asyncio.sleep(0)
        self._news.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(float(params.get("timeout") or 0)):
                while not self._waiting and mine == self._poll:
                    self._news.clear()
                    await self._news.wait()
        if mine != self._poll:
            return _refused(_REPLACED)
        batch = [text for _, text in list(self._waiting)[: int(params.get("limit") or 100)]]
        return 200, f'{{"ok":true,"result":[{",".join(batch)}]}}'.encode()


def _chat(update: Json) -> int:
    content = next(value for key, value in update.items() if key != "update_id")
    return int(content.get("message", content)["chat"]["id"])


def _refused(refusal: Refusal) -> tuple[int, bytes]:
    return refusal.status, json.dumps(refusal.body).encode()
