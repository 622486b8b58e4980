"""The command line: ``python -m bot <command>``, one small module per command."""

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from bot.errors import BotError, ExitCode
from bot.ops.malloc import be_frugal

COMMANDS = {
    "run": "start the Telegram bot",
    "chat": "talk to the bot in the terminal; no token, no network",
    "preview": "talk to the bot in the browser, see why it answers so, and all answers; follows the files",
    "ask": "answer one question, or with --json every line of standard input",
    "new-entry": "write a file for a new answer, with every field explained",
    "check": "find mistakes in the knowledge files",
    "reviewed": "record who checked answers or danger signs, and when",
    "export": "write a booklet for a clinician's review, the FAQ as a page, or the answers as a table",
    "import": "take over what was changed in an exported table",
    "judge": "say whether the knowledge files may be served, as JSON; the running bot asks this",
    "diff": "show which questions get something else in another version of the knowledge files",
    "eval": "measure understanding on files of labelled messages and conversations",
    "bench": "measure load time, latency and memory",
    "doctor": "look whether everything the bot needs is there",
    "db": "bring the database up to date",
    "vectors": "compute the vectors and fits that are shipped; for maintainers, before a release",
    "gaps": "show what the answers lack, from kept questions grouped by meaning; export: as YAML",
    "stats": "show numbers of the last days: questions, what became of them, what helped",
    "questions": "read the questions that runners let the clinic read, and mark them as done",
}
_MODULES = {"eval": "evaluate", "import": "importing", "new-entry": "new_entry"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; expected failures become plain sentences on stderr."""
    be_frugal()
    given = sys.argv[1:] if arguments is None else arguments
    parser = _parser(given[0] if given else "")
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


def _parser(asked: str) -> argparse.ArgumentParser:
    """Return the parser. Only the command ``asked`` for is imported: ``run`` must open its port at once."""
    parser = argparse.ArgumentParser(prog="python -m bot", description="The dry needling FAQ bot.")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, summary in COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=summary)
        if name != asked:
            continue
        module = importlib.import_module(f"bot.cli.{_MODULES.get(name, name)}")
        command.add_argument(
            "--knowledge",
            type=Path,
            metavar="DIR",
            help="the knowledge folder (default: KNOWLEDGE_DIR, else knowledge/)",
        )
        module.add_arguments(command)
        command.set_defaults(execute=module.execute)
    return parser
