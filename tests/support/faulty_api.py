"""A Bot API in bad moments, and the side of Telegram that posts to webhooks."""

import contextlib
import json
import os
import random
import socket
import struct
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from enum import Enum, auto
from typing import Any
from urllib.parse import urlsplit

import httpx

from bot.web.app import SECRET_HEADER
from tests.support.bot_api import TOKEN, ApiHandler, BotApi, BotApiServer, Call, Refusal
from tests.support.patience import PATIENCE
from tests.support.updates import Json

_PAUSE = 0.05
"""Seconds after which a refused post is tried again; Telegram takes its time."""
_HTTP = httpx.Client(timeout=PATIENCE, verify=False, trust_env=False)  # one for all: each would read certificates

NUMBERLESS = (
    "{}",
    "null",
    "[]",
    '"text"',
    "17",
    '{"message":{"message_id":1,"date":1,"chat":{"id":101,"type":"private"},"text":"does it hurt?"}}',
    '{"update_id":"7","message":{}}',
    '{"update_id":null}',
    '{"update_id":true}',
    '{"update_id":-5}',
    '{"update_id":1e3}',
    '{"update_id":1180591620717411303424}',
    '{"update_id":' + "[" * 200 + "]" * 200 + "}",
)
"""What is JSON, and no update."""
UNREADABLE = ('{"update_id":5,"mess', "[" * 100_000 + "]" * 100_000, "<html></html>")
"""What cannot be read as JSON at all, or not by Python."""


class Fault(Enum):
    """What becomes of one call."""

    NONE = auto()
    SLOW = auto()
    TOO_MANY = auto()
    ERROR = auto()
    BAD_GATEWAY = auto()
    CUT_BEFORE = auto()
    """The connection is reset once the call was read; nothing is done."""
    CUT_AFTER = auto()
    """The same, but the call was obeyed."""
    CUT_WITHIN = auto()
    """It is obeyed, and the connection ends in the middle of the answer."""
    TRUNCATED = auto()
    """It is obeyed, and the answer is the first half of its JSON."""


_WEIGHTS = {Fault.NONE: 64, Fault.SLOW: 10, Fault.TOO_MANY: 2} | dict.fromkeys(list(Fault)[3:], 4)
"""How often, in a hundred calls."""
_HARMLESS = (Fault.NONE, Fault.SLOW)
_MOST_IN_A_ROW = 1
"""Faults of one call and its repetitions; the bot's pauses between them grow."""
_LONGEST_DELAY = 0.1
_TOO_MANY = Refusal(429, "Too Many Requests: retry after 1", retry_after=1)
_REFUSALS = {
    Fault.TOO_MANY: (429, json.dumps(_TOO_MANY.body).encode()),
    Fault.ERROR: (500, json.dumps(Refusal(500, "Internal Server Error").body).encode()),
    Fault.BAD_GATEWAY: (502, b"<html><head><title>502 Bad Gateway</title></head></html>"),
}
_IMPATIENCE = 0.003
"""Seconds after which a post may be given up; by then it was read, or not."""


class Cut(ConnectionError):
    """The connection is to be closed after ``sent``, or reset where that is nothing."""

    def __init__(self, sent: bytes = b"") -> None:
        super().__init__()
        self.sent = sent


class Weather:
    """What goes wrong between Telegram and a bot, drawn from a seed.

    Each draw has dice of its own, made of the seed, of what it is about and of how often that was asked for. So a
    seed brings the same faults upon the same messages, in whichever order the threads come.
    """

    def __init__(self, seed: object) -> None:
        self._seed = seed
        self._drawn: Counter[str] = Counter()
        self._in_a_row: Counter[tuple[object, ...]] = Counter()
        self._lock = threading.Lock()
        self.fair = False
        """Set to let nothing go wrong any more."""

    def dice(self, *about: object) -> random.Random:
        """Return the next dice ``about`` this."""
        key = repr(about)
        with self._lock:
            self._drawn[key] += 1
            return random.Random(f"{self._seed} {key} {self._drawn[key]}")

    def over_call(self, method: str, params: Json) -> Fault:
        """Return what becomes of a call, and take the time it costs."""
        if self.fair:
            return Fault.NONE
        about = (method, params.get("chat_id"), params.get("text"))
        dice = self.dice(*about)
        fault = dice.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]
        with self._lock:
            self._in_a_row[about] = 0 if fault in _HARMLESS else self._in_a_row[about] + 1
            if self._in_a_row[about] > _MOST_IN_A_ROW:
                return Fault.NONE
        if fault is Fault.SLOW:
            time.sleep(dice.uniform(0, _LONGEST_DELAY))
        return fault

    def over_updates(self, found: Sequence[Json], earlier: Sequence[Json]) -> list[str]:
        """Return the JSON of what is handed out for ``found``: chats mixed, some doubled, old and odd ones between.

        Each chat keeps its order.
        """
        dice = self.dice("updates")
        chats: dict[int, list[Json]] = defaultdict(list)
        for update in found:
            chats[chat_of(update)].append(update)
        mixed: list[str] = []
        while chats:
            chat = dice.choice(sorted(chats))
            mixed += [json.dumps(chats[chat].pop(0))] * (1 + (dice.random() < 0.15))
            if not chats[chat]:
                del chats[chat]
        old = dice.sample(earlier, min(len(earlier), dice.randint(0, 3)))
        odd = dice.sample(NUMBERLESS, dice.randint(0, 2)) + list(UNREADABLE[1:2]) * (dice.random() < 0.05)
        for extra in (*map(json.dumps, old), *odd):
            mixed.insert(dice.randint(0, len(mixed)), extra)
        return mixed

    def over_post(self, update: Json, earlier: Sequence[Json]) -> tuple[list[bytes], bool]:
        """Return what is posted before ``update``, and whether its first post is not waited for."""
        dice = self.dice("post", chat_of(update))
        again, twice, odd, hasty = (dice.random() < share for share in (0.2, 0.15, 0.2, 0.2))
        before = dice.sample(NUMBERLESS + UNREADABLE, odd) + [json.dumps(update)] * twice
        if again and earlier:
            before.append(json.dumps(dice.choice(earlier)))
        return [text.encode() for text in before], hasty


class FaultyApi(BotApi):
    """``BotApi`` whose answers can be held back, and which has its weather."""

    def __init__(self, token: str = TOKEN, weather: Weather | None = None) -> None:
        super().__init__(token)
        self.unanswered: list[Json] = []
        """The parameters of all calls that ever were left without an answer."""
        self.lost: list[Json] = []
        """The parameters of all messages that were never obeyed, and of which the bot cannot know that."""
        self.held = 0
        """How many calls wait for their answers."""
        self.strays: list[str] = []
        """JSON to be handed out once, among the next updates."""
        self.weather = weather
        self._handed_out: list[Json] = []
        self._hold: str | None = None
        self._after = 0
        self._delivered = False

    def hold(self, method: str, *, after: int = 0, delivered: bool = False) -> None:
        """Leave calls of ``method`` without an answer once ``after`` were answered; ``delivered``: they work."""
        with self.changed:
            self._hold, self._after, self._delivered = method, after, delivered

    def release(self) -> None:
        """Answer what is held and what comes."""
        with self.changed:
            self._hold = None
            self.changed.notify_all()

    def note(self, update: Json) -> None:
        with contextlib.suppress(AttributeError, KeyError, TypeError):  # an odd one
            super().note(update)

    def answer(self, token: str, method: str, params: Json) -> tuple[int, bytes]:
        fault = self.weather.over_call(method, params) if self.weather is not None else Fault.NONE
        if fault in _REFUSALS:
            with self.changed:
                self.calls.append(Call(method, params, _REFUSALS[fault][0]))
                self.changed.notify_all()
            return _REFUSALS[fault]
        if fault is Fault.CUT_BEFORE:
            if method == "sendMessage":
                with self.changed:
                    self.lost.append(params)
                    self.changed.notify_all()
            raise Cut
        status, body = self._answer_unless_held(token, method, params)
        if self.weather is not None and self.weather.fair:
            fault = Fault.NONE  # it has cleared up during a long poll
        if method == "getUpdates" and status == 200:
            body = self._with_weather(body, int(params.get("offset") or 0))
        if fault is Fault.CUT_AFTER:
            raise Cut
        if fault is Fault.CUT_WITHIN:
            head = f"HTTP/1.1 {status} .\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            raise Cut(head.encode() + body[: len(body) // 2])
        return status, body[: len(body) // 2] if fault is Fault.TRUNCATED else body

    def _with_weather(self, body: bytes, offset: int) -> bytes:
        found = json.loads(body)["result"]
        if not found:
            return body
        with self.changed:
            strays, self.strays = self.strays, []
            self._handed_out += found
            # Whatever is confirmed was seen, so that it is really old: others would come out of their chat's order.
            earlier = [update for update in self._handed_out if update["update_id"] < offset]
        if self.weather is not None and not self.weather.fair:
            shown = self.weather.over_updates(found, earlier)
        else:
            shown = [json.dumps(update) for update in found]
        return f'{{"ok":true,"result":[{",".join([*strays, *shown])}]}}'.encode()

    def _answer_unless_held(self, token: str, method: str, params: Json) -> tuple[int, bytes]:
        with self.changed:
            holding = method == self._hold and self._after <= 0
            if method == self._hold:
                self._after -= 1
            delivered = self._delivered
            if holding:
                self.unanswered.append(params)
        if holding and not delivered:
            self._wait_for_release()
        result = super().answer(token, method, params)
        if holding and delivered:
            self._wait_for_release()
        return result

    def _wait_for_release(self) -> None:
        with self.changed:
            self.held += 1
            self.changed.notify_all()
            self.changed.wait_for(lambda: self._hold is None or self.closing)
            self.held -= 1


class FaultyServer(BotApiServer):
    """``FaultyApi`` over HTTP; its connections can be cut."""

    def __init__(self, api: FaultyApi) -> None:
        super().__init__(api=api)

        class Handler(_CuttingHandler):
            bot_api = api

        self._server.RequestHandlerClass = Handler


class _CuttingHandler(ApiHandler):
    def do_POST(self) -> None:
        try:
            super().do_POST()
        except Cut as cut:
            self.close_connection = True
            with contextlib.suppress(OSError):  # a bot that was killed
                if cut.sent:
                    self.connection.sendall(cut.sent)
                else:
                    # Closed with a zero to linger for, a connection ends with a reset instead of a goodbye.
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    os.close(self.connection.detach())

    do_GET = do_POST


class Postman:
    """Posts updates to bots as Telegram does: each chat's in order and until they are taken, chats side by side."""

    def __init__(self, api: FaultyApi, *ports: int, times: int = 1) -> None:
        """Each update goes ``times`` times to each of ``ports`` on this machine, whatever address was set."""
        self._api = api
        self._ports = ports
        self._times = times
        self._rounds: list[threading.Thread] = []
        self._failed: list[str] = []
        self._posted: list[Json] = []

    def deliver(self, updates: Iterable[Json]) -> None:
        """Begin to post ``updates``."""
        chats: dict[int, list[Json]] = defaultdict(list)
        for update in updates:
            self._api.note(update)
            chats[chat_of(update)].append(update)
        for port in self._ports:
            for chat in chats.values():
                walk = threading.Thread(target=self._walk, args=(port, chat), daemon=True)
                self._rounds.append(walk)
                walk.start()

    def wait(self) -> None:
        """Return when all of it was taken."""
        for walk in self._rounds:
            walk.join(PATIENCE)
        assert not self._failed, self._failed
        assert not any(walk.is_alive() for walk in self._rounds), "updates were not taken"

    def post(
        self, port: int, content: bytes | Json, headers: dict[str, str] | None = None, patience: float = PATIENCE
    ) -> httpx.Response:
        """Post once and return what the bot says."""
        webhook = self._api.webhook
        shown = {SECRET_HEADER: webhook["secret_token"]} if headers is None else headers
        address = f"http://127.0.0.1:{port}{urlsplit(webhook['url']).path}"
        body: dict[str, Any] = {"content": content} if isinstance(content, bytes) else {"json": content}
        return _HTTP.post(address, headers=shown, timeout=patience, **body)

    def _walk(self, port: int, chat: Sequence[Json]) -> None:
        give_up = time.monotonic() + PATIENCE
        for update in chat:
            self._in_bad_weather(port, update)
            left = self._times
            while left:
                if time.monotonic() > give_up:
                    self._failed.append(f"update {update['update_id']} at port {port}")
                    return
                if self._taken(port, update):
                    left -= 1
                else:
                    time.sleep(_PAUSE)
            self._posted.append(update)

    def _in_bad_weather(self, port: int, update: Json) -> None:
        """Post what was posted before, and what is no update; begin to post ``update`` and do not wait."""
        weather = self._api.weather
        if weather is None or weather.fair:
            return
        before, hasty = weather.over_post(update, list(self._posted))
        for content in before:
            self._taken(port, content)
        if hasty:
            self._taken(port, update, _IMPATIENCE)

    def _taken(self, port: int, content: bytes | Json, patience: float = PATIENCE) -> bool:
        if not self._api.webhook.get("url"):
            return False
        try:
            return self.post(port, content, patience=patience).status_code == 200
        except httpx.HTTPError:
            return False


def chat_of(update: Json) -> int:
    """Return the chat that an update belongs to, 0 for none."""
    with contextlib.suppress(AttributeError, KeyError, StopIteration, TypeError):
        content = next(value for key, value in update.items() if key != "update_id")
        return int(content.get("message", content)["chat"]["id"])
    return 0
