"""Every call to Telegram goes through here: within its limits, and again where trying again helps.

What may be tried again (measured and read in python-telegram-bot 22.8 and the official server): a 429, after the
time it names and for that chat only; a 5xx; a connection that was never made. Never a send whose answer did not
come: it may have arrived, and Telegram cannot tell the same message from a second one.
"""

import contextlib
import random
import time
import warnings
from collections.abc import Callable, Coroutine
from typing import Any

import httpx
import structlog
from cachetools import TTLCache
from telegram.error import BadRequest, Forbidden, InvalidToken, NetworkError, RetryAfter, TelegramError, TimedOut
from telegram.ext import BaseRateLimiter
from telegram.warnings import PTBDeprecationWarning

from bot.inbox.slots import on_the_wire, wait
from bot.ops.metrics import UNDELIVERED

log = structlog.get_logger(__name__)

# The library warns at every 429 that its seconds will be a timedelta one day; both are understood here.
warnings.filterwarnings("ignore", ".*retry_after", PTBDeprecationWarning)

Result = bool | dict[str, Any] | list[dict[str, Any]]

OVERALL = 27.0
"""Messages a second, after a burst of ``_BURST_OVERALL``; Telegram's limit is about 30."""
URGENT = "urgent"
"""Given as ``rate_limit_args`` with what must not queue behind the answers of a crowd."""
URGENT_OVERALL = 3.0
"""Messages a second that are kept free for what is urgent; together with the others they are within the limit."""
A_CHAT = 1.0
"""Messages a second to one person, after a burst of ``_BURST``."""
A_GROUP = 18 / 60
"""Messages a second to one group; Telegram's limit is 20 a minute."""
_BURST = 3
_BURST_OVERALL = 3
_MOST_CHATS = 10_000
_KNOWN = 3600.0
"""Seconds for which a chat is known. After ten without a message it is as good as new, unless Telegram has asked
for a longer rest."""
_TRIES = 8
_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 30.0
_NOT_WRITTEN = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_SENDS = ("send", "copy")
_PACED = ("sendMessage", "copyMessage", "editMessageText", "editMessageReplyMarkup")


class Uncertain(TelegramError):
    """A message was written to Telegram and no answer came: it may have arrived, so it is not sent again."""


class Bucket:
    """A token bucket: ``rate`` a second, ``burst`` at once after a rest."""

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate = rate
        self._burst = burst
        self._free_at = now - burst / rate

    def take(self, now: float) -> float:
        """Take one token and return how many seconds from ``now`` it is for."""
        self._free_at = max(self._free_at, now - self._burst / self._rate) + 1 / self._rate
        return max(0.0, self._free_at - now)

    def hold(self, until: float) -> None:
        """Give nothing out before ``until``."""
        self._free_at = max(self._free_at, until)


class Pacing(BaseRateLimiter[str]):
    """See the module. ``limits``: whether Telegram's limits are kept; benchmarks alone do without."""

    def __init__(self, *, limits: bool = True, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._clock = clock
        self._overall = Bucket(OVERALL, _BURST_OVERALL, clock())
        self._urgent = Bucket(URGENT_OVERALL, _BURST_OVERALL, clock())
        self._chats: TTLCache[str, Bucket] = TTLCache(_MOST_CHATS, ttl=_KNOWN, timer=clock)

    async def initialize(self) -> None:
        """Nothing to set up."""

    async def shutdown(self) -> None:
        """Nothing to take down."""

    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, Result]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: str | None,
    ) -> Result:
        """Make one call; raise what Telegram says in the end, or ``Uncertain``."""
        chat = self._chat(data) if endpoint in _PACED else None
        for tried in range(1, _TRIES + 1):
            if chat is not None and self._limits:
                await self._turn(chat, self._urgent if rate_limit_args == URGENT else self._overall)
            try:
                with on_the_wire() if endpoint.startswith(_SENDS) else contextlib.nullcontext():
                    return await callback(*args, **kwargs)
            except RetryAfter as error:
                pause = _seconds(error)
                log.info("Telegram asks to wait", seconds=pause, endpoint=endpoint)
                if chat is not None:
                    chat.hold(self._clock() + pause)
                last: TelegramError = error
            except (BadRequest, Forbidden, InvalidToken):
                raise
            except TelegramError as error:
                if not isinstance(error, NetworkError) and type(error) is not TelegramError:
                    raise
                if not _may_try_again(error, endpoint):
                    UNDELIVERED.labels("uncertain").inc()
                    raise Uncertain(type(error).__name__) from error
                longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (tried - 1))
                pause = longest * random.uniform(0.5, 1.5)  # noqa: S311 (jitter)
                log.info("call failed", endpoint=endpoint, error=type(error).__name__, tried=tried)
                last = error
            if tried < _TRIES:
                await wait(pause)
        UNDELIVERED.labels("gave up").inc()
        raise last

    async def _turn(self, chat: Bucket, overall: Bucket) -> None:
        now = self._clock()
        pause = max(chat.take(now), overall.take(now))
        if pause > 0:
            await wait(pause)

    def _chat(self, data: dict[str, Any]) -> Bucket:
        key = str(data.get("chat_id"))
        bucket = self._chats.get(key) or Bucket(A_GROUP if key.startswith("-") else A_CHAT, _BURST, self._clock())
        self._chats[key] = bucket  # known for an hour from now on
        return bucket


def _seconds(error: RetryAfter) -> float:
    after = error.retry_after
    return float(after.total_seconds() if hasattr(after, "total_seconds") else after)


def _may_try_again(error: TelegramError, endpoint: str) -> bool:
    """Return whether the call surely did nothing, or does no harm when done twice."""
    if not endpoint.startswith(_SENDS):
        return True
    if not isinstance(error, NetworkError):
        return False  # the library's word for an answer it cannot read: the call may well have been obeyed
    if isinstance(error.__cause__, httpx.HTTPError):
        return isinstance(error.__cause__, _NOT_WRITTEN)
    return not isinstance(error, TimedOut)  # an answer came, and it was a 5xx
