"""Every mistake that lies here gets the report that lies beside it; how to add one: README.md."""

import os
import shutil
from pathlib import Path

import pytest

from bot.knowledge.loader import load
from bot.knowledge.model import OWN_FOLDER
from tests.support.knowledge import SOUND, write_knowledge

HERE = Path(__file__).parent
CASES = sorted(path for path in HERE.iterdir() if path.suffix == ".yaml" or (path.is_dir() and path.name[0] != "_"))


@pytest.fixture(scope="module")
def lender(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder to borrow from that is quickly read: small but for what every answer rests on."""
    folder = write_knowledge(tmp_path_factory.mktemp("lender") / "knowledge")
    for name in ("texts.yaml", "menu.yaml", "sources.yaml"):
        shutil.copy(OWN_FOLDER / name, folder)
    shutil.copy(OWN_FOLDER / "_EXAMPLE.yaml", folder)
    return folder


def report(folder: Path, lender: Path) -> str:
    return "".join(
        f"{p.place.file}:{p.place.line} {p.severity} {p.rule}\n  {p.message}\n"
        for p in load(folder, fallback=lender).problems
        if p.rule != "lent"
    )


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_a_mistake_is_told_with_its_line_and_what_to_type_instead(case: Path, tmp_path: Path, lender: Path) -> None:
    if case.is_dir():
        shutil.copytree(case, tmp_path, dirs_exist_ok=True)
    (tmp_path / "faq").mkdir(exist_ok=True)
    (tmp_path / "faq" / "aftercare.yaml").write_text(SOUND, encoding="utf-8")
    if case.is_file():
        shutil.copy(case, tmp_path / "faq")
    expected = case.with_name(f"{case.name.removesuffix('.yaml')}.expected")
    found = report(tmp_path, lender)
    if os.environ.get("RECORD"):
        expected.write_text(found, encoding="utf-8")
    assert found == expected.read_text(encoding="utf-8")


def test_no_report_lies_here_without_its_mistake() -> None:
    named = {case.name.removesuffix(".yaml") for case in CASES}
    assert {path.stem for path in HERE.glob("*.expected")} == named


def test_every_mistake_is_told_in_words_of_the_keyboard() -> None:
    for path in HERE.glob("*.expected"):
        said = path.read_text(encoding="utf-8")
        assert said, f"{path.stem} passes without a word"
        sentences = " ".join(line for line in said.splitlines() if line.startswith(" "))
        for word in (
            "YAML",
            "scalar",
            "mapping",
            "sequence",
            "token",
            "string",
            "parse",
            "None",
            "indicator",
            "escape",
        ):
            assert word not in sentences.replace(".yaml", ""), f"{path.stem} says {word}"
