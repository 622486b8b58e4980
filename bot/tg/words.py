"""The words Telegram itself shows for the bot: its commands and descriptions, set only when they changed."""

import structlog
from telegram import Bot, BotCommand, BotCommandScopeAllGroupChats
from telegram.error import TelegramError

from bot.assistant import Assistant

log = structlog.get_logger(__name__)

_COMMANDS = ("start", "topics", "therapist", "help", "sources", "privacy", "mydata", "forget")
_GROUP_COMMANDS = ("therapist", "help")


async def set_words(bot: Bot, assistant: Assistant) -> None:
    """Bring commands and descriptions up to date. A failure is logged: the bot works without them."""
    try:
        await _set_commands(bot, assistant)
        description = assistant.words("bot_description")
        if (await bot.get_my_description()).description != description:
            await bot.set_my_description(description)
        short = assistant.words("bot_short_description")
        if (await bot.get_my_short_description()).short_description != short:
            await bot.set_my_short_description(short)
    except TelegramError as error:
        log.warning("commands and descriptions not set", error=type(error).__name__)


async def _set_commands(bot: Bot, assistant: Assistant) -> None:
    for names, scope in ((_COMMANDS, None), (_GROUP_COMMANDS, BotCommandScopeAllGroupChats())):
        wanted = [BotCommand(name, assistant.words(f"command_{name}")) for name in names]
        if list(await bot.get_my_commands(scope=scope)) != wanted:
            await bot.set_my_commands(wanted, scope=scope)
