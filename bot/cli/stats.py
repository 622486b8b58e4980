"""``stats``: numbers of the last days, as the clinic's people get them by ``/stats``."""

import argparse
import asyncio
from datetime import UTC, datetime

from bot.bootstrap import load_knowledge
from bot.cli.common import settings_for
from bot.cli.questions import open_store
from bot.clinic.numbers import DAYS, collected, shown
from bot.errors import ExitCode
from bot.settings import Settings

_MOST_DAYS = 90
"""Counts are kept no longer."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the number of days."""
    parser.add_argument(
        "--days", type=int, default=DAYS, metavar="N", help=f"how many days, {_MOST_DAYS} at most (default: {DAYS})"
    )


def execute(arguments: argparse.Namespace) -> ExitCode:
    """Print the numbers; the database is only read."""
    return asyncio.run(_execute(settings_for(arguments), min(_MOST_DAYS, max(1, arguments.days))))


async def _execute(settings: Settings, days: int) -> ExitCode:
    async with open_store(settings) as store:
        figures = await collected(store, datetime.now(UTC).date(), days)
    print(shown(figures, load_knowledge(settings.knowledge_dir)))
    return ExitCode.OK
