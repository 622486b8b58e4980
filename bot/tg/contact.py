"""What is said to Telegram besides answers: who we are, and where updates go. Failures are plain sentences."""

import asyncio
import contextlib
import time
from collections.abc import Iterator

import structlog
from telegram import Bot
from telegram.error import BadRequest, InvalidToken, TelegramError

from bot.errors import BotError
from bot.tg.intake import KINDS
from bot.tg.token import refused

log = structlog.get_logger(__name__)

_MOST_CONNECTIONS = 40
_SILENT = 5.0
"""Seconds without an answer to the first call, about three tries, after which the log says what may be wrong."""
_NO_NAME = "resolve host"
"""Telegram's words for a host whose name it cannot find."""


class NameNotKnown(BotError):
    """Telegram cannot find the host of the webhook yet, as is usual on a new one."""


class Contact:
    """Telegram, as the running bot needs it."""

    def __init__(self, bot: Bot, api_url: str) -> None:
        """``api_url`` is named when Telegram cannot be reached."""
        self._bot = bot
        self._api_url = api_url

    async def begin(self) -> None:
        """Learn who the bot is; what to look at is logged once where Telegram keeps silent meanwhile."""
        hint = asyncio.get_running_loop().call_later(_SILENT, self._say_what_to_look_at)
        try:
            with self._plain_errors():
                await self._bot.initialize()
        finally:
            hint.cancel()

    async def set_webhook(self, address: str, secret: str) -> None:
        """Let updates be posted to ``address``; none that waits is dropped."""
        with self._plain_errors():
            await self._bot.set_webhook(
                address,
                secret_token=secret,
                allowed_updates=list(KINDS),
                max_connections=_MOST_CONNECTIONS,
                drop_pending_updates=False,
            )

    async def remove_webhook(self) -> None:
        """Let updates be fetched; none that waits is dropped."""
        with self._plain_errors():
            await self._bot.delete_webhook(drop_pending_updates=False)

    async def webhook_is(self, address: str, *, within: float) -> bool:
        """Return whether updates are posted to ``address``; log when that failed in the last ``within`` seconds."""
        with self._plain_errors():
            info = await self._bot.get_webhook_info()
        failed = info.last_error_date
        if failed is not None and time.time() - failed.timestamp() < within:
            log.warning("Telegram could not deliver", pending=info.pending_update_count)
        return info.url == address

    def _say_what_to_look_at(self) -> None:
        log.warning(
            f"No answer yet from Telegram at {self._api_url}. Is this machine online, and does a firewall or proxy "
            "let it through? It is tried again for a minute or two; see also: .venv/bin/python -m bot doctor"
        )

    @contextlib.contextmanager
    def _plain_errors(self) -> Iterator[None]:
        try:
            yield
        except InvalidToken:
            raise refused() from None
        except BadRequest as error:
            if _NO_NAME in error.message.lower():
                raise NameNotKnown(
                    f"Telegram does not find the host of PUBLIC_URL ({error.message}). On a new host this takes "
                    "some minutes; if it stays so, check PUBLIC_URL."
                ) from None
            raise BotError(
                f"Telegram does not accept what it is told: {error.message}. Check PUBLIC_URL."
            ) from None
        except TelegramError as error:
            raise BotError(
                f"Telegram cannot be reached at {self._api_url} ({type(error).__name__}). "
                "Check the network and TELEGRAM_API_URL."
            ) from None
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise BotError(
                f"What answers at {self._api_url} does not speak as Telegram does ({type(error).__name__}). "
                "Check TELEGRAM_API_URL."
            ) from None
