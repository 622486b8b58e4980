"""``reviewed``: who checked answers, danger signs or sentences in other languages."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.knowledge.loader import load
from tests.cli.conftest import Command
from tests.support.knowledge import changed_file, write_knowledge

BY = ("--by", "Dr Jane Byrne", "--on", "2026-03-31")
PAIN = """\
# Do not lose this remark.
title: "Does it hurt?"   \r
menu: session
ask:
  - 'painful or not?'   # nor this one


answer: |
  A short sting.
sources: ["product"]
reviewed_by: ""\t
reviewed_on:              # for example 2026-03-31
note: "kept" """
DUTCH = """\
name: "Nederlands"
emergency: "Bel nu het noodnummer."
today: "Ga vandaag nog naar een dokter."
crisis: "Bel nu een crisislijn."
notice: "Ik spreek alleen Engels."
common: "ik heb pijn"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_knowledge(
        tmp_path / "knowledge", {"faq/pain.yaml": PAIN.encode(), "other_languages/nl.yaml": DUTCH}
    )


def held(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_review_is_recorded_in_its_files_and_every_other_byte_stays(command: Command, folder: Path) -> None:
    before = held(folder)
    code, out, err = command(
        "reviewed", "pain", "chest", "nl", "faq/calf.yaml", *BY, "--again", "2027-03-31", "--knowledge", folder
    )
    assert (code, err) == (0, "")
    after = held(folder)
    touched = {name for name in after if after[name] != before[name]}
    assert touched == {"faq/pain.yaml", "faq/calf.yaml", "red_flags/chest.yaml", "other_languages/nl.yaml"}
    assert set(after) == set(before)
    assert after["faq/pain.yaml"].decode() == PAIN.replace('by: ""', 'by: "Dr Jane Byrne"').replace(
        "_on:  ", "_on: 2026-03-31  "
    ).replace("2026-03-31\nnote", "2026-03-31\nreview_again_on: 2027-03-31\nnote")
    signature = 'reviewed_by: "Dr Jane Byrne"\nreviewed_on: 2026-03-31\nreview_again_on: 2027-03-31\n'
    assert after["other_languages/nl.yaml"].decode() == DUTCH.replace("common", f"{signature}common")
    assert out.splitlines()[0] == "faq/pain.yaml: reviewed by Dr Jane Byrne on 2026-03-31, again on 2027-03-31"
    assert out.splitlines()[-1].startswith("To be reviewed by a clinician: ")
    assert "0 of 1 other languages" in out
    knowledge = load(folder).knowledge
    assert knowledge is not None
    for signed in (knowledge.entries["pain"], knowledge.red_flags["chest"], knowledge.languages["nl"]):
        assert (signed.reviewed_by, str(signed.reviewed_on)) == ("Dr Jane Byrne", "2026-03-31")


def test_recorded_twice_it_stands_there_once(command: Command, folder: Path) -> None:
    command("reviewed", "pain", *BY, "--knowledge", folder)
    once = held(folder)
    code, out, _ = command("reviewed", "pain", "pain", *BY, "--knowledge", folder)
    assert code == 0
    assert "(as it was)" in out
    assert held(folder) == once


def test_a_day_of_the_next_review_stays_unless_it_has_passed(command: Command, folder: Path) -> None:
    for planned, kept in (("2062-01-01", "review_again_on: 2062-01-01"), ("2026-01-01", "review_again_on:")):
        field = f"menu: injuries\nreview_again_on: {planned}"
        (folder / "faq/calf.yaml").write_text(changed_file("faq/calf.yaml", "menu: injuries", field))
        assert command("reviewed", "calf", *BY, "--knowledge", folder)[0] == 0
        assert kept in (folder / "faq/calf.yaml").read_text().splitlines()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("pain", "calff", "pian", *BY), ['"calff". Did you mean "calf"?', '"pian". Did you mean "pain"?']),
        (("pain", "--by", "Dr A", "--on", "31/03/2026"), ['"31/03/2026" behind --on is not a date', "2026-03-31."]),
        (("pain", "--by", "Dr A", "--on", "9999-01-01"), ["9999-01-01 is a day yet to come"]),
        (("pain", *BY, "--again", "2026-03-31"), ["--again 2026-03-31 is not after"]),
        (("pain", *BY, "--again", "soon"), ["behind --again is not a date", "2026-03-31"]),
        (("pain", "--by", " - ", "--on", "2026-03-31"), ['" - " is no name']),
    ],
)
def test_with_one_mistake_nothing_is_recorded_and_the_remedy_is_said(
    command: Command, folder: Path, arguments: tuple[str, ...], words: list[str]
) -> None:
    before = held(folder)
    code, out, err = command("reviewed", *arguments, "--knowledge", folder)
    assert (code, out) == (2, "")
    assert [part for part in words if part not in err] == []
    assert held(folder) == before


def test_a_review_of_today_is_taken_and_one_of_tomorrow_is_not(command: Command, folder: Path) -> None:
    today = datetime.now(UTC).date()
    for day, expected in ((today + timedelta(2), 2), (today, 0)):
        code = command("reviewed", "pain", "--by", "Dr A", "--on", str(day), "--knowledge", folder)[0]
        assert code == expected


def test_a_file_with_errors_is_refused_in_the_loaders_words_and_errors_elsewhere_are_nobodys_obstacle(
    command: Command, folder: Path
) -> None:
    (folder / "faq/calf.yaml").write_text(changed_file("faq/calf.yaml", "answer:", "answr:"))
    before = held(folder)
    code, _, err = command("reviewed", "pain", "calf", *BY, "--knowledge", folder)
    assert code == 2
    assert err.startswith('faq/calf.yaml, line 10: entry "calf": "answr" is not a field. Did you mean "answer"?\n')
    assert held(folder) == before
    assert command("reviewed", "pain", *BY, "--knowledge", folder)[0] == 0


def test_an_id_of_two_things_must_name_its_file(command: Command, folder: Path) -> None:
    (folder / "faq/chest.yaml").write_text((folder / "faq/calf.yaml").read_text())
    code, _, err = command("reviewed", "chest", *BY, "--knowledge", folder)
    assert code == 2
    assert "faq/chest.yaml or red_flags/chest.yaml" in err


def test_check_counts_what_is_left_and_forgets_nothing_that_is_due(command: Command, folder: Path) -> None:
    command("reviewed", "calf", *BY, "--again", "2026-04-01", "--knowledge", folder)
    code, out, _ = command("check", "--knowledge", folder)
    [line] = [line for line in out.splitlines() if line.startswith("to be reviewed")]
    # Two answers rest on the bot's own word; 16 groups are signed.
    assert line.startswith(
        "to be reviewed by a clinician: 6 of 6 answers, 0 of 16 groups of danger signs, 1 of 1 other"
    )
    assert "export review OUT.html" in line
    assert code in (0, 1)
    findings = json.loads(command("check", "--format", "json", "--knowledge", folder)[1])
    assert [f["rule"] for f in findings if f["file"] == "faq/calf.yaml" and "review" in f["rule"]] == ["review-due"]
    [notice] = [f for f in findings if f["file"] == "other_languages/nl.yaml" and f["severity"] == "notice"]
    assert notice["rule"] == "not-reviewed"
