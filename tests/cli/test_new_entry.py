"""``new-entry``: a file for a new answer, ready to be filled in."""

from pathlib import Path

import pytest

from bot.knowledge.loader import load
from bot.knowledge.model import Status
from bot.knowledge.problems import Severity
from tests.cli.conftest import Command
from tests.support.knowledge import changed_file, write_knowledge


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_knowledge(tmp_path / "knowledge")


def test_a_new_file_explains_every_field_and_needs_only_what_runners_read(command: Command, folder: Path) -> None:
    code, out, err = command("new-entry", "swim-after", "--knowledge", folder)
    path = folder / "faq" / "swim-after.yaml"
    assert (code, err) == (0, "")
    assert str(path) in out
    written = path.read_text(encoding="utf-8")
    assert written.startswith("# What a button shows")
    unfilled = load(folder)
    own = [p for p in unfilled.problems if p.place.file == "faq/swim-after.yaml"]
    assert {(p.rule, p.severity) for p in own} == {
        ("missing-field", Severity.WARNING),
        ("empty-text", Severity.WARNING),
    }
    assert unfilled.knowledge is not None, "an empty draft keeps nothing else from being read"
    assert "swim-after" not in unfilled.knowledge.entries
    published = written.replace("status: draft", "status: published")
    path.write_text(published, encoding="utf-8")
    assert load(folder).knowledge is None, "what runners would get must be whole"
    filled = written.replace('title: ""', 'title: "Swimming"').replace('- ""', '- "can I swim"')
    path.write_text(filled.replace("answer: |", "answer: |\n  Wait a day."), encoding="utf-8")
    loaded = load(folder)
    assert [p for p in loaded.problems if p.place.file == "faq/swim-after.yaml"] == []
    assert loaded.knowledge is not None
    assert loaded.knowledge.entries["swim-after"].status is Status.DRAFT


def test_an_empty_draft_can_be_named_by_other_answers_but_is_no_topic_yet(command: Command, folder: Path) -> None:
    command("new-entry", "swim-after", "--knowledge", folder)
    pain = folder / "faq" / "pain.yaml"
    pain.write_text(changed_file("faq/pain.yaml", "run-after, bruise", "run-after, swim-after"), encoding="utf-8")
    assert load(folder).knowledge is not None
    pain.write_text(changed_file("faq/pain.yaml", "menu: session", "menu: session\npart_of: swim-after"), "utf-8")
    [error] = [p for p in load(folder).problems if p.severity is Severity.ERROR]
    assert (error.place.file, error.rule) == ("faq/pain.yaml", "bad-topic")
    assert "empty draft" in error.message


@pytest.mark.parametrize("name", ["Swim After", "swim_after", "../swim", "x" * 51])
def test_a_name_that_cannot_be_an_id_is_refused(command: Command, folder: Path, name: str) -> None:
    before = sorted(folder.rglob("*"))
    code, _, err = command("new-entry", name, "--knowledge", folder)
    assert code == 2
    assert "small letters" in err
    assert sorted(folder.rglob("*")) == before


def test_an_answer_that_is_there_is_never_overwritten(command: Command, folder: Path) -> None:
    before = (folder / "faq" / "pain.yaml").read_bytes()
    code, _, err = command("new-entry", "pain", "--knowledge", folder)
    assert code == 2
    assert "is there already" in err
    assert (folder / "faq" / "pain.yaml").read_bytes() == before
