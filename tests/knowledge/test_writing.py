"""Changed files are written all or none, and never over what somebody else changed."""

import stat
from pathlib import Path

import pytest

from bot.errors import BotError, CannotRunError
from bot.knowledge.editing import EditError
from bot.knowledge.loader import load
from bot.knowledge.writing import Rewrite, new_errors, rewrite, write
from bot.review.table import FIELDS
from tests.support.knowledge import SOUND, write_knowledge


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_knowledge(tmp_path / "knowledge", {"faq/sound.yaml": SOUND})


def test_files_are_written_whole_keep_their_rights_and_leave_nothing_beside_them(folder: Path) -> None:
    path = folder / "faq/sound.yaml"
    path.chmod(0o640)
    names = sorted(folder.rglob("*"))
    write(folder, {"faq/sound.yaml": rewrite(folder, "faq/sound.yaml", {"menu": "session"}, FIELDS)})
    assert path.read_text() == SOUND.replace("after", "session", 1)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert sorted(folder.rglob("*")) == names


def test_a_link_stays_a_link(folder: Path, tmp_path: Path) -> None:
    path, real = folder / "faq/sound.yaml", tmp_path / "real.yaml"
    path.rename(real)
    path.symlink_to(real)
    write(folder, {"faq/sound.yaml": rewrite(folder, "faq/sound.yaml", {"menu": "session"}, FIELDS)})
    assert path.is_symlink()
    assert "menu: session" in real.read_text()


def test_what_somebody_changed_meanwhile_stops_all_of_it(folder: Path) -> None:
    files = ("faq/calf.yaml", "faq/sound.yaml")
    rewrites = {file: rewrite(folder, file, {"menu": "session"}, FIELDS) for file in files}
    calf = (folder / files[0]).read_bytes()
    (folder / files[1]).write_text("title: newer\n")
    with pytest.raises(CannotRunError, match=r"was changed while this command ran\. Nothing was written"):
        write(folder, rewrites)
    assert (folder / files[0]).read_bytes() == calf
    assert (folder / files[1]).read_text() == "title: newer\n"
    assert not list(folder.rglob(".*"))


def test_a_disk_that_fails_before_the_first_file_changes_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = ("faq/calf.yaml", "faq/sound.yaml")
    rewrites = {file: rewrite(folder, file, {"menu": "session"}, FIELDS) for file in files}
    before = {file: (folder / file).read_bytes() for file in files}

    def full(_: int) -> None:
        raise OSError(28, "No space left on device", "disk")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(CannotRunError, match=r"No space left on device\. Nothing was changed"):
        write(folder, rewrites)
    assert {file: (folder / file).read_bytes() for file in files} == before
    assert not list(folder.rglob(".*"))


def test_a_disk_that_fails_in_between_says_what_is_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = ("faq/calf.yaml", "faq/sound.yaml")
    rewrites = {file: rewrite(folder, file, {"menu": "session"}, FIELDS) for file in files}
    replace = Path.replace

    def failing(self: Path, target: Path) -> Path:
        if target.name == "sound.yaml":
            raise OSError(5, "Input/output error", str(target))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", failing)
    with pytest.raises(BotError, match=r"Already written: calf\.yaml"):
        write(folder, rewrites)
    assert (folder / "faq/sound.yaml").read_text() == SOUND
    assert not list(folder.rglob(".*"))


def test_only_errors_that_are_new_count(folder: Path) -> None:
    (folder / "faq/pain.yaml").write_text("title: [\n")
    before = load(folder)
    sound = Rewrite(SOUND.encode(), SOUND.encode())
    assert new_errors(folder, before, {"faq/sound.yaml": sound}) == ()
    bad = Rewrite(SOUND.encode(), SOUND.replace("product", "produkt").encode())
    [problem] = new_errors(folder, before, {"faq/sound.yaml": bad})
    assert (problem.place.file, problem.rule) == ("faq/sound.yaml", "unknown-source")


def test_a_file_that_is_gone_or_cannot_be_changed_is_named(folder: Path) -> None:
    with pytest.raises(CannotRunError, match=r"gone\.yaml cannot be read"):
        rewrite(folder, "faq/gone.yaml", {"menu": "x"}, FIELDS)
    (folder / "faq/flow.yaml").write_text('{title: "x"}\n')
    with pytest.raises(EditError, match=r"faq/flow\.yaml: "):
        rewrite(folder, "faq/flow.yaml", {"menu": "x"}, FIELDS)
