"""What the staff chat is told by what starts before it is reached."""

from collections.abc import Awaitable, Callable

import structlog

log = structlog.get_logger(__name__)

Tell = Callable[[str], Awaitable[None]]
"""Says something to the staff chat, if there is one."""


class Telling:
    """Passes on what is said; what is said before there is a ``Tell`` waits for it."""

    def __init__(self, tell: Tell | None = None) -> None:
        self._tell = tell
        self._untold: list[str] = []

    async def begin(self, tell: Tell) -> None:
        """Tell ``tell`` from now on, and what could not be told before."""
        self._tell = tell
        while self._untold:
            await self.say(self._untold.pop(0))

    async def say(self, text: str) -> None:
        """Say ``text``, now or later; whoever says it goes on, heard or not."""
        if self._tell is None:
            self._untold.append(text)
            return
        try:
            await self._tell(text)
        except Exception as error:  # the answers go on, whoever hears of them
            log.error("staff not told", error=type(error).__name__)
