from pathlib import Path

import pytest

from bot.knowledge.loader import load
from bot.knowledge.problems import Problem, Severity
from bot.review.phrasings import findings
from tests.support.knowledge import changed_file, write_knowledge

LAST = {
    "faq/calf.yaml": "calves like wood, needles any good",
    "faq/cost.yaml": "cost per session please",
    "faq/heel.yaml": 'plantar heel: \\"needles\\" or not',
    "faq/pain.yaml": "I am afraid that dry needling hurts",
}
"""The last phrasing of four entries, each in its file's own writing."""


def framed(tmp_path: Path, *phrases: str) -> list[Problem]:
    """Return what is said of frames when each of ``phrases`` stands in an entry of its own."""
    changes = {
        file: changed_file(file, last, said) for (file, last), said in zip(LAST.items(), phrases, strict=False)
    }
    loaded = load(write_knowledge(tmp_path / "knowledge", changes))
    assert loaded.knowledge is not None
    return [problem for problem in findings(loaded.knowledge, loaded.places) if problem.rule == "same-frame"]


def test_a_frame_with_other_words_in_its_gaps_is_told_with_its_phrasings_and_files(tmp_path: Path) -> None:
    four = (
        "What are the prices of shoes?",
        "Hello. What are the bones of heels?",
        "what are the dull ends of needling pain",
        "Thanks! WHAT are the risks of needling",
    )
    [problem] = framed(tmp_path, *four)
    assert problem.severity is Severity.WARNING
    assert problem.place.file == "faq/pain.yaml"
    assert '"what are the … of …" stands in 4 questions' in problem.message
    for file in LAST:
        assert f"{file}:" in problem.message
    assert '"Hello. What are the bones of heels?"' in problem.message


def test_three_times_is_not_too_often(tmp_path: Path) -> None:
    assert (
        framed(
            tmp_path, "What are the prices of shoes?", "what are the ends of pain", "What are the bones of heels?"
        )
        == []
    )


def test_the_same_eight_words_at_the_beginning_are_a_frame(tmp_path: Path) -> None:
    eight = "Since Monday nine runners, two coaches, one doctor"
    [problem] = framed(tmp_path, *(f"{eight} {end}" for end in ("hop", "shout loudly", "nap at noon", "ask why")))
    assert '"since monday nine runners two coaches one doctor …"' in problem.message


@pytest.mark.parametrize("short", ["is {} for {}", "my {} after {}", "how {} is it"])
def test_the_way_in_which_english_asks_is_no_frame(tmp_path: Path, short: str) -> None:
    assert framed(tmp_path, *(short.format(word, word) for word in ("shoe", "tape", "heel", "cost"))) == []
