"""What several commands share."""

import argparse
import sys

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
