"""Who talks with the clinic's therapists, in a database."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.columns import storable
from bot.storage.database import Database, Lock
from bot.storage.ids import Hasher
from bot.storage.letters import put_letters
from bot.storage.protocol import Handoff, Handover, Speaker
from bot.storage.schema import handoffs, outbox

OVER: Mapping[str, object] = {
    "person": "",
    "runner": 0,
    "passed": "",
    "relayed": "",
    "waiting": 0.0,
    "helper": "",
}
"""What of a conversation is forgotten when it is over; its times alone stay."""
FORGOTTEN = "Closed: the runner has had everything about them deleted. Please delete it here, too, where you can."

_MOST_PASSED = 100
"""Messages of either side whose numbers are kept, so that a change of one is known for what it is."""
_FIELDS = tuple(handoffs.c[name] for name in Handoff.__dataclass_fields__)
_OPEN = handoffs.c.closed == 0
# Built once, as all that is asked at every message.
_ASIDE = select(handoffs.c.ref).where(handoffs.c.person == bindparam("person"), _OPEN, handoffs.c.aside == 1)


async def forget_handoffs(connection: AsyncConnection, person: str, now: float) -> None:
    """End what ``person``, a hash, has open, delete what was not sent of it, and tell a staff chat that read any.

    For whoever holds ``Lock.OUTBOX``.
    """
    found = await connection.execute(select(handoffs.c.ref, handoffs.c.message).where(handoffs.c.person == person))
    for ref, message in found.all():
        on_its_way = select(outbox.c.id).where(outbox.c.handoff == ref, outbox.c.worker != "").limit(1)
        read = message or await connection.scalar(on_its_way) is not None
        await connection.execute(delete(outbox).where(outbox.c.handoff == ref))
        await connection.execute(update(handoffs).where(handoffs.c.ref == ref).values({**OVER, "closed": now}))
        if read:
            await put_letters(connection, [FORGOTTEN], now, handoff=ref)


class SqlHandoffStore:
    """See ``HandoffStore``."""

    def __init__(self, database: Database, hasher: Hasher, clock: Callable[[], float] = time.time) -> None:
        """``clock`` returns Unix time."""
        self._database = database
        self._hasher = hasher
        self._clock = clock

    async def of_person(self, person: str) -> Handoff | None:
        """See ``HandoffStore``."""
        async with self._database.reading() as connection:
            return await self._of_person(connection, self.hashed(person))

    async def find(self, ref: str) -> Handoff | None:
        """See ``HandoffStore``."""
        async with self._database.reading() as connection:
            row = (await connection.execute(select(*_FIELDS).where(handoffs.c.ref == storable(ref)))).first()
        return Handoff(*row) if row is not None else None

    async def pass_on(
        self, speaker: Speaker, handover: Handover, ref: str, further: Sequence[Handover] = ()
    ) -> Handoff:
        """See ``HandoffStore``."""
        person, now = self.hashed(speaker.person), self._clock()
        async with self._database.writing(Lock.OUTBOX) as connection:
            talk = await self._of_person(connection, person)
            if talk is None:
                await connection.execute(insert(handoffs).values(_begun(ref, person, int(speaker.chat), now)))
                talk = await self._of_person(connection, person)
            assert talk is not None
            for one in (handover, *further):
                talk = await self._put(connection, talk, one, now)
        return talk

    async def pass_along(self, speaker: Speaker, handover: Handover, first: int) -> bool:
        """See ``HandoffStore``."""
        async with self._database.writing(Lock.OUTBOX) as connection:
            talk = await self._of_person(connection, self.hashed(speaker.person))
            if talk is None or not talk.has_passed_on(first):
                return False
            await self._put(connection, talk, handover, self._clock())
        return True

    async def _put(self, connection: AsyncConnection, talk: Handoff, handover: Handover, now: float) -> Handoff:
        """Put ``handover`` on its way in ``talk`` and return that as it is then."""
        passed, this = talk.passed.split(), f"{handover.message}:{handover.check:x}"
        if this in passed:
            return talk  # handled once more after a kill, or tapped twice
        changed = talk.has_passed_on(handover.message) and handover.changed
        kept: dict[str, object] = {"passed": " ".join(_with(passed, this)), "touched": now}
        if not talk.waiting:
            kept |= {"waiting": now, "reminded": 0}
        await connection.execute(update(handoffs).where(handoffs.c.ref == talk.ref).values(kept))
        texts = changed or handover.texts
        await put_letters(connection, texts, now, handoff=talk.ref, copied=handover.copied)
        return replace(talk, passed=" ".join(_with(passed, this)), waiting=talk.waiting or now)

    async def answer(self, ref: str, helper: str, topic: int, relayed: str = "") -> None:
        """See ``HandoffStore``."""
        now = self._clock()
        said = {"waiting": 0.0, "reminded": 0, "helper": self.hashed(helper), "topic": topic, "touched": now}
        first = update(handoffs).where(handoffs.c.ref == ref, _OPEN, handoffs.c.answered == 0)
        known = select(handoffs.c.relayed).where(handoffs.c.ref == ref)
        async with self._database.writing(Lock.OUTBOX) as connection:
            await connection.execute(first.values(answered=now, aside=1))
            before = (await connection.scalar(known) or "").split()
            kept = {**said, "relayed": " ".join(_with(before, relayed) if relayed else before)}
            await connection.execute(update(handoffs).where(handoffs.c.ref == ref, _OPEN).values(kept))

    async def say(self, ref: str, notice: str) -> None:
        """See ``HandoffStore``."""
        async with self._database.writing(Lock.OUTBOX) as connection:
            await put_letters(connection, [notice], self._clock(), handoff=ref)

    async def moved(self, chat: int, notice: str) -> int:
        """See ``HandoffStore``."""
        elsewhere = (_OPEN, handoffs.c.message != 0, handoffs.c.chat != chat)
        due = select(handoffs.c.ref, handoffs.c.chat).where(*elsewhere).order_by(handoffs.c.opened)
        here = update(handoffs).where(_OPEN, handoffs.c.chat != chat)
        async with self._database.reading() as connection:
            if (await connection.execute(due.limit(1))).first() is None:
                return 0  # the usual case writes nothing
        async with self._database.writing(Lock.OUTBOX) as connection:
            # An earlier release did not keep the chat: it was this one, as far as anybody knows.
            refs = [ref for ref, before in await connection.execute(due) if before]
            for ref in refs:
                # One for a chat that was named by mistake, and never had it, is not sent as well.
                unsent = (outbox.c.handoff == ref, outbox.c.body == storable(notice))
                await connection.execute(delete(outbox).where(*unsent))
                await put_letters(connection, [notice], self._clock(), handoff=ref)
            await connection.execute(here.where(*elsewhere, handoffs.c.chat != 0).values(message=-1, topic=0))
            await connection.execute(here.values(chat=chat))
        return len(refs)

    async def first_aside(self, person: str) -> bool:
        """See ``HandoffStore``."""
        due = {"person": self.hashed(person)}
        async with self._database.reading() as connection:
            if await connection.scalar(_ASIDE, due) is None:
                return False  # the usual case writes nothing
        said = update(handoffs).where(handoffs.c.person == due["person"], handoffs.c.aside == 1).values(aside=0)
        async with self._database.writing() as connection:
            return (await connection.execute(said)).rowcount > 0

    async def close(self, ref: str, notice: str = "", *, drop: bool = False) -> bool:
        """See ``HandoffStore``."""
        now = self._clock()
        over = update(handoffs).where(handoffs.c.ref == ref, _OPEN).values({**OVER, "closed": now, "touched": now})
        heard = select(handoffs.c.message).where(handoffs.c.ref == ref)
        unsent = select(outbox.c.id).where(outbox.c.handoff == ref).limit(1)
        async with self._database.writing(Lock.OUTBOX) as connection:
            if not (await connection.execute(over)).rowcount:
                return False
            known = await connection.scalar(heard) or await connection.scalar(unsent) is not None
            if drop:
                await connection.execute(delete(outbox).where(outbox.c.handoff == ref))
            if notice and known:
                await put_letters(connection, [notice], now, handoff=ref)
        return True

    async def silent(self, before: float) -> Mapping[Handoff, bool]:
        """See ``HandoffStore``."""
        unsent = handoffs.c.ref.in_(select(outbox.c.handoff))
        async with self._database.reading() as connection:
            rows = await connection.execute(select(*_FIELDS, unsent).where(_OPEN, handoffs.c.touched <= before))
            return {Handoff(*row): bool(waits) for *row, waits in rows}

    async def remind(self, before: float, notice: str) -> int:
        """See ``HandoffStore``."""
        late = (_OPEN, handoffs.c.waiting > 0, handoffs.c.waiting <= before, handoffs.c.reminded == 0)
        due = select(handoffs.c.ref).where(*late).order_by(handoffs.c.waiting)
        async with self._database.reading() as connection:
            if await connection.scalar(due.limit(1)) is None:
                return 0  # the usual case writes nothing
        async with self._database.writing(Lock.OUTBOX) as connection:
            refs = list(await connection.scalars(due))
            for ref in refs:
                await put_letters(connection, [notice], self._clock(), handoff=ref)
            await connection.execute(update(handoffs).where(handoffs.c.ref.in_(refs)).values(reminded=1))
        return len(refs)

    async def stranded(self) -> Sequence[Handoff]:
        """See ``HandoffStore``."""
        unsent = handoffs.c.ref.in_(select(outbox.c.handoff))
        async with self._database.reading() as connection:
            rows = await connection.execute(select(*_FIELDS).where(_OPEN, handoffs.c.told == 0, unsent))
            return [Handoff(*row) for row in rows]

    async def tell(self, ref: str) -> bool:
        """See ``HandoffStore``."""
        told = update(handoffs).where(handoffs.c.ref == ref, handoffs.c.told == 0).values(told=1)
        async with self._database.writing() as connection:
            return (await connection.execute(told)).rowcount > 0

    def hashed(self, person: str) -> str:
        """See ``HandoffStore``."""
        return self._hasher.person(person)

    async def _of_person(self, connection: AsyncConnection, person: str) -> Handoff | None:
        row = (await connection.execute(select(*_FIELDS).where(handoffs.c.person == person, _OPEN))).first()
        return Handoff(*row) if row is not None else None


def _begun(ref: str, person: str, runner: int, now: float) -> dict[str, object]:
    times = {"opened": now, "waiting": 0.0, "answered": 0.0, "closed": 0.0, "touched": now}
    counts = {"aside": 0, "reminded": 0, "told": 0, "message": 0, "topic": 0, "chat": 0}
    texts = {"ref": ref, "person": person, "passed": "", "relayed": "", "helper": ""}
    return {"runner": runner, **texts, **times, **counts}


def _with(messages: Sequence[str], this: str) -> Sequence[str]:
    """Return ``messages`` with ``this`` in place of what is known of the same one."""
    number = f"{this.partition(':')[0]}:"
    return [*(one for one in messages if not one.startswith(number)), this][-_MOST_PASSED:]
