"""Vectors and fits that come with the project: found by content, done without when anything is wrong."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bot import bootstrap
from bot.text.likeness.arrays import Halves
from bot.text.likeness.encoder import DIMENSIONS
from bot.text.likeness.shipped import Shipped, ShippedError, keys_of, rounded, ship
from bot.text.likeness.vectors import vectors_of
from tests.support.encoder import WordEncoder

ENCODER = "stand-in"
TEXTS = ["does it hurt", "zebrafish on my calf", "can I run tomorrow", "", "🦵"]
FIT = "entries-0123.npy"
FILES = ("keys.npy", "vectors.npy", FIT)


def halves(texts: list[str]) -> Halves:
    return rounded(WordEncoder().encode(texts))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """``TEXTS`` and one fit, shipped."""
    fit = tmp_path / "cache" / FIT
    fit.parent.mkdir()
    np.save(fit, np.arange(6, dtype=np.float32).reshape(2, 3))
    ship(ENCODER, TEXTS, halves(TEXTS), [fit], tmp_path / "made")
    return tmp_path / "made"


def write(folder: Path, arrays: Mapping[str, np.ndarray], encoder: str = ENCODER) -> Path:
    """Write files by hand, with checksums that are right."""
    folder.mkdir(exist_ok=True)
    for name, array in arrays.items():
        np.save(folder / name, array, allow_pickle=True)
    sealed(folder, encoder)
    return folder


def sealed(folder: Path, encoder: str = ENCODER) -> None:
    """Write the checksums of whatever is there."""
    files = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
        if path.name != "about.json"
    }
    (folder / "about.json").write_text(json.dumps({"encoder": encoder, "files": files}), encoding="utf-8")


def refused(folder: Path, encoder: str = ENCODER) -> str:
    """Return the sentence for a folder that cannot be used: plain, with a remedy."""
    with pytest.raises(ShippedError) as caught:
        Shipped(encoder, folder)
    said = str(caught.value)
    assert str(folder) in said and said.endswith("make vectors")
    assert "\n" not in said and "Traceback" not in said and "Error(" not in said
    return said


def altered(path: Path, place: float = 0.5) -> None:
    content = bytearray(path.read_bytes())
    content[int(place * (len(content) - 1))] ^= 1
    path.write_bytes(content)


# --- what is found ----------------------------------------------------------------------


def test_what_was_shipped_is_found_bit_for_bit(folder: Path) -> None:
    shipped = Shipped(ENCODER, folder)
    rows = shipped.rows(TEXTS)
    assert len(shipped) == len(TEXTS) and (rows >= 0).all()
    found = shipped.vectors(rows)
    assert found.dtype == np.float16 and found.tobytes() == halves(TEXTS).tobytes()
    assert np.array_equal(np.load(shipped.fits / FIT), np.arange(6).reshape(2, 3))


def test_what_was_not_shipped_has_no_row(folder: Path) -> None:
    shipped = Shipped(ENCODER, folder)
    asked = ["new", TEXTS[1], "Does it hurt", "does it hurt ", "\udcff"]
    assert [row >= 0 for row in shipped.rows(asked)] == [False, True, False, False, False]
    assert set(shipped.rows(["new", "\x00"])) == {-1}
    assert shipped.rows([]).shape == (0,)
    assert shipped.vectors(shipped.rows([])).shape == (0, DIMENSIONS)


def test_the_share_that_is_missing_counts_each_text_once(folder: Path) -> None:
    shipped = Shipped(ENCODER, folder)
    assert shipped.missing(TEXTS) == 0
    assert shipped.missing([]) == 0
    assert shipped.missing(["new"]) == 1
    assert shipped.missing([TEXTS[0], TEXTS[0], TEXTS[1], TEXTS[2], "new", "new"]) == 0.25


@given(st.lists(st.text(max_size=6), unique=True, min_size=1, max_size=40), st.randoms(use_true_random=False))
def test_a_text_is_found_whatever_its_place(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], order: Random
) -> None:
    folder = tmp_path_factory.mktemp("made")
    ship(ENCODER, texts, halves(texts), (), folder)
    order.shuffle(texts)
    shipped = Shipped(ENCODER, folder)
    assert np.array_equal(shipped.vectors(shipped.rows(texts)), halves(texts))
    assert set(shipped.rows([text + "!?" * 4 for text in texts])) == {-1}


def test_nothing_shipped_is_nothing_found(tmp_path: Path) -> None:
    ship(ENCODER, [], halves([]), (), tmp_path)
    shipped = Shipped(ENCODER, tmp_path)
    assert len(shipped) == 0
    assert list(shipped.rows(TEXTS)) == [-1] * len(TEXTS)
    assert shipped.missing(TEXTS) == 1
    encoder = WordEncoder()
    assert np.array_equal(vectors_of(TEXTS, encoder, shipped=shipped), halves(TEXTS))
    assert encoder.encoded == TEXTS


def test_arrays_in_the_byte_order_of_another_machine_are_read(tmp_path: Path) -> None:
    keys = keys_of(TEXTS)
    order = np.argsort(keys[:, 0])
    made = write(
        tmp_path / "made",
        {"keys.npy": keys[order].astype(">u8"), "vectors.npy": (halves(TEXTS)[order] * 512).astype("i1")},
    )
    shipped = Shipped(ENCODER, made)
    found = shipped.vectors(shipped.rows(TEXTS))
    assert found.dtype == np.float16 and found.dtype.isnative
    assert np.array_equal(found, halves(TEXTS))


# --- what cannot be used -----------------------------------------------------------------


def test_the_vectors_of_another_encoder_are_refused_and_the_sentence_says_so(folder: Path) -> None:
    assert "another encoder" in refused(folder, "other")


@pytest.mark.parametrize("name", [*FILES, "about.json"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert f"{name} is missing or cannot be read" in refused(folder)


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    assert "about.json is missing" in refused(tmp_path / "gone")


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("place", [0, 0.5, 1])
def test_an_altered_file_is_named(folder: Path, name: str, place: float) -> None:
    altered(folder / name, place)
    assert f"{name} is not as it was made" in refused(folder)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("share", [0, 0.5, 0.99])
def test_a_file_that_ends_too_early_is_named(folder: Path, name: str, share: float) -> None:
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[: int(share * len(content))])
    assert f"{name} is not as it was made" in refused(folder)


@pytest.mark.parametrize("name", FILES)
def test_a_folder_in_place_of_a_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    (folder / name).mkdir()
    assert f"{name} is missing or cannot be read" in refused(folder)


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"{", b"[]", b"null", b"7", b"\xff\xfe", b"{}", b'{"encoder": "stand-in"}'),
        *(b'{"encoder": "stand-in", "files": []}', b'{"encoder": "stand-in", "files": "keys.npy"}'),
    ],
)
def test_a_spoilt_list_of_files_is_named(folder: Path, content: bytes) -> None:
    (folder / "about.json").write_bytes(content)
    assert "about.json is missing or cannot be read" in refused(folder)


@pytest.mark.parametrize("left", ["encoder", "files", "keys.npy", "vectors.npy"])
def test_a_list_that_leaves_something_out_is_named(folder: Path, left: str) -> None:
    """What is not in the list was not verified, and is not used."""
    about = json.loads((folder / "about.json").read_text(encoding="utf-8"))
    (about["files"] if left in about["files"] else about).pop(left)
    (folder / "about.json").write_text(json.dumps(about), encoding="utf-8")
    assert "about.json is missing or cannot be read" in refused(folder)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_list_that_ends_too_early_is_named(folder: Path, share: float) -> None:
    content = (folder / "about.json").read_bytes()
    (folder / "about.json").write_bytes(content[: int(share * len(content))])
    assert "about.json is missing or cannot be read" in refused(folder)


KEYS = np.zeros((2, 2), "<u8")
VECTORS = np.zeros((2, DIMENSIONS), "i1")


@pytest.mark.parametrize(
    "arrays",
    [
        {"keys.npy": KEYS, "vectors.npy": np.zeros((2, 384), "i1")},
        {"keys.npy": KEYS, "vectors.npy": np.zeros((2, DIMENSIONS + 1), "i1")},
        {"keys.npy": KEYS, "vectors.npy": np.zeros(2 * DIMENSIONS, "i1")},
        {"keys.npy": KEYS, "vectors.npy": np.zeros((3, DIMENSIONS), "i1")},
        {"keys.npy": KEYS, "vectors.npy": np.int8(7)},
        {"keys.npy": KEYS, "vectors.npy": np.full((2, DIMENSIONS), "a")},
        {"keys.npy": KEYS, "vectors.npy": np.full((2, DIMENSIONS), None)},
        {"keys.npy": np.zeros(2, "<u8"), "vectors.npy": VECTORS},
        {"keys.npy": np.uint64(7), "vectors.npy": VECTORS},
        {"keys.npy": np.zeros((2, 3), "<u8"), "vectors.npy": VECTORS},
        {"keys.npy": np.zeros((2, 2), "<f8"), "vectors.npy": VECTORS},
        {"keys.npy": np.full((2, 2), None), "vectors.npy": VECTORS},
    ],
    ids=[
        *("384 dimensions", "one more dimension", "flat vectors", "more vectors", "one number", "text", "objects"),
        *("flat keys", "one key", "long keys", "keys with fractions", "keys that are objects"),
    ],
)
def test_arrays_of_another_shape_are_refused_however_right_their_checksums(
    tmp_path: Path, arrays: Mapping[str, np.ndarray]
) -> None:
    assert "cannot be used (" in refused(write(tmp_path / "made", arrays))


@pytest.mark.parametrize("name", ["keys.npy", "vectors.npy"])
@pytest.mark.parametrize("content", [b"", b"text", b"PK\x03\x04" + bytes(100), b"\x93NUMPY\x01\x00\x05\x00{'a':"])
def test_files_that_are_no_arrays_are_refused_however_right_their_checksums(
    folder: Path, name: str, content: bytes
) -> None:
    (folder / name).write_bytes(content)
    sealed(folder)
    refused(folder)


def test_an_archive_in_place_of_an_array_is_refused(folder: Path) -> None:
    for name in ("keys.npy", "vectors.npy"):
        with (folder / name).open("wb") as file:
            np.savez(file, KEYS)
    sealed(folder)
    refused(folder)


def test_the_bot_starts_without_them_and_says_so_in_the_log(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.bootstrap.Shipped", lambda encoder: Shipped(encoder, folder))
    with capture_logs() as lines:
        assert bootstrap.load_shipped(WordEncoder()) is not None
        assert bootstrap.load_shipped(None) is None
        assert lines == []
        altered(folder / "vectors.npy")
        assert bootstrap.load_shipped(WordEncoder()) is None
    [line] = lines
    assert (line["event"], line["log_level"]) == ("shipped vectors off", "warning")
    assert "vectors.npy is not as it was made" in line["reason"]


# --- making them ---------------------------------------------------------------------------


def test_nothing_else_is_left_in_the_folder(folder: Path) -> None:
    (folder / "stray.txt").write_text("stray", encoding="utf-8")
    size = ship(ENCODER, ["new"], halves(["new"]), (), folder)
    assert sorted(path.name for path in folder.iterdir()) == ["about.json", "keys.npy", "vectors.npy"]
    assert size == sum(path.stat().st_size for path in folder.iterdir())
    assert Shipped(ENCODER, folder).missing(TEXTS) == 1


def test_the_same_texts_give_the_same_files_in_whatever_order(folder: Path, tmp_path: Path) -> None:
    for number, texts in enumerate((TEXTS, TEXTS[::-1])):
        again = tmp_path / str(number)
        ship(ENCODER, texts, halves(texts), [tmp_path / "cache" / FIT], again)
        assert {path.name: path.read_bytes() for path in again.iterdir()} == {
            path.name: path.read_bytes() for path in folder.iterdir()
        }


def test_no_text_can_be_read_in_the_files(folder: Path) -> None:
    content = b"".join(path.read_bytes().lower() for path in folder.iterdir())
    assert not any(word.encode() in content for word in ("hurt", "zebrafish", "calf", "tomorrow", "🦵"))


@pytest.mark.parametrize("name", ["keys.npy", "vectors.npy", FIT])
def test_a_folder_that_was_only_half_written_is_refused(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Whatever was there before: it ended at that file, half of which is on the disk."""
    save, copy = np.save, Path.write_bytes

    def ends_at(path: Path) -> None:
        if path.name == name:
            copy(path, b"half")
            raise KeyboardInterrupt

    def saved(path: Path, array: np.ndarray) -> None:
        ends_at(path)
        save(path, array)

    def copied(path: Path, content: bytes) -> int:
        ends_at(path)
        return copy(path, content)

    monkeypatch.setattr(np, "save", saved)
    monkeypatch.setattr(Path, "write_bytes", copied)
    with pytest.raises(KeyboardInterrupt):
        ship(ENCODER, TEXTS, halves(TEXTS), [tmp_path / "cache" / FIT], folder)
    refused(folder)


def test_a_full_disk_is_told_and_what_is_left_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", full)
    with pytest.raises(ShippedError, match=r"No space left on device.*make vectors$"):
        ship(ENCODER, TEXTS, halves(TEXTS), (), folder)
    refused(folder)


@pytest.mark.parametrize("place", ["made/folder", "made"])
def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, place: str) -> None:
    if place == "made":
        (tmp_path / place).write_text("in the way", encoding="utf-8")
    else:
        (tmp_path / place).mkdir(parents=True)
    with pytest.raises(ShippedError, match="cannot be written into"):
        ship(ENCODER, TEXTS, halves(TEXTS), (), tmp_path / "made")
