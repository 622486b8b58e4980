"""``export``: what is written for a clinician, a website and a spreadsheet."""

from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.support.knowledge import changed_file, write_knowledge
from tests.support.pages import Page


def test_the_booklet_and_the_page_are_written_where_asked(
    command: Command, small_folder: Path, tmp_path: Path
) -> None:
    for what, words in (("review", "Review booklet"), ("html", "Dry needling for runners")):
        out = tmp_path / f"{what}.html"
        out.write_text("old")
        assert command("export", what, out, "--knowledge", small_folder) == (0, f"Wrote {out}.\n", "")
        assert words in Page(out.read_text(encoding="utf-8")).text
    assert {path.name for path in tmp_path.iterdir()} >= {"review.html", "html.html"}
    assert not list(tmp_path.glob(".*"))


def test_links_into_telegram_need_a_name_with_or_without_its_sign(
    command: Command, small_folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "faq.html"
    for name in ("needle_bot", "@needle_bot"):
        assert command("export", "html", out, "--bot", name, "--knowledge", small_folder)[0] == 0
        assert "https://t.me/needle_bot?start=pain" in Page(out.read_text(encoding="utf-8")).links


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("html", "--bot", 'a"><script>'), "@BotFather"),
        (("review", "--bot", "needle_bot"), "--bot belongs to: export html"),
        (("html", "--separator", ";"), "--separator belongs to: export csv"),
    ],
)
def test_what_does_not_go_together_is_said_and_nothing_is_written(
    command: Command, small_folder: Path, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    out = tmp_path / "out"
    code, _, err = command("export", arguments[0], out, *arguments[1:], "--knowledge", small_folder)
    assert code == 2
    assert words in err
    assert not out.exists()


@pytest.mark.parametrize("what", ["review", "html", "csv"])
def test_nothing_is_exported_from_files_with_errors_or_to_where_nothing_can_be_written(
    command: Command, tmp_path: Path, small_folder: Path, what: str
) -> None:
    broken = write_knowledge(
        tmp_path / "broken", {"faq/calf.yaml": changed_file("faq/calf.yaml", "answer:", "answr:")}
    )
    code, _, err = command("export", what, tmp_path / "out", "--knowledge", broken)
    assert code == 1
    assert 'Did you mean "answer"?' in err
    assert not (tmp_path / "out").exists()
    code, _, err = command("export", what, tmp_path / "none" / "out", "--knowledge", small_folder)
    assert code == 2
    assert "cannot be written: No such file or directory" in err


def test_cells_that_excel_would_cut_are_told_of(command: Command, tmp_path: Path) -> None:
    note = changed_file("faq/calf.yaml", "menu: injuries", f'menu: injuries\nnote: "{"long " * 7000}"')
    folder = write_knowledge(tmp_path / "knowledge", {"faq/calf.yaml": note})
    code, out, _ = command("export", "csv", tmp_path / "out.csv", "--separator", ";", "--knowledge", folder)
    assert code == 0
    assert '"note" of "calf" is longer than a cell' in out
    assert (tmp_path / "out.csv").read_bytes().startswith(b"\xef\xbb\xbfid;title;")
