"""How fast the bot gets ready and answers, and how much memory it takes."""

import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process, utils
from threadpoolctl import threadpool_limits

from bot.knowledge.model import KnowledgeBase
from bot.text.likeness.arrays import Halves
from bot.text.likeness.encoder import Encoder
from bot.text.likeness.shipped import Shipped
from bot.text.likeness.utterance import LONGEST_WHOLE
from bot.understanding.mind import Mind

_LONG_ROUNDS = 5


@dataclass(frozen=True)
class Bench:
    """Seconds from the knowledge files being read to the first answer, with nothing but what is shipped
    (``first_start_s``) and with what an earlier start kept as well (``cached_s``); milliseconds per message, each
    encoded afresh, of the bot and of RapidFuzz's ``WRatio`` over the same phrases; the process's memory in MB, now
    and at its highest.
    """

    phrases: int
    first_start_s: float
    cached_s: float
    messages: int
    p50_ms: float
    p95_ms: float
    long_ms: float
    rapidfuzz_p50_ms: float
    rapidfuzz_p95_ms: float
    resident_mb: float
    peak_mb: float


class _UntilAnswering(Shipped):
    """What is shipped while the bot starts, and nothing from then on: runners ask what nobody has encoded."""

    def __init__(self, shipped: Shipped) -> None:
        self._inner = shipped
        self.fits = shipped.fits
        self.answering = False

    def __len__(self) -> int:
        return len(self._inner)

    def rows(self, texts: Sequence[str]) -> NDArray[np.int64]:
        return np.full(len(texts), -1, dtype=np.int64) if self.answering else self._inner.rows(texts)

    def vectors(self, rows: NDArray[np.int64]) -> Halves:
        return self._inner.vectors(rows)


def bench(knowledge: KnowledgeBase, encoder: Encoder | None, shipped: Shipped | None = None) -> Bench:
    """Measure on ``knowledge``: two builds, then once each golden question and message that is no phrase.

    ``shipped`` serves the builds alone.
    """
    with threadpool_limits(1, user_api="blas"):  # as the bot itself runs
        return _bench(knowledge, encoder, _UntilAnswering(shipped) if shipped is not None else None)


def _bench(knowledge: KnowledgeBase, encoder: Encoder | None, shipped: _UntilAnswering | None) -> Bench:
    with tempfile.TemporaryDirectory() as folder:

        def build() -> Mind:
            return Mind.for_knowledge(knowledge, encoder=encoder, cache=Path(folder), shipped=shipped)

        first_start = _seconds(build)
        started = time.perf_counter()
        mind = build()
        cached = time.perf_counter() - started
    if shipped is not None:
        shipped.answering = True
    texts = [text for group in (knowledge.golden, knowledge.messages) for many in group.values() for text in many]
    known = {*mind.preparer.book.phrases}  # these have their vectors already
    texts = [text for text in texts if mind.preparer.part(text).repaired not in known]
    texts = texts or [entry.title for entry in knowledge.published]
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
        first_start_s=first_start,
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
