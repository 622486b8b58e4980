"""The library's bot, which speaks to Telegram: paced, and not waiting for ever."""

from typing import Any

from telegram.ext import ExtBot
from telegram.request import BaseRequest, HTTPXRequest

from bot.settings import Settings
from bot.tg.pacing import Pacing
from bot.tg.token import usable_token

_CONNECTIONS = 16
_SECONDS_TO_CONNECT = 5.0
_SECONDS_TO_READ = 15.0

Bot = ExtBot[Any]


def build_bot(settings: Settings, request: BaseRequest | None = None) -> Bot:
    """Return the bot, not yet connected; raise ``CannotRunError`` without a usable token.

    ``request`` makes the calls, over HTTP by default.
    """
    return ExtBot(
        usable_token(settings),
        base_url=f"{settings.telegram_api_url}/bot",
        base_file_url=f"{settings.telegram_api_url}/file/bot",
        request=request
        or HTTPXRequest(_CONNECTIONS, connect_timeout=_SECONDS_TO_CONNECT, read_timeout=_SECONDS_TO_READ),
        get_updates_request=request,
        rate_limiter=Pacing(limits=settings.pacing),
    )
