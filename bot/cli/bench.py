"""``bench``: load time, latency and memory, with RapidFuzz on the same phrases in the same run."""

import argparse
import json
from dataclasses import asdict

from bot.bootstrap import load_encoder, load_knowledge, load_shipped
from bot.cli.common import settings_for
from bot.errors import ExitCode
from bot.review.bench import bench


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the form of output."""
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def execute(arguments: argparse.Namespace) -> ExitCode:
    """Measure and print."""
    settings = settings_for(arguments)
    knowledge = load_knowledge(settings.knowledge_dir)
    encoder = load_encoder()
    found = bench(knowledge, encoder, load_shipped(encoder))
    if arguments.json:
        print(json.dumps(asdict(found)))
        return ExitCode.OK
    print(f"{found.phrases} phrases, {found.messages} messages")
    print(f"ready at the first start    {found.first_start_s:8.1f} s    (from what is shipped)")
    print(f"ready at a later start      {found.cached_s:8.1f} s    (with what was kept besides)")
    print(f"a message, p50 / p95        {found.p50_ms:8.1f} / {found.p95_ms:.1f} ms   (gate and matching together)")
    print(f"4,096 characters            {found.long_ms:8.1f} ms")
    print(f"RapidFuzz WRatio, p50 / p95 {found.rapidfuzz_p50_ms:8.1f} / {found.rapidfuzz_p95_ms:.1f} ms")
    print(f"memory now / highest        {found.resident_mb:8.0f} / {found.peak_mb:.0f} MB")
    return ExitCode.OK
