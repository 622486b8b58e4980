"""Asking the store for something that must not keep a person waiting for an answer."""

from collections.abc import Awaitable

import structlog

log = structlog.get_logger(__name__)


async def done(work: Awaitable[None], failed: str) -> bool:
    """Return whether the store did its ``work``; where not, the log says ``failed``."""
    try:
        await work
    except Exception as error:  # whatever it is, the person is waiting for an answer
        log.error(failed, error=type(error).__name__)
        return False
    return True
