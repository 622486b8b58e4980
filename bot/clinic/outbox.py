"""Messages to the staff chat: put here by whoever has news, sent in order, several in one where many wait."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Sequence

import structlog

from bot.storage.protocol import StaffStore, StoreError

log = structlog.get_logger(__name__)

LONGEST = 4096
"""UTF-16 units of one of Telegram's messages."""
_BETWEEN = "\n\n"
_CUT = " […]"
_MOST_UNSAVED = 200
"""Messages kept in memory while the database is away; the oldest go first."""


class Outbox:
    """Where news for the clinic's people goes. It outlives the process, and sends nothing itself."""

    def __init__(self, store: StaffStore, *, wanted: bool) -> None:
        """``wanted``: whether there is a staff chat at all."""
        self._store = store
        self._wanted = wanted
        self._unsaved: deque[str] = deque(maxlen=_MOST_UNSAVED)
        self._saving = asyncio.Lock()
        self._news = asyncio.Event()

    async def put(self, text: str) -> None:
        """Let the clinic's people know ``text``: plain text, shown as it is, cut at 4,096 characters.

        It must hold nothing of a runner's that they did not agree to. Never fails: with the database away it waits
        in memory. Without a staff chat there is nobody to tell, and it is let go.
        """
        if not self._wanted or not text.strip():
            return
        self._unsaved.append(shortened(text.strip()))
        await self.save()
        self._news.set()

    def ring(self) -> None:
        """Tell that something was put into the store by another way."""
        self._news.set()

    async def save(self) -> None:
        """Put into the store what could not be put there before."""
        async with self._saving:
            while self._unsaved:
                texts = list(self._unsaved)
                try:
                    await self._store.put(texts)
                except StoreError as error:
                    log.warning("news for the staff not stored yet", waiting=len(texts), error=error.cause)
                    return
                while self._unsaved and texts and self._unsaved[0] is texts[0]:
                    self._unsaved.popleft()
                    texts.pop(0)

    async def news(self, within: float) -> None:
        """Return when something was put here, or after ``within`` seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self._news.wait()
        self._news.clear()


def joined(texts: Sequence[str]) -> tuple[int, str]:
    """Return how many of ``texts``, from the first on, go into one message, and that message."""
    message = texts[0]
    for number, text in enumerate(texts[1:], 1):
        longer = message + _BETWEEN + text
        if units(longer) > LONGEST:
            return number, message
        message = longer
    return len(texts), message


def shortened(text: str, longest: int = LONGEST) -> str:
    """Return ``text``, with a mark at its end where it was cut to ``longest`` units, by default one message."""
    if units(text) <= longest:
        return text
    # No half of a pair is left at the cut.
    kept = text.encode("utf-16-le", "replace")[: 2 * (longest - len(_CUT))].decode("utf-16-le", "ignore")
    return kept + _CUT


def units(text: str) -> int:
    """Return the length of ``text`` as Telegram counts it."""
    return len(text.encode("utf-16-le", "replace")) // 2
