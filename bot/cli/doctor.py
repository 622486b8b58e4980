"""``doctor``: whether everything the bot needs is there, a line each with what to do."""

import argparse
import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx

from bot.bootstrap import build_storage, load_encoder, load_knowledge
from bot.cli.common import settings_for
from bot.errors import BotError, ExitCode
from bot.settings import Settings
from bot.storage.migrations import upgrade
from bot.tg.token import usable_token, webhook_path

_LEAST_MEMORY = 450
"""Megabytes: the bot needs up to 400 while it starts with nothing cached."""
_MOST_DRIFT = 60
"""Seconds by which the clock may be wrong: red-flag reminders and leases go by it."""
_CGROUP = Path("/sys/fs/cgroup/memory.max")
_MEMINFO = Path("/proc/meminfo")


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
    settings = settings_for(arguments)
    findings = [*asyncio.run(_telegram(settings)), *asyncio.run(_database(settings)), *_here(settings)]
    for finding in findings:
        print(f"{'ok ' if finding.good else 'BAD'}  {finding.name:10} {finding.said}")
        if finding.remedy and not finding.good:
            print(f"     {'':10} → {finding.remedy}")
    return ExitCode.OK if all(finding.good for finding in findings) else ExitCode.FAILED


async def _telegram(settings: Settings) -> list[Finding]:
    try:
        token = usable_token(settings)
    except BotError as error:
        return [Finding("token", False, "no usable token", str(error))]
    address = f"{settings.telegram_api_url}/bot{token}"
    try:
        async with httpx.AsyncClient(timeout=10) as client:
            me = await client.get(f"{address}/getMe")
            hook = await client.get(f"{address}/getWebhookInfo")
        who, info = me.json(), hook.json()
    except (httpx.HTTPError, ValueError) as error:
        remedy = "Check the network of this machine and TELEGRAM_API_URL."
        return [Finding("token", False, f"Telegram cannot be reached ({type(error).__name__})", remedy)]
    if not who.get("ok"):
        return [Finding("token", False, "Telegram refuses it", "Copy it again from @BotFather, or make a new one.")]
    name = who["result"].get("username", "?")
    return [
        Finding("token", True, f"it belongs to @{name}"),
        _webhook(settings, token, info.get("result") or {}),
        _clock(me.headers.get("Date", "")),
    ]


def _webhook(settings: Settings, token: str, info: dict[str, Any]) -> Finding:
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
        drift = abs((datetime.now(UTC) - parsedate_to_datetime(date)).total_seconds())
    except (TypeError, ValueError):
        return Finding("clock", True, "Telegram told no time to compare with")
    remedy = "Set the clock of this machine, best by NTP."
    return Finding("clock", drift <= _MOST_DRIFT, f"{drift:.0f} s from Telegram's", remedy)


async def _database(settings: Settings) -> list[Finding]:
    try:
        storage = build_storage(settings)
        try:
            version = await upgrade(storage.database)
        finally:
            await storage.database.close()
    except BotError as error:
        return [Finding("database", False, "it cannot be used", str(error))]
    found = [Finding("database", True, f"{storage.database!r}, schema version {version}")]
    if settings.host and storage.database.is_file:
        remedy = "Set DATABASE_URL to a PostgreSQL database, or keep the file on a volume that stays."
        said = "SQLite on a host that may wipe its disk at every deploy"
        found.append(Finding("disk", settings.database_url.get_secret_value() != "", said, remedy))
    return found


def _here(settings: Settings) -> Iterator[Finding]:
    try:
        knowledge = load_knowledge(settings.knowledge_dir)
        said = f"{len(knowledge.published)} answers, {len(knowledge.red_flags)} red flags"
        yield Finding("knowledge", bool(knowledge.red_flags), said, "Put the folder red_flags/ back.")
        if not (knowledge.clinic.phone or knowledge.clinic.booking):
            said = "clinic.yaml names no phone and no booking page: people are sent to registers only"
            yield Finding("clinic", True, said)
    except BotError as error:
        yield Finding("knowledge", False, "it cannot be loaded", str(error))
    remedy = "Install the dependencies again: make install."
    yield Finding("encoder", load_encoder() is not None, "sentence vectors", remedy)
    if (megabytes := _memory()) is not None:
        remedy = f"Choose a plan with at least {_LEAST_MEMORY} MB."
        yield Finding("memory", megabytes >= _LEAST_MEMORY, f"{megabytes:.0f} MB may be used", remedy)


def _memory() -> float | None:
    """Return the megabytes this process may use, where the system tells."""
    for path, read in ((_CGROUP, _cgroup), (_MEMINFO, _meminfo)):
        try:
            return read(path.read_text(encoding="ascii"))
        except (OSError, ValueError):
            continue
    return None


def _cgroup(content: str) -> float:
    return int(content) / 1e6  # "max" means no limit, and is no number


def _meminfo(content: str) -> float:
    return int(content.split("MemTotal:")[1].split()[0]) / 1e3
