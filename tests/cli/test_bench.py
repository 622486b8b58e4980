"""``bench``: what it tells. How fast things are is for whoever runs it to judge, not for a test."""

import json
from pathlib import Path

import pytest

from bot.knowledge.model import KnowledgeBase
from tests.cli.conftest import Command

COUNTS = ("phrases", "messages")
PAIRS = (("p50_ms", "p95_ms"), ("rapidfuzz_p50_ms", "rapidfuzz_p95_ms"))
FIGURES = (
    "uncached_s",
    "cached_s",
    "long_ms",
    "resident_mb",
    "peak_mb",
    *(name for pair in PAIRS for name in pair),
)


def phrases(knowledge: KnowledgeBase) -> int:
    return sum(len(entry.ask) for entry in knowledge.published)


def test_json_holds_every_figure(command: Command, small_folder: Path, knowledge: KnowledgeBase) -> None:
    code, out, err = command("bench", "--json", "--knowledge", small_folder)
    assert (code, err) == (0, "")
    [line] = out.splitlines()
    figures = json.loads(line)
    assert sorted(figures) == sorted([*COUNTS, *FIGURES])
    assert figures["phrases"] == phrases(knowledge)
    assert figures["messages"] > 0
    assert all(figures[name] > 0 for name in FIGURES)
    assert all(figures[middle] <= figures[high] for middle, high in PAIRS)


def test_text_has_a_line_for_each_with_its_unit(
    command: Command, small_folder: Path, knowledge: KnowledgeBase
) -> None:
    code, out, err = command("bench", "--knowledge", small_folder)
    assert (code, err) == (0, "")
    counted, *measured = out.splitlines()
    assert counted.startswith(f"{phrases(knowledge)} phrases, ")
    units = {
        "ready with nothing cached": "s",
        "ready with cached vectors": "s",
        "a message, p50 / p95": "ms",
        "4,096 characters": "ms",
        "RapidFuzz WRatio, p50 / p95": "ms",
        "memory now / highest": "MB",
    }
    for line, (what, unit) in zip(measured, units.items(), strict=True):
        assert line.startswith(what)
        assert line.removesuffix("(gate and matching together)").split()[-1] == unit


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_without_knowledge_nothing_is_measured(command: Command, tmp_path: Path, form: list[str]) -> None:
    code, out, err = command("bench", *form, "--knowledge", tmp_path / "gone")
    assert (code, out) == (2, "")
    assert err.startswith("There is no knowledge folder")
