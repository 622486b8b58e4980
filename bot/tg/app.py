"""From an update to its reply: which handler gets which update, and what a failure of one means."""

import json
import time
from collections.abc import Callable
from typing import Any

import structlog
from telegram import CallbackQuery, ChatMemberBanned, ChatMemberUpdated, Message, Update
from telegram.error import BadRequest, NetworkError, RetryAfter
from telegram.ext import filters

from bot.assistant import Assistant
from bot.clinic.desk import Desk
from bot.inbox.slots import Stopping
from bot.storage.protocol import HandoffStore
from bot.tg.bot import Bot
from bot.tg.flood import Budget
from bot.tg.handlers import Handlers
from bot.tg.pacing import Uncertain
from bot.tg.passing import Passing
from bot.tg.reading import read, typed
from bot.tg.relay import Relay
from bot.tg.staff import Staff

log = structlog.get_logger(__name__)


class App:
    """Answers raw updates."""

    def __init__(
        self,
        bot: Bot,
        assistant: Assistant,
        budget: Budget | None = None,
        clock: Callable[[], float] = time.time,
        desk: Desk | None = None,
        handoffs: HandoffStore | None = None,
        repository: str = "",
    ) -> None:
        """``budget`` is what each person may send, by default ``A_MINUTE`` messages; ``clock`` gives Unix time.

        ``desk`` takes orders from the clinic's people; without one nobody gives any. ``handoffs`` keeps who talks
        with the clinic's therapists; without it, or without a staff chat, nobody does. ``repository`` is where
        staff edit the knowledge files.
        """
        passing, self.relay = None, None
        if desk is not None and handoffs is not None and assistant.asks:
            passing = Passing.over(bot, assistant, desk, handoffs)
            self.relay = Relay(bot, assistant, desk, handoffs, clock)
        self._bot = bot
        self._suspects = assistant.suspects
        self._handlers = Handlers(bot, assistant, budget or Budget(), clock, passing)
        self._staff = (
            Staff(bot, assistant, desk, self._handlers.deliver, self.relay, repository)
            if desk is not None
            else None
        )

    def hurries(self, body: str) -> bool:
        """Return whether the raw update ``body`` is not to wait behind others: it may tell of a danger sign."""
        try:
            return self._suspects(typed(json.loads(body)))
        except Exception:  # a danger sign may be in whatever cannot be looked at
            return True

    async def handle(self, raw: dict[str, Any]) -> None:
        """Answer one raw update.

        Raise ``Unreadable`` for one that cannot be understood, and what kept the answer from being sent where that
        is worth another attempt later. What fails otherwise is logged, without the message, and told to the person.
        """
        update = read(raw, self._bot)
        # From here to its answer the update meets one state of the knowledge, even if another is loaded meanwhile.
        handlers = self._handlers.pinned()
        try:
            await self._lead(update, handlers)
        except Uncertain:
            log.warning("answer sent, but not confirmed")
        except (Stopping, RetryAfter):
            raise
        except Exception as error:
            if isinstance(error, NetworkError) and not isinstance(error, BadRequest):
                raise
            log.error("handler failed", exc_info=error)
            if update is not None and update.effective_message is not None:
                await handlers.apologise(update.effective_message)

    async def _lead(self, update: Update | None, handlers: Handlers) -> None:
        """Lead ``update`` to its handler."""
        if self._staff is not None and update is not None and await self._staff.took(update):
            return
        match update:
            case Update(message=Message() as message) if message.text:
                await handlers.answer_text(message)
            case Update(edited_message=Message() as message) if message.text:
                await handlers.answer_text(message, edited=True)
            case Update(message=Message() as message) | Update(edited_message=Message() as message) if (
                message.location
            ):
                await handlers.answer_location(message, edited=update.message is None)
            case Update(message=Message() as message) | Update(edited_message=Message() as message) if (
                not filters.StatusUpdate.ALL.check_update(update)
            ):
                await handlers.answer_media(message, edited=update.message is None)
            case Update(callback_query=CallbackQuery() as query):
                await handlers.answer_tap(query)
            case Update(my_chat_member=ChatMemberUpdated(chat=chat, new_chat_member=ChatMemberBanned())):
                await handlers.see_off(chat)
            case _:  # what Telegram itself writes into a chat, or a kind that is never answered
                handlers.let_go()
