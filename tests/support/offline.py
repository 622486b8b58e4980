"""The Telegram application over a Bot API without a network: nothing here opens a socket."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self

import pytest
from pydantic import SecretStr
from telegram import Bot
from telegram.ext import Application, ApplicationBuilder
from telegram.request import BaseRequest, RequestData

from bot.assistant import Assistant
from bot.settings import Settings
from bot.tg.app import build_application, handle
from bot.tg.flood import Budget
from bot.tg.handlers import BUDGET
from tests.support.bot_api import BotApi, decoded
from tests.support.updates import Json


class OfflineRequest(BaseRequest):
    """Hands every request to a ``BotApi`` in the same process."""

    def __init__(self, api: BotApi) -> None:
        self._api = api

    @property
    def read_timeout(self) -> float | None:
        return None

    async def initialize(self) -> None: ...

    async def shutdown(self) -> None: ...

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: object = None,
        write_timeout: object = None,
        connect_timeout: object = None,
        pool_timeout: object = None,
    ) -> tuple[int, bytes]:
        token, _, name = url.rpartition("/bot")[2].partition("/")
        params = dict(request_data.json_parameters) if request_data else {}
        return self._api.answer(token, name, decoded(params))


class _OfflineBuilder(ApplicationBuilder[Any, Any, Any, Any, Any, Any]):
    """Takes what is said of connections for granted: there are none."""

    def connection_pool_size(self, connection_pool_size: int) -> Self:
        return self

    def connect_timeout(self, connect_timeout: float | None) -> Self:
        return self

    def read_timeout(self, read_timeout: float | None) -> Self:
        return self


class Telegram:
    """The bot under test and the Telegram it talks to."""

    def __init__(self, application: Application[Any, Any, Any, Any, Any, Any], api: BotApi) -> None:
        self._application = application
        self.api = api

    @property
    def bot(self) -> Bot:
        """The bot's side of the Bot API."""
        bot: Bot = self._application.bot
        return bot

    async def receive(self, update: Json) -> None:
        """Let the bot handle one update, to the end."""
        self.api.note(update)
        await self.handle(update)

    async def handle(self, raw: Json) -> None:
        """Let the bot handle what may be no update at all."""
        await handle(self._application, raw)


@asynccontextmanager
async def offline_bot(
    assistant: Assistant, patch: pytest.MonkeyPatch, *, a_minute: int = 1_000_000
) -> AsyncIterator[Telegram]:
    """Yield the real application over ``assistant``, talking to a ``BotApi`` of its own.

    ``a_minute``: messages that one person may send; by default as many as a test likes.
    """
    api = BotApi()
    request = OfflineRequest(api)

    def builder() -> ApplicationBuilder[Any, Any, Any, Any, Any, Any]:
        return _OfflineBuilder().request(request).get_updates_request(request)

    patch.setattr("bot.tg.app.ApplicationBuilder", builder)
    settings = Settings(
        telegram_bot_token=SecretStr(api.token), telegram_api_url="http://127.0.0.1:9", pacing=False
    )
    async with build_application(settings, assistant) as application:
        application.bot_data[BUDGET] = Budget(a_minute)
        yield Telegram(application, api)
