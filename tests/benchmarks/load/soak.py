"""Months of use in minutes: small crowds send all kinds of update, and between them the bot's clock is moved."""

import asyncio
import contextlib
import itertools
import random
import sqlite3
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

import yaml

from tests.benchmarks.load.lab import Figure, Lab, at_most, backlog, emptied, free_ports, warm_up
from tests.benchmarks.load.process import ROOT, Process
from tests.benchmarks.load.server import LoadServer
from tests.benchmarks.load.traffic import NO_QUESTION, QUESTIONS, asked, dated, mixed, taps
from tests.support.updates import Json

_DAYS = 100
"""Longer than anything is kept."""
_CROWD = (24, 72)
_EARLY = 2_000
_SHORTEST_PAUSE = 61.0
"""Seconds between two crowds; a person may send the bot some messages a minute."""
_DELETES_EVERY = 6 * 3600.0
_FLOOD_EVERY = 20
_FLOOD, _HEARD = 24, 21
"""Messages of one person at once, and how many get an answer: 20, and one the word to slow down."""
_PATIENCE = 60.0
_TOO_OLD = " UNION ALL ".join(
    [
        *(
            f"SELECT count(*) FROM {table} WHERE {column} <= :two_days"
            for table, column in (("conversations", "touched"), ("inbox", "received"), ("ledger", "seen"))
        ),
        *(f"SELECT count(*) FROM {table} WHERE day < :first_day" for table in ("counters", "ratings", "questions")),
    ]
)


async def soak(lab: Lab) -> list[Figure]:
    """Return what all that time leaves behind, in memory and in the database.

    Telegram's limits are off: to keep them would take a quarter of an hour. What the bot notes of each chat for
    their sake it notes all the same.
    """
    (port,) = free_ports(1)
    async with LoadServer((port,)) as server, lab.running(server, lab.process(server, port=port, real=True)):
        pass  # the first start computes what later ones find in the cache, and is the heavier for it
    database = str(lab.fresh() / "bot.db")
    async with LoadServer((port,)) as server:
        bot = lab.process(server, port=port, database=database, real=True, simulated_clock=True)
        async with lab.running(server, bot):
            await warm_up(server)
            season = _Season(server, bot, database, lab.dice("soak"))
            return await season.figures(lab.size(20_000), lab.size(_DAYS), lab.size(_EARLY))


class _Season:
    """One bot, those who use it, and its clock."""

    def __init__(self, server: LoadServer, bot: Process, database: str, dice: random.Random) -> None:
        self._server = server
        self._bot = bot
        self._database = database
        self._dice = dice
        self._ahead = 0.0
        self._early, _ = bot.memory()
        self._too_old = 0
        self._floods_misjudged = 0

    async def figures(self, count: int, days: int, check: int) -> list[Figure]:
        """Let ``count`` updates come in ``days`` days; memory is looked at after ``check`` and at the end."""
        with contextlib.suppress(TimeoutError):  # the figures tell what was left
            await self._use(count, days, check)
        late, peak = self._bot.memory()
        sorry = yaml.safe_load((ROOT / "knowledge" / "texts.yaml").read_text(encoding="utf-8"))["late"]
        sorry_sent = sum(sorry in call.params["text"] for call in self._server.api.sent)
        simulated = self._ahead / 86_400
        return [
            Figure("soak", "simulated days", simulated, "", f">= {days}", simulated >= days),
            at_most("soak", "left in the inbox", await backlog(self._database), 0),
            at_most("soak", "unanswered", len(self._server.ledger.unanswered), 0),
            at_most("soak", "answers that say they are late", sorry_sent, 0),
            at_most("soak", "floods not answered 20 times and one", self._floods_misjudged, 0),
            at_most("soak", "rows older than promised", self._too_old, 0),
            Figure("soak", f"resident after {check}", self._early, "MB"),
            at_most("soak", "resident at the end", late, 230, "MB"),
            at_most("soak", "growth", 100 * (late / self._early - 1), 5, "%"),
            at_most("soak", "peak", peak, 300, "MB"),
        ]

    async def _use(self, count: int, days: int, check: int) -> None:
        crowds = list(self._crowds(count))
        pushed = 0
        for number, (crowd, pause) in enumerate(zip(crowds, self._pauses(len(crowds), days), strict=True), 1):
            await self._wait(pause)
            await self._send(crowd)
            await self._rate()
            if number % _FLOOD_EVERY == 0:
                await self._flood()
            pushed += len(crowd)
            if pushed - len(crowd) < check <= pushed:
                self._early, _ = self._bot.memory()
        await self._wait(_DELETES_EVERY)

    def _crowds(self, count: int) -> Iterator[list[tuple[Json, bool]]]:
        updates = mixed(count, self._dice, QUESTIONS)
        while crowd := list(itertools.islice(updates, self._dice.randint(*_CROWD))):
            yield crowd

    def _pauses(self, count: int, days: int) -> list[float]:
        """Return seconds, ``days`` days in all: some so short that people go on with what they talked about."""
        shares = [self._dice.expovariate(1) for _ in range(count)]
        rest = (days * 86_400 - count * _SHORTEST_PAUSE) / sum(shares)
        return [_SHORTEST_PAUSE + share * rest for share in shares]

    async def _send(self, updates: Iterable[tuple[Json, bool]]) -> None:
        """Send ``updates`` as of now, each with whether it is to be answered; return when all are handled."""
        now = time.time() + self._ahead
        for update, expect in updates:
            self._server.push(dated(update, now), expect=expect)
        (delivery,) = self._server.deliveries
        if not await delivery.drained(_PATIENCE) or not await emptied(self._database, _PATIENCE, every=0.02):
            raise TimeoutError

    async def _rate(self) -> None:
        """Let somebody ask, read and tap what they think of it."""
        text = self._dice.choice((NO_QUESTION, self._dice.choice(QUESTIONS)))
        await self._send([(asked(text, self._dice.randrange(3_000)), True)])
        await self._send((tap, True) for tap in taps(self._server.api.last_message))

    async def _flood(self) -> None:
        """Let one person, always the same, ask on and on."""
        before = self._server.ledger.sends
        await self._send((asked("hi", 3_000), number < _HEARD) for number in range(_FLOOD))
        self._floods_misjudged += self._server.ledger.sends - before != _HEARD

    async def _wait(self, seconds: float) -> None:
        """Let time pass, and the bot delete what it keeps no longer if that is due by then."""
        await self._bot.tell(str(seconds))
        self._ahead += seconds
        if seconds >= _DELETES_EVERY:
            self._too_old = max(self._too_old, await self._left(time.time() + self._ahead))

    async def _left(self, now: float) -> int:
        """Return how many rows are too old at ``now``, once the bot has had some seconds to delete them."""
        give_up = time.monotonic() + 10
        while True:
            rows = self._rows_too_old(now)
            if not rows or time.monotonic() > give_up:
                return rows
            await asyncio.sleep(0.02)

    def _rows_too_old(self, now: float) -> int:
        """Return how many rows should be gone at ``now``: what it knows of chats and updates after two days, what
        people tapped, asked the clinic and how often what was answered after 90."""
        first_day = datetime.fromtimestamp(now, UTC).date() - timedelta(days=90)
        limits = {"two_days": now - 2 * 86_400, "first_day": first_day.isoformat()}
        with contextlib.closing(sqlite3.connect(f"file:{self._database}?mode=ro", uri=True, timeout=5)) as file:
            return sum(count for (count,) in file.execute(_TOO_OLD, limits))
