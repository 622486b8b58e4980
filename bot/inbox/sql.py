"""The inbox in a database, which several processes may share."""

from collections.abc import Mapping, Sequence

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    not_,
    select,
    update,
)

from bot.inbox.protocol import LEASE, MOST_ATTEMPTS, Put, Waiting
from bot.storage.columns import storable
from bot.storage.database import Database, Lock
from bot.storage.ids import Hasher
from bot.storage.protocol import REMEMBERED
from bot.storage.schema import inbox, ledger, waiting

_HEAD = 1_000
"""Waiting updates looked at for a claim. Lanes in hand are left out first, so that one long lane hides no other."""
_LANE_LOCKS = 1 << 48
"""PostgreSQL's lock keys from here on are those of lanes."""

# Built once: to put a statement together takes longer than SQLite takes to run it.
_DONE = delete(inbox).where(inbox.c.update_id.in_(bindparam("done", expanding=True)))
_ASIDE = (
    update(inbox)
    .where(inbox.c.update_id == bindparam("aside"))
    .values(reason=bindparam("why"), set_aside_at=bindparam("at"), worker="", leased_until=0.0)
)
_OTHERS = select(
    exists().where(
        inbox.c.lane == bindparam("of_lane"),
        waiting,
        not_(and_(inbox.c.worker == bindparam("by"), inbox.c.leased_until > bindparam("at"))),
    )
)
_TAKEN = select(inbox.c.update_id).where(
    inbox.c.update_id.in_(bindparam("asked", expanding=True)),
    waiting,
    inbox.c.worker != "",
    inbox.c.worker != bindparam("by"),
)
_FREE = select(exists().where(waiting, inbox.c.leased_until <= bindparam("at")))


class SqlInbox:
    """See ``Inbox``.

    Whatever touches rows of several workers holds ``Lock.INBOX``: claims of two processes take turns, and nothing
    deadlocks.
    """

    def __init__(self, database: Database, hasher: Hasher) -> None:
        self._database = database
        self._hasher = hasher
        long_ago: BindParameter[float] = bindparam("long_ago")
        seen = database.insert(ledger)
        self._known = seen.on_conflict_do_nothing()
        seen = seen.on_conflict_do_update(
            index_elements=["update_id"], set_={"seen": seen.excluded.seen}, where=ledger.c.seen <= long_ago
        )
        self._seen = seen.returning(ledger.c.update_id)
        self._kept = database.insert(inbox).on_conflict_do_nothing().returning(inbox.c.update_id)

    def lane_key(self, lane: str) -> str:
        """See ``Inbox``."""
        return self._hasher.chat(lane)

    async def put(self, waiting: Waiting, person: str, worker: str, *, now: float) -> Put:
        """See ``Inbox``."""
        async with self._database.writing(_LANE_LOCKS + int(waiting.lane[:11], 16)) as connection:
            seen = {"update_id": waiting.update_id, "seen": now, "long_ago": now - REMEMBERED}
            if await connection.scalar(self._seen, seen) is None:
                return Put.KNOWN
            behind = await connection.scalar(_OTHERS, {"of_lane": waiting.lane, "by": worker, "at": now})
            mine = bool(worker) and not behind
            row = {
                "update_id": waiting.update_id,
                "lane": waiting.lane,
                "person": self._hasher.person(person),
                "body": storable(waiting.body),
                "received": waiting.received,
                "attempts": waiting.attempts,
                "worker": worker if mine else "",
                "leased_until": now + LEASE if mine else 0.0,
                "reason": "",
                "set_aside_at": 0.0,
            }
            if await connection.scalar(self._kept, row) is None:
                return Put.KNOWN  # it still waits, longer than its id is known
        return Put.OURS if mine else Put.LEFT

    async def claim(self, worker: str, *, limit: int, now: float) -> list[Waiting]:
        """See ``Inbox``."""
        free = [waiting, inbox.c.leased_until <= now]
        busy = select(inbox.c.lane).where(waiting, inbox.c.leased_until > now)
        head = select(inbox.c.update_id, inbox.c.lane).where(*free, inbox.c.lane.not_in(busy))
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

    async def renew(self, worker: str, update_ids: Sequence[int], *, now: float) -> set[int]:
        """See ``Inbox``."""
        held = update(inbox).where(waiting, inbox.c.worker == worker).values(leased_until=now + LEASE)
        async with self._database.writing(Lock.INBOX) as connection:
            await connection.execute(held)
            taken = await connection.scalars(_TAKEN, {"asked": list(update_ids), "by": worker})
            return set(taken.all())

    async def settle(self, done: Mapping[int, str], *, now: float) -> bool:
        """See ``Inbox``."""
        aside = [{"aside": number, "why": storable(why), "at": now} for number, why in done.items() if why]
        handled = [number for number, why in done.items() if not why]
        async with self._database.writing(Lock.INBOX) as connection:
            known = [{"update_id": number, "seen": now} for number in sorted(done)]
            await connection.execute(self._known, known)
            if aside:
                await connection.execute(_ASIDE, aside)
            if handled:
                await connection.execute(_DONE, {"done": handled})
            return bool(await connection.scalar(_FREE, {"at": now}))

    async def release(self, worker: str) -> None:
        """See ``Inbox``."""
        uncounted = case(
            (inbox.c.attempts > 0, inbox.c.attempts - 1), else_=0
        )  # what was never begun is no attempt
        await self._free(inbox.c.worker == worker, attempts=uncounted)

    async def take_over(self, worker: str) -> None:
        """See ``Inbox``."""
        await self._free(inbox.c.worker.not_in(("", worker)))

    async def waiting(self) -> int:
        """See ``Inbox``."""
        async with self._database.reading() as connection:
            return await connection.scalar(select(func.count()).select_from(inbox).where(waiting)) or 0

    async def clear_traces(self) -> None:
        """See ``Inbox``."""
        await self._database.clear_traces()

    async def _free(self, whose: ColumnElement[bool], **values: ColumnElement[int]) -> None:
        freed = update(inbox).where(waiting, whose).values(worker="", leased_until=0.0, **values)
        async with self._database.writing(Lock.INBOX) as connection:
            await connection.execute(freed)
