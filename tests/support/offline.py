"""The bot on Telegram, over a Bot API without a network: nothing here opens a socket."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from pydantic import SecretStr
from telegram.request import BaseRequest, RequestData

from bot.assistant import Assistant
from bot.clinic.desk import Desk
from bot.settings import Settings
from bot.storage.protocol import HandoffStore
from bot.tg.app import App
from bot.tg.bot import Bot, build_bot
from bot.tg.flood import Budget
from tests.support import updates
from tests.support.bot_api import BotApi, decoded
from tests.support.updates import Json


class OfflineRequest(BaseRequest):
    """Hands every request to a ``BotApi`` in the same process."""

    def __init__(self, api: BotApi) -> None:
        self.api = api

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
        files = (request_data.multipart_data or {}) if request_data else {}
        sent: Json = {}
        for field, (file_name, content, _) in files.items():
            assert isinstance(content, bytes)
            sent[field] = [file_name, content.decode()]
        return self.api.answer(token, name, decoded(params) | sent)


class Telegram:
    """The bot under test and the Telegram it talks to."""

    def __init__(self, app: App, bot: Bot, api: BotApi) -> None:
        self.app = app
        self.bot = bot
        self.api = api

    async def receive(self, update: Json) -> None:
        """Let the bot handle one update, to the end."""
        self.api.note(update)
        await self.handle(update)

    async def handle(self, raw: Json) -> None:
        """Let the bot handle what may be no update at all."""
        await self.app.handle(raw)


@asynccontextmanager
async def offline_bot(
    assistant: Assistant,
    *,
    a_minute: int = 1_000_000,
    clock: Callable[[], float] = lambda: updates.NOW,
    request: OfflineRequest | None = None,
    desk: Desk | None = None,
    handoffs: HandoffStore | None = None,
) -> AsyncIterator[Telegram]:
    """Yield the real bot over ``assistant``, talking to the ``BotApi`` of ``request``, by default one of its own.

    ``a_minute``: messages that one person may send; by default as many as a test likes. ``desk`` takes the staff's
    orders; ``handoffs`` keeps who talks with the clinic.
    """
    request = request or OfflineRequest(BotApi())
    api = request.api
    settings = Settings(
        telegram_bot_token=SecretStr(api.token), telegram_api_url="http://127.0.0.1:9", pacing=False
    )
    bot = build_bot(settings, request)
    async with bot:
        yield Telegram(App(bot, assistant, Budget(a_minute), clock, desk, handoffs), bot, api)
