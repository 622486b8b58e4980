"""The clinic's people hear, once, of each certification that has run out or soon will."""

from collections.abc import Iterator
from datetime import date

import structlog

from bot.clinic.directory import ended, ending
from bot.clinic.outbox import shortened
from bot.knowledge.model import Clinic, Therapist
from bot.storage.protocol import StaffStore, StoreError

log = structlog.get_logger(__name__)


async def tell_of_certificates(store: StaffStore, clinic: Clinic, today: date) -> None:
    """Put into the outbox what nobody was told yet of the therapists of ``clinic``, whoever else does so at once.

    With the database away nothing is told: it is tried again the next time.
    """
    try:
        for what, text in _news(clinic, today):
            if not await store.was_put(what):
                await store.put_once(what, [shortened(text)])
    except StoreError as error:
        log.warning("certifications not looked at", error=error.cause)
    except Exception as error:  # whatever it is, answering must not end with it
        log.error("certifications not looked at", error=type(error).__name__)


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
