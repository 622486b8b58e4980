"""A danger sign that a killed process leaves behind: how long until the next one has answered it."""

import asyncio
import time

from tests.benchmarks.load.lab import READY, Figure, Lab, at_most, backlog, free_ports
from tests.benchmarks.load.process import Process
from tests.benchmarks.load.server import LoadServer
from tests.benchmarks.load.traffic import SMALL_QUESTIONS, asked
from tests.support.knowledge import DANGER
from tests.support.postgres import postgres_server

_WAITING = 499
"""Questions that came before the danger sign and wait as well."""
_LONGEST = 120.0


async def urgent(lab: Lab) -> list[Figure]:
    """Kill a bot with 500 messages stored and none answered, the danger sign last; limits on at the next start."""
    figures = []
    for mode in ("polling", "webhook"):
        figures.append(await _urgent(lab, mode, "SQLite", str(lab.fresh() / "bot.db"), 2.0))
    with postgres_server() as postgres:
        for mode in ("polling", "webhook"):
            # Another process may live there: what the dead one had in hand is its own for the lease.
            figures.append(await _urgent(lab, mode, "PostgreSQL", await postgres.fresh_database(), 12.0))
    return figures


async def _urgent(lab: Lab, mode: str, kind: str, database: str, most: float) -> Figure:
    ports = free_ports(1) if mode == "webhook" else ()
    count = lab.size(_WAITING)
    async with LoadServer(ports) as server:
        bot = lab.process(server, port=ports[0] if ports else None, database=database, pacing=True)
        async with lab.running(server, bot):
            server.obeying.clear()
            for number in range(count):
                server.push(asked(SMALL_QUESTIONS[number % len(SMALL_QUESTIONS)], number))
            server.push(asked(DANGER, count))
            await _stored(database, count + 1)
            await bot.kill()
            server.obeying.set()
            await bot.start()
            ready = await _ready_again(bot)
            danger = server.ledger.asked[-1]
            give_up = ready + _LONGEST
            while not danger.answers and time.monotonic() < give_up:  # noqa: ASYNC110 (the ledger tells nobody)
                await asyncio.sleep(0.01)
            seconds = (danger.answers[0] if danger.answers else give_up) - ready
            before = count - len(server.ledger.unanswered)
    print(f"urgent, {mode}, {kind}: {before} others were answered before")
    return at_most(f"urgent, {mode}, {kind}", "from ready to the answer", seconds, most, "s")


async def _stored(database: str, count: int) -> None:
    give_up = time.monotonic() + _LONGEST
    while await backlog(database) < count:
        if time.monotonic() > give_up:
            raise RuntimeError(f"Only {await backlog(database)} of {count} were stored.")
        await asyncio.sleep(0.1)


async def _ready_again(bot: Process) -> float:
    give_up = time.monotonic() + READY
    while bot.logged("ready") < 2:
        if time.monotonic() > give_up or not bot.alive:
            raise RuntimeError(f"The bot did not become ready. It logged: {bot.complaints()}")
        await asyncio.sleep(0.01)
    return time.monotonic()
