"""A Bot API in bad moments, and the side of Telegram that posts to webhooks."""

import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import urlsplit

import httpx

from bot.web.app import SECRET_HEADER
from tests.support.bot_api import TOKEN, WAIT, BotApi
from tests.support.updates import Json

_PAUSE = 0.05
"""Seconds after which a refused post is tried again; Telegram takes its time."""

_HTTP = httpx.Client(timeout=WAIT, verify=False, trust_env=False)  # one for all: each would read certificates


class FaultyApi(BotApi):
    """``BotApi`` whose answers can be held back."""

    def __init__(self, token: str = TOKEN) -> None:
        super().__init__(token)
        self.unanswered: list[Json] = []
        """The parameters of all calls that ever were left without an answer."""
        self.held = 0
        """How many calls wait for their answers."""
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

    def answer(self, token: str, method: str, params: Json) -> tuple[int, bytes]:
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


class Postman:
    """Posts updates to bots as Telegram does: each chat's in order and until they are taken, chats side by side."""

    def __init__(self, api: BotApi, *ports: int, times: int = 1) -> None:
        """Each update goes ``times`` times to each of ``ports`` on this machine, whatever address was set."""
        self._api = api
        self._ports = ports
        self._times = times
        self._rounds: list[threading.Thread] = []
        self._failed: list[str] = []

    def deliver(self, updates: Iterable[Json]) -> None:
        """Begin to post ``updates``."""
        chats: dict[int, list[Json]] = defaultdict(list)
        for update in updates:
            self._api.note(update)
            content = update.get("message") or update.get("edited_message") or update["callback_query"]["message"]
            chats[content["chat"]["id"]].append(update)
        for port in self._ports:
            for chat in chats.values():
                walk = threading.Thread(target=self._walk, args=(port, chat), daemon=True)
                self._rounds.append(walk)
                walk.start()

    def wait(self) -> None:
        """Return when all of it was taken."""
        for walk in self._rounds:
            walk.join(WAIT)
        assert not self._failed, self._failed
        assert not any(walk.is_alive() for walk in self._rounds), "updates were not taken"

    def post(self, port: int, content: bytes | Json, headers: dict[str, str] | None = None) -> httpx.Response:
        """Post once and return what the bot says."""
        webhook = self._api.webhook
        shown = {SECRET_HEADER: webhook["secret_token"]} if headers is None else headers
        address = f"http://127.0.0.1:{port}{urlsplit(webhook['url']).path}"
        body: dict[str, Any] = {"content": content} if isinstance(content, bytes) else {"json": content}
        return _HTTP.post(address, headers=shown, **body)

    def _walk(self, port: int, chat: Sequence[Json]) -> None:
        give_up = time.monotonic() + WAIT
        for update in chat:
            left = self._times
            while left:
                if time.monotonic() > give_up:
                    self._failed.append(f"update {update['update_id']} at port {port}")
                    return
                try:
                    taken = bool(self._api.webhook.get("url")) and self.post(port, update).status_code == 200
                except httpx.HTTPError:
                    taken = False
                if taken:
                    left -= 1
                else:
                    time.sleep(_PAUSE)
