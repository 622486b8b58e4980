"""``questions``: what runners let the clinic read, until somebody marks it as done."""

import argparse
import asyncio
import json
import secrets
import sys
import textwrap
import unicodedata
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

from bot.bootstrap import load_knowledge
from bot.cli.common import settings_for
from bot.clinic.masking import masked_again, masking
from bot.errors import BotError, ExitCode
from bot.knowledge.model import KnowledgeBase
from bot.settings import DEFAULT_DATABASE, Settings
from bot.storage.database import Database
from bot.storage.ids import Hasher
from bot.storage.memory import MemoryStore
from bot.storage.migrations import schema_version
from bot.storage.protocol import KeptQuestion, Store, StoreError
from bot.storage.sql_store import SqlStore
from bot.storage.urls import FileAddress, read_address

_SHORT = 8
"""Digits shown of an id, and the fewest that ``--done`` takes: what it deletes cannot be brought back."""
_JOINER = "\u200d"
"""Invisible, but one runner on the screen falls apart into several signs without it."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the form of output and what is done."""
    either = parser.add_mutually_exclusive_group()
    either.add_argument("--json", action="store_true", help="print one JSON list")
    either.add_argument(
        "--done", nargs="+", default=(), metavar="ID", help="delete these questions for everybody who asked them"
    )


def execute(arguments: argparse.Namespace) -> ExitCode:
    """List the questions, or delete those that are done."""
    return asyncio.run(_execute(arguments, settings_for(arguments)))


async def _execute(arguments: argparse.Namespace, settings: Settings) -> ExitCode:
    async with open_store(settings) as store:
        found = await store.questions()
        if arguments.done:
            settled = [await _settle(store, found, given) for given in arguments.done]
            return ExitCode.OK if all(settled) else ExitCode.FAILED
    if found:
        found = masked_again(found, masking(_knowledge(settings)))
    if arguments.json:
        print(json.dumps(_as_json(found)))
    else:
        _print(found)
    return ExitCode.OK


def _knowledge(settings: Settings) -> KnowledgeBase | None:
    """Return what the clinic's files hold; nothing, and say so, where they cannot be read."""
    try:
        return load_knowledge(settings.knowledge_dir)
    except BotError:
        _said(
            f"The knowledge files in {settings.knowledge_dir} cannot be read, so more words are masked here than "
            "need be. See what is wrong with them: .venv/bin/python -m bot check"
        )
        return None


async def kept(settings: Settings) -> list[KeptQuestion]:
    """Return the kept questions, the oldest first; raise ``StoreError``. What is missing is said."""
    async with open_store(settings) as store:
        return [*await store.questions()]


async def kept_questions(settings: Settings) -> list[str]:
    """Return the texts of the kept questions, the oldest first; none, silently, where there is no database."""
    try:
        async with open_store(settings, _unsaid) as store:
            return [question.text for question in await store.questions()]
    except StoreError as error:
        print(f"Kept questions are left out: {error}", file=sys.stderr)
        return []


def _unsaid(_: str) -> None:
    """Say nothing: whoever asks does not need a database."""


def _said(line: str) -> None:
    print(line, file=sys.stderr)


@asynccontextmanager
async def open_store(settings: Settings, say: Callable[[str], None] = _said) -> AsyncIterator[Store]:
    """Yield what ``settings`` name as it is: where nothing has been made yet, an empty store, and say so."""
    address = settings.database_url.get_secret_value() or DEFAULT_DATABASE
    named = read_address(address)
    if isinstance(named, FileAddress) and _is_missing(named.path):
        say(f"There is no database file {named.path} yet.")
        yield MemoryStore()
        return
    database = Database.open(address)
    try:
        async with database.reading() as connection:
            version = await connection.run_sync(schema_version)
        if version:
            # Nothing is asked about one person, so any key does; the bot's own is neither needed nor made.
            yield SqlStore(database, Hasher(secrets.token_bytes()))
        else:
            say("The database has no tables yet.")
            yield MemoryStore()
    finally:
        await database.close()


def _is_missing(file: Path) -> bool:
    """Return whether there is no such file. One that may not be looked at is the database's to complain of."""
    try:
        file.stat()
    except OSError as error:
        return isinstance(error, FileNotFoundError)
    return False


async def _settle(store: Store, kept: Sequence[KeptQuestion], given: str) -> bool:
    """Delete the question whose id begins with ``given`` and say so, or why not; return whether it is done."""
    meant = [question for question in kept if question.id.startswith(given.lower())]
    if len(given) < _SHORT or len(meant) > 1:
        print(f"{given} is too short. Give all characters of the id as the list shows it.", file=sys.stderr)
    elif not meant or not await store.settle_question(meant[0].id):
        print(
            f"There is no question {given}. See those that are kept: .venv/bin/python -m bot questions",
            file=sys.stderr,
        )
    else:
        print(f"{given} is done.")
        return True
    return False


def _digits(kept: Sequence[KeptQuestion]) -> int:
    """Return how many digits of their ids tell the questions apart."""
    return next(n for n in count(_SHORT) if len({question.id[:n] for question in kept}) == len(kept))


def _as_json(kept: Sequence[KeptQuestion]) -> list[dict[str, object]]:
    digits = _digits(kept)
    return [{"id": q.id[:digits], "day": q.day.isoformat(), "text": q.text, "asked": q.count} for q in kept]


def _print(kept: Sequence[KeptQuestion]) -> None:
    if not kept:
        print("No question is kept at present.")
    digits = _digits(kept)
    for question in kept:
        asked = f"  asked by {question.count} people" if question.count > 1 else ""
        print(f"{question.day}  {question.id[:digits]}{asked}")
        print(textwrap.indent("\n".join(map(printable, question.text.splitlines())), "    "))


def printable(line: str) -> str:
    """Return ``line`` with every character written out that could command the terminal or hide something."""
    return "".join(
        char.encode("unicode_escape").decode() if unicodedata.category(char)[0] == "C" and char != _JOINER else char
        for char in line
    )
