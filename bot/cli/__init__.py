"""The command line: ``python -m bot <command>``, one small module per command."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from bot.cli import ask, bench, chat, check, evaluate, run
from bot.errors import BotError, ExitCode

COMMANDS = {
    "run": run,
    "chat": chat,
    "ask": ask,
    "check": check,
    "eval": evaluate,
    "bench": bench,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; expected failures become plain sentences on stderr."""
    parser = _parser()
    chosen = parser.parse_args(arguments)
    try:
        return int(chosen.execute(chosen))
    except BotError as error:
        print(error, file=sys.stderr)
        return int(error.exit_code)
    except KeyboardInterrupt:
        return int(ExitCode.OK)
    except BrokenPipeError:
        # The reader of our output went away (as in "… | head"); there is nobody left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(ExitCode.OK)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bot", description="The dry needling FAQ bot.")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, module in COMMANDS.items():
        command = commands.add_parser(name, help=module.HELP, description=module.HELP)
        command.add_argument(
            "--knowledge",
            type=Path,
            metavar="DIR",
            help="the knowledge folder (default: KNOWLEDGE_DIR, else knowledge/)",
        )
        module.add_arguments(command)
        command.set_defaults(execute=module.execute)
    return parser
