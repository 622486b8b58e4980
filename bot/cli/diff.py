"""``diff``: which questions get something else in another version of the knowledge, and what it says otherwise."""

import argparse
import asyncio
import hashlib
import json
import sys
import tempfile
from enum import IntEnum
from functools import partial
from pathlib import Path

from bot.bootstrap import KnowledgeError, build_mind, load_knowledge
from bot.cli.check import talk
from bot.cli.common import settings_for
from bot.cli.questions import kept_questions
from bot.cli.versions import folder_of
from bot.clinic.masking import masking
from bot.errors import BotError
from bot.knowledge.model import KnowledgeBase
from bot.review.diff import cases, changes
from bot.review.diff_report import Difference, as_json, as_markdown, as_text
from bot.review.diff_texts import text_changes
from bot.review.replay import Version, replay
from bot.settings import Settings

_MOST_QUESTIONS = 200
"""Kept questions that are replayed, the most recent ones."""
_CODE = Path(__file__).resolve().parents[1]


class DiffCode(IntEnum):
    """What ``diff`` hands back to the shell."""

    NONE = 0
    SOME = 1
    WORSE = 2
    CANNOT_RUN = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the two versions and the form of output."""
    parser.add_argument(
        "old", metavar="OLD", nargs="?", default="HEAD", help="a folder or a git revision (default: HEAD)"
    )
    parser.add_argument(
        "new", metavar="NEW", nargs="?", help="a folder or a git revision (default: the knowledge folder)"
    )
    parser.add_argument("--format", choices=("text", "json", "markdown"), default="text", help="form of the report")


def execute(arguments: argparse.Namespace) -> DiffCode:
    """Compare and report."""
    try:
        difference = _difference(arguments.old, arguments.new, settings_for(arguments))
    except BotError as error:
        print(error, file=sys.stderr)
        return DiffCode.CANNOT_RUN
    if arguments.format == "json":
        print(json.dumps(as_json(difference)))
    else:
        print((as_markdown if arguments.format == "markdown" else as_text)(difference))
    if difference.is_worse:
        return DiffCode.WORSE
    return DiffCode.SOME if difference else DiffCode.NONE


def _difference(old: str, new: str | None, settings: Settings) -> Difference:
    with tempfile.TemporaryDirectory(prefix="diff-") as scratch:
        named = {"old": old, "new": new or str(settings.knowledge_dir)}
        folders = []
        for side, name in named.items():
            taken_out = Path(scratch, side)
            taken_out.mkdir()
            folders.append(folder_of(name, settings.knowledge_dir, taken_out))
        if _files(folders[0]) == _files(folders[1]):
            return Difference(named["old"], named["new"], asked=0)
        loaded = [_load(folder, name) for folder, name in zip(folders, named.values(), strict=True)]
    before, after = loaded
    if before == after:
        return Difference(named["old"], named["new"], asked=0)
    kept = asyncio.run(kept_questions(settings))[-_MOST_QUESTIONS:]
    recent = [*map(masking(after), kept)] if kept else []
    asked = cases(before, after, recent)
    code = _code(settings)
    cache = settings.cache_dir / "diff"
    # Each side has a cache of its own: one mind forgets there what another needs. What is fitted for the files that
    # are being edited is what every other command needs of them too.
    edited = folders[1].resolve() == settings.knowledge_dir.resolve()
    caches = {"old": cache / "old", "new": settings.cache_dir if edited else cache / "new"}
    got = []
    for (side, name), knowledge in zip(named.items(), loaded, strict=True):
        build = partial(build_mind, settings.model_copy(update={"cache_dir": caches[side]}))
        fixed = [case.was if side == "old" else case.now for case in asked]
        got.append(replay(Version(knowledge, build, talk, cache, code), asked, fixed, partial(_tell, name)))
    return Difference(
        named["old"],
        named["new"],
        asked=len(asked),
        changes=changes(asked, got[0], got[1], before, after),
        texts=text_changes(before, after),
    )


def _load(folder: Path, name: str) -> KnowledgeBase:
    _say(f"{name}: reading")
    try:
        return load_knowledge(folder)
    except KnowledgeError as error:
        told = str(error).replace(str(folder), name)
        raise BotError(told) from None


def _files(folder: Path) -> dict[str, bytes]:
    """Return what the YAML files of ``folder`` hold, by their names in it."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".md")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def _code(settings: Settings) -> str:
    """Return a fingerprint of what answers depend on beside the knowledge: the program and its one setting."""
    digest = hashlib.blake2b(repr(settings.wrong_answer_budget).encode(), digest_size=16)
    for path in sorted(_CODE.rglob("*.py")):
        digest.update(path.read_bytes())
    for path in sorted((_CODE / "text" / "likeness" / "encoder").glob("*.bin")):
        digest.update(f"{path.name} {path.stat().st_size}".encode())
    return digest.hexdigest()


def _tell(name: str, done: int, total: int) -> None:
    _say(f"{name}: {done} of {total} messages asked")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
