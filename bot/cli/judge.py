"""``judge``: whether the files of a knowledge folder may be served; asked by the running bot.

Written as JSON, for a program. ``check`` tells people more.
"""

import argparse
import json
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from bot.bootstrap import build_mind
from bot.cli.check import as_json, talk
from bot.cli.common import settings_for
from bot.errors import ExitCode
from bot.knowledge.problems import Severity
from bot.review.check import check, judge


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add where to keep what is computed, whose files they are, and how much to look at."""
    parser.add_argument("--cache", type=Path, metavar="DIR", help="the folder for what speeds up the next start")
    parser.add_argument("--own", action="store_true", help="the files are the project's own, wherever they lie")
    parser.add_argument("--all", action="store_true", help="tell every error and warning, as check does")


def execute(arguments: argparse.Namespace) -> ExitCode:
    """Judge and report."""
    settings = settings_for(arguments)
    if arguments.cache is not None:
        settings = settings.model_copy(update={"cache_dir": arguments.cache})
    build = partial(build_mind, settings, alone=False)  # the bot answers meanwhile
    if arguments.all:
        checked = check(settings.knowledge_dir, build, datetime.now(UTC).date(), talk)
        problems = [p for p in checked.problems if p.severity is not Severity.NOTICE]
    else:
        problems = judge(settings.knowledge_dir, build, talk, own=arguments.own)
    print(json.dumps([as_json(problem) for problem in problems]))
    return ExitCode.OK
