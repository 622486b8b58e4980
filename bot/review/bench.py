"""How fast the bot gets ready and answers, and how much memory it takes."""

import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rapidfuzz import fuzz, process, utils

from bot.knowledge.model import KnowledgeBase
from bot.text.likeness.encoder import Encoder
from bot.text.likeness.utterance import LONGEST_WHOLE
from bot.understanding.mind import Mind

_LONG_ROUNDS = 5


@dataclass(frozen=True)
class Bench:
    """Seconds from the knowledge files being read to the first answer, without and with phrase vectors kept from
    an earlier start; milliseconds per message of the bot and of RapidFuzz's ``WRatio`` over the same phrases; the
    process's memory in MB, now and at its highest.
    """

    phrases: int
    uncached_s: float
    cached_s: float
    messages: int
    p50_ms: float
    p95_ms: float
    long_ms: float
    rapidfuzz_p50_ms: float
    rapidfuzz_p95_ms: float
    resident_mb: float
    peak_mb: float


def bench(knowledge: KnowledgeBase, encoder: Encoder | None) -> Bench:
    """Measure on ``knowledge``: two builds, then every golden question and calibration message once."""
    with tempfile.TemporaryDirectory() as folder:
        uncached = _seconds(lambda: Mind.for_knowledge(knowledge, encoder=encoder, cache=Path(folder)))
        started = time.perf_counter()
        mind = Mind.for_knowledge(knowledge, encoder=encoder, cache=Path(folder))
        cached = time.perf_counter() - started
    texts = [text for group in (knowledge.golden, knowledge.messages) for many in group.values() for text in many]
    texts = texts or [phrase for entry in knowledge.published for phrase in entry.ask[:5]]
    phrases = [phrase for entry in knowledge.published for phrase in entry.ask]
    cleaned = [utils.default_process(phrase) for phrase in phrases]
    took = [_seconds(lambda t=text: mind.understand(t)) for text in texts]  # type: ignore[misc]
    rapid = [
        _seconds(lambda t=text: process.extractOne(utils.default_process(t), cleaned, scorer=fuzz.WRatio))  # type: ignore[misc]
        for text in texts
    ]
    long = (" ".join(texts) * (LONGEST_WHOLE // max(1, len(" ".join(texts))) + 1))[:LONGEST_WHOLE]
    return Bench(
        phrases=len(phrases),
        uncached_s=uncached,
        cached_s=cached,
        messages=len(texts),
        p50_ms=1000 * statistics.median(took),
        p95_ms=1000 * _percentile(took, 0.95),
        long_ms=1000 * statistics.median(_seconds(lambda: mind.understand(long)) for _ in range(_LONG_ROUNDS)),
        rapidfuzz_p50_ms=1000 * statistics.median(rapid),
        rapidfuzz_p95_ms=1000 * _percentile(rapid, 0.95),
        resident_mb=_resident_mb(),
        peak_mb=_peak_mb(),
    )


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def _peak_mb() -> float:
    # Linux counts in kB, macOS in bytes.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024)


def _resident_mb() -> float:
    """Return the memory in use now; where the system does not tell, the highest so far."""
    try:
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return _peak_mb()
