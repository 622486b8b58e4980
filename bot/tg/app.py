"""The Telegram application: which handler gets which update, in one visible list."""

from typing import Any

import structlog
from telegram.error import InvalidToken, NetworkError, TelegramError
from telegram.ext import Application, ApplicationBuilder, CallbackQueryHandler, MessageHandler, filters

from bot.assistant import Assistant
from bot.errors import BotError, CannotRunError
from bot.settings import Settings
from bot.tg.handlers import ASSISTANT, answer_media, answer_tap, answer_text, on_error

log = structlog.get_logger(__name__)

_UPDATES = ["message", "edited_message", "callback_query"]


def build_application(settings: Settings, assistant: Assistant) -> Application[Any, Any, Any, Any, Any, Any]:
    """Return the application, not yet started; raise ``CannotRunError`` without a usable token."""
    token = settings.telegram_bot_token.get_secret_value()
    if ":" not in token or len(token) < 30:
        raise CannotRunError(
            "TELEGRAM_BOT_TOKEN is missing or is not a token. Get one from @BotFather on Telegram and set it "
            "in the environment or in a file .env."
        )
    application = (
        ApplicationBuilder()
        .token(token)
        .base_url(f"{settings.telegram_api_url}/bot")
        .base_file_url(f"{settings.telegram_api_url}/file/bot")
        .build()
    )
    application.bot_data[ASSISTANT] = assistant
    typed = filters.UpdateType.MESSAGE | filters.UpdateType.EDITED_MESSAGE
    application.add_handlers(
        [
            MessageHandler(filters.TEXT & typed, answer_text),
            MessageHandler(~filters.StatusUpdate.ALL & typed, answer_media),
            CallbackQueryHandler(answer_tap),
        ]
    )
    application.add_error_handler(on_error)
    return application


def run_polling(settings: Settings, assistant: Assistant) -> None:
    """Answer until SIGTERM or SIGINT; raise ``BotError`` when Telegram cannot be reached or refuses the token."""
    application = build_application(settings, assistant)
    log.info("polling starts")
    try:
        application.run_polling(allowed_updates=_UPDATES, drop_pending_updates=False)
    except InvalidToken:
        raise CannotRunError("Telegram refuses TELEGRAM_BOT_TOKEN. Copy it again from @BotFather.") from None
    except NetworkError as error:
        raise BotError(
            f"Telegram cannot be reached at {settings.telegram_api_url} ({type(error).__name__}). "
            "Check the network and TELEGRAM_API_URL."
        ) from None
    except TelegramError as error:
        raise BotError(f"Telegram refuses to work with this bot: {type(error).__name__}.") from None
    log.info("stopped")
