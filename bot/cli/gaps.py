"""``gaps``: what the answers lack, from kept questions grouped by meaning; ``gaps export`` writes it as YAML."""

import argparse
import asyncio

import yaml

from bot.bootstrap import build_mind
from bot.cli.common import settings_for
from bot.cli.questions import kept, printable
from bot.clinic import gap_texts
from bot.clinic.gaps import gaps_of
from bot.errors import ExitCode
from bot.knowledge.blank import blank


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what is done: list, or export."""
    parser.add_argument(
        "what", nargs="?", choices=("list", "export"), default="list", help="export: print the gaps as YAML"
    )


def execute(arguments: argparse.Namespace) -> ExitCode:
    """Print the gaps; the database is only read."""
    settings = settings_for(arguments)
    questions = asyncio.run(kept(settings))
    mind = build_mind(settings) if questions else None
    found = gaps_of(mind, questions) if mind is not None else []
    if arguments.what == "list":
        for start in range(0, max(1, len(found)), gap_texts.PAGE):
            listed = gap_texts.listed(found, start, mind.knowledge) if mind is not None else gap_texts.NONE_LEFT
            print("\n".join(map(printable, listed.splitlines())))
        return ExitCode.OK
    taken = set(mind.knowledge.entries) if mind is not None else set()
    data = []
    for gap in found:
        assert mind is not None
        taken.add(entry_id := gap_texts.new_id(gap, taken))
        text = blank(gap_texts.fields(gap, mind.knowledge))
        data.append(gap_texts.as_data(gap, mind.knowledge, entry_id, text))
    print(yaml.safe_dump(data, sort_keys=False, width=1000), end="")
    return ExitCode.OK
