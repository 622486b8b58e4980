"""``db upgrade``: the database brought up to date; every start does it too."""

import argparse
import asyncio

from bot.bootstrap import build_storage
from bot.cli.common import settings_for
from bot.errors import ExitCode
from bot.storage.migrations import upgrade


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what to do."""
    parser.add_argument("action", choices=("upgrade",), help="upgrade: create or change the tables as needed")


def execute(arguments: argparse.Namespace) -> ExitCode:
    """Upgrade and say to which version."""
    storage = build_storage(settings_for(arguments))

    async def work() -> int:
        try:
            return await upgrade(storage.database)
        finally:
            await storage.database.close()

    print(f"The database has schema version {asyncio.run(work())}.")
    return ExitCode.OK
