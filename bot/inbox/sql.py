"""The inbox in a database, which several processes may share."""

import time
from collections.abc import Callable, Collection

from sqlalchemy import BindParameter, bindparam, delete, func, select, update

from bot.inbox.protocol import LEASE, MOST_ATTEMPTS, Waiting
from bot.storage.columns import storable
from bot.storage.database import Database, Lock
from bot.storage.ids import Hasher
from bot.storage.protocol import REMEMBERED
from bot.storage.schema import inbox, ledger, waiting

_HEAD = 1_000
"""Waiting updates looked at for a claim. Lanes in hand are left out first, so that one long lane hides no other."""

# Built once: to put a statement together takes longer than SQLite takes to run it.
_DONE = delete(inbox).where(inbox.c.update_id == bindparam("handled"))


class SqlInbox:
    """See ``Inbox``.

    Whatever touches several rows holds ``Lock.INBOX``: claims of two processes take turns, and nothing deadlocks.
    """

    def __init__(self, database: Database, hasher: Hasher, clock: Callable[[], float] = time.time) -> None:
        """``clock`` returns Unix time."""
        self._database = database
        self._hasher = hasher
        self._clock = clock
        long_ago: BindParameter[float] = bindparam("long_ago")
        seen = database.insert(ledger)
        seen = seen.on_conflict_do_update(
            index_elements=["update_id"], set_={"seen": seen.excluded.seen}, where=ledger.c.seen <= long_ago
        )
        self._seen = seen.returning(ledger.c.update_id)
        self._kept = database.insert(inbox).on_conflict_do_nothing().returning(inbox.c.update_id)

    def lane_key(self, lane: str) -> str:
        """See ``Inbox``."""
        return self._hasher.chat(lane)

    async def put(self, update_id: int, lane: str, body: str, *, person: str = "", now: float) -> bool:
        """See ``Inbox``."""
        row = {
            "update_id": update_id,
            "lane": self.lane_key(lane),
            "person": self._hasher.person(person),
            "body": storable(body),
            "received": now,
            "attempts": 0,
            "worker": "",
            "leased_until": 0.0,
            "reason": "",
            "set_aside_at": 0.0,
        }
        async with self._database.writing() as connection:
            seen = {"update_id": update_id, "seen": now, "long_ago": now - REMEMBERED}
            if await connection.scalar(self._seen, seen) is None:
                return False
            return await connection.scalar(self._kept, row) is not None

    async def claim(self, worker: str, *, limit: int, now: float, skip: Collection[str] = ()) -> list[Waiting]:
        """See ``Inbox``."""
        free = [waiting, inbox.c.leased_until <= now]
        busy = select(inbox.c.lane).where(waiting, inbox.c.leased_until > now)
        head = select(inbox.c.update_id, inbox.c.lane).where(*free, inbox.c.lane.not_in(busy))
        if skip:
            head = head.where(inbox.c.lane.not_in(skip))
        # Only the head of the queue is sorted into lanes: with 10,000 waiting that is 28 ms against 3.
        near = head.order_by(inbox.c.update_id).limit(_HEAD).subquery()
        first = func.min(near.c.update_id)
        lanes = select(first).group_by(near.c.lane).order_by(first).limit(limit)
        claimed = (
            update(inbox)
            .where(inbox.c.update_id.in_(lanes))
            .values(worker=worker, leased_until=now + LEASE, attempts=inbox.c.attempts + 1)
            .returning(inbox.c.update_id, inbox.c.lane, inbox.c.body, inbox.c.received, inbox.c.attempts)
        )
        async with self._database.writing(Lock.INBOX) as connection:
            poison = update(inbox).where(*free, inbox.c.attempts >= MOST_ATTEMPTS)
            await connection.execute(poison.values(reason="attempts", set_aside_at=now))
            rows = sorted(await connection.execute(claimed))
        # SQLite's RETURNING hands a whole number out as an int, even from a column of floats.
        return [Waiting(update_id, lane, body, float(at), attempts) for update_id, lane, body, at, attempts in rows]

    async def renew(self, worker: str, update_ids: Collection[int], *, now: float) -> None:
        """See ``Inbox``."""
        if not update_ids:
            return
        held = update(inbox).where(waiting, inbox.c.worker == worker, inbox.c.update_id.in_(update_ids))
        async with self._database.writing(Lock.INBOX) as connection:
            await connection.execute(held.values(leased_until=now + LEASE))

    async def done(self, update_id: int) -> None:
        """See ``Inbox``."""
        async with self._database.writing() as connection:
            await connection.execute(_DONE, {"handled": update_id})

    async def release(self, worker: str) -> None:
        """See ``Inbox``."""
        held = update(inbox).where(waiting, inbox.c.worker == worker)
        async with self._database.writing(Lock.INBOX) as connection:
            await connection.execute(held.values(worker="", leased_until=0.0, attempts=inbox.c.attempts - 1))

    async def set_aside(self, update_id: int, reason: str) -> None:
        """See ``Inbox``."""
        row = update(inbox).where(inbox.c.update_id == update_id)
        async with self._database.writing() as connection:
            await connection.execute(row.values(reason=storable(reason) or "unknown", set_aside_at=self._clock()))

    async def waiting(self) -> int:
        """See ``Inbox``."""
        async with self._database.reading() as connection:
            return await connection.scalar(select(func.count()).select_from(inbox).where(waiting)) or 0
