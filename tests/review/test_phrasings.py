from pathlib import Path

from bot.knowledge.loader import load
from bot.knowledge.problems import Severity
from bot.review.phrasings import findings
from tests.support.knowledge import changed_file, write_knowledge


def rules(tmp_path: Path, phrase: str) -> set[str]:
    folder = write_knowledge(
        tmp_path / "knowledge",
        {"faq/calf.yaml": changed_file("faq/calf.yaml", "calves like wood, needles any good", phrase)},
    )
    loaded = load(folder)
    assert loaded.knowledge is not None
    return {problem.rule for problem in findings(loaded.knowledge, loaded.places)}


def test_a_phrasing_that_is_almost_a_danger_sign_is_an_error(tmp_path: Path) -> None:
    assert "danger-sign" in rules(tmp_path, "short of breath after my session")
    assert "danger-sign" in rules(tmp_path / "shouted", "SHORT of breath, after the session!!")
    assert "danger-sign" not in rules(tmp_path / "other", "short on time after my session")


def test_an_off_topic_line_that_is_almost_a_danger_sign_is_an_error_with_its_line(tmp_path: Path) -> None:
    text = changed_file("off_topic.yaml", "netflix keeps buffering", "Short of breath after my session")
    loaded = load(write_knowledge(tmp_path / "knowledge", {"off_topic.yaml": text}))
    assert loaded.knowledge is not None
    [problem] = [p for p in findings(loaded.knowledge, loaded.places) if p.rule == "danger-sign"]
    assert (problem.place.file, problem.place.line, problem.severity) == ("off_topic.yaml", 14, Severity.ERROR)
    assert '"look_alikes" in red_flags/chest.yaml' in problem.message
