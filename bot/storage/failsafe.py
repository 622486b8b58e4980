"""Answers go out when the database fails or hangs: a store that falls back on memory and returns by itself."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import date
from typing import Any, NoReturn, TypeVar

import structlog
from cachetools import TTLCache

from bot.storage.memory import MOST_KEPT, MemoryStore
from bot.storage.protocol import CODES_KEPT, Event, Held, KeptQuestion, Rating, Speaker, Store, StoreError

log = structlog.get_logger(__name__)

PATIENCE = 2.0
"""Seconds to wait for the primary."""
PAUSE = 5.0
"""Seconds without a try after a failed one, so that a slow database does not slow every answer down."""

T = TypeVar("T")


class Switch:
    """Decides whether to ask the primary, and gives it ``patience`` seconds."""

    def __init__(
        self, part: str, clock: Callable[[], float], patience: float, returned: Callable[[], None]
    ) -> None:
        """``part`` names the primary in logs; ``clock`` counts seconds; ``returned`` is called after an outage."""
        self._part = part
        self._clock = clock
        self._patience = patience
        self._returned = returned
        self._away = False
        self._retry_at = 0.0
        self._abandoned: set[asyncio.Task[Any]] = set()

    async def attempt(self, call: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Return what the primary answers to ``call``; raise ``StoreError`` when it fails or is not asked."""
        if self._away:
            if self._clock() < self._retry_at:
                raise _away()
            self._retry_at = self._clock() + PAUSE  # while this call tries, others do not wait as well
        # A task of its own, since a cancelled call of a driver may go on waiting for its thread or its server.
        task = asyncio.create_task(call())
        try:
            done, _ = await asyncio.wait({task}, timeout=self._patience)
        except asyncio.CancelledError:
            # The caller stops. Broken off in its middle, a transaction could keep the file locked for the others,
            # so the call gets the time it would have had.
            asyncio.get_running_loop().call_later(self._patience, task.cancel)
            self._leave(task)
            raise
        if not done:
            task.cancel()
            self._leave(task)
            self._failed("TimeoutError")
        try:
            result = task.result()
        except StoreError as error:
            self._failed(error.cause)
        except Exception as error:  # whatever it is, the person is waiting for an answer
            self._failed(type(error).__name__)
        if self._away:
            self._away = False
            self._returned()
        return result

    def _failed(self, cause: str) -> NoReturn:
        if not self._away:
            self._away = True
            log.error("store unavailable", part=self._part, error=cause)
        self._retry_at = self._clock() + PAUSE
        raise _away() from None

    def _leave(self, task: "asyncio.Task[Any]") -> None:
        self._abandoned.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[Any]") -> None:
        self._abandoned.discard(task)
        if not task.cancelled():
            task.exception()  # looked at, or asyncio would log it with its text


def _away() -> StoreError:
    return StoreError("The database cannot be reached at present. Try again in a minute.")


class SteadyStore:
    """See ``Store``. While the primary is away, conversations go on from memory and nothing is counted.

    What a person must be able to rely on (ratings, kept questions, ``held``, ``forget``) and reports then raise
    ``StoreError``, so that they can be told.
    """

    def __init__(
        self, primary: Store, clock: Callable[[], float] = time.monotonic, *, patience: float = PATIENCE
    ) -> None:
        """``clock`` counts seconds; ``patience`` is how many of them one call may take."""
        self._primary = primary
        self._switch = Switch("store", clock, patience, self._returned)
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
                return await self._switch.attempt(lambda: self._primary.conversation(speaker))
            except StoreError:
                pass
        return await self._memory.conversation(speaker)

    async def record(self, speaker: Speaker, codes: str, events: Sequence[Event]) -> None:
        """See ``Store``."""
        await self._memory.record(speaker, codes, ())
        try:
            await self._switch.attempt(lambda: self._primary.record(speaker, codes, events))
            self._unsaved.pop((speaker.person, speaker.chat), None)
        except StoreError:
            self._not_counted += len(events)
            self._unsaved[speaker.person, speaker.chat] = None

    async def rate(self, speaker: Speaker, entry_id: str, verdict: str, reason: str = "") -> None:
        """See ``Store``."""
        await self._switch.attempt(lambda: self._primary.rate(speaker, entry_id, verdict, reason))

    async def ratings(self) -> Sequence[Rating]:
        """See ``Store``."""
        return await self._switch.attempt(self._primary.ratings)

    async def counts(self, since: date) -> Mapping[Event, int]:
        """See ``Store``."""
        return await self._switch.attempt(lambda: self._primary.counts(since))

    async def keep_question(self, speaker: Speaker, text: str) -> None:
        """See ``Store``."""
        await self._switch.attempt(lambda: self._primary.keep_question(speaker, text))

    async def questions(self) -> Sequence[KeptQuestion]:
        """See ``Store``."""
        return await self._switch.attempt(self._primary.questions)

    async def held(self, person: str) -> Held:
        """See ``Store``."""
        return await self._switch.attempt(lambda: self._primary.held(person))

    async def forget(self, person: str) -> None:
        """See ``Store``."""
        await self._switch.attempt(lambda: self._primary.forget(person))
        await self._memory.forget(person)
        for key in [key for key in self._unsaved if key[0] == person]:
            del self._unsaved[key]

    def emptied(self) -> None:
        """Go on with the conversations known here, danger signs among them: the primary has lost all it kept."""
        self._unsaved.update(dict.fromkeys(self._memory.conversations()))

    def _returned(self) -> None:
        log.info("store available again", part="store", not_counted=self._not_counted)
        self._not_counted = 0
