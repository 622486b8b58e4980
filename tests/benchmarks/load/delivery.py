"""Push updates as Telegram does: by webhook, per-chat order, at most 40 connections, again until they are taken."""

import asyncio
import contextlib
import json
from collections import Counter, deque
from collections.abc import Callable
from urllib.parse import urlsplit

from tests.support.updates import Json

_CONNECTIONS = 40
_PATIENCE = 60.0
_FIRST_PAUSE = 0.25
_LONGEST_PAUSE = 8.0
"""Telegram waits up to 60 s and more; the benchmark need not."""


class Delivery:
    """Posts updates to one port; path and secret are those of ``webhook()``, the parameters of setWebhook."""

    def __init__(self, port: int, webhook: Callable[[], Json]) -> None:
        self._port = port
        self._webhook = webhook
        self._chats: dict[int, deque[bytes]] = {}
        self._failed: Counter[int] = Counter()
        self._ready: asyncio.Queue[int] = asyncio.Queue()
        self._empty = asyncio.Event()
        self._empty.set()
        self._workers = [asyncio.create_task(self._work()) for _ in range(_CONNECTIONS)]
        self.refusals: Counter[int] = Counter()
        """How often each status other than 2xx was answered; 0 for a connection that failed."""

    def push(self, chat_id: int, update: Json) -> None:
        """Deliver ``update`` once those before it in its chat are."""
        waiting = self._chats.setdefault(chat_id, deque())
        waiting.append(json.dumps(update).encode())
        self._empty.clear()
        if len(waiting) == 1:
            self._ready.put_nowait(chat_id)

    async def drained(self, within: float) -> bool:
        """Wait until everything is taken; return whether that was so in time."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self._empty.wait()
        return self._empty.is_set()

    async def stop(self) -> None:
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)

    async def _work(self) -> None:
        line = _Line(self._port)
        try:
            while True:
                chat_id = await self._ready.get()
                await self._deliver(line, chat_id)
        finally:
            line.close()

    async def _deliver(self, line: "_Line", chat_id: int) -> None:
        waiting = self._chats[chat_id]
        webhook = self._webhook()
        status, after = await line.post(
            urlsplit(webhook.get("url", "")).path or "/", webhook.get("secret_token", ""), waiting[0]
        )
        if 200 <= status < 300:
            self._failed.pop(chat_id, None)
            waiting.popleft()
            if waiting:
                self._ready.put_nowait(chat_id)
            else:
                del self._chats[chat_id]
                if not self._chats:
                    self._empty.set()
            return
        self.refusals[status] += 1
        self._failed[chat_id] += 1
        pause = after or min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (self._failed[chat_id] - 1))
        asyncio.get_running_loop().call_later(pause, self._ready.put_nowait, chat_id)


class _Line:
    """One connection, kept open between posts."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, path: str, secret: str, body: bytes) -> tuple[int, float]:
        """Return the status (0 for no answer) and the seconds of Retry-After (0 for none)."""
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"X-Telegram-Bot-Api-Secret-Token: {secret}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        for fresh in (self._streams is None, True):
            try:
                async with asyncio.timeout(_PATIENCE):
                    return await self._exchange(head.encode() + body)
            except (OSError, EOFError, ValueError):  # TimeoutError is an OSError
                self.close()
                if fresh:
                    break  # else the other side had closed a connection that was idle
        return 0, 0.0

    async def _exchange(self, request: bytes) -> tuple[int, float]:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        writer.write(request)
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        await reader.readexactly(int(headers.get("content-length", 0)))
        if headers.get("connection", "").lower() == "close":
            self.close()
        return int(first.split()[1]), float(headers.get("retry-after", 0))

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None
