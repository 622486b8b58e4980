"""``doctor``: whether everything the bot needs is there, a line each with what to do.

It looks and changes nothing: no file, no table, nothing at Telegram.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from time import time as now
from typing import Any

import httpx
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bot.bootstrap import load_encoder, load_knowledge
from bot.errors import BotError, ExitCode
from bot.knowledge.version import Version
from bot.ops.logs import configure
from bot.ops.memory import allowed
from bot.settings import DEFAULT_DATABASE, LogLevel, Settings, read_usable_settings
from bot.storage.database import Database
from bot.storage.ids import Hasher, data_key
from bot.storage.looking import paused_in, read_only
from bot.storage.migrations import STEPS, refuse_newer, schema_version
from bot.storage.protocol import StoreError
from bot.storage.urls import FileAddress, read_address
from bot.storage.versions import Judged, KeptVersion, versions_in
from bot.tg.token import usable_token, webhook_path

_PEAK = 460
"""Megabytes that the bot may take at its highest, which is while it starts."""
_PLAN = 512
"""Megabytes of the smallest plan on offer that has as much."""
_MOST_DRIFT = 60
"""Seconds by which the clock may be wrong: red-flag reminders and leases go by it."""
_REFUSED = (401, 404)
"""How Telegram answers to a token that it does not know, and to what has not the form of one."""
_WRITABLE = text(
    "SELECT current_setting('transaction_read_only') = 'off' AND has_schema_privilege(current_schema(), 'CREATE')"
)
_REMEDIES = {
    "InvalidPassword": "User or password is wrong. Copy DATABASE_URL again from where the database is kept; write "
    "special characters in the password as %40 for @, %2F for / and so on.",
    "InvalidAuthorization": "The server does not let this user in from here. Look at its list of users and "
    "addresses, and whether it wants ?sslmode=require at the end of DATABASE_URL.",
    "InvalidCatalogName": "The server has no database of this name. Mend the end of DATABASE_URL or make it.",
    "ConnectionRefused": "Nothing answers at the host and port in DATABASE_URL. Compare both, and see that the "
    "server runs.",
    "ConnectionError": "The server refuses encryption. Switch it on there, or change sslmode in DATABASE_URL.",
    "SSL": "The server's certificate is not trusted. Name the file that vouches for it with sslrootcert=… in "
    "DATABASE_URL, or set sslmode=require.",
    "gaierror": "There is no machine of this name. Compare the host in DATABASE_URL.",
    "Unicode": "The host in DATABASE_URL is not the name of a machine. Copy the address again.",
    "Timeout": "It does not answer. See that the server runs and that a firewall lets this machine reach it.",
    "TooManyConnections": "All its connections are taken. End other programs that use it, or choose a larger plan.",
    "CannotConnectNow": "The server is just starting or stopping. Look again in a minute.",
    "SQLITE_NOTADB": "The file is of another kind. Mend DATABASE_URL, or move the file away to begin a new one.",
    "SQLITE_CORRUPT": "The file is damaged. Put it back from a backup, or move it away to begin a new one.",
    "SQLITE_CANTOPEN": "See that it is a file and that the account that runs the bot may read it.",
    "SQLITE_IOERR": "See that it is a file and that its disk is well.",
    "SQLITE_BUSY": "Another program has locked it. End that one.",
}
"""What to do by the beginning of what went wrong, ``StoreError.cause``."""


@dataclass(frozen=True)
class Finding:
    """One thing looked at; ``remedy`` says what to do when it is not ``good``."""

    name: str
    good: bool
    said: str
    remedy: str = ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """There are no options of its own."""


def execute(arguments: argparse.Namespace) -> ExitCode:
    """Look at everything, print a line each."""
    # Not ``settings_for``: one setting that cannot be used must not hide what is wrong besides.
    settings, wrong = read_usable_settings()
    configure(LogLevel.WARNING, settings.log_format)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    good = True
    for finding in _findings(settings, arguments.knowledge or settings.knowledge_dir, wrong):
        good = good and finding.good
        print(f"{'ok ' if finding.good else 'BAD'}  {finding.name:10} {finding.said}")
        if finding.remedy and not finding.good:
            print(f"     {'':10} → " + finding.remedy.replace("\n", f"\n{'':18}"))
    return ExitCode.OK if good else ExitCode.FAILED


def _findings(settings: Settings, knowledge: Path, wrong: Mapping[str, str]) -> Iterator[Finding]:
    """Yield all findings; ``wrong`` says by variable which of ``settings`` are stand-ins."""
    yield from (Finding("setting", False, said) for said in wrong.values())
    yield from asyncio.run(_telegram(settings, wrong))
    kept: dict[Judged, KeptVersion] = {}
    yield from _storage(settings, wrong, kept)
    yield _cache(settings.cache_dir)
    yield from _knowledge(knowledge)
    yield from _version(knowledge, kept)
    remedy = "Install the dependencies again: make install."
    yield Finding("encoder", load_encoder() is not None, "sentence vectors", remedy)
    if (megabytes := allowed()) is not None:
        yield _enough(megabytes)


async def _telegram(settings: Settings, wrong: Mapping[str, str]) -> list[Finding]:
    try:
        token = usable_token(settings)
    except BotError as error:
        return [Finding("token", False, "no usable token", str(error))]
    if "TELEGRAM_API_URL" in wrong:
        return [Finding("token", False, "not shown to Telegram", "Mend TELEGRAM_API_URL and look again.")]
    address = f"{settings.telegram_api_url}/bot{token}"
    try:
        async with httpx.AsyncClient(timeout=10) as client:
            me = await client.get(f"{address}/getMe")
            hook = await client.get(f"{address}/getWebhookInfo")
        who, info = _told(me), _told(hook)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        remedy = "Check the network of this machine and TELEGRAM_API_URL."
        return [Finding("token", False, f"Telegram cannot be reached ({type(error).__name__})", remedy)]
    if who is None and me.status_code in _REFUSED:
        return [Finding("token", False, "Telegram refuses it", "Copy it again from @BotFather, or make a new one.")]
    if who is None:
        said = f"Telegram answers with an error ({me.status_code})"
        return [Finding("token", False, said, "Look again in a minute.")]
    found = [Finding("token", True, f"it belongs to @{who.get('username', '?')}")]
    if "PUBLIC_URL" in wrong:
        found.append(Finding("webhook", False, "not compared", "Mend PUBLIC_URL and look again."))
    elif info is None:
        said = f"Telegram tells nothing about it ({hook.status_code})"
        found.append(Finding("webhook", False, said, "Look again in a minute."))
    else:
        found.append(_webhook(settings, token, info))
    return [*found, _clock(me.headers.get("Date", ""))]


def _told(response: httpx.Response) -> dict[str, Any] | None:
    """Return the result Telegram answers with, ``None`` for an error; raise ``ValueError`` for other answers."""
    answer = response.json()
    if not isinstance(answer, dict) or "ok" not in answer:
        raise ValueError("not an answer of Telegram's")
    result = answer.get("result")
    return result if answer["ok"] and isinstance(result, dict) else None


def _webhook(settings: Settings, token: str, info: Mapping[str, Any]) -> Finding:
    url, pending = str(info.get("url") or ""), info.get("pending_update_count", 0)
    wanted = settings.public_url + webhook_path(token) if settings.public_url else ""
    if url != wanted:
        said = "none is set" if not url else "it points to another address"
        if not wanted:
            return Finding("webhook", True, f"{said}; without PUBLIC_URL the next start removes it and fetches")
        return Finding("webhook", True, f"{said}; the next start sets it to {settings.public_url}/…")
    if info.get("last_error_message"):
        remedy = "Look whether the bot runs and PUBLIC_URL leads to it from outside."
        return Finding("webhook", False, f"last delivery failed: {info['last_error_message']}", remedy)
    return Finding("webhook", True, f"{'ours' if url else 'none, messages are fetched'}; {pending} waiting")


def _clock(date: str) -> Finding:
    try:
        drift = abs(now() - parsedate_to_datetime(date).timestamp())
    except (TypeError, ValueError):
        return Finding("clock", True, "Telegram told no time to compare with")
    remedy = "Set the clock of this machine, best by NTP."
    return Finding("clock", drift <= _MOST_DRIFT, f"{drift:.0f} s from Telegram's", remedy)


def _storage(settings: Settings, wrong: Mapping[str, str], kept: dict[Judged, KeptVersion]) -> Iterator[Finding]:
    """Yield what is found of the database; the versions of the knowledge that it keeps go into ``kept``."""
    address = settings.database_url.get_secret_value() or DEFAULT_DATABASE
    try:
        named = read_address(address)
    except StoreError as error:
        yield Finding("database", False, "its address cannot be used", str(error))
        return
    if not isinstance(named, FileAddress):
        yield asyncio.run(_server(str(address), kept))
    elif _is_missing(named.path):
        yield _file_to_be_made(named.path)
    else:
        yield _file(named.path, kept)
    if paused := paused_in(address):
        yield Finding("paused", True, f"staff keep from runners, until /resume: {', '.join(sorted(paused))}")
    if "DATA_KEY" not in wrong:
        yield from _key(settings, named.path if isinstance(named, FileAddress) else None)
    if settings.host and isinstance(named, FileAddress):
        remedy = "Set DATABASE_URL to a PostgreSQL database, or keep the file on a volume that stays."
        said = "SQLite on a host that may wipe its disk at every deploy"
        yield Finding("disk", address != DEFAULT_DATABASE, said, remedy)


async def _server(address: str, kept: dict[Judged, KeptVersion]) -> Finding:
    database = Database.open(address)
    try:
        async with database.reading() as connection:
            version = await connection.run_sync(schema_version)
            kept.update(await connection.run_sync(versions_in))
            writable = bool(await connection.scalar(_WRITABLE))
    except StoreError as error:
        return _unusable("PostgreSQL", error.cause)
    except (UnicodeError, OverflowError) as error:  # of a host or a port that cannot be one
        return _unusable("PostgreSQL", type(error).__name__)
    finally:
        await database.close()
    if not writable:
        said = "PostgreSQL, where nothing can be written or no tables can be made"
        remedy = (
            "Let the user in DATABASE_URL make tables: GRANT CREATE ON SCHEMA public TO … . If all is read-only, "
            "it may be a copy or its disk may be full: ask where it is kept."
        )
        return Finding("database", False, said, remedy)
    return _schema("PostgreSQL", version)


def _file(path: Path, kept: dict[Judged, KeptVersion]) -> Finding:
    shown = f"SQLite file {path}"
    try:
        with read_only(path).connect() as connection:
            version = schema_version(connection)
            kept.update(versions_in(connection))
    except DBAPIError as error:
        return _unusable(shown, getattr(error.orig, "sqlite_errorname", type(error.orig).__name__))
    if not (os.access(path, os.W_OK) and _takes_files(path.parent)):
        remedy = "Give the account that runs the bot the right to write to it and to its folder."
        return Finding("database", False, f"{shown}, which can be read but not written to", remedy)
    return _schema(shown, version)


def _file_to_be_made(path: Path) -> Finding:
    if _takes_files(path.parent):
        return Finding("database", True, f"SQLite file {path}, will be made at the first start")
    remedy = "Set DATABASE_URL to a file in a folder that the account that runs the bot may write to."
    return Finding("database", False, f"SQLite file {path}, which cannot be made", remedy)


def _schema(shown: str, version: int) -> Finding:
    try:
        refuse_newer(version)
    except StoreError as error:
        return Finding("database", False, f"{shown}, changed by a newer release", str(error))
    if version < len(STEPS):
        said = f"{shown}, schema version {version} of {len(STEPS)}: the next start brings it up to date"
        return Finding("database", True, said)
    return Finding("database", True, f"{shown}, schema version {version}")


def _unusable(shown: str, cause: str) -> Finding:
    remedies = (remedy for beginning, remedy in _REMEDIES.items() if cause.startswith(beginning))
    remedy = next(remedies, "Compare DATABASE_URL with where the database is kept, and look what its own log says.")
    return Finding("database", False, f"{shown}, which cannot be used ({cause})", remedy)


def _key(settings: Settings, file: Path | None) -> Iterator[Finding]:
    try:
        if own := settings.data_key.get_secret_value():
            Hasher(own.encode())
        elif file is not None and not _is_missing(file.with_name("data.key")):
            data_key(file)
    except (StoreError, UnicodeError) as error:
        remedy = str(error) if isinstance(error, StoreError) else "Set DATA_KEY to letters and digits only."
        yield Finding("key", False, "the key for people's ids cannot be used", remedy)


def _cache(folder: Path) -> Finding:
    if _takes_files(folder):
        return Finding("cache", True, f"in {folder}")
    remedy = "Set CACHE_DIR to a folder that the account that runs the bot may write to."
    return Finding("cache", False, f"{folder} cannot be written to: each start then takes minutes", remedy)


def _is_missing(path: Path) -> bool:
    """Return whether nothing is there. What may not be looked at is there: opening it says what is wrong."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def _takes_files(folder: Path) -> bool:
    """Return whether files can be made in ``folder``, or the folder itself, without trying it."""
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if not _is_missing(path))
    return os.access(there, os.W_OK | os.X_OK) and there.is_dir()


def _knowledge(folder: Path) -> Iterator[Finding]:
    try:
        knowledge = load_knowledge(folder)
    except BotError as error:
        yield Finding("knowledge", False, "it cannot be loaded", str(error))
        return
    said = f"{len(knowledge.published)} answers, {len(knowledge.red_flags)} red flags"
    yield Finding("knowledge", True, said)
    if not (knowledge.clinic.phone or knowledge.clinic.booking):
        said = "clinic.yaml names no phone and no booking page: people are sent to registers only"
        yield Finding("clinic", True, said)


def _version(folder: Path, kept: Mapping[Judged, KeptVersion]) -> Iterator[Finding]:
    """Yield whether what the bot answers from is what lies in ``folder``."""
    good, refused = kept.get(Judged.GOOD), kept.get(Judged.REFUSED)
    try:
        fingerprint = Version.read(folder).fingerprint
    except OSError:
        return  # told of already: it cannot be loaded
    if good is None or good.fingerprint == fingerprint:
        return
    since = f"{datetime.fromtimestamp(good.at, UTC):%Y-%m-%d %H:%M} UTC"
    if refused is not None and refused.fingerprint == fingerprint:
        said = f"the bot answers from the version of {since}, which the database keeps: the files here were refused"
        remedy = "Mend what this names, and the bot takes the files by itself: .venv/bin/python -m bot judge"
        yield Finding("version", False, said, remedy)
    else:
        said = f"the database keeps the version of {since}; the files here are taken once they are judged good"
        yield Finding("version", True, said)


def _enough(megabytes: int) -> Finding:
    said = f"{megabytes} MB may be used; the bot takes up to {_PEAK} MB, most of it while it starts"
    remedy = (
        f"Choose a plan with at least {_PLAN} MB, or raise the limit of the container. With less the system may "
        "end the bot in the middle of its start, again and again."
    )
    return Finding("memory", megabytes >= _PEAK, said, remedy)
