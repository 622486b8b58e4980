"""``bench``: what it tells. How fast things are is for whoever runs it to judge, not for a test."""

import json
from pathlib import Path

import pytest

from bot.bootstrap import load_knowledge
from bot.knowledge.model import KnowledgeBase
from bot.review.bench import bench
from bot.review.shipping import make
from bot.text.likeness.shipped import Shipped
from tests.cli.conftest import Command
from tests.support.encoder import WordEncoder
from tests.support.knowledge import write_knowledge

COUNTS = ("phrases", "messages")
PAIRS = (("p50_ms", "p95_ms"), ("rapidfuzz_p50_ms", "rapidfuzz_p95_ms"))
FIGURES = (
    "first_start_s",
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
        "ready at the first start": "s",
        "ready at a later start": "s",
        "a message, p50 / p95": "ms",
        "4,096 characters": "ms",
        "RapidFuzz WRatio, p50 / p95": "ms",
        "memory now / highest": "MB",
    }
    for line, (what, unit) in zip(measured, units.items(), strict=True):
        assert line.startswith(what)
        assert line.partition("(")[0].split()[-1] == unit


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_without_knowledge_nothing_is_measured(command: Command, tmp_path: Path, form: list[str]) -> None:
    code, out, err = command("bench", *form, "--knowledge", tmp_path / "gone")
    assert (code, out) == (2, "")
    assert err.startswith("There is no knowledge folder")


def test_starts_are_measured_with_what_is_shipped_and_messages_without(tmp_path: Path) -> None:
    """Nobody ships what runners will ask, so a golden question is encoded as if nobody had seen it."""
    asked = ["will the needles hurt me", "what do I pay. is it much?"]
    known = "painful or not?"  # a phrase, which the bot need not encode
    golden = f'pain:\n  - "{asked[0]}"\n  - "{known}"\n'
    messages = f'cost:\n  - "{asked[1]}"\n'
    folder = write_knowledge(tmp_path / "knowledge", {"golden.yaml": golden, "messages.yaml": messages})
    knowledge = load_knowledge(folder)
    make(knowledge, WordEncoder(), None, tmp_path / "made")
    encoder = WordEncoder()
    found = bench(knowledge, encoder, Shipped(encoder.fingerprint, tmp_path / "made"))
    assert found.messages == 2
    assert encoder.encoded[:2] == [asked[0], asked[1].lower()]  # and no phrase before them, by either start


def test_with_nothing_shipped_the_first_start_encodes_and_the_second_does_not(knowledge: KnowledgeBase) -> None:
    encoder = WordEncoder()
    found = bench(knowledge, encoder)
    assert found.phrases == phrases(knowledge)
    once = [text for text in encoder.encoded if encoder.encoded.count(text) == 1]
    assert len(once) > found.phrases
