"""The words Telegram itself shows for the bot: its commands and descriptions, set only when they changed."""

import structlog
from telegram import Bot, BotCommand, BotCommandScopeAllGroupChats
from telegram.error import TelegramError

from bot.assistant import Assistant
from bot.knowledge.commands import COMMANDS

log = structlog.get_logger(__name__)


async def set_profile(bot: Bot, assistant: Assistant) -> None:
    """Bring commands and descriptions up to date. A failure is logged: the bot works without them."""
    try:
        await _set_commands(bot, assistant)
        description = assistant.text("bot_description")
        if (await bot.get_my_description()).description != description:
            await bot.set_my_description(description)
        short = assistant.text("bot_short_description")
        if (await bot.get_my_short_description()).short_description != short:
            await bot.set_my_short_description(short)
    except TelegramError as error:
        log.warning("commands and descriptions not set", error=type(error).__name__)


async def _set_commands(bot: Bot, assistant: Assistant) -> None:
    for_groups = [command for command in COMMANDS.values() if command.in_group_menu]
    for commands, scope in ((COMMANDS.values(), None), (for_groups, BotCommandScopeAllGroupChats())):
        wanted = [BotCommand(command.name, assistant.text(command.text_key)) for command in commands]
        if list(await bot.get_my_commands(scope=scope)) != wanted:
            await bot.set_my_commands(wanted, scope=scope)
