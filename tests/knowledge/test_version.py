"""Versions of the knowledge files: told apart, packed and unpacked."""

import base64
import bz2
import io
import os
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.knowledge.loader import load
from bot.knowledge.model import OWN_FOLDER
from bot.knowledge.version import Version, stamp
from tests.support.knowledge import write_knowledge

NAMES = st.from_regex(r"[a-zé][a-z 0-9_.é-]{0,150}(/[a-z]{1,20}\.yaml)?", fullmatch=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_knowledge(tmp_path / "knowledge")


@given(files=st.dictionaries(NAMES, st.binary(max_size=2000), max_size=5))
def test_a_version_comes_out_of_its_package_as_it_went_in(files: dict[str, bytes]) -> None:
    version = Version(files)
    unpacked = Version.unpacked(version.packed())
    assert unpacked == version
    assert unpacked.fingerprint == version.fingerprint


@given(files=st.lists(st.dictionaries(NAMES, st.binary(max_size=20), max_size=3), min_size=2, max_size=2))
def test_equal_fingerprints_mean_equal_files(files: list[dict[str, bytes]]) -> None:
    one, other = map(Version, files)
    assert (one.fingerprint == other.fingerprint) == (one == other)


def test_what_is_written_out_loads_as_the_folder_it_was_read_from_findings_and_all(
    folder: Path, tmp_path: Path
) -> None:
    for name, content in (("notes.docx", b"x"), ("faq/shoes.yml", b"title: x"), ("faq/new/a.yaml", b"title: x")):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    version = Version.read(folder)
    copy = version.write(tmp_path / "copy")
    assert load(copy) == load(folder)
    assert load(copy).knowledge is not None
    assert len([p for p in load(copy).problems if p.rule == "ignored-file"]) == 3
    assert Version.read(copy).fingerprint == version.fingerprint


@pytest.mark.parametrize(
    "name", ["faq/pain.yaml", "golden.yaml", "red_flags/chest.yaml", "other_languages/de.yaml"]
)
def test_any_edit_of_what_is_read_makes_another_version(folder: Path, name: str) -> None:
    before = Version.read(folder).fingerprint
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes((path.read_bytes() if path.exists() else b"") + b"# \n")
    edited = Version.read(folder).fingerprint
    path.unlink()
    assert len({before, edited, Version.read(folder).fingerprint}) >= 2
    assert edited != before


def test_the_leavings_of_editors_and_of_git_are_no_part_of_it(folder: Path) -> None:
    before, stamped = Version.read(folder), stamp(folder)
    (folder / ".git").mkdir()
    for name in (".git/HEAD", "faq/.pain.yaml.swp", "faq/pain.yaml~", "~$texts.docx"):
        (folder / name).write_text("x")
    assert Version.read(folder) == before
    assert stamp(folder) == stamped


def test_the_stamp_changes_with_every_write_even_of_the_same_length(folder: Path) -> None:
    before, path = stamp(folder), folder / "faq/pain.yaml"
    assert stamp(folder) == before
    told = path.stat()
    path.write_bytes(path.read_bytes().swapcase())
    os.utime(path, ns=(told.st_atime_ns, told.st_mtime_ns + 1))
    edited = stamp(folder)
    assert edited != before
    # Replaced by a file of the same length and time, as a copying program does.
    beside = folder / "faq/.beside"
    beside.write_bytes(path.read_bytes())
    os.utime(beside, ns=(told.st_atime_ns, told.st_mtime_ns + 1))
    beside.replace(path)
    assert stamp(folder) != edited


def test_a_folder_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no such folder"):
        Version.read(tmp_path / "nowhere")


def test_no_package_writes_outside_its_folder() -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:bz2") as archive:
        archive.addfile(tarfile.TarInfo("faq/../../x"), io.BytesIO())
    with pytest.raises(ValueError, match="leads out"):
        Version.unpacked(base64.b64encode(stream.getvalue()).decode())


@pytest.mark.parametrize("packed", ["", "!", "aGVsbG8=", base64.b64encode(bz2.compress(b"hello" * 999)).decode()])
def test_what_is_no_package_says_so(packed: str) -> None:
    with pytest.raises(ValueError, match="packed version"):
        Version.unpacked(packed)


def test_the_projects_own_knowledge_takes_less_than_a_megabyte() -> None:
    version = Version.read(OWN_FOLDER)
    assert "golden.yaml" in version.files
    assert len(version.packed()) < 1_000_000


def test_an_answer_that_is_not_read_is_still_told_of_in_a_copy_of_the_version(folder: Path, tmp_path: Path) -> None:
    (folder / "faq" / "swim.yml").write_text('title: "Swim"\nask:\n  - "can I swim"\nanswer: |\n  Yes.\n')
    (folder / "faq" / "note.txt").write_text("ask Ada")
    copy = Version.unpacked(Version.read(folder).packed()).write(tmp_path / "copy")
    told = {p.place.file: p.rule for p in load(copy).problems}
    assert (told["faq/swim.yml"], told["faq/note.txt"]) == ("lost-answer", "ignored-file")
