"""The bot's token, and secrets that follow from it."""

import hashlib
import hmac

from bot.errors import CannotRunError
from bot.settings import Settings

_SHORTEST = 30


def usable_token(settings: Settings) -> str:
    """Return the bot's token; raise ``CannotRunError`` when there is none or it cannot be one."""
    token = settings.telegram_bot_token.get_secret_value()
    if ":" not in token or len(token) < _SHORTEST:
        raise CannotRunError(
            "TELEGRAM_BOT_TOKEN is missing or is not a token. Get one from @BotFather on Telegram and set it "
            "in the environment or in a file .env."
        )
    return token


def refused() -> CannotRunError:
    """Return what to raise when Telegram does not take the token."""
    return CannotRunError("Telegram refuses TELEGRAM_BOT_TOKEN. Copy it again from @BotFather.")


def webhook_path(token: str) -> str:
    """Return a path nobody can guess, the same in every process with this token."""
    return f"/telegram/{derived(token, 'webhook path')[:32]}"


def derived(token: str, purpose: str) -> str:
    """Return 64 hex digits that only whoever has ``token`` can work out."""
    return hmac.new(token.encode(), purpose.encode(), hashlib.sha256).hexdigest()
