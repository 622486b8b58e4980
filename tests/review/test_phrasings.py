from pathlib import Path

from bot.knowledge.loader import load
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
    assert "danger-sign" not in rules(tmp_path / "other", "short on time after my session")
