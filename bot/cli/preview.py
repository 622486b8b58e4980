"""``preview``: the bot in a browser on this machine, with each saved edit."""

import argparse
import asyncio
import sys

from bot.cli.common import folder_for, leave, settings_for
from bot.errors import BotError, ExitCode
from bot.service.previewing import preview

DEFAULT_PORT = 8090


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add where the browser finds it."""
    parser.add_argument("--port", type=_port, default=DEFAULT_PORT, help="default: %(default)s; 0 takes a free one")


def execute(arguments: argparse.Namespace) -> ExitCode:
    """Show the pages until stopped."""
    folder_for(arguments)
    settings = settings_for(arguments)
    code = ExitCode.OK
    try:
        asyncio.run(preview(settings, arguments.port, _announce, _tell))
    except BotError as error:
        print(error, file=sys.stderr)
        code = error.exit_code
    leave(code)


def _announce(port: int) -> None:
    print(f"The preview: http://127.0.0.1:{port}/preview\nOpen it in your browser. End it with Ctrl+C.", flush=True)


def _tell(line: str) -> None:
    print(line, flush=True)


def _port(typed: str) -> int:
    port = int(typed)
    if not 0 <= port <= 65535:
        raise ValueError
    return port
