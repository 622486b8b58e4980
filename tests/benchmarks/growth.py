"""Whether the bot still fits its budgets when the knowledge base grows to 200 entries and 5,000 phrases.

    python -m tests.benchmarks.growth [--json FILE]

Each size runs in a process of its own, with no phrase vector cached: seconds from the start of the process to
ready, then the peak memory of the process, then median and 95th percentile of the milliseconds per message
(danger-sign gate and matcher together, over the dev questions and out-of-scope messages). The larger sizes hold
entries made from the project's own phrasings, about half of their longer words replaced by others; with
`messages.yaml` the matcher calibrates itself on messages, without it on held-out phrases, which takes five more
fits. Budgets: 40 s, 450 MB, 15 ms at the median.
"""

import hashlib
import json
import re
import resource
import subprocess
import sys
import tempfile
import time
from argparse import SUPPRESS
from collections.abc import Iterable
from pathlib import Path
from statistics import median

from bot.bootstrap import load_encoder, load_knowledge
from bot.errors import BotError
from bot.knowledge.model import OWN_FOLDER, Entry, KnowledgeBase
from bot.review.evaluate import read_rows
from bot.understanding.mind import Mind
from tests.benchmarks.shared import OUT_OF_SCOPE_ROWS, QUESTIONS, keep, p95, parser, timed, write_entry

ENTRIES, PHRASES = 200, 25
_WORD = re.compile(r"[A-Za-z]{4,}")
_MEGABYTE = 1024 if sys.platform != "darwin" else 1024 * 1024
"""``ru_maxrss`` is in kilobytes on Linux, in bytes on macOS."""


def grow(knowledge: KnowledgeBase, folder: Path, *, messages: bool) -> None:
    """Write ``ENTRIES`` entries into ``folder``: the project's own first, then copies in other words."""
    own = knowledge.published
    vocabulary = sorted({w.lower() for e in own for phrase in e.ask for w in _WORD.findall(phrase)})
    for number in range(ENTRIES):
        copy, entry = number // len(own), own[number % len(own)]
        entry_id = f"{entry.id}-{copy}" if copy else entry.id
        ask = [entry.ask[(copy * PHRASES + i) % len(entry.ask)] for i in range(PHRASES)]
        write_entry(
            folder,
            entry_id,
            f"{entry.title[:36]} {copy}",
            _reworded(entry, copy, ask, vocabulary),
            _reworded(entry, copy, entry.not_about, vocabulary),
        )
    if messages:
        (folder / "messages.yaml").write_text(
            json.dumps({k: list(v) for k, v in knowledge.messages.items()}, ensure_ascii=False), encoding="utf-8"
        )


def _reworded(entry: Entry, copy: int, phrases: Iterable[str], vocabulary: list[str]) -> list[str]:
    """Return ``phrases`` with about half of the longer words replaced, each always by the same one in this copy."""

    def other(word: str) -> str:
        digest = hashlib.blake2b(f"{copy} {entry.id} {word.lower()}".encode(), digest_size=8).digest()
        drawn = int.from_bytes(digest, "big")
        return vocabulary[drawn // 2 % len(vocabulary)] if copy and drawn % 2 else word

    return [_WORD.sub(lambda found: other(found[0]), phrase) for phrase in phrases]


def measure(folder: Path, begun: float) -> dict[str, float]:
    """Build everything from ``folder`` in this process, which started at ``begun``, and answer messages."""
    knowledge = load_knowledge(folder)
    mind = Mind.for_knowledge(knowledge, encoder=load_encoder())
    ready = time.time() - begun
    texts = [row.text for path in (QUESTIONS, OUT_OF_SCOPE_ROWS) for row in read_rows(path)]
    _, times = timed(mind.understand, texts)
    return {
        "entries": len(knowledge.published),
        "phrases": sum(len(entry.ask) for entry in knowledge.published),
        "seconds_to_ready": ready,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _MEGABYTE,
        "median_ms": median(times),
        "p95_ms": p95(times),
    }


def measured_apart(folder: Path) -> dict[str, float]:
    """Return what ``measure`` finds in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.growth"]
    command += ["--measure", str(folder), "--begun", str(time.time())]
    # The peak counts what this process holds while it starts the other, so it must stay the smaller of the two.
    result = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    figures: dict[str, float] = json.loads(result.stdout)
    return figures


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--measure", type=Path, help=SUPPRESS)
    arguments.add_argument("--begun", type=float, help=SUPPRESS)
    options = arguments.parse_args()
    if options.measure is not None:
        print(json.dumps(measure(options.measure, options.begun)))
        return
    own = load_knowledge(OWN_FOLDER)
    found = {}
    print("                              entries  phrases  s to ready  peak MB  median ms  p95 ms")
    with tempfile.TemporaryDirectory() as folder:
        grow(own, Path(folder, "with"), messages=True)
        grow(own, Path(folder, "without"), messages=False)
        for name, path in (
            ("the project's own", OWN_FOLDER),
            ("grown, with messages.yaml", Path(folder, "with")),
            ("grown, without messages.yaml", Path(folder, "without")),
        ):
            found[name] = one = measured_apart(path)
            print(
                f"{name:28}  {one['entries']:7}  {one['phrases']:7}  {one['seconds_to_ready']:10.1f}"
                f"  {one['peak_mb']:7.0f}  {one['median_ms']:9.1f}  {one['p95_ms']:6.1f}"
            )
    keep(found, options.json)


if __name__ == "__main__":
    try:
        main()
    except BotError as problem:
        raise SystemExit(str(problem)) from None
