"""What is kept of an update from before it is confirmed until it is handled, and how it is asked for."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from bot.errors import BotError

LEASE = 60.0
"""Seconds for which a claimed update belongs to its worker."""
MOST_ATTEMPTS = 5
"""Claims after which an update that was never done is set aside: it may be what ends the process."""


class Unreadable(BotError):
    """An update that the library cannot parse; the message names the error's type only."""


@dataclass(frozen=True)
class Waiting:
    """An update kept until it is handled.

    ``lane`` names the chat whose updates keep their order, as ``Inbox.lane_key`` writes it; ``body`` is the raw
    JSON, ``received`` Unix time, ``attempts`` the number of claims so far, this one included.
    """

    update_id: int
    lane: str
    body: str
    received: float
    attempts: int


class Inbox(Protocol):
    """Keeps updates from before they are confirmed until they are handled. ``now`` is Unix time.

    Every method but ``lane_key`` may raise ``StoreError``.
    """

    def lane_key(self, lane: str) -> str:
        """Return how ``Waiting.lane`` names ``lane``."""

    async def put(self, update_id: int, lane: str, body: str, *, person: str = "", now: float) -> bool:
        """Keep an update and return ``True``, or return ``False`` when its id came within the last 48 hours."""

    async def claim(self, worker: str, *, limit: int, now: float, skip: Collection[str] = ()) -> list[Waiting]:
        """Hand out up to ``limit`` updates to ``worker``, one a lane, in the order of their ids.

        A lane whose last claim is neither done nor older than ``LEASE`` seconds is left alone, whoever holds it,
        and so are the lanes in ``skip`` (written by ``lane_key``). An update claimed ``MOST_ATTEMPTS`` times and
        never done is set aside.
        """

    async def renew(self, worker: str, update_ids: Collection[int], *, now: float) -> None:
        """Let ``worker`` keep the updates it has in hand for ``LEASE`` seconds from ``now``."""

    async def done(self, update_id: int) -> None:
        """Forget a handled update; its id stays known."""

    async def release(self, worker: str) -> None:
        """Make what ``worker`` claimed free at once, and do not count those claims: for a clean stop."""

    async def set_aside(self, update_id: int, reason: str) -> None:
        """Never hand out this update again; it is kept 48 hours. ``reason`` is an error's type, never text."""

    async def waiting(self) -> int:
        """Return how many updates are not handled yet, those in hand included."""
