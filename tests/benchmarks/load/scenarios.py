"""Load: each scenario starts its bots, asks, and returns its figures."""

import asyncio
import sys
import time
from collections.abc import Iterator

from tests.benchmarks.load.lab import Figure, Lab, at_most, emptied, free_ports, warm_up
from tests.benchmarks.load.ledger import percentile
from tests.benchmarks.load.process import Process
from tests.benchmarks.load.server import LoadServer
from tests.benchmarks.load.traffic import QUESTIONS, SMALL_QUESTIONS, asked, asked_in_group
from tests.support.bot_api import TOKEN
from tests.support.postgres import postgres_server
from tests.support.updates import Json

_KILLS = 3
_A_GROUP_ASKS = 10
_LEASE = 10.0
"""Seconds for which what a killed process had in hand stays its own."""


async def burst(lab: Lab) -> list[Figure]:
    """Many questions at once and three SIGKILLs at random moments, in both modes."""
    return [*await _burst(lab, "polling"), *await _burst(lab, "webhook")]


async def _burst(lab: Lab, mode: str) -> list[Figure]:
    name = f"burst, {mode}"
    dice = lab.dice(name)
    count = lab.size(2_000)
    ports = free_ports(1) if mode == "webhook" else ()
    moments = sorted(dice.uniform(0.02, 0.7) for _ in range(_KILLS))
    async with LoadServer(ports) as server:
        database = str(lab.fresh() / "bot.db")
        bot = lab.process(server, port=ports[0] if ports else None, database=database)
        async with lab.running(server, bot):
            for update in private_and_grouped(count, SMALL_QUESTIONS):
                server.push(update)
            begun = time.monotonic()
            for moment in moments:
                await server.ledger.answered(int(moment * count), within=2 * _LEASE)
                await asyncio.sleep(dice.uniform(0, 0.05))
                await bot.kill()
                print(f"{name}: killed after {count - len(server.ledger.unanswered)} answers", file=sys.stderr)
                await bot.start()
            await server.ledger.answered(within=4 * _LEASE + count / 20)
            seconds = time.monotonic() - begun
            await emptied(database, 2 * _LEASE)  # a second answer would come as late as this
        ledger = server.ledger
        return [
            at_most(name, "unanswered", len(ledger.unanswered), 0),
            at_most(name, "answered twice", 100 * len(ledger.twice) / count, 0.5, "%"),
            at_most(name, "out of order in their chat", ledger.out_of_order, 0),
            Figure(name, "until all were answered", seconds, "s"),
        ]


def private_and_grouped(count: int, questions: tuple[str, ...]) -> Iterator[Json]:
    """Yield ``count`` questions: every other one in a private chat of its own, the rest ten to a group."""
    for number in range(count):
        text = questions[number % len(questions)]
        if number % 2:
            yield asked_in_group(text, (number // 2) % max(1, count // 2 // _A_GROUP_ASKS), number)
        else:
            yield asked(text, number)


async def steady(lab: Lab) -> list[Figure]:
    """25 questions a second by webhook, with Telegram's limits."""
    (port,) = free_ports(1)
    count = lab.size(250)
    async with LoadServer((port,)) as server:
        async with lab.running(server, lab.process(server, port=port, pacing=True, real=True)):
            await warm_up(server)
            begun = time.monotonic()
            for number in range(count):
                await asyncio.sleep(max(0.0, begun + number / 25 - time.monotonic()))
                server.push(asked(QUESTIONS[number % len(QUESTIONS)], number))
            await server.ledger.answered(within=60)
        waits = server.ledger.waits
        return [
            at_most("steady", "unanswered", len(server.ledger.unanswered), 0),
            Figure("steady", "p50 from push to answer", 1000 * percentile(waits, 50), "ms"),
            at_most("steady", "p99 from push to answer", 1000 * percentile(waits, 99), 400, "ms"),
        ]


async def crowd(lab: Lab) -> list[Figure]:
    """Everybody at once; the server refuses more than 30 sends in any second."""
    (port,) = free_ports(1)
    count = lab.size(300)
    async with LoadServer((port,), most_a_second=30) as server:
        async with lab.running(server, lab.process(server, port=port, pacing=True, real=True)):
            await warm_up(server)
            await asyncio.sleep(2)
            for number in range(count):
                server.push(asked(QUESTIONS[number % len(QUESTIONS)], number))
            await server.ledger.answered(within=90)
        return [
            at_most("crowd", "unanswered", len(server.ledger.unanswered), 0),
            at_most("crowd", "until all were answered", server.ledger.span, 12, "s"),
            at_most("crowd", "refused with 429", server.refused, 0),
            Figure("crowd", "most sends asked for in a second", server.busiest),
        ]


async def throughput(lab: Lab) -> list[Figure]:
    """Answers a second without limits, beside an echo bot that does nothing else."""
    count = lab.size(1_000)
    echo = {}
    for concurrent in ("off", "on"):
        async with LoadServer() as server:
            command = ("tests.benchmarks.load.echo_bot", server.url, TOKEN, concurrent)
            echo[concurrent] = await _rate(lab, server, Process(lab.fresh(), {}, *command), count)
    async with LoadServer() as server:
        polled = await _rate(lab, server, lab.process(server, real=True), count)
    (port,) = free_ports(1)
    async with LoadServer((port,)) as server:
        pushed = await _rate(lab, server, lab.process(server, port=port, real=True), count)
    rates = {f"echo, concurrent updates {key}": rate for key, rate in echo.items()}
    rates |= {"bot, polling": polled, "bot, webhook": pushed}
    figures = [Figure("throughput", what, rate, "/s") for what, rate in rates.items()]
    for key, rate in echo.items():
        share = polled / rate if rate else 0.0
        figures.append(Figure("throughput", f"polling over echo, {key}", share, "", ">= 0.4", share >= 0.4))
    return figures


async def _rate(lab: Lab, server: LoadServer, process: Process, count: int) -> float:
    """Return the answers a second; 0 when not all came."""
    async with lab.running(server, process):
        await warm_up(server)
        for number in range(count):
            server.push(asked(QUESTIONS[number % len(QUESTIONS)], number))
        done = await server.ledger.answered(within=30 + count / 10)
    return count / server.ledger.span if done else 0.0


async def pair(lab: Lab) -> list[Figure]:
    """Two processes on one PostgreSQL, every update sent to both."""
    count = lab.size(1_000)
    ports = free_ports(2)
    with postgres_server() as postgres:
        database = await postgres.fresh_database()
        async with LoadServer(ports) as server:
            bots = [lab.process(server, port=port, database=database) for port in ports]
            async with lab.running(server, *bots):
                for update in private_and_grouped(count, SMALL_QUESTIONS):
                    server.push(update)
                await server.ledger.answered(within=60 + count / 10)
                for delivery in server.deliveries:
                    await delivery.drained(within=30)
                await emptied(database, 2 * _LEASE)
    ledger = server.ledger
    return [
        at_most("pair", "unanswered", len(ledger.unanswered), 0),
        at_most("pair", "answered twice", len(ledger.twice), 0),
        at_most("pair", "out of order in their chat", ledger.out_of_order, 0),
        Figure("pair", "answers a second", count / ledger.span if ledger.span else 0.0, "/s"),
    ]
