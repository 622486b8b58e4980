"""The store in a database."""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from datetime import time as time_of_day

from sqlalchemy import ColumnElement, Table, bindparam, delete, func, select

from bot.storage.columns import storable, utc_day
from bot.storage.database import Database, Lock
from bot.storage.ids import Hasher
from bot.storage.protocol import Held, KeptQuestion, Occurrence, Rating, Speaker
from bot.storage.schema import conversations, counters, handoffs, inbox, questions, ratings
from bot.storage.sql_handoffs import forget_handoffs

# Built once, as those of every message are: to put a statement together takes longer than SQLite takes to run it.
_CODES = select(conversations.c.codes).where(
    conversations.c.person == bindparam("person"), conversations.c.chat == bindparam("chat")
)
_PERSONAL = (conversations, ratings, questions)


class SqlStore:
    """See ``Store``."""

    def __init__(self, database: Database, hasher: Hasher, clock: Callable[[], float] = time.time) -> None:
        """``clock`` returns Unix time."""
        self._database = database
        self._hasher = hasher
        self._clock = clock
        kept = database.insert(conversations)
        self._kept = kept.on_conflict_do_update(
            index_elements=["person", "chat"], set_={"codes": kept.excluded.codes, "touched": kept.excluded.touched}
        )
        added = database.insert(counters)
        self._counted = added.on_conflict_do_update(
            index_elements=["day", "what", "subject"], set_={"count": counters.c.count + added.excluded.count}
        )

    async def conversation(self, speaker: Speaker) -> str:
        """See ``Store``."""
        async with self._database.reading() as connection:
            return await connection.scalar(_CODES, self._key(speaker)) or ""

    async def record(self, speaker: Speaker, codes: str, events: Sequence[Occurrence]) -> None:
        """See ``Store``."""
        row = self._key(speaker) | {"codes": storable(codes), "touched": self._clock()}
        today = utc_day(self._clock())
        counted = Counter((storable(what), storable(subject)) for what, subject in events)
        # Sorted, so that two transactions lock the rows that everybody counts in the same order.
        rows = [{"day": today, "what": w, "subject": s, "count": n} for (w, s), n in sorted(counted.items())]
        async with self._database.writing() as connection:
            await connection.execute(self._kept, row)
            if rows:
                await connection.execute(self._counted, rows)

    async def rate(self, speaker: Speaker, entry_id: str, verdict: str, reason: str = "") -> None:
        """See ``Store``."""
        row = {
            "person": self._hasher.person(speaker.person),
            "entry_id": storable(entry_id),
            "verdict": storable(verdict),
            "reason": storable(reason),
            "day": utc_day(self._clock()),
        }
        insert = self._database.insert(ratings).values(row)
        latest = {name: insert.excluded[name] for name in ("verdict", "reason", "day")}
        async with self._database.writing() as connection:
            await connection.execute(
                insert.on_conflict_do_update(index_elements=["person", "entry_id"], set_=latest)
            )

    async def waits(self, since: date, until: date) -> Sequence[float | None]:
        """See ``Store``."""
        begin, end = (datetime.combine(day, time_of_day(), UTC).timestamp() for day in (since, until))
        opened = (handoffs.c.opened >= begin, handoffs.c.opened < end + 86_400)
        async with self._database.reading() as connection:
            rows = await connection.execute(select(handoffs.c.opened, handoffs.c.answered).where(*opened))
            return [answered - opened if answered else None for opened, answered in rows]

    async def ratings(self, since: date = date.min, until: date = date.max) -> Sequence[Rating]:
        """See ``Store``."""
        said = (ratings.c.entry_id, ratings.c.verdict, ratings.c.reason)
        asked = select(*said, func.count()).where(ratings.c.day.between(since, until)).group_by(*said)
        async with self._database.reading() as connection:
            rows = await connection.execute(asked)
            # Sorted here: the order of letters differs between databases.
            return sorted((Rating(*row) for row in rows), key=lambda r: (r.entry_id, r.verdict, r.reason))

    async def counts(self, since: date, until: date = date.max) -> Mapping[Occurrence, int]:
        """See ``Store``."""
        event = (counters.c.what, counters.c.subject)
        days = counters.c.day.between(since, until)
        query = select(*event, func.sum(counters.c.count)).where(days).group_by(*event)
        async with self._database.reading() as connection:
            return {(what, subject): int(count) for what, subject, count in await connection.execute(query)}

    async def keep_question(self, speaker: Speaker, text: str) -> None:
        """See ``Store``."""
        kept = KeptQuestion(utc_day(self._clock()), storable(text))
        row = {
            "person": self._hasher.person(speaker.person),
            "digest": kept.id,
            "text": kept.text,
            "day": kept.day,
        }
        async with self._database.writing() as connection:
            await connection.execute(self._database.insert(questions).values(row).on_conflict_do_nothing())

    async def questions(self) -> Sequence[KeptQuestion]:
        """See ``Store``."""
        days = func.min(questions.c.day), func.max(questions.c.day)
        asked = select(*days, questions.c.text, func.count()).group_by(questions.c.digest, questions.c.text)
        async with self._database.reading() as connection:
            rows = await connection.execute(asked)
            kept = (KeptQuestion(first, text, n, last if last > first else None) for first, last, text, n in rows)
            return sorted(kept, key=lambda question: (question.day, question.text))

    async def settle_question(self, question_id: str) -> bool:
        """See ``Store``."""
        async with self._database.writing() as connection:
            gone = await connection.execute(delete(questions).where(questions.c.digest == question_id))
        await self._database.clear_traces()
        return gone.rowcount > 0

    async def held(self, person: str) -> Held:
        """See ``Store``."""
        key = self._hasher.person(person)

        def of_person(table: Table) -> ColumnElement[bool]:
            return table.c.person == key

        codes = select(conversations.c.codes).where(of_person(conversations)).order_by(conversations.c.chat)
        said = select(ratings.c.entry_id, ratings.c.verdict, ratings.c.reason).where(of_person(ratings))
        asked = select(questions.c.day, questions.c.text).where(of_person(questions))
        talking = select(func.count()).where(of_person(handoffs))
        async with self._database.reading() as connection:
            return Held(
                handoffs=await connection.scalar(talking) or 0,
                conversations=tuple(await connection.scalars(codes)),
                ratings=tuple(
                    sorted((Rating(*r, 1) for r in await connection.execute(said)), key=lambda r: r.entry_id)
                ),
                questions=tuple(
                    sorted(
                        (KeptQuestion(*q) for q in await connection.execute(asked)), key=lambda q: (q.day, q.text)
                    )
                ),
            )

    async def forget(self, person: str) -> None:
        """See ``Store``."""
        key = self._hasher.person(person)
        async with self._database.writing(Lock.INBOX, Lock.OUTBOX) as connection:
            await forget_handoffs(connection, key, self._clock())
            for table in _PERSONAL:
                await connection.execute(delete(table).where(table.c.person == key))
            # What waits is still to be answered, and deleted then.
            await connection.execute(delete(inbox).where(inbox.c.person == key, inbox.c.reason != ""))
        await self._database.clear_traces()

    def _key(self, speaker: Speaker) -> dict[str, object]:
        return {"person": self._hasher.person(speaker.person), "chat": self._hasher.chat(speaker.chat)}
