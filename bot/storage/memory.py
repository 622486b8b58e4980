"""The store that ends with the process: for the terminal, for tests, and while the database is away."""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, MutableMapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from cachetools import LRUCache, TTLCache

from bot.storage.protocol import CODES_KEPT, Held, KeptQuestion, Occurrence, Rating, Speaker

MOST_KEPT = 10_000
"""Conversations, ratings and questions kept in memory, of each; the one untouched for longest goes first."""


class MemoryStore:
    """See ``Store``. Never raises ``StoreError``."""

    def __init__(self, most: int = MOST_KEPT, clock: Callable[[], float] = time.time) -> None:
        """``most`` bounds what is kept; ``clock`` returns Unix time."""
        self._clock = clock
        self._conversations: TTLCache[tuple[str, str], str] = TTLCache(most, ttl=CODES_KEPT, timer=clock)
        self._ratings: LRUCache[tuple[str, str], tuple[str, str, date]] = LRUCache(most)
        self._questions: LRUCache[tuple[str, str], date] = LRUCache(most)
        self._counts: Counter[tuple[date, Occurrence]] = Counter()

    async def conversation(self, speaker: Speaker) -> str:
        """See ``Store``."""
        return self._conversations.get((speaker.person, speaker.chat), "")

    async def record(self, speaker: Speaker, codes: str, events: Sequence[Occurrence]) -> None:
        """See ``Store``."""
        self._conversations[speaker.person, speaker.chat] = codes
        self._counts.update((self._today(), event) for event in events)

    async def rate(self, speaker: Speaker, entry_id: str, verdict: str, reason: str = "") -> None:
        """See ``Store``."""
        self._ratings[speaker.person, entry_id] = (verdict, reason, self._today())

    async def waits(self, since: date, until: date) -> Sequence[float | None]:
        """See ``Store``: nothing is handed on from here."""
        return []

    async def ratings(self, since: date = date.min, until: date = date.max) -> Sequence[Rating]:
        """See ``Store``."""
        said = Counter(
            (entry_id, verdict, reason)
            for (_, entry_id), (verdict, reason, day) in self._ratings.items()
            if since <= day <= until
        )
        return [Rating(*key, count) for key, count in sorted(said.items())]

    async def counts(self, since: date, until: date = date.max) -> Mapping[Occurrence, int]:
        """See ``Store``."""
        counts: Counter[Occurrence] = Counter()
        for (day, event), count in self._counts.items():
            if since <= day <= until:
                counts[event] += count
        return dict(counts)

    async def keep_question(self, speaker: Speaker, text: str) -> None:
        """See ``Store``."""
        self._questions.setdefault((speaker.person, text), self._today())

    async def questions(self) -> Sequence[KeptQuestion]:
        """See ``Store``."""
        return self._asked(self._questions)

    async def settle_question(self, question_id: str) -> bool:
        """See ``Store``."""
        settled = [key for key, day in self._questions.items() if KeptQuestion(day, key[1]).id == question_id]
        for key in settled:
            del self._questions[key]
        return bool(settled)

    async def held(self, person: str) -> Held:
        """See ``Store``."""
        talks = sorted((chat, codes) for (who, chat), codes in self._conversations.items() if who == person)
        said = sorted((entry, *words[:2]) for (who, entry), words in self._ratings.items() if who == person)
        return Held(
            conversations=tuple(codes for _, codes in talks),
            ratings=tuple(Rating(*words, 1) for words in said),
            questions=tuple(self._asked({key: day for key, day in self._questions.items() if key[0] == person})),
        )

    async def forget(self, person: str) -> None:
        """See ``Store``."""
        tables: tuple[MutableMapping[tuple[str, str], Any], ...] = (
            self._conversations,
            self._ratings,
            self._questions,
        )
        for table in tables:
            for key in [key for key in table if key[0] == person]:
                del table[key]

    def conversations(self) -> Collection[tuple[str, str]]:
        """Return person and chat of every conversation kept, the latest last."""
        return self._conversations.keys()

    def _today(self) -> date:
        return datetime.fromtimestamp(self._clock(), UTC).date()

    @staticmethod
    def _asked(questions: Mapping[tuple[str, str], date]) -> list[KeptQuestion]:
        days: defaultdict[str, list[date]] = defaultdict(list)
        for (_, text), day in questions.items():
            days[text].append(day)
        asked = [
            KeptQuestion(min(on), text, len(on), max(on) if max(on) > min(on) else None)
            for text, on in days.items()
        ]
        return sorted(asked, key=lambda question: (question.day, question.text))
