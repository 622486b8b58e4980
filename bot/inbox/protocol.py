"""What is kept of an update from before it is confirmed until it is handled, and how it is asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from bot.errors import BotError

LEASE = 10.0
"""Seconds for which an update belongs to its worker; one that is killed leaves it to the others after that."""
RENEWAL = 3.0
"""Seconds after which a worker renews its leases."""
MOST_ATTEMPTS = 5
"""Claims after which an update that was never done is set aside: it may be what ends the process."""


class Unreadable(BotError):
    """An update that the library cannot parse; the message names the error's type only."""


class Put(Enum):
    """What became of an update that was to be stored."""

    OURS = auto()
    """It is stored, and belongs to the worker that put it."""
    LEFT = auto()
    """It is stored behind others of its lane that are not this worker's: it is to be claimed."""
    KNOWN = auto()
    """It came within the last 48 hours."""


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
    attempts: int = 0


class Inbox(Protocol):
    """Keeps updates from before they are confirmed until they are handled. ``now`` is Unix time.

    Every method but ``lane_key`` may raise ``StoreError``.
    """

    def lane_key(self, lane: str) -> str:
        """Return how ``Waiting.lane`` names ``lane``."""

    async def put(self, waiting: Waiting, person: str, worker: str, *, now: float) -> Put:
        """Keep an update, for ``worker`` if nothing of its lane waits that is not ``worker``'s own.

        With ``worker`` empty it is left to whoever claims it.
        """

    async def claim(self, worker: str, *, limit: int, now: float) -> list[Waiting]:
        """Hand out up to ``limit`` updates to ``worker``, one a lane, in the order of their ids.

        A lane of which an update belongs to somebody is left alone. An update claimed ``MOST_ATTEMPTS`` times and
        never done is set aside.
        """

    async def renew(self, worker: str, update_ids: Sequence[int], *, now: float) -> set[int]:
        """Let ``worker`` keep its updates for ``LEASE`` seconds from ``now``.

        Return which of ``update_ids`` belong to another worker by now.
        """

    async def settle(self, done: Mapping[int, str], *, now: float) -> bool:
        """Forget the updates that are ``done``, stored or not; their ids stay known.

        Those with a reason were set aside instead: they are kept for an hour and never handed out again. A reason
        is an error's type, never text. Return whether an update waits that belongs to nobody.
        """

    async def release(self, worker: str) -> None:
        """Make what belongs to ``worker`` free at once: for a clean stop."""

    async def take_over(self, worker: str) -> None:
        """Make what belongs to others than ``worker`` free at once: for a process that knows itself alone."""

    async def waiting(self) -> int:
        """Return how many updates are not handled yet, those in hand included."""

    async def clear_traces(self) -> None:
        """Let nothing of what was handled linger on the disk."""
