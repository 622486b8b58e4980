"""What the clinic's people ordered, and what they are to be told, in a database."""

import time
from collections.abc import Callable, Sequence

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.columns import storable
from bot.storage.database import Database, Lock
from bot.storage.letters import put_letters
from bot.storage.protocol import MOST_UNSENT, Letter, Pause, StaffState
from bot.storage.schema import handoffs, outbox, pauses, staff_chat, told

_MOST_CLAIMED = 100
"""Messages claimed at once; some dozen fit into one of Telegram's."""


class SqlStaffStore:
    """See ``StaffStore``. Whoever touches messages of several workers holds ``Lock.OUTBOX``."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        """``clock`` returns Unix time."""
        self._database = database
        self._clock = clock

    async def state(self, configured: int | None) -> StaffState:
        """See ``StaffStore``."""
        of_chat = select(staff_chat.c.chat, staff_chat.c.lost).where(staff_chat.c.configured == configured)
        async with self._database.reading() as connection:
            rows = await connection.execute(select(pauses.c.entry_id, pauses.c.paused, pauses.c.since))
            found = {entry_id: Pause(bool(paused), since) for entry_id, paused, since in rows}
            chat = (await connection.execute(of_chat)).first() if configured is not None else None
        return StaffState(found, chat.chat, bool(chat.lost)) if chat is not None else StaffState(found)

    async def pause(self, entry_id: str, pause: Pause) -> None:
        """See ``StaffStore``."""
        row = {"entry_id": storable(entry_id), "paused": int(pause.paused), "since": pause.since}
        insert = self._database.insert(pauses).values(row)
        latest = {name: insert.excluded[name] for name in ("paused", "since")}
        async with self._database.writing() as connection:
            # An order that waited for the database must not undo a later one.
            await connection.execute(
                insert.on_conflict_do_update(
                    index_elements=["entry_id"], set_=latest, where=pauses.c.since <= insert.excluded["since"]
                )
            )

    async def move(self, configured: int, chat: int) -> None:
        """See ``StaffStore``."""
        insert = self._database.insert(staff_chat).values(configured=configured, chat=chat, lost=0)
        moved = {name: insert.excluded[name] for name in ("chat", "lost")}
        async with self._database.writing() as connection:
            await connection.execute(insert.on_conflict_do_update(index_elements=["configured"], set_=moved))
            # Messages have other numbers there, or belong to others.
            elsewhere = (handoffs.c.message > 0, handoffs.c.chat != chat)
            await connection.execute(update(handoffs).where(*elsewhere).values(message=-1, topic=0))

    async def lose(self, configured: int, *, lost: bool) -> bool:
        """See ``StaffStore``."""
        insert = self._database.insert(staff_chat).values(configured=configured, chat=configured, lost=int(lost))
        changed = insert.on_conflict_do_update(
            index_elements=["configured"],
            set_={"lost": insert.excluded.lost},
            where=staff_chat.c.lost != insert.excluded.lost,
        )
        async with self._database.writing(Lock.OUTBOX) as connection:
            known = await connection.scalar(select(staff_chat.c.lost).where(staff_chat.c.configured == configured))
            await connection.execute(changed)
        return bool(known) != lost

    async def put(self, texts: Sequence[str]) -> None:
        """See ``StaffStore``."""
        async with self._database.writing(Lock.OUTBOX) as connection:
            await self._put(connection, texts)

    async def put_once(self, name: str, texts: Sequence[str]) -> bool:
        """See ``StaffStore``."""
        named = self._database.insert(told).values(what=storable(name), at=self._clock())
        first = named.on_conflict_do_nothing().returning(told.c.what)
        async with self._database.writing(Lock.OUTBOX) as connection:
            mine = await connection.scalar(first) is not None
            if mine and texts:
                await self._put(connection, texts)
        return mine

    async def was_put(self, name: str) -> bool:
        """See ``StaffStore``."""
        async with self._database.reading() as connection:
            return await connection.scalar(select(told.c.what).where(told.c.what == name)) is not None

    async def _put(self, connection: AsyncConnection, texts: Sequence[str]) -> None:
        last = await put_letters(connection, texts, self._clock())
        await connection.execute(delete(outbox).where(outbox.c.id <= last - MOST_UNSENT, outbox.c.handoff == ""))

    async def claim(self, worker: str, *, lease: float, alone: bool) -> Sequence[Letter]:
        """See ``StaffStore``."""
        now = self._clock()
        others = select(outbox.c.id).where(outbox.c.worker != worker, outbox.c.leased_until > now).limit(1)
        oldest = (
            select(outbox.c.id, outbox.c.body, outbox.c.handoff, outbox.c.copied)
            .order_by(outbox.c.id)
            .limit(_MOST_CLAIMED)
        )
        async with self._database.reading() as connection:
            if await connection.scalar(select(outbox.c.id).limit(1)) is None:
                return []  # the usual case, looked at every few seconds, writes nothing
        async with self._database.writing(Lock.OUTBOX) as connection:
            if not alone and await connection.scalar(others) is not None:
                return []
            letters = [Letter(*row) for row in await connection.execute(oldest)]
            await connection.execute(
                update(outbox)
                .where(outbox.c.id.in_([letter.id for letter in letters]))
                .values(worker=worker, leased_until=now + lease)
            )
        return letters

    async def sent(self, worker: str, letters: Sequence[Letter], message: int = 0, chat: int = 0) -> None:
        """See ``StaffStore``."""
        ids = [letter.id for letter in letters]
        refs = [letter.handoff for letter in letters if letter.handoff and message]
        here = {"message": message, "chat": chat, "told": 0}
        last = update(handoffs).where(handoffs.c.ref.in_(refs), handoffs.c.closed == 0).values(here)
        async with self._database.writing(Lock.OUTBOX) as connection:
            if refs:
                await connection.execute(last)
            await connection.execute(delete(outbox).where(outbox.c.id.in_(ids), outbox.c.worker == worker))

    async def release(self, worker: str) -> None:
        """See ``StaffStore``."""
        free = update(outbox).where(outbox.c.worker == worker).values(worker="", leased_until=0.0)
        async with self._database.writing(Lock.OUTBOX) as connection:
            await connection.execute(free)
