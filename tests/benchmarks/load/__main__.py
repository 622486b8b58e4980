"""The running bot under load and faults: ``python -m tests.benchmarks.load [scenario …] [--seed N] [--json]``.

Starts ``python -m bot run`` against the tests' own Bot API and keeps a ledger of what was asked and answered.

burst       2,000 questions at once, three SIGKILLs at random moments, polling and webhook, without limits
steady      25 questions a second, webhook, limits on
crowd       300 people at once, limits on; more than 30 sends in a second are refused
throughput  1,000 questions without limits, beside an echo bot of python-telegram-bot alone
pair        two processes on one PostgreSQL, every update sent to both
soak        20,000 updates of all kinds in 100 days of a simulated clock; what they leave in memory and on disk
storms      10,000 questions, ten SIGKILLs and ten SIGTERMs, the database locked a fifth of the time
urgent      500 messages that a killed bot leaves behind, a danger sign last: how long until it is answered
silent      600 idle connections and 600 bodies that do not come, beside the health page and the webhook
faults      the database locked, read-only, full, deleted, stopped, while people ask
"""

import argparse
import asyncio
import dataclasses
import json
import signal
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.benchmarks.load import faults, scenarios, silent, soak, storms, urgent
from tests.benchmarks.load.lab import Figure, Lab

SCENARIOS: dict[str, Callable[[Lab], Awaitable[list[Figure]]]] = {
    "burst": scenarios.burst,
    "steady": scenarios.steady,
    "crowd": scenarios.crowd,
    "throughput": scenarios.throughput,
    "pair": scenarios.pair,
    "soak": soak.soak,
    "faults": faults.faults,
    "storms": storms.storms,
    "urgent": urgent.urgent,
    "silent": silent.silent,
}
_LONGEST = 9_000.0
"""Seconds for one scenario; on two free cores none takes a quarter of that."""
_CACHE = Path(tempfile.gettempdir()) / "faq-bot-load-cache"
"""Kept between runs, so that only the first start works out the phrase vectors."""


async def measure(names: list[str], lab: Lab, figures: list[Figure]) -> None:
    """Run the scenarios one after the other, say so, and add to ``figures``."""
    me = asyncio.current_task()
    assert me is not None
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, me.cancel)
    for name in names:
        begun = time.monotonic()
        try:
            async with asyncio.timeout(_LONGEST):
                figures += await SCENARIOS[name](lab)
        except (TimeoutError, RuntimeError, OSError) as error:
            print(f"{name}: {error!r}", file=sys.stderr)
            figures.append(Figure(name, "did not finish", 1, "", "<= 0", False))
        print(f"{name}: {time.monotonic() - begun:.0f} s", file=sys.stderr)


def table(figures: list[Figure]) -> str:
    """Return the figures as lines; those that miss their target are marked."""
    marks = {True: "ok", False: "MISSED", None: ""}
    rows = [("scenario", "figure", "seen", "target", "")]
    rows += [(f.scenario, f.what, f"{f.seen:.4g} {f.unit}".strip(), f.target, marks[f.good]) for f in figures]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)


def main() -> int:
    """Return 1 when a target was missed."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.load",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("scenarios", nargs="*", metavar="scenario", help="default: all")
    parser.add_argument("--seed", type=int, default=1, help="decides when the bot is killed and what is sent")
    parser.add_argument("--small", action="store_true", help="a tenth of everything, to try the benchmark itself")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON instead of a table")
    arguments = parser.parse_args()
    if unknown := set(arguments.scenarios) - set(SCENARIOS):
        parser.error(f"no scenario {', '.join(sorted(unknown))}; there are {', '.join(SCENARIOS)}")
    print(f"seed {arguments.seed}", file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="load-", ignore_cleanup_errors=True) as folder:
        lab = Lab(Path(folder), _CACHE, arguments.seed, small=arguments.small)
        figures: list[Figure] = []
        try:
            asyncio.run(measure(arguments.scenarios or list(SCENARIOS), lab, figures))
        except (asyncio.CancelledError, KeyboardInterrupt):
            print("stopped", file=sys.stderr)
            figures.append(Figure("stopped", "scenarios that are missing here", 1, "", "<= 0", False))
    if arguments.json:
        found = {
            "seed": arguments.seed,
            "small": arguments.small,
            "figures": [dataclasses.asdict(figure) for figure in figures],
            "logged": dict(lab.complaints),
        }
        print(json.dumps(found, indent=2))
    else:
        print(table(figures))
        print(f"seed {arguments.seed}{', small' if arguments.small else ''}")
        if lab.complaints:
            print("\nlogged by the bots at WARNING and above:")
        for line, count in lab.complaints.most_common(25):
            print(f"{count:6} x {line}")
    return int(any(figure.good is False for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
