"""What the scenarios share: sizes, folders, bots that are ready, and the figures in the end."""

import asyncio
import contextlib
import random
import sqlite3
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from tests.benchmarks.load.ledger import Ledger
from tests.benchmarks.load.process import Process, free_port
from tests.benchmarks.load.server import LoadServer
from tests.benchmarks.load.traffic import asked
from tests.support.bot_api import TOKEN
from tests.support.knowledge import write_knowledge

READY = 150.0
"""Seconds for a start with nothing cached on a busy machine."""
_DATA_KEY = "0123456789abcdef" * 4
_WAITING = "SELECT count(*) FROM inbox WHERE reason = ''"


@dataclass(frozen=True)
class Figure:
    """One figure: what was seen and, where there is one, what was to be reached."""

    scenario: str
    what: str
    seen: float
    unit: str = ""
    target: str = ""
    good: bool | None = None


def at_most(scenario: str, what: str, seen: float, most: float, unit: str = "") -> Figure:
    """Return a figure that is good up to ``most``."""
    return Figure(scenario, what, seen, unit, f"<= {most:g}", seen <= most)


class Lab:
    """Where the scenarios run. ``small``: a tenth of everything."""

    def __init__(self, folder: Path, cache: Path, seed: int, *, small: bool) -> None:
        self.folder = folder
        self.small = small
        self.complaints: Counter[str] = Counter()
        """What the bots logged at WARNING and above."""
        self._seed = seed
        self._cache = cache
        self._made = 0
        self.small_knowledge = write_knowledge(folder / "knowledge")

    def size(self, full: int) -> int:
        return full // 10 if self.small else full

    def dice(self, scenario: str) -> random.Random:
        return random.Random(f"{self._seed} {scenario}")

    def fresh(self) -> Path:
        """Return a new folder."""
        self._made += 1
        path = self.folder / f"run-{self._made}"
        path.mkdir()
        return path

    def process(
        self,
        server: LoadServer,
        *,
        port: int | None = None,
        database: str = "",
        pacing: bool = False,
        real: bool = False,
        heed_permissions: bool = False,
        simulated_clock: bool = False,
    ) -> Process:
        """Return a bot, not yet started; ``port`` for webhook mode, ``real`` for the project's own knowledge.

        With a simulated clock it goes that many seconds forward when told a number.
        """
        folder = self.fresh()
        settings = {
            "TELEGRAM_BOT_TOKEN": TOKEN,
            "TELEGRAM_API_URL": server.url,
            "DATABASE_URL": database or str(folder / "bot.db"),
            "DATA_KEY": _DATA_KEY,
            "CACHE_DIR": str(self._cache),
            "PACING": "on" if pacing else "off",
        }
        if not real:
            settings["KNOWLEDGE_DIR"] = str(self.small_knowledge)
        if port is not None:
            settings |= {"PORT": str(port), "PUBLIC_URL": "http://127.0.0.1:9"}
        command = ("tests.benchmarks.load.simulated_clock", "run") if simulated_clock else ()
        return Process(folder, settings, *command, heed_permissions=heed_permissions, talks=simulated_clock)

    @contextlib.asynccontextmanager
    async def running(self, server: LoadServer, *processes: Process) -> AsyncIterator[None]:
        """Start ``processes`` and yield once they are ready; kill what is left of them in the end."""
        try:
            for process in processes:
                await process.start()
            await self.ready(server, *processes)
            yield
        finally:
            for process in processes:
                await process.kill()
                self.complaints += process.complaints()

    @staticmethod
    async def ready(server: LoadServer, *processes: Process) -> None:
        """Return when the processes, the first of this server, hear updates."""
        method = "setWebhook" if server.deliveries else "getUpdates"
        give_up = time.monotonic() + READY
        while server.calls[method] < len(processes):
            if time.monotonic() > give_up or not all(process.alive for process in processes):
                logged = [line for process in processes for line in process.complaints()]
                raise RuntimeError(f"The bot did not become ready. It logged: {logged}")
            await asyncio.sleep(0.02)


async def warm_up(server: LoadServer) -> None:
    """Ask once, and forget about it: the first answer takes longer."""
    server.push(asked("hi", 99_999))
    await server.ledger.answered(within=30)
    server.ledger = Ledger()


def free_ports(count: int) -> tuple[int, ...]:
    """Return different ports that were free a moment ago."""
    ports: set[int] = set()
    while len(ports) < count:
        ports.add(free_port())
    return tuple(ports)


async def emptied(database: str, within: float, *, every: float = 0.5) -> bool:
    """Wait until nothing waits in the inbox, looking ``every`` so often; return whether that was so in time."""
    give_up = time.monotonic() + within
    while await backlog(database):
        if time.monotonic() > give_up:
            return False
        await asyncio.sleep(every)
    return True


async def backlog(database: str) -> int:
    """Return how many updates wait in the inbox of ``database``, a file or a PostgreSQL address."""
    if "://" in database:
        connection = await asyncpg.connect(database)
        try:
            return int(await connection.fetchval(_WAITING))
        finally:
            await connection.close()
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=5)) as file:
        return int(file.execute(_WAITING).fetchone()[0])
