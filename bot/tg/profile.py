"""The words Telegram itself shows for the bot: its commands and descriptions, set only when they changed."""

import structlog
from telegram import Bot, BotCommand, BotCommandScope, BotCommandScopeAllGroupChats, BotCommandScopeChat
from telegram.error import TelegramError

from bot.assistant import Assistant
from bot.clinic.orders import STAFF_COMMANDS
from bot.clinic.rights import Rights
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
    await _set(bot, _for_runners(assistant), None)
    wanted = [BotCommand(command.name, assistant.text(command.text_key)) for command in for_groups]
    await _set(bot, wanted, BotCommandScopeAllGroupChats())


async def set_staff_menus(bot: Bot, assistant: Assistant, rights: Rights) -> None:
    """Show the clinic's people their commands: the staff chat those alone, admins theirs below the usual ones.

    A chat that Telegram refuses, as that of an admin who never wrote to the bot, goes without.
    """
    of_staff = [BotCommand(name, does) for name, does in STAFF_COMMANDS.items()]
    menus = {admin: [*_for_runners(assistant), *of_staff] for admin in rights.admins}
    if rights.staff_chat is not None:
        menus[rights.staff_chat] = of_staff
    for chat, wanted in menus.items():
        try:
            await _set(bot, wanted, BotCommandScopeChat(chat))
        except TelegramError as error:
            log.warning("commands of the staff not set", error=type(error).__name__)


def _for_runners(assistant: Assistant) -> list[BotCommand]:
    listed = (command for command in COMMANDS.values() if command.in_menu)
    return [BotCommand(command.name, assistant.text(command.text_key)) for command in listed]


async def _set(bot: Bot, wanted: list[BotCommand], scope: BotCommandScope | None) -> None:
    if list(await bot.get_my_commands(scope=scope)) != wanted:
        await bot.set_my_commands(wanted, scope=scope)
