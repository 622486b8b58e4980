"""The library's bot, which speaks to Telegram: paced, and not waiting for ever."""

from typing import Any

import httpx
from telegram.ext import ExtBot
from telegram.request import BaseRequest, HTTPXRequest

from bot.inbox.slots import about_to_write, writing
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
        or HTTPXRequest(
            _CONNECTIONS,
            connect_timeout=_SECONDS_TO_CONNECT,
            read_timeout=_SECONDS_TO_READ,
            httpx_kwargs={"event_hooks": {"request": [_watched]}},
        ),
        get_updates_request=request,
        rate_limiter=Pacing(limits=settings.pacing),
    )


async def _watched(request: httpx.Request) -> None:
    """Tell when ``request`` is really written: a stop may come while its connection is still being made."""
    about_to_write()
    request.extensions = {**request.extensions, "trace": _trace}


async def _trace(event: str, _: object) -> None:
    # "http11.send_request_body.started", or "http2. …": headers alone are no message.
    if event.endswith("send_request_body.started"):
        writing()
