"""A desk whose loops turn when something happens, and else only when a test lets them."""

from collections.abc import AsyncIterator

import pytest

from tests.inbox.desk import Desk
from tests.support.fakes import Clock

NEVER = 3_600.0


@pytest.fixture
async def desk(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> AsyncIterator[Desk]:
    """A dispatcher over an inbox in memory, not started."""
    for name, seconds in {
        "dispatcher._SWEEP": NEVER,
        "dispatcher.RENEWAL": NEVER,
        "dispatcher._AWAY": 0.0,
        "settling._AWAY": 0.0,
        "receiving._STORE_WITHIN": 0.0,  # what is stored without waiting is stored within that, too
        "receiving._TRY_WITHIN": 1e-9,
    }.items():
        monkeypatch.setattr(f"bot.inbox.{name}", seconds)
    made = Desk(clock)
    yield made
    await made.close()
