import pytest

from bot.errors import BotError
from tests.benchmarks.release import BEGIN, END, refusal, with_figures, with_version

README = "# Bot\n\n### Unreleased\n- Something new.\n\n### 0.3.0\n- Old.\n"


def test_what_is_tested_later_and_told_of_is_released() -> None:
    assert refusal("0.4.0", "0.3.0", [], README, 0.02) == ""


@pytest.mark.parametrize(
    ("version", "changes", "readme", "missing", "told"),
    [
        ("", [], README, 0.0, "make release VERSION=0.4.0"),
        ("v0.4", [], README, 0.0, "three numbers"),
        ("0.3.0", [], README, 0.0, "0.3.0 is not later than 0.3.0"),
        ("0.2.9", [], README, 0.0, "not later"),
        ("0.4.0", ["knowledge/faq/calf.yaml"], README, 0.0, "knowledge/faq/calf.yaml"),
        ("0.4.0", [], README.replace("- Something new.\n", ""), 0.0, "Unreleased"),
        ("0.4.0", [], README, 0.0201, "make vectors"),
    ],
)
def test_a_refusal_says_what_to_do(
    version: str, changes: list[str], readme: str, missing: float, told: str
) -> None:
    assert told in refusal(version, "0.3.0", changes, readme, missing)


def test_a_version_is_written_once_in_each_file() -> None:
    pyproject, readme = with_version('[project]\nversion = "0.3.0"\n[tool]\nversion = "1"\n', README, "0.4.0")
    assert pyproject == '[project]\nversion = "0.4.0"\n[tool]\nversion = "1"\n'
    assert readme == README.replace("### Unreleased", "### 0.4.0")


def test_figures_replace_those_of_the_last_release_and_nothing_else() -> None:
    page = f"before\n{BEGIN}\nold\n{END}after\n"
    assert with_figures(page, "new\n") == f"before\n{BEGIN}\nnew\n\n{END}after\n"


def test_a_page_without_the_marks_is_left_alone() -> None:
    with pytest.raises(BotError, match="lacks the line"):
        with_figures("before\nafter\n", "new\n")
