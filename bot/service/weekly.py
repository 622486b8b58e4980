"""The weekly digest: put into the outbox once a week, by one of the processes."""

import time
from collections.abc import Callable
from datetime import date, timedelta

import structlog

from bot.assistant import Assistant
from bot.clinic.desk import Desk
from bot.clinic.digest import WEEK, Week, digest, week_to_tell
from bot.clinic.gaps import gaps_of
from bot.clinic.numbers import Handoffs
from bot.clinic.outbox import shortened
from bot.ops.threads import in_thread
from bot.service.jobs import every
from bot.storage.database import Database
from bot.storage.leader import leading
from bot.storage.protocol import StaffStore, StoreError

log = structlog.get_logger(__name__)

EVERY = 300.0
"""Seconds between two looks."""


class Weekly:
    """Tells the staff chat of each week, from Monday morning on."""

    def __init__(
        self,
        database: Database,
        store: StaffStore,
        assistant: Assistant,
        desk: Desk,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """``clock`` returns Unix time."""
        self._database = database
        self._store = store
        self._assistant = assistant
        self._desk = desk
        self._clock = clock

    async def run(self) -> None:
        """Look again and again whether a week is to be told of; never ends.

        Not at once: were it ever what ends the process, each start would end the next one before it answers.
        """
        await every(EVERY, self.look)

    async def look(self) -> None:
        """Put the digest of the last week into the outbox, unless that was done; a quiet one stays untold.

        Never fails: what goes wrong is logged, and tried again at the next look.
        """
        knowledge = self._assistant.mind.knowledge
        first = week_to_tell(self._clock(), knowledge.clinic.timezone)
        name = f"digest {first}"
        try:
            if await self._store.was_put(name):
                return
            async with leading(self._database, "digest", now=self._clock()) as mine:
                if mine:
                    text = digest(await self._week(first), knowledge)
                    await self._store.put_once(name, [shortened(text)] if text else [])
        except StoreError as error:
            log.warning("weekly digest not put", error=error.cause)
        except Exception as error:  # whatever it is, runners are answered all the same
            log.error("weekly digest not put", error=type(error).__name__)

    async def _week(self, first: date) -> Week:
        last = first + WEEK - timedelta(days=1)
        store, mind = self._assistant.store, self._assistant.mind
        kept = await store.questions()
        found = await in_thread(lambda: gaps_of(mind, kept))
        return Week(
            first,
            await store.counts(first, last),
            await store.ratings(first, last),
            [gap for gap in found if first <= gap.first <= last],
            frozenset(self._desk.paused),
            Handoffs.of(await store.waits(first, last)),
        )
