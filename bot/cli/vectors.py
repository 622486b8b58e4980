"""``vectors``: compute what is shipped with the project, so that no start has to; for maintainers."""

import argparse
import time

from bot.bootstrap import load_knowledge, load_shipped
from bot.cli.common import settings_for
from bot.errors import ExitCode
from bot.knowledge.model import OWN_FOLDER
from bot.knowledge.version import Version
from bot.review.edits import release
from bot.review.shipping import make
from bot.text.likeness.encoder import Encoder


def add_arguments(_: argparse.ArgumentParser) -> None:
    """Add nothing."""


def execute(arguments: argparse.Namespace) -> ExitCode:
    """Compute and write."""
    settings = settings_for(arguments)
    encoder = Encoder()
    begun = time.monotonic()
    knowledge, version = load_knowledge(settings.knowledge_dir), Version.read(settings.knowledge_dir)
    made = make(knowledge, encoder, load_shipped(encoder), fingerprint=version.fingerprint)
    if settings.knowledge_dir.resolve() == OWN_FOLDER:
        release(OWN_FOLDER)
    print(
        f"{made.texts} vectors, {made.encoded} of them new, and the fits: {made.size / 1e6:.1f} MB "
        f"in {time.monotonic() - begun:.0f} s"
    )
    return ExitCode.OK
