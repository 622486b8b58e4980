"""A dispatcher at work, whose time and pauses are in the test's hand."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from bot.inbox.dispatcher import Dispatcher
from bot.inbox.slots import Slots
from bot.tg.intake import KINDS
from tests.support.fakes import Clock, FragileInbox, Trouble, broken
from tests.support.patience import PATIENCE

Json = dict[str, Any]


class Hitch(Trouble):
    """Trouble that passes: what hangs goes on when ``passes`` is called, or then fails."""

    def __init__(self) -> None:
        super().__init__()
        self._over = asyncio.Event()
        self._end: Exception | None = None

    async def strike(self) -> None:
        if not self.hangs:
            await super().strike()
            return
        self.calls += 1
        self.struck.set()
        await self._over.wait()
        if self._end is not None:
            raise self._end

    def passes(self, error: Exception | None = None) -> None:
        self.hangs, self.error, self._end = False, None, error
        self._over.set()
        self._over = asyncio.Event()


class PassingInbox(FragileInbox):
    """A fragile inbox that recovers, and that may lose all it kept."""

    def __init__(self) -> None:
        super().__init__()
        self.trouble: Hitch = Hitch()

    def loses_all(self) -> None:
        self._rows.clear()
        self._owners.clear()
        self._known.clear()


class PacedSlots(Slots):
    """Pauses after failures end when ``go_on`` is called; ``pauses`` has how long they would have been."""

    def __init__(self) -> None:
        super().__init__()
        self.pauses: list[float] = []
        self._over = asyncio.Event()
        self._hurried = False
        self.no_more = asyncio.Event()
        """Set once no message may be begun."""

    async def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        if not self._hurried:
            await self._over.wait()
        await super().pause(0)

    def go_on(self) -> None:
        self._over.set()
        self._over.clear()

    def hurry(self) -> None:
        self._hurried = True
        super().hurry()
        self.go_on()

    def close(self) -> None:
        super().close()
        self.no_more.set()


class Desk:
    """A dispatcher over an inbox in memory; ``handle`` may be replaced. ``seen`` has what was handled, in order."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.inbox = PassingInbox()
        self.slots = PacedSlots()
        self.alone = False
        self.hurrying: set[int] = set()
        """The updates that hurry."""
        self.seen: list[int] = []
        self.handle: Callable[[Json], Awaitable[None]] = self.note
        self.changed = asyncio.Condition()
        self._all: list[Dispatcher] = []
        self.dispatcher = self.another(self.slots)

    def another(self, slots: Slots | None = None) -> Dispatcher:
        """Return a dispatcher of another process, or of the next start."""
        made = Dispatcher(
            self.inbox,
            self._handle,
            slots or PacedSlots(),
            KINDS,
            hurries=lambda body: json.loads(body)["update_id"] in self.hurrying,
            alone=lambda: self.alone,
            clock=self.clock,
        )
        self._all.append(made)
        return made

    async def close(self) -> None:
        self.mends()
        for dispatcher in self._all:
            await dispatcher.stop(0)

    async def _handle(self, update: Json) -> None:
        await self.handle(update)

    async def note(self, update: Json) -> None:
        async with self.changed:
            self.seen.append(update["update_id"])
            self.changed.notify_all()

    async def take(
        self, lane: str, *numbers: int, body: str | None = None, by: Dispatcher | None = None
    ) -> list["asyncio.Future[None] | None"]:
        """Bring updates; return for each what ends when Telegram may be told, or ``None``."""
        taken = []
        for number in numbers:
            text = json.dumps({"update_id": number, "message": {}}) if body is None else body
            taken.append(await (by or self.dispatcher).take(number, lane, text, "somebody"))
        return taken

    async def put(self, lane: str, *numbers: int) -> None:
        """Bring updates that are stored at once."""
        for received in await self.take(lane, *numbers):
            assert received is not None
            assert confirmed(received)

    async def waiting(self) -> list[tuple[int, int]]:
        """Return what the next start would begin with, and the number of its attempts with that one."""
        rows = await self.inbox.claim("next", limit=99, now=self.clock.now)
        return [(row.update_id, row.attempts) for row in rows]

    def breaks(self) -> None:
        self.inbox.trouble.error = broken()

    def hangs(self) -> None:
        self.inbox.trouble.hangs = True

    def mends(self) -> None:
        self.inbox.trouble.passes()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until ``condition`` holds; it is looked at after each handled update."""
        async with asyncio.timeout(PATIENCE), self.changed:
            await self.changed.wait_for(condition)

    async def until_empty(self) -> None:
        async with asyncio.timeout(PATIENCE):
            while await self.inbox.waiting():  # noqa: ASYNC110 (each look gives the others a turn)
                await asyncio.sleep(0)


def confirmed(received: "asyncio.Future[None]") -> bool:
    """Return whether Telegram may be told that an update was received."""
    return received.done() and received.exception() is None


async def settle() -> None:
    """Let every task get as far as it can; none of them waits for real time."""
    for _ in range(100):
        await asyncio.sleep(0)
