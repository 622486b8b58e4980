"""One person may not keep the bot from the others: so many messages a minute, one polite word, then silence."""

import itertools
import time
from collections.abc import Callable, Iterator
from enum import Enum, auto

from cachetools import TTLCache

A_MINUTE = 20
"""Messages a person may send in a minute; nobody types more who reads the answers."""
_MOST_PERSONS = 10_000


class Spent(Enum):
    """What a message means for its writer's budget."""

    WITHIN = auto()
    FIRST_OVER = auto()
    OVER = auto()


class Budget:
    """Counts each person's messages, by the minute unless told otherwise."""

    def __init__(
        self, most: int = A_MINUTE, clock: Callable[[], float] = time.monotonic, seconds: float = 60.0
    ) -> None:
        """``most`` messages within ``seconds``, as ``clock`` counts them."""
        self._most = most
        self._used: TTLCache[str, Iterator[int]] = TTLCache(_MOST_PERSONS, ttl=seconds, timer=clock)

    def spend(self, person: str) -> Spent:
        """Count one message of ``person``."""
        used = next(self._used.setdefault(person, itertools.count(1)))
        if used <= self._most:
            return Spent.WITHIN
        return Spent.FIRST_OVER if used == self._most + 1 else Spent.OVER
