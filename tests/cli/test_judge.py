"""``judge``: what keeps a version from being served, and what does not."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.support.knowledge import QUESTION, changed_file, write_knowledge


def judged(command: Command, folder: Path, *options: str) -> list[tuple[str, str]]:
    code, out, err = command("judge", "--knowledge", folder, *options)
    assert (code, err) == (0, "")
    return [(problem["file"], problem["rule"]) for problem in json.loads(out)]


LANGUAGE = """
name: "A language"
emergency: "Call."
today: "A doctor."
crisis: "Talk."
notice: "English only."
common: ik jij
words:
  pain: [pijn]
  chest: [borst]
together:
  chest-or-breathing:
    - [pain, chest]
signs:
  chest-or-breathing:
    - "ik krijg geen lucht"
harmless:
    - "pijn en borst"
"""
"""Misses its one sign, and takes a harmless message for one."""


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        pytest.param({}, [], id="nothing"),
        pytest.param(
            {"golden.yaml": f'pain: ["{QUESTION}"]\ncost: ["what does a session cost"]\n'}, [], id="golden"
        ),
        pytest.param({"golden.yaml": f'cost: ["{QUESTION}"]\n'}, [("golden.yaml", "golden-question")], id="lost"),
        pytest.param(
            {"red_flags/chest.yaml": changed_file("red_flags/chest.yaml", "look_alikes", "look_alikes_")},
            [("red_flags/chest.yaml", "unknown-field")],
            id="loader",
        ),
        pytest.param(
            {"other_languages/xx.yaml": LANGUAGE}, [("other_languages/xx.yaml", "missed-sign")], id="missed sign"
        ),
    ],
)
def test_errors_of_the_loader_golden_questions_and_listed_signs_decide(
    command: Command, tmp_path: Path, changes: dict[str, str], found: list[tuple[str, str]]
) -> None:
    assert judged(command, write_knowledge(tmp_path / "knowledge", changes)) == found


def test_a_listed_sign_that_is_missed_decides_too(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.review.check._found_at", lambda *_: False)
    found = judged(command, write_knowledge(tmp_path / "knowledge"))
    assert ("red_flags/chest.yaml", "missed-sign") in found
    assert {rule for _, rule in found} == {"missed-sign"}


def test_a_false_alarm_is_an_error_of_check_and_keeps_nothing_from_being_served(
    command: Command, tmp_path: Path
) -> None:
    pain = changed_file("faq/pain.yaml", "I am afraid that dry needling hurts", "my chest hurts, I cannot breathe")
    folder = write_knowledge(tmp_path / "knowledge", {"faq/pain.yaml": pain})
    everything = [rule for _, rule in judged(command, folder, "--all")]
    assert {"false-alarm", "danger-sign"} & set(everything)
    assert "false-alarm" not in [rule for _, rule in judged(command, folder)]


def test_what_the_projects_own_files_lack_is_lent_by_nobody(command: Command, tmp_path: Path) -> None:
    folder = write_knowledge(tmp_path / "knowledge")
    assert judged(command, folder) == []
    assert {"missing-file", "empty-folder"} & {rule for _, rule in judged(command, folder, "--own")}


def test_what_it_computes_lies_where_it_is_told(command: Command, tmp_path: Path) -> None:
    judged(command, write_knowledge(tmp_path / "knowledge"), "--cache", str(tmp_path / "kept"))
    assert list((tmp_path / "kept").glob("*.npy"))
