"""Answers go out when the database fails or hangs: a store that falls back on memory and returns by itself."""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date

import structlog
from cachetools import TTLCache

from bot.storage.memory import MOST_KEPT, MemoryStore
from bot.storage.protocol import CODES_KEPT, Held, KeptQuestion, Occurrence, Rating, Speaker, Store, StoreError
from bot.storage.switch import CALL_WITHIN, Switch

log = structlog.get_logger(__name__)


class SteadyStore:
    """See ``Store``. While the primary is away, conversations go on from memory and nothing is counted.

    What a person must be able to rely on (ratings, kept questions, ``held``, ``forget``) and reports then raise
    ``StoreError``, so that they can be told.
    """

    def __init__(
        self, primary: Store, clock: Callable[[], float] = time.monotonic, *, patience: float = CALL_WITHIN
    ) -> None:
        """``clock`` counts seconds; ``patience`` is how many of them one call may take."""
        self._primary = primary
        # Apart, since a file that somebody else has locked can still be read: else every read that works would have
        # the next write waited for.
        self._reads = Switch("store, reading", patience, self._readable)
        self._writes = Switch("store", patience, self._returned)
        # The latest codes of everybody, since an outage is not announced.
        self._memory = MemoryStore()
        # Person and chat of those whose latest codes the primary does not have.
        self._unsaved: TTLCache[tuple[str, str], None] = TTLCache(MOST_KEPT, ttl=CODES_KEPT, timer=clock)
        self._not_counted = 0

    async def conversation(self, speaker: Speaker) -> str:
        """See ``Store``."""
        # Else the primary would forget a danger sign told during the outage.
        if (speaker.person, speaker.chat) not in self._unsaved:
            try:
                return await self._reads.attempt(lambda: self._primary.conversation(speaker))
            except StoreError:
                pass
        return await self._memory.conversation(speaker)

    async def record(self, speaker: Speaker, codes: str, events: Sequence[Occurrence]) -> None:
        """See ``Store``."""
        await self._memory.record(speaker, codes, ())
        try:
            await self._writes.attempt(lambda: self._primary.record(speaker, codes, events))
            self._unsaved.pop((speaker.person, speaker.chat), None)
        except StoreError:
            self._not_counted += len(events)
            self._unsaved[speaker.person, speaker.chat] = None

    async def rate(self, speaker: Speaker, entry_id: str, verdict: str, reason: str = "") -> None:
        """See ``Store``."""
        await self._writes.attempt(lambda: self._primary.rate(speaker, entry_id, verdict, reason))

    async def waits(self, since: date, until: date) -> Sequence[float | None]:
        """See ``Store``."""
        return await self._reads.attempt(lambda: self._primary.waits(since, until))

    async def ratings(self, since: date = date.min, until: date = date.max) -> Sequence[Rating]:
        """See ``Store``."""
        return await self._reads.attempt(lambda: self._primary.ratings(since, until))

    async def counts(self, since: date, until: date = date.max) -> Mapping[Occurrence, int]:
        """See ``Store``."""
        return await self._reads.attempt(lambda: self._primary.counts(since, until))

    async def keep_question(self, speaker: Speaker, text: str) -> None:
        """See ``Store``."""
        await self._writes.attempt(lambda: self._primary.keep_question(speaker, text))

    async def questions(self) -> Sequence[KeptQuestion]:
        """See ``Store``."""
        return await self._reads.attempt(self._primary.questions)

    async def settle_question(self, question_id: str) -> bool:
        """See ``Store``."""
        return await self._writes.attempt(lambda: self._primary.settle_question(question_id))

    async def held(self, person: str) -> Held:
        """See ``Store``."""
        return await self._reads.attempt(lambda: self._primary.held(person))

    async def forget(self, person: str) -> None:
        """See ``Store``."""
        await self._writes.attempt(lambda: self._primary.forget(person))
        await self._memory.forget(person)
        for key in [key for key in self._unsaved if key[0] == person]:
            del self._unsaved[key]

    def emptied(self) -> None:
        """Go on with the conversations known here, danger signs among them: the primary has lost all it kept."""
        self._unsaved.update(dict.fromkeys(self._memory.conversations()))

    def _readable(self) -> None:
        log.info("store available again", part="store, reading")

    def _returned(self) -> None:
        log.info("store available again", part="store", not_counted=self._not_counted)
        self._not_counted = 0


async def done(work: Awaitable[None], failed: str) -> bool:
    """Return whether the store did its ``work``; where not, the log says ``failed``."""
    try:
        await work
    except Exception as error:  # whatever it is, the person is waiting for an answer
        log.error(failed, error=type(error).__name__)
        return False
    return True
