"""``chat``: the same conversation as on Telegram, in the terminal."""

import argparse
import asyncio
import sys
import textwrap

from bot.assistant import Assistant
from bot.bootstrap import build_assistant
from bot.cli.common import settings_for
from bot.dialogue.reply import Button, Reply
from bot.errors import ExitCode
from bot.storage.protocol import Speaker

_SPEAKER = Speaker("terminal", "terminal")
_WIDTH = 88
_DIGITS = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """There are no options of its own."""


def execute(arguments: argparse.Namespace) -> ExitCode:
    """Hold a conversation until the input ends."""
    settings = settings_for(arguments)
    print("One moment, reading the knowledge files …", flush=True)
    assistant = build_assistant(settings)
    return asyncio.run(_converse(assistant))


async def _converse(assistant: Assistant) -> ExitCode:
    buttons = _show(await assistant.reply("/start", _SPEAKER))
    print("\nType a question, or the number of a button. Leave with /quit.")
    question = ""
    while (line := await asyncio.to_thread(_read_line)) is not None:
        line = line.strip()
        if line in ("/quit", "/exit"):
            break
        if line.isdecimal() and len(line) <= _DIGITS and 1 <= int(line) <= len(buttons):
            button = buttons[int(line) - 1]
            if button.url:
                print(f"\n{button.url}")
            else:
                buttons = _show(await assistant.tap(button.code, _SPEAKER, question))
        else:
            question = line
            buttons = _show(await assistant.reply(line, _SPEAKER))
    print("\nSafe running!")
    return ExitCode.OK


def _read_line() -> str | None:
    """Return the next line, whatever bytes it holds, or nothing at the end of the input."""
    print("\nyou> ", end="", flush=True)
    raw = sys.stdin.buffer.readline()
    return raw.decode("utf-8", "replace") if raw else None


def _show(reply: Reply) -> list[Button]:
    print()
    for text in reply.texts or [f"({reply.toast})"]:
        for line in text.splitlines():
            indent = "  " if line.startswith("• ") else ""
            print(textwrap.fill(line, _WIDTH, subsequent_indent=indent))
    buttons = [button for row in reply.buttons for button in row]
    if buttons:
        print()
    for number, button in enumerate(buttons, 1):
        print(f"  [{number}] {button.label}")
    return buttons
