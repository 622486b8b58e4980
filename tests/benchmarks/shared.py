"""What the benchmarks share: arguments, figures kept as JSON, times, and knowledge folders made by a program."""

import argparse
import json
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from bot.errors import BotError
from bot.knowledge.model import OUT_OF_SCOPE, KnowledgeBase
from bot.review.evaluate import Row, read_rows

T = TypeVar("T")

EVAL = Path(__file__).resolve().parents[1] / "eval"
QUESTIONS = EVAL / "questions_dev.csv"
OUT_OF_SCOPE_ROWS = EVAL / "out_of_scope_dev.csv"


def parser(docstring: str | None) -> argparse.ArgumentParser:
    """Return a parser that explains itself with ``docstring`` and knows ``--json FILE``."""
    made = argparse.ArgumentParser(
        description=docstring, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    made.add_argument("--json", type=Path, metavar="FILE", help="keep the figures in this file")
    return made


def keep(figures: Mapping[str, object], path: Path | None) -> None:
    """Write ``figures`` to ``path`` if there is one."""
    if path is not None:
        path.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def labelled(paths: Iterable[Path], knowledge: KnowledgeBase) -> list[Row]:
    """Return the rows of all files; raise ``BotError`` for a label that ``knowledge`` does not have."""
    rows = [row for path in paths for row in read_rows(path)]
    unknown = sorted({topic for row in rows for topic in row.topics} - {*knowledge.entries, OUT_OF_SCOPE})
    if unknown:
        raise BotError(f"There is no entry {', '.join(unknown)}. Mend the labels.")
    return rows


def timed(act: Callable[[str], T], texts: Sequence[str]) -> tuple[list[T], list[float]]:
    """Return what ``act`` makes of each text and the milliseconds each took; the first text is done once before."""
    act(texts[0])
    results, times = [], []
    for text in texts:
        begun = time.perf_counter()
        results.append(act(text))
        times.append(1000 * (time.perf_counter() - begun))
    return results, times


def p95(times: Sequence[float]) -> float:
    """Return the time that 95 % stay below."""
    return statistics.quantiles(times, n=20)[-1]


def write_entry(folder: Path, entry_id: str, title: str, ask: Sequence[str], not_about: Sequence[str] = ()) -> None:
    """Write an entry with a dummy answer into ``folder``/faq."""
    fields = {
        "title": title,
        "ask": list(ask),
        **({"not_about": list(not_about)} if not_about else {}),
        "answer": "A stand-in for an answer.",
    }
    path = folder / "faq" / f"{entry_id}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    # A JSON value is a YAML value too.
    path.write_text(
        "".join(f"{name}: {json.dumps(value, ensure_ascii=False)}\n" for name, value in fields.items()),
        encoding="utf-8",
    )
