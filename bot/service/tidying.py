"""What is kept no longer is deleted, and whom that concerns is told before."""

import structlog

from bot.storage.database import Database
from bot.storage.leader import leading
from bot.storage.protocol import StoreError
from bot.storage.retention import expire
from bot.tg.relay import Relay

log = structlog.get_logger(__name__)


async def tidy(database: Database, relay: Relay | None, now: float) -> None:
    """Delete what is too old at ``now``, Unix time; of several processes one does it.

    ``relay`` tells both sides of a conversation with the clinic that it ends. With the database away nothing is
    done: it is tried again the next time.
    """
    try:
        async with leading(database, "retention") as mine:
            if mine:
                if relay is not None:
                    await relay.end_silent()
                await expire(database, now)
    except StoreError as error:
        log.warning("old rows not deleted", error=error.cause)
