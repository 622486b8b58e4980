"""``run``: the Telegram bot."""

import argparse
import asyncio
import sys

from bot.cli.common import leave, settings_for
from bot.errors import BotError, ExitCode
from bot.service.process import run


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """There are no options of its own: the bot is set up by the environment."""


def execute(arguments: argparse.Namespace) -> ExitCode:
    """Run until stopped."""
    settings = settings_for(arguments, quiet=False)
    code = ExitCode.OK
    try:
        asyncio.run(run(settings))
    except BotError as error:
        print(error, file=sys.stderr)
        code = error.exit_code
    leave(code)
