"""``check``: everything that is wrong with the knowledge files, at once."""

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TextIO

from bot.assistant import Assistant
from bot.bootstrap import build_mind
from bot.cli.check_report import report
from bot.cli.common import settings_for
from bot.dialogue.reply import Reply
from bot.errors import CannotRunError, ExitCode
from bot.knowledge.fields import did_you_mean
from bot.knowledge.problems import Problem, Severity
from bot.knowledge.rules import RULES, page
from bot.review.check import check
from bot.settings import DEFAULT_DATABASE
from bot.storage.looking import paused_in
from bot.storage.memory import MemoryStore
from bot.storage.protocol import Speaker
from bot.understanding.mind import Mind

_GITHUB = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTICE: "notice"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the form of output and the strictness."""
    parser.add_argument("--format", choices=("text", "json", "github"), default="text", help="form of the report")
    parser.add_argument(
        "--explain", nargs="?", const="", metavar="NAME", help="say what a finding means, or all of them, and leave"
    )
    parser.add_argument("--all", action="store_true", help="every notice on a line of its own")
    parser.add_argument("--strict", action="store_true", help="leave with 1 for warnings too")


def execute(arguments: argparse.Namespace) -> ExitCode:
    """Check and report, or explain."""
    if arguments.explain is not None:
        return _explain(arguments.explain)
    settings = settings_for(arguments)
    paused = paused_in(settings.database_url.get_secret_value() or DEFAULT_DATABASE)
    with Shown(sys.stderr, lines=arguments.format == "text") as progress:
        checked = check(
            settings.knowledge_dir,
            partial(build_mind, settings),
            datetime.now(UTC).date(),
            talk,
            paused=paused.keys(),
            cache=settings.cache_dir,
            progress=progress,
        )
    if arguments.format == "json":
        print(json.dumps([as_json(problem) for problem in checked.problems]))
    elif arguments.format == "github":
        for problem in checked.problems:
            print(_as_github(problem, _shown(settings.knowledge_dir)))
    else:
        print(*report(checked, whole=arguments.all), sep="\n")
    failed = checked.count(Severity.ERROR) or (arguments.strict and checked.count(Severity.WARNING))
    return ExitCode.FAILED if failed else ExitCode.OK


class Shown:
    """Progress as a person sees it: one line written again and again on a terminal, else a line for each step.

    Whoever reads another form than text by a program gets no ``lines``.
    """

    def __init__(self, stream: TextIO, *, lines: bool) -> None:
        self._stream = stream
        self._rewrites = stream.isatty()
        self._silent = not (self._rewrites or lines)
        self._last = ""

    def __enter__(self) -> "Shown":
        return self

    def __exit__(self, *_: object) -> None:
        if self._rewrites and self._last:
            print(f"\r{' ' * len(self._last)}\r", end="", file=self._stream, flush=True)

    def __call__(self, what: str, done: int, total: int) -> None:
        """See ``Progress``."""
        line = f"looking at {what}"
        if self._rewrites and total:
            line += f": {done / total:.0%}"
        if self._silent or line == self._last:
            return
        if self._rewrites:
            print(f"\r{line:<{len(self._last)}}", end="", file=self._stream, flush=True)
        else:
            print(line, file=self._stream, flush=True)
        self._last = line


def _explain(name: str) -> ExitCode:
    if name and name not in RULES:
        raise CannotRunError(f'There is no finding "{name}".{did_you_mean(name, RULES)} All: check --explain')
    print(f"{name}: {RULES[name]}" if name else page())
    return ExitCode.OK


def talk(mind: Mind, messages: Sequence[str]) -> list[Reply]:
    """Return the replies to ``messages``, sent one after the other into a conversation of their own."""
    assistant = Assistant(mind, MemoryStore())

    async def replies() -> list[Reply]:
        return [await assistant.reply(message, Speaker("check", "check")) for message in messages]

    return asyncio.run(replies())


def _shown(folder: Path) -> str:
    """Return the folder as GitHub wants it: relative to where the command runs, if it lies there."""
    here = Path.cwd()
    return str(folder.relative_to(here) if folder.is_relative_to(here) else folder)


def as_json(problem: Problem) -> dict[str, object]:
    """Return ``problem`` for a program."""
    return {
        "file": problem.place.file,
        "line": problem.place.line,
        "column": problem.place.column,
        "severity": problem.severity.value,
        "rule": problem.rule,
        "message": problem.message,
    }


def _as_github(problem: Problem, folder: str) -> str:
    # GitHub reads "%", line ends and, in properties, "," and ":" as its own signs.
    message = problem.message.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    file = f"{folder}/{problem.place.file}".replace("%", "%25").replace(",", "%2C").replace(":", "%3A")
    return (
        f"::{_GITHUB[problem.severity]} file={file},line={problem.place.line},"
        f"col={problem.place.column},title={problem.rule}::{message}"
    )
