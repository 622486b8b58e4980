"""What several commands share."""

import argparse
import contextlib
import logging
import os
import sys
from pathlib import Path
from typing import NoReturn

from bot.errors import CannotRunError, ExitCode
from bot.ops.logs import configure
from bot.settings import LogLevel, Settings, read_settings


def settings_for(arguments: argparse.Namespace, *, quiet: bool = True) -> Settings:
    """Return the settings with ``--knowledge`` applied; ``quiet`` keeps log lines off a person's screen."""
    settings = read_settings()
    configure(LogLevel.WARNING if quiet else settings.log_level, settings.log_format)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal without UTF-8 must not end the conversation
    if arguments.knowledge is not None:
        settings = settings.model_copy(update={"knowledge_dir": arguments.knowledge})
    return settings


def folder_for(arguments: argparse.Namespace) -> Path:
    """Return the knowledge folder; raise ``CannotRunError`` where there is none."""
    folder = settings_for(arguments).knowledge_dir
    if not folder.is_dir():
        raise CannotRunError(f"There is no knowledge folder {folder}. Name another with --knowledge.")
    return folder


def write_file(path: Path, content: bytes) -> None:
    """Write a file whole or not at all; raise ``CannotRunError`` where it cannot be written."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        beside.write_bytes(content)
        beside.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
        raise CannotRunError(f"{path} cannot be written: {error.strerror}.") from error


def leave(code: ExitCode) -> NoReturn:
    """End the process at once.

    Everything that must be is written and closed by now. The usual way out would wait for the library threads that
    load the knowledge, half a minute on a slow machine, and hosts kill before that.
    """
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(int(code))
