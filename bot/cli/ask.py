"""``ask``: one answer, or with ``--json`` a line out for every line in."""

import argparse
import asyncio
import json
import sys
from collections.abc import Iterable
from typing import Any

from bot.assistant import Assistant
from bot.bootstrap import build_assistant
from bot.cli.common import settings_for
from bot.dialogue.reply import Reply
from bot.errors import CannotRunError, ExitCode
from bot.knowledge.model import KnowledgeBase
from bot.storage.protocol import Speaker


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the question and ``--json``."""
    parser.add_argument("text", nargs="*", metavar="TEXT", help="the question; else it is read from standard input")
    parser.add_argument("--json", action="store_true", help="read lines, write one JSON object per line")


def execute(arguments: argparse.Namespace) -> ExitCode:
    """Answer."""
    settings = settings_for(arguments)
    if arguments.json and arguments.text:
        raise CannotRunError("With --json the questions come from standard input, one a line.")
    assistant = build_assistant(settings)
    if arguments.json:
        asyncio.run(_answer_lines(assistant, sys.stdin.buffer))
    else:
        text = " ".join(arguments.text) or sys.stdin.buffer.read().decode("utf-8", "replace")
        reply = asyncio.run(assistant.reply(text, Speaker("ask", "ask")))
        print("\n\n".join(reply.texts))
        for row in reply.buttons:
            print("  ".join(f"[{button.label}]" for button in row))
    return ExitCode.OK


async def _answer_lines(assistant: Assistant, lines: Iterable[bytes]) -> None:
    for number, raw in enumerate(lines):
        text, chat = _read(raw.decode("utf-8", "replace").rstrip("\r\n"))
        # A line without a chat starts afresh: its number makes a conversation nobody else has.
        talk = f"chat {chat}" if chat is not None else f"line {number}"
        reply = await assistant.reply(text, Speaker(talk, talk))
        print(json.dumps(as_json(text, reply, assistant.mind.knowledge)), flush=True)


def _read(line: str) -> tuple[str, str | None]:
    """Return the text and chat id of an input line; what is not the expected object is text."""
    line = line.removeprefix("\ufeff")
    if line.lstrip().startswith("{"):
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            return line, None
        if isinstance(value, dict) and isinstance(value.get("text"), str):
            chat = value.get("chat")
            return value["text"], None if chat is None else str(chat)
    return line, None


def as_json(text: str, reply: Reply, knowledge: KnowledgeBase) -> dict[str, Any]:
    """Return the object that ``ask --json`` prints for ``reply``; an added entry is listed with its topic."""
    return {
        "text": text,
        "outcome": reply.outcome.value,
        "entries": list(knowledge.with_topics(reply.entries)),
        "choices": list(reply.choices),
        "red_flag": reply.red_flag,
        "level": reply.level.name if reply.level is not None else None,
        "confidence": round(reply.confidence, 4),
        "reply": reply.texts,
        "buttons": [[button.label for button in row] for row in reply.buttons],
    }
