"""One person may not keep the bot from the others: so many messages a minute, one polite word, then silence."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

A_MINUTE = 20
"""Messages a person may send in a minute; nobody types more who reads the answers."""
_MOST_PERSONS = 10_000


class Spent(Enum):
    """What a message means for its writer's budget."""

    WITHIN = auto()
    FIRST_OVER = auto()
    OVER = auto()


@dataclass
class _Account:
    since: float
    used: int = 0


class Budget:
    """Counts each person's messages by the minute; ``clock`` counts seconds."""

    def __init__(self, a_minute: int = A_MINUTE, clock: Callable[[], float] = time.monotonic) -> None:
        self._a_minute = a_minute
        self._clock = clock
        self._accounts: OrderedDict[str, _Account] = OrderedDict()

    def spend(self, person: str) -> Spent:
        """Count one message of ``person``."""
        now = self._clock()
        account = self._accounts.pop(person, None)
        if account is None or now - account.since >= 60:
            account = _Account(now)
        account.used += 1
        self._accounts[person] = account
        while len(self._accounts) > _MOST_PERSONS:
            self._accounts.popitem(last=False)
        if account.used <= self._a_minute:
            return Spent.WITHIN
        return Spent.FIRST_OVER if account.used == self._a_minute + 1 else Spent.OVER
