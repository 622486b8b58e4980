"""The clinic's people hear, once, of each certification that has run out or soon will."""

from collections.abc import Awaitable, Callable, Iterator
from datetime import date

import structlog

from bot.clinic.directory import ended, ending
from bot.knowledge.model import Clinic, Therapist
from bot.storage.database import Database
from bot.storage.leader import leading
from bot.storage.protocol import StoreError
from bot.storage.told import Told

log = structlog.get_logger(__name__)


async def tell_of_certificates(
    database: Database, clinic: Clinic, today: date, tell: Callable[[str], Awaitable[None]]
) -> None:
    """Let ``tell`` have what nobody was told yet of the therapists of ``clinic``; of several processes one does it.

    With the database away nothing is told: it is tried again the next time.
    """
    told = Told(database)
    try:
        async with leading(database, "certificates") as mine:
            news = list(_news(clinic, today)) if mine else []
        for what, text in news:
            if await told.first(what):
                await tell(text)
    except StoreError as error:
        log.warning("certifications not looked at", error=error.cause)


def _news(clinic: Clinic, today: date) -> Iterator[tuple[str, str]]:
    """Yield what is to be told: its code, and its words."""
    for one, until in ended(clinic.therapists, today).items():
        yield (
            _code("ended", one, until),
            f"The certification of {one.name} ended on {until}, so the bot no longer shows them to runners. When "
            'it is renewed, put the new day into "valid_until" in clinic.yaml.',
        )
    for one, until in ending(clinic.therapists, today).items():
        yield (
            _code("ends", one, until),
            f"The certification of {one.name} ends on {until}. From the day after, the bot does not show them to "
            'runners. When it is renewed, put the new day into "valid_until" in clinic.yaml.',
        )


def _code(what: str, therapist: Therapist, until: date) -> str:
    return f"certification {what} {until} {therapist.name}"
