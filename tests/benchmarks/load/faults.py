"""The database fails while people ask: every question is to be answered, and none twice."""

import asyncio
import contextlib
import resource
import sqlite3
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from tests.benchmarks.load.lab import Figure, Lab, at_most, free_ports
from tests.benchmarks.load.ledger import percentile
from tests.benchmarks.load.process import Process
from tests.benchmarks.load.server import LoadServer
from tests.benchmarks.load.traffic import SMALL_QUESTIONS, asked, asked_in_group
from tests.support.postgres import PostgresServer, postgres_server

Fault = Callable[[], Awaitable[None]]

_A_SECOND = 20
_BEFORE, _AFTER = 3.0, 12.0
"""Seconds of load before the fault begins and after it has ended."""


async def faults(lab: Lab) -> list[Figure]:
    """Return the figures of every fault."""
    figures: list[Figure] = []
    seconds = 3.0 if lab.small else 10.0
    on_file: dict[str, Callable[[Path, Process], Awaitable[None]]] = {
        "locked": lambda database, _: _locked(database, seconds),
        "read-only": lambda database, _: _read_only(database, seconds),
        "read-only at start": lambda database, bot: _read_only(database, seconds, bot),
        "deleted": lambda database, _: _deleted(database, seconds),
    }
    if hasattr(resource, "prlimit"):  # Linux
        on_file["full"] = lambda database, bot: _full(database, seconds, bot)
    for name, fault in on_file.items():
        database = lab.fresh() / "bot.db"
        (port,) = free_ports(1)
        async with LoadServer((port,)) as server:
            bot = lab.process(server, port=port, database=str(database), heed_permissions=True)
            figures += await _under_load(lab, f"faults, SQLite {name}", server, bot, partial(fault, database, bot))
    with postgres_server() as postgres:
        if postgres.can_stop:
            (port,) = free_ports(1)
            address = await postgres.fresh_database()
            async with LoadServer((port,)) as server:
                bot = lab.process(server, port=port, database=address)
                figures += await _under_load(
                    lab, "faults, PostgreSQL restarted", server, bot, lambda: _stopped(postgres, seconds)
                )
    return figures


async def _under_load(lab: Lab, name: str, server: LoadServer, bot: Process, fault: Fault) -> list[Figure]:
    """Ask steadily, half in groups, while ``fault`` comes and goes."""
    async with lab.running(server, bot):
        load = asyncio.create_task(_ask(server))
        try:
            await asyncio.sleep(_BEFORE)
            await fault()
            await asyncio.sleep(_AFTER)
        finally:
            load.cancel()
            await asyncio.gather(load, return_exceptions=True)
        await server.ledger.answered(within=90)
        for delivery in server.deliveries:
            await delivery.drained(within=30)
        await asyncio.sleep(7)  # the dispatcher looks every 5 s for what it left
        lived = bot.alive
        status = await bot.stop()
    ledger = server.ledger
    return [
        at_most(name, f"unanswered of {len(ledger.asked)}", len(ledger.unanswered), 0),
        at_most(name, "answered twice", len(ledger.twice), 0),
        at_most(name, "out of order in their chat", ledger.out_of_order, 0),
        Figure(name, "longest wait", max(ledger.waits, default=0.0), "s"),
        Figure(name, "p50 from push to answer", 1000 * percentile(ledger.waits, 50), "ms"),
        at_most(name, "process ended, or not cleanly", int(not lived or status != 0), 0),
    ]


async def _ask(server: LoadServer) -> None:
    number = 0
    while True:
        text = SMALL_QUESTIONS[number % len(SMALL_QUESTIONS)]
        server.push(asked_in_group(text, number // 2 % 15, number) if number % 2 else asked(text, number))
        number += 1
        await asyncio.sleep(1 / _A_SECOND)


async def _locked(database: Path, seconds: float) -> None:
    with contextlib.closing(sqlite3.connect(database, timeout=5, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        await asyncio.sleep(seconds)
        other.execute("ROLLBACK")


async def _read_only(database: Path, seconds: float, restart: Process | None = None) -> None:
    """Take the right to write from the file, its journal and its folder; open connections keep theirs."""
    modes = {path: path.stat().st_mode for path in [*_files(database), database.parent]}
    try:
        for path, mode in modes.items():
            path.chmod(mode & 0o555)
        if restart is not None:
            await restart.stop()
            await restart.start()
        await asyncio.sleep(seconds)
    finally:
        for path, mode in modes.items():
            if path.exists():
                path.chmod(mode)


async def _full(database: Path, seconds: float, bot: Process) -> None:
    """Let none of the bot's files grow."""
    assert bot._process is not None
    largest = max(path.stat().st_size for path in _files(database))
    before = resource.prlimit(bot._process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(bot._process.pid, resource.RLIMIT_FSIZE, (largest, before[1]))
    await asyncio.sleep(seconds)
    resource.prlimit(bot._process.pid, resource.RLIMIT_FSIZE, before)


async def _deleted(database: Path, seconds: float) -> None:
    """Delete the file under the running bot, which makes it anew by itself."""
    for path in _files(database):
        path.unlink()
    await asyncio.sleep(seconds)


def _files(database: Path) -> list[Path]:
    return list(database.parent.glob(f"{database.name}*"))


async def _stopped(postgres: PostgresServer, seconds: float) -> None:
    await asyncio.to_thread(postgres.stop)
    try:
        await asyncio.sleep(seconds)
    finally:
        await asyncio.to_thread(postgres.start)
