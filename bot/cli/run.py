"""``run``: the Telegram bot."""

import argparse
import asyncio
import logging
import os
import sys
from typing import NoReturn

from bot.cli.common import settings_for
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
    _leave(code)


def _leave(code: ExitCode) -> NoReturn:
    """End the process at once.

    Everything that must be is written and closed by now. The usual way out would wait for the library threads that
    load the knowledge, half a minute on a slow machine, and hosts kill before that.
    """
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(int(code))
