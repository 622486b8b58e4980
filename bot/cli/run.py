"""``run``: the Telegram bot."""

import argparse
import asyncio

from bot.cli.common import settings_for
from bot.errors import ExitCode
from bot.service.process import run


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """There are no options of its own: the bot is set up by the environment."""


def execute(arguments: argparse.Namespace) -> ExitCode:
    """Run until stopped."""
    asyncio.run(run(settings_for(arguments, quiet=False)))
    return ExitCode.OK
