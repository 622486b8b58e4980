"""Everything at once: questions without end, kills and stops, and a database that is locked a fifth of the time."""

import asyncio
import contextlib
import random
import sqlite3
import sys
import time
from collections.abc import AsyncIterator

import asyncpg

from tests.benchmarks.load.lab import Figure, Lab, at_most, emptied, free_ports
from tests.benchmarks.load.process import Process
from tests.benchmarks.load.scenarios import private_and_grouped
from tests.benchmarks.load.server import LoadServer
from tests.benchmarks.load.traffic import SMALL_QUESTIONS
from tests.support.postgres import postgres_server

_ENDS = 10
"""SIGKILLs, and as many SIGTERMs."""
_AHEAD = 400
"""Questions asked and not answered at most: people do not all ask in the first second."""


async def storms(lab: Lab) -> list[Figure]:
    """10,000 questions, ten SIGKILLs and ten SIGTERMs at random, in both modes on both databases."""
    figures = []
    for mode in ("polling", "webhook"):
        figures += await _storm(lab, mode, "SQLite", str(lab.fresh() / "bot.db"))
    with postgres_server() as postgres:
        for mode in ("polling", "webhook"):
            figures += await _storm(lab, mode, "PostgreSQL", await postgres.fresh_database())
    return figures


async def _storm(lab: Lab, mode: str, kind: str, database: str) -> list[Figure]:
    name = f"storms, {mode}, {kind}"
    dice, count = lab.dice(name), lab.size(10_000)
    ports = free_ports(1) if mode == "webhook" else ()
    ends = sorted(
        (dice.uniform(0.02, 0.9), how) for how in ("kill", "stop") for _ in range(lab.size(10 * _ENDS) // 10)
    )
    async with LoadServer(ports) as server:
        bot = lab.process(server, port=ports[0] if ports else None, database=database)
        async with lab.running(server, bot):
            begun = time.monotonic()
            asking = asyncio.create_task(_ask(server, count))
            locking = asyncio.create_task(_lock(database, random.Random(f"{name} locks")))
            try:
                for moment, how in ends:
                    await _answers(server, int(moment * count))
                    await asyncio.sleep(dice.uniform(0, 0.2))
                    await _end(bot, how)
                    await bot.start()
                await asking
            finally:
                locking.cancel()
                await asyncio.gather(locking, return_exceptions=True)
            await server.ledger.answered(within=120 + count / 20)
            seconds = time.monotonic() - begun
            await emptied(database, 60)
        ledger = server.ledger
        told = f"{len(ledger.unanswered)} unanswered, {len(ledger.twice)} twice, {ledger.out_of_order} out of order"
        print(f"{name}: {seconds:.0f} s, {told}", file=sys.stderr, flush=True)
        return [
            at_most(name, "unanswered", len(ledger.unanswered), 0),
            at_most(name, "answered twice", 100 * len(ledger.twice) / count, 1.0, "%"),
            at_most(name, "out of order in their chat", ledger.out_of_order, 0),
            Figure(name, "until all were answered", seconds, "s"),
        ]


async def _end(bot: Process, how: str) -> None:
    if how == "kill":
        await bot.kill()
    else:
        await bot.stop()


async def _ask(server: LoadServer, count: int) -> None:
    for update in private_and_grouped(count, SMALL_QUESTIONS):
        while len(server.ledger.unanswered) >= _AHEAD:  # noqa: ASYNC110 (the ledger tells nobody)
            await asyncio.sleep(0.05)
        server.push(update)


async def _answers(server: LoadServer, number: int) -> None:
    while len(server.ledger.asked) - len(server.ledger.unanswered) < number:  # noqa: ASYNC110 (as above)
        await asyncio.sleep(0.05)


async def _lock(database: str, dice: random.Random) -> None:
    """Lock the inbox for some seconds, a fifth of the time."""
    while True:
        seconds = dice.uniform(0.5, 4.0)
        await asyncio.sleep(4 * seconds)
        with contextlib.suppress(sqlite3.Error, asyncpg.PostgresError, OSError):
            async with _locked(database):
                await asyncio.sleep(seconds)


@contextlib.asynccontextmanager
async def _locked(database: str) -> AsyncIterator[None]:
    if "://" not in database:
        with contextlib.closing(sqlite3.connect(database, timeout=0.1, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
        return
    connection = await asyncpg.connect(database)
    try:
        async with connection.transaction():
            await connection.execute("LOCK TABLE inbox IN ACCESS EXCLUSIVE MODE")
            yield
    finally:
        await connection.close()
