"""``python -m tests.support.clocked_bot FILE``: the bot as ``run`` starts it, with a clock of the test's own for
Telegram's limits.

The clock stands still while a call is on the wire or nobody waits, and else goes on to the moment that somebody
waits for, one after the other: an hour of waiting takes a minute, and a slow machine breaks no limit. It lies in a
file, so that Telegram and one bot after another have the same time.

The bot does without its sentence encoder, which costs more than all the rest of a message, and never looks at its
knowledge again.
"""

import asyncio
import contextlib
import heapq
import itertools
import mmap
import struct
import sys
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

from bot import bootstrap
from bot.inbox import slots
from bot.inbox.slots import Slots, Stopping
from bot.ops.logs import configure
from bot.service import engine
from bot.service.process import run
from bot.service.watching import Watch
from bot.settings import read_settings
from bot.tg import bot as bot_module
from bot.tg import pacing
from bot.tg.courier import Courier
from bot.tg.pacing import Pacing, Result

_BEGINNING = 1_000.0
_BEAT = 0.002
"""Seconds of the real clock between looks whether this one may go on."""

_NEVER = 86_400.0


class SharedClock:
    """Seconds that a file holds; a number of eight bytes is written and read at once."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(struct.pack("d", _BEGINNING))
        with path.open("r+b") as file:
            self._shared = mmap.mmap(file.fileno(), 8)
        self._calls = 0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._numbers = itertools.count()

    def __call__(self) -> float:
        now: float = struct.unpack_from("d", self._shared)[0]
        return now

    async def sleep(self, seconds: float) -> None:
        """Sleep until it has gone on by ``seconds``."""
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self() + seconds, next(self._numbers), woken))
        await woken

    @contextlib.contextmanager
    def stopped(self) -> Any:
        """Let it stand still while the block lasts."""
        self._calls += 1
        try:
            yield
        finally:
            self._calls -= 1

    async def go(self) -> None:
        """Go on whenever it may; never ends."""
        while True:
            await asyncio.sleep(_BEAT)
            while self._sleepers and self._sleepers[0][2].done():  # somebody who no longer waits
                heapq.heappop(self._sleepers)
            if self._sleepers and not self._calls:
                until, _, woken = heapq.heappop(self._sleepers)
                struct.pack_into("d", self._shared, 0, max(until, self()))
                woken.set_result(None)


class _Clocked(Pacing):
    """Keeps the limits by ``clock``, which stands still during each call."""

    def __init__(self, clock: SharedClock, *, limits: bool) -> None:
        super().__init__(limits=limits, clock=clock)
        self._shared = clock

    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, Result]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: str | None,
    ) -> Result:
        async def calling(*args: Any, **kwargs: Any) -> Result:
            with self._shared.stopped():
                return await callback(*args, **kwargs)

        return await super().process_request(calling, args, kwargs, endpoint, data, rate_limit_args)


def _go_by(clock: SharedClock) -> None:
    """Let all waiting for Telegram go by ``clock``, and load no encoder."""

    async def sleep(self: Slots, seconds: float) -> None:
        either = {asyncio.ensure_future(work) for work in (self._hurry.wait(), clock.sleep(seconds))}
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for work in either:
                work.cancel()
        if self._hurry.is_set():
            raise Stopping

    async def wait(seconds: float) -> None:
        place = slots._held.get()
        await (clock.sleep(seconds) if place is None else place.wait(seconds))

    patched: list[tuple[Any, str, Any]] = [
        (Slots, "sleep", sleep),
        (pacing, "wait", wait),
        (bot_module, "Pacing", partial(_Clocked, clock)),
        (engine, "Courier", partial(Courier, sleep=clock.sleep)),
        (bootstrap, "load_encoder", lambda: None),
    ]
    for place, name, instead in patched:
        assert hasattr(place, name)
        setattr(place, name, instead)


async def _run(clock: SharedClock) -> None:
    going = asyncio.create_task(clock.go())
    try:
        await run(settings, Watch(every=_NEVER, first=_NEVER))
    finally:
        going.cancel()


if __name__ == "__main__":
    settings = read_settings()
    configure(settings.log_level, settings.log_format)
    shared = SharedClock(Path(sys.argv[1]))
    _go_by(shared)
    asyncio.run(_run(shared))
