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
    if not questions:
        print(gap_texts.NONE_LEFT if arguments.what == "list" else "[]")
        return ExitCode.OK
    mind = build_mind(settings)
    found = gaps_of(mind, questions)
    if arguments.what == "list":
        said = gap_texts.listed(found, mind.knowledge, most=len(found))
        print("\n".join(map(printable, said.splitlines())))
        return ExitCode.OK
    taken = set(mind.knowledge.entries)
    data = []
    for gap in found:
        taken.add(entry_id := gap_texts.new_id(gap, taken))
        text = blank(gap_texts.fields(gap, mind.knowledge))
        data.append(gap_texts.as_data(gap, mind.knowledge, entry_id, text))
    print(yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1000), end="")
    return ExitCode.OK


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as they are to be pasted."""


def _as_block(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _as_block)
