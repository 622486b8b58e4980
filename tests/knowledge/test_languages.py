"""The files about other languages: read, lent, and their mistakes explained."""

from pathlib import Path

import pytest

from bot.knowledge.loader import Loaded, load
from bot.knowledge.model import OWN_FOLDER
from bot.knowledge.problems import Severity
from tests.support.knowledge import write_knowledge

GOOD = """\
name: "Xish"
emergency: "Call."
today: "A doctor."
crisis: "Talk."
notice: "English only."
common: >
  ik jij
  wij
words:
  pain: [pijn*, "doet zeer"]
  chest: [borst]
together:
  chest-or-breathing:
    - [pain, chest]
signs:
  chest-or-breathing:
    - "pijn op de borst"
"""


def loaded(tmp_path: Path, content: str, name: str = "xx.yaml") -> Loaded:
    return load(write_knowledge(tmp_path / "knowledge", {f"other_languages/{name}": content}))


def errors(tmp_path: Path, content: str, name: str = "xx.yaml") -> list[tuple[str, str]]:
    problems = loaded(tmp_path, content, name).problems
    return [(p.rule, p.message) for p in problems if p.severity is Severity.ERROR]


def test_a_file_is_read_and_the_folder_stands_for_all_languages(tmp_path: Path) -> None:
    knowledge = loaded(tmp_path, GOOD).knowledge
    assert knowledge is not None
    assert [*knowledge.languages] == ["xx"]
    language = knowledge.languages["xx"]
    assert (language.code, language.name, language.common) == ("xx", "Xish", ("ik", "jij", "wij"))
    assert language.words == {"pain": ("pijn*", "doet zeer"), "chest": ("borst",)}
    assert language.together == {"chest-or-breathing": (("pain", "chest"),)}


def test_a_folder_without_languages_borrows_the_projects_own(small_folder: Path) -> None:
    lent, own = load(small_folder).knowledge, load(OWN_FOLDER).knowledge
    assert lent is not None
    assert own is not None
    assert lent.languages == own.languages
    assert lent.cries == own.cries


def test_a_folder_and_a_lender_without_languages_have_none_and_are_told_that_the_cries_are_gone(
    tmp_path: Path,
) -> None:
    folder = write_knowledge(tmp_path / "knowledge")
    found = load(folder, fallback=folder)
    assert not [p for p in found.problems if "other_languages" in p.place.file]
    assert [p.rule for p in found.problems if "cries" in p.place.file] == ["missing-file"]


@pytest.mark.parametrize(
    ("change", "rule", "remedy"),
    [
        (("emergency: ", "emergancy: "), "unknown-field", 'Did you mean "emergency"?'),
        (('notice: "English only."\n', ""), "missing-field", '"notice" is missing or empty'),
        (("- [pain, chest]", "- [pian, chest]"), "unknown-words", 'Did you mean "pain"?'),
        (("signs:\n  chest-or-breathing", "signs:\n  chest-or-breathin"), "unknown-group", "Did you mean"),
        (("  pain: [pijn*", "  pain: pijn*, ["), "", ""),
    ],
    ids=["misspelt", "missing", "list", "group", "yaml"],
)
def test_a_mistake_is_explained(tmp_path: Path, change: tuple[str, str], rule: str, remedy: str) -> None:
    found = errors(tmp_path, GOOD.replace(*change))
    assert found
    assert any(rule in named and remedy in message for named, message in found)


def test_a_file_name_that_is_no_code_is_explained(tmp_path: Path) -> None:
    [(rule, message)] = errors(tmp_path, GOOD, "Dutch.yaml")
    assert rule == "bad-file-name"
    assert '"nl.yaml"' in message


def test_a_group_in_cries_that_does_not_exist_is_explained(tmp_path: Path) -> None:
    folder = write_knowledge(tmp_path / "knowledge", {"cries.yaml": 'cry: ["help"]\ncauda-equin: ["numb"]\n'})
    assert [p.message for p in load(folder).problems if p.rule == "unknown-group"] == [
        'cries.yaml: there is no danger group "cauda-equin". Did you mean "cauda-equina"?'
    ]
