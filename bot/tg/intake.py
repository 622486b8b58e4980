"""Take in raw updates: stored before they are confirmed to Telegram, whatever they hold."""

import json
import time
from asyncio import Event
from collections.abc import Mapping
from typing import Any

import structlog

from bot.inbox.protocol import Inbox
from bot.ops.metrics import DROPPED

log = structlog.get_logger(__name__)

KINDS = ("message", "edited_message", "callback_query", "my_chat_member")
"""The kinds of update that Telegram is asked for."""
_NUMBERS = 2**63
"""Numbers from here on fit in no database."""


class Intake:
    """The one door for updates, from the webhook and from polling alike."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self.arrived = Event()
        """Set when something new is stored."""

    async def take(self, update: object) -> None:
        """Store one raw update; one that came before, or is no update at all, is let go and counted.

        Raise ``StoreError`` when it could not be stored anywhere: it must then not be confirmed.
        """
        update_id = number(update)
        if update_id is None:
            DROPPED.labels("no update").inc()
            log.warning("not an update")
            return
        assert isinstance(update, Mapping)
        lane, person = whose(update)
        try:
            body = json.dumps(update, separators=(",", ":"))
        except RecursionError:
            # Nested so deeply that it could be read, but not written.
            DROPPED.labels("unreadable").inc()
            log.warning("update nested too deeply")
            return
        if await self._inbox.put(update_id, lane, body, person=person, now=time.time()):
            self.arrived.set()
        else:
            DROPPED.labels("repeated").inc()


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
