"""Take in raw updates, whatever they hold, and tell when Telegram may hear that they were received."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog

from bot.ops.metrics import DROPPED
from bot.storage.protocol import StoreError

log = structlog.get_logger(__name__)

KINDS = ("message", "edited_message", "callback_query", "my_chat_member")
"""The kinds of update that Telegram is asked for."""
_NUMBERS = 2**63
"""Numbers from here on fit in no database."""
HELD = 20.0
"""Seconds for which a post of Telegram's is held until its update is stored or answered."""

Received = asyncio.Future[None]
Take = Callable[[int, str, str, str], Awaitable[Received | None]]
"""Takes an update in, by its number, chat, raw JSON and person; see ``Dispatcher.take``."""


class Intake:
    """The one door for updates, from the webhook and from polling alike."""

    def __init__(self, take: Take) -> None:
        self._take = take

    async def accept(self, update: object) -> Received | None:
        """Take one raw update in; return what ends when it may be confirmed, ``None`` where that is so already.

        One that came before, or is no update at all, is let go and counted. Raise ``StoreError`` when there is no
        room: it must then not be confirmed.
        """
        update_id = number(update)
        if update_id is None:
            DROPPED.labels("no update").inc()
            log.warning("not an update")
            return None
        assert isinstance(update, Mapping)
        lane, person = whose(update)
        try:
            body = json.dumps(update, separators=(",", ":"))
        except RecursionError:
            # Nested so deeply that it could be read, but not written.
            DROPPED.labels("unreadable").inc()
            log.warning("update nested too deeply")
            return None
        received = await self._take(update_id, lane, body, person)
        if received is None:
            DROPPED.labels("repeated").inc()
        return received

    async def take(self, update: object) -> None:
        """Take one raw update in and return when it may be confirmed.

        Raise ``StoreError`` when that is not so within ``HELD`` seconds: Telegram is to bring it again.
        """
        received = await self.accept(update)
        if received is None:
            return
        await asyncio.wait({received}, timeout=HELD)
        if not received.done():
            raise StoreError("The update is neither stored nor answered yet. Telegram will deliver it again.")
        received.result()


def number(update: object) -> int | None:
    """Return the number of an update, ``None`` when it has none that Telegram could have given it."""
    update_id = update.get("update_id") if isinstance(update, Mapping) else None
    if isinstance(update_id, int) and not isinstance(update_id, bool) and 0 <= update_id < _NUMBERS:
        return update_id
    return None


def whose(update: Mapping[str, Any]) -> tuple[str, str]:
    """Return the ids of the chat, whose messages keep their order, and of the person, ``""`` for none."""
    for content in update.values():
        if isinstance(content, Mapping):
            message = content.get("message")
            chat = _id(content.get("chat")) or (_id(message.get("chat")) if isinstance(message, Mapping) else "")
            person = _id(content.get("from"))
            return chat or person, person or chat
    return "", ""


def _id(value: object) -> str:
    number = value.get("id") if isinstance(value, Mapping) else None
    return str(number) if isinstance(number, int) else ""
