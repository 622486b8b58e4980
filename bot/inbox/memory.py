"""The inbox in memory: for tests, and while the database is away."""

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace

from bot.inbox.protocol import LEASE, MOST_ATTEMPTS, Waiting
from bot.storage.protocol import REMEMBERED, StoreError

MOST_WAITING = 5_000
MOST_REMEMBERED = 10_000


@dataclass(frozen=True)
class Row:
    """An update in memory; ``lane`` and ``person`` are as given to ``put``."""

    waiting: Waiting
    lane: str
    person: str
    worker: str = ""
    leased_until: float = 0.0


class MemoryInbox:
    """See ``Inbox``. When full, ``put`` raises ``StoreError``; what is set aside is dropped, its id stays known."""

    def __init__(
        self,
        most_waiting: int = MOST_WAITING,
        most_remembered: int = MOST_REMEMBERED,
        lane_key: Callable[[str], str] = str,
    ) -> None:
        """``most_waiting`` bounds the updates kept, ``most_remembered`` the known ids; ``lane_key`` names lanes."""
        self._key = lane_key
        self._most_waiting = most_waiting
        self._most_remembered = most_remembered
        self._rows: dict[int, Row] = {}
        self._ledger: OrderedDict[int, float] = OrderedDict()

    def lane_key(self, lane: str) -> str:
        """See ``Inbox``."""
        return self._key(lane)

    async def put(self, update_id: int, lane: str, body: str, *, person: str = "", now: float) -> bool:
        """See ``Inbox``."""
        if self.knows(update_id, now=now):
            return False
        if len(self._rows) >= self._most_waiting:
            raise StoreError("Too many updates wait to be handled. Telegram will deliver this one again.")
        self._rows[update_id] = Row(Waiting(update_id, self._key(lane), body, now, attempts=0), lane, person)
        self.remember(update_id, now=now)
        return True

    async def claim(self, worker: str, *, limit: int, now: float, skip: Collection[str] = ()) -> list[Waiting]:
        """See ``Inbox``."""
        busy = set(skip) | {row.waiting.lane for row in self._rows.values() if row.leased_until > now}
        claimed: list[Waiting] = []
        for update_id in sorted(self._rows):
            row = self._rows[update_id]
            if row.waiting.lane in busy:
                continue
            if row.waiting.attempts >= MOST_ATTEMPTS:
                del self._rows[update_id]
                continue
            if len(claimed) == limit:
                break
            busy.add(row.waiting.lane)
            waiting = replace(row.waiting, attempts=row.waiting.attempts + 1)
            self._rows[update_id] = replace(row, waiting=waiting, worker=worker, leased_until=now + LEASE)
            claimed.append(waiting)
        return claimed

    async def renew(self, worker: str, update_ids: Collection[int], *, now: float) -> None:
        """See ``Inbox``."""
        for update_id in update_ids:
            row = self._rows.get(update_id)
            if row is not None and row.worker == worker:
                self._rows[update_id] = replace(row, leased_until=now + LEASE)

    async def done(self, update_id: int) -> None:
        """See ``Inbox``."""
        self._rows.pop(update_id, None)

    async def release(self, worker: str) -> None:
        """See ``Inbox``."""
        for update_id, row in self._rows.items():
            if row.worker == worker:
                waiting = replace(row.waiting, attempts=row.waiting.attempts - 1)
                self._rows[update_id] = replace(row, waiting=waiting, worker="", leased_until=0.0)

    async def set_aside(self, update_id: int, reason: str) -> None:
        """See ``Inbox``."""
        self._rows.pop(update_id, None)

    async def waiting(self) -> int:
        """See ``Inbox``."""
        return len(self._rows)

    # --- for ``SteadyInbox`` --------------------------------------------------------------------

    def knows(self, update_id: int, *, now: float) -> bool:
        """Return whether ``update_id`` waits here or was seen within the last 48 hours."""
        return update_id in self._rows or self._ledger.get(update_id, now - REMEMBERED) > now - REMEMBERED

    def remember(self, update_id: int, *, now: float) -> None:
        """Know ``update_id`` from now on, though it waits elsewhere or nowhere."""
        self._ledger[update_id] = now
        self._ledger.move_to_end(update_id)
        while len(self._ledger) > self._most_remembered:
            self._ledger.popitem(last=False)

    def restore(self, row: Row) -> None:
        """Let ``row``, whose id may be known already, wait here."""
        self._rows[row.waiting.update_id] = row

    def rows(self) -> Iterator[Row]:
        """Return what waits here, by ascending id."""
        return iter([self._rows[update_id] for update_id in sorted(self._rows)])

    def __contains__(self, update_id: int) -> bool:
        return update_id in self._rows
