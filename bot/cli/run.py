"""``run``: the Telegram bot."""

import argparse

from bot.bootstrap import build_assistant
from bot.cli.common import settings_for
from bot.errors import ExitCode
from bot.tg.app import run_polling

HELP = "start the Telegram bot"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """There are no options of its own: the bot is set up by the environment."""


def execute(arguments: argparse.Namespace) -> ExitCode:
    """Run until stopped."""
    settings = settings_for(arguments, quiet=False)
    run_polling(settings, build_assistant(settings))
    return ExitCode.OK
