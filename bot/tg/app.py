"""The Telegram application: which handler gets which update, in one visible list."""

from typing import Any

import structlog
from cachetools import TTLCache
from telegram.ext import Application, ApplicationBuilder, CallbackQueryHandler, MessageHandler, filters

from bot.assistant import Assistant
from bot.ops.metrics import DROPPED
from bot.settings import Settings
from bot.tg.flood import Budget
from bot.tg.handlers import (
    ALBUMS,
    ASSISTANT,
    BUDGET,
    FAILURES,
    answer_media,
    answer_tap,
    answer_text,
    let_go,
    on_error,
)
from bot.tg.pacing import Pacing
from bot.tg.reading import read
from bot.tg.token import usable_token

log = structlog.get_logger(__name__)

_CONNECTIONS = 16
_MOST_ALBUMS = 1_000
_SECONDS_TO_CONNECT = 5.0
_SECONDS_TO_READ = 15.0

App = Application[Any, Any, Any, Any, Any, Any]


class _Application(Application[Any, Any, Any, Any, Any, Any]):
    """Collects nobody's id: the library notes those of all chats, for a persistence that this bot does without."""

    __slots__ = ()

    def _mark_for_persistence_update(self, *, update: object = None, job: object = None) -> None: ...


def build_application(settings: Settings, assistant: Assistant) -> App:
    """Return the application, not yet started; raise ``CannotRunError`` without a usable token."""
    application = (
        ApplicationBuilder()
        .application_class(_Application)
        .token(usable_token(settings))
        .base_url(f"{settings.telegram_api_url}/bot")
        .base_file_url(f"{settings.telegram_api_url}/file/bot")
        .rate_limiter(Pacing(limits=settings.pacing))
        .connection_pool_size(_CONNECTIONS)
        .connect_timeout(_SECONDS_TO_CONNECT)
        .read_timeout(_SECONDS_TO_READ)
        .updater(None)
        .build()
    )
    application.bot_data[ASSISTANT] = assistant
    application.bot_data[BUDGET] = Budget()
    application.bot_data[ALBUMS] = TTLCache(_MOST_ALBUMS, ttl=60)
    typed = filters.UpdateType.MESSAGE | filters.UpdateType.EDITED_MESSAGE
    application.add_handlers(
        [
            MessageHandler(filters.TEXT & typed, answer_text),
            MessageHandler(~filters.StatusUpdate.ALL & typed, answer_media),
            MessageHandler(typed, let_go),
            CallbackQueryHandler(answer_tap),
        ]
    )
    application.add_error_handler(on_error)
    return application


async def handle(application: App, raw: dict[str, Any]) -> None:
    """Answer one raw update.

    Raise ``Unreadable`` for one that cannot be understood, and what kept the answer from being sent where that is
    worth another attempt later.
    """
    update = read(raw, application.bot)
    if update is None:
        DROPPED.labels("nothing to answer").inc()
        return
    failures: list[Exception] = []
    token = FAILURES.set(failures)
    try:
        await application.process_update(update)
    finally:
        FAILURES.reset(token)
    if failures:
        raise failures[0]
