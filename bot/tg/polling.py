"""Fetch updates when no public address is known: a loop on the raw JSON, so that one odd update stops nothing."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import httpx
import structlog

from bot.errors import BotError
from bot.ops.health import STALE, Health
from bot.storage.protocol import StoreError
from bot.tg.intake import KINDS, Intake, Received, number, whose
from bot.tg.token import refused

log = structlog.get_logger(__name__)

LONGEST_POLL = 25
"""Seconds for which Telegram holds an empty answer back."""
CONFLICT_LASTS = 60.0
"""Seconds after which a second copy of the bot is no deploy that overlaps, but a mistake."""
_AT_ONCE = 100
_MOMENT = 1.0
"""Seconds at most between two fetches of updates that are neither stored nor answered yet."""
_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 30.0

Sleep = Callable[[float], Awaitable[None]]


class Deaf(BotError):
    """Telegram gives no updates any more; the process should end, so that the host starts it anew."""


class Poller:
    """Asks Telegram for updates and takes each in before the next are asked for."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        address: str,
        intake: Intake,
        health: Health,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        """``address`` is the Bot API's with the token; ``health`` also gives the time."""
        self._client = client
        self._address = address
        self._intake = intake
        self._health = health
        self._sleep = sleep
        self._offset = 0
        self._failed = 0
        self._last_good = health.clock()
        self._conflict_since: float | None = None

    async def run(self) -> None:
        """Fetch until cancelled. Raise ``Deaf`` or ``CannotRunError`` when there is no use in going on."""
        while True:
            pause = await self._fetch()
            if self._health.clock() - self._last_good > STALE:
                raise Deaf(
                    f"Telegram gave no updates for {STALE / 60:.0f} minutes. The bot ends, so that it can be "
                    "started again. Check the network and TELEGRAM_API_URL."
                )
            if pause:
                await self._sleep(pause)

    async def _fetch(self) -> float:
        """Fetch once and return how many seconds to wait before the next time."""
        body = {"offset": self._offset, "timeout": LONGEST_POLL, "limit": _AT_ONCE, "allowed_updates": list(KINDS)}
        try:
            response = await self._client.post(f"{self._address}/getUpdates", json=body, timeout=LONGEST_POLL + 10)
            answer = response.json()
            updates = answer["result"] if answer.get("ok") else None
        except (httpx.HTTPError, ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
            return self._later(type(error).__name__)
        if not isinstance(updates, list):
            return self._refused(response.status_code, answer)
        if self._conflict_since is not None or self._failed:
            log.info("fetching again")
        self._failed, self._conflict_since = 0, None
        self._last_good = self._health.clock()
        self._health.heard()
        return await self._take(updates)

    async def _take(self, updates: list[Any]) -> float:
        """Take ``updates`` in, and move on past the longest run of them that is stored or answered."""
        if not updates:
            return 0.0
        taken = await self._accept(updates)
        awaited = [received for received in taken if isinstance(received, asyncio.Future) and not received.done()]
        if awaited:
            # The database is away: what is not stored is fetched again until it is answered, but not at once.
            await asyncio.wait(awaited, timeout=_MOMENT, return_when=asyncio.FIRST_COMPLETED)
        before = self._offset
        for update, received in zip(updates, taken, strict=True):
            if isinstance(received, StoreError):
                return self._later("StoreError")  # there is no room: what follows is fetched again
            if received is not None and (not received.done() or received.exception() is not None):
                return 0.0  # neither stored nor answered, or given up at a stop
            if (update_id := number(update)) is not None:
                self._offset = max(self._offset, update_id + 1)
        # A batch without a single number would come again at once, for ever.
        return self._later("no numbers") if self._offset == before else 0.0

    async def _accept(self, updates: list[Any]) -> list[Received | StoreError | None]:
        """Return what became of each update: chats side by side, nothing of a chat before what came before it."""
        taken: list[Received | StoreError | None] = [None] * len(updates)
        chats: dict[str, list[int]] = {}
        for place, update in enumerate(updates):
            chat = whose(update)[0] if isinstance(update, Mapping) else ""
            chats.setdefault(chat, []).append(place)

        async def in_order(places: list[int]) -> None:
            refused: StoreError | None = None
            for place in places:
                if refused is None:
                    try:
                        taken[place] = await self._intake.accept(updates[place])
                    except StoreError as error:
                        refused = error
                taken[place] = refused or taken[place]

        await asyncio.gather(*map(in_order, chats.values()))
        return taken

    def _refused(self, status: int, answer: dict[str, Any]) -> float:
        if status in (401, 404):
            raise refused()
        if status == 409:
            return self._conflict()
        parameters = answer.get("parameters")
        after = parameters.get("retry_after") if isinstance(parameters, dict) else None
        if isinstance(after, int):
            return float(after)
        return self._later(f"status {status}")

    def _conflict(self) -> float:
        now = self._health.clock()
        if self._conflict_since is None:
            self._conflict_since = now
            log.warning(
                "another copy of this bot fetches with the same token, or a webhook is set; waiting for it to end"
            )
        if now - self._conflict_since > CONFLICT_LASTS:
            raise Deaf(
                "Another copy of this bot fetches messages with the same token, or a webhook is set. Stop the "
                "other one: only one may run without PUBLIC_URL."
            )
        return random.uniform(2.0, 5.0)  # noqa: S311 (jitter)

    def _later(self, reason: str) -> float:
        self._failed += 1
        if self._failed in (1, 10):
            log.warning("updates not fetched", reason=reason, failed=self._failed)
        pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 1.5 ** (self._failed - 1))
        return pause * random.uniform(0.5, 1.5)  # noqa: S311 (jitter)
