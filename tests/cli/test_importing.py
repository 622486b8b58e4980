"""``import``: a table back into the files, and nothing but what was changed in it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.cli.test_reviewed import held
from tests.review.test_table import Cells, of, saved
from tests.support.knowledge import write_knowledge

PAIN = """\
# A remark at the top.
title: "Does it hurt?"   # shown on a button
menu: session
ask:
  - 'painful or not?'   # short
  - "does it hurt a lot"
answer: |
  A short sting.
see_therapist_if: ""
related: [run-after]   # one
sources: ["blog: Understanding"]
reviewed_by: "Dr Byrne"
reviewed_on: 2026-03-31"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_knowledge(tmp_path / "knowledge", {"faq/pain.yaml": PAIN.replace("\n", "\r\n").encode()})


@pytest.fixture
def table(command: Command, folder: Path, tmp_path: Path) -> Callable[[Callable[[list[Cells]], object]], Path]:
    """Export a table, make a change in its cells and save it as Excel does."""
    path = tmp_path / "answers.csv"

    def exported(change: Callable[[list[Cells]], object]) -> Path:
        assert command("export", "csv", path, "--knowledge", folder)[0] == 0
        path.write_bytes(saved(path.read_bytes(), change, separator=";"))
        return path

    return exported


Table = Callable[[Callable[[list[Cells]], object]], Path]


def test_an_unchanged_table_changes_no_file(command: Command, folder: Path, table: Table) -> None:
    before = held(folder)
    path = table(lambda _: None)
    assert command("import", "csv", path, "--knowledge", folder) == (0, "The table changes nothing.\n", "")
    assert held(folder) == before


def edit(lines: list[Cells]) -> None:
    of(lines, "pain").update(
        title="Is it sore?",
        ask="painful or not?\nhow sore is it",
        answer="Usually a short sting.\n\n- and a dull ache",
        see_therapist_if="It lasts.",
        related="run-after\nbruise",
    )
    of(lines, "calf")["status"] = "paused"


AFTER = """\
# A remark at the top.
title: "Is it sore?"   # shown on a button
menu: session
ask:
  - 'painful or not?'   # short
  - "how sore is it"
answer: |
  Usually a short sting.

  - and a dull ache
see_therapist_if: "It lasts."
related: [run-after, bruise]   # one
sources: ["blog: Understanding"]
reviewed_by: "Dr Byrne"
reviewed_on: 2026-03-31"""


def test_only_the_fields_that_were_changed_are_written_and_remarks_and_line_ends_stay(
    command: Command, folder: Path, table: Table
) -> None:
    before = held(folder)
    code, out, err = command("import", "csv", table(edit), "--knowledge", folder)
    assert (code, err) == (0, "")
    after = held(folder)
    assert {name for name in after if after[name] != before[name]} == {"faq/pain.yaml", "faq/calf.yaml"}
    assert after["faq/pain.yaml"].decode() == AFTER.replace("\n", "\r\n")
    assert b"menu: injuries\nstatus: paused\nask:" in after["faq/calf.yaml"]
    assert "row 8, faq/pain.yaml\n  title\n    - Does it hurt?\n    + Is it sore?\n" in out
    assert out.endswith("2 answers changed. Now look: .venv/bin/python -m bot check\n")
    assert "Dr Byrne signed this text as it was. Have it reviewed again." in out


def test_a_dry_run_shows_the_changes_and_makes_none(command: Command, folder: Path, table: Table) -> None:
    before = held(folder)
    path = table(edit)
    code, out, _ = command("import", "csv", path, "--dry-run", "--knowledge", folder)
    assert code == 0
    assert "+ how sore is it" in out
    assert "2 answers would be changed" in out
    assert held(folder) == before


def test_no_row_is_written_where_one_does_not_load_and_each_is_told_with_the_remedy(
    command: Command, folder: Path, table: Table
) -> None:
    before = held(folder)

    def change(lines: list[Cells]) -> None:
        edit(lines)
        of(lines, "bruise")["sources"] = "blog: Closng"
        of(lines, "heel")["title"] = "x" * 60
        of(lines, "cost")["id"] = "coast"

    code, out, err = command("import", "csv", table(change), "--knowledge", folder)
    assert (code, err) == (1, "")
    refused = [line for line in out.splitlines() if line.startswith("refused: ")]
    assert [line.split(":")[1].strip() for line in refused] == ["row 4 (bruise)", "row 6 (coast)", "row 7 (heel)"]
    assert 'Did you mean "blog: Closing"?' in refused[0]
    assert 'Did you mean "cost"?' in refused[1]
    assert "at most 40" in refused[2]
    assert out.endswith("Nothing was changed. Mend these in the table, then import it again.\n")
    assert held(folder) == before


def test_what_a_row_would_break_elsewhere_is_refused_too(command: Command, folder: Path, table: Table) -> None:
    (folder / "golden.yaml").write_text('pain:\n  - "does it sting"\n')
    (folder / "faq/calf.yaml").write_text((folder / "faq/calf.yaml").read_text() + "part_of: pain\n")
    before = held(folder)
    code, out, _ = command(
        "import", "csv", table(lambda lines: of(lines, "pain").update(status="draft")), "--knowledge", folder
    )
    assert code == 1
    assert "refused: elsewhere: faq/calf.yaml, line " in out
    assert held(folder) == before


def test_a_table_or_a_folder_that_cannot_be_read_is_said_plainly(
    command: Command, folder: Path, table: Table, tmp_path: Path
) -> None:
    code, _, err = command("import", "csv", tmp_path / "gone.csv", "--knowledge", folder)
    assert (code, err) == (2, f"{tmp_path / 'gone.csv'} cannot be read: No such file or directory.\n")
    path = table(edit)
    (folder / "faq/calf.yaml").write_text("title: [\n")
    code, _, err = command("import", "csv", path, "--knowledge", folder)
    assert code == 1
    assert "faq/calf.yaml, line 1" in err
    code, _, err = command("import", "csv", path, "--knowledge", tmp_path / "none")
    assert code == 2
    assert "There is no knowledge folder" in err
