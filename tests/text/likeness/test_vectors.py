"""Phrase vectors on disk: they change no answer, whatever becomes of their file."""

import io
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text.likeness.arrays import Floats
from bot.text.likeness.encoder import DIMENSIONS, Encoder
from bot.text.likeness.vectors import vectors_of
from tests.support.encoder import WordEncoder

PHRASES = ["does it hurt", "zebrafish on my calf", "can I run tomorrow", "does it hurt"]


def vectors(folder: Path | None, phrases: list[str] | None = None, encoder: Encoder | None = None) -> Floats:
    """Return the vectors as a start of the bot would get them, and keep them."""
    return vectors_of(PHRASES if phrases is None else phrases, encoder or WordEncoder(), folder)


def newly_encoded(folder: Path, phrases: list[str]) -> list[str]:
    """Return which of ``phrases`` are not in the file; from now on they are, and no others."""
    encoder = WordEncoder()
    vectors_of(phrases, encoder, folder)
    return encoder.encoded


def cache_file(folder: Path) -> Path:
    [path] = folder.iterdir()
    return path


def test_a_start_with_the_cache_gets_bit_for_bit_what_one_without_gets(tmp_path: Path, encoder: Encoder) -> None:
    without = vectors(None, encoder=encoder)
    fresh = vectors(tmp_path, encoder=encoder)
    cached = vectors(tmp_path, encoder=encoder)
    assert without.dtype == np.float32
    assert without.tobytes() == fresh.tobytes() == cached.tobytes()
    np.testing.assert_allclose(cached, encoder.encode(PHRASES), atol=1e-3)


@given(st.lists(st.text(alphabet="abcé🦵 ", max_size=6), max_size=12), st.integers(0, 12))
def test_it_makes_no_difference_which_phrases_were_known(phrases: list[str], known: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        vectors(Path(folder), phrases[:known])
        assert np.array_equal(vectors(Path(folder), phrases), vectors(None, phrases))


def test_what_the_file_holds_is_not_encoded_again(tmp_path: Path) -> None:
    vectors(tmp_path)
    assert newly_encoded(tmp_path, PHRASES) == []
    assert newly_encoded(tmp_path, [*PHRASES, "new"]) == ["new"]


def test_only_the_phrases_in_use_are_kept(tmp_path: Path) -> None:
    vectors(tmp_path)
    vectors(tmp_path, ["does it hurt", "new"])
    assert newly_encoded(tmp_path, ["does it hurt", "new"]) == []
    assert newly_encoded(tmp_path, ["can I run tomorrow"]) == ["can I run tomorrow"]


def test_an_unchanged_file_is_not_written_again(tmp_path: Path) -> None:
    vectors(tmp_path)
    before = cache_file(tmp_path).stat().st_mtime_ns
    vectors(tmp_path)
    assert cache_file(tmp_path).stat().st_mtime_ns == before


def test_another_encoder_has_a_file_of_its_own(tmp_path: Path) -> None:
    vectors(tmp_path)
    other = WordEncoder("other")
    vectors(tmp_path, encoder=other)
    assert len(other.encoded) == len(set(PHRASES))
    assert len(list(tmp_path.iterdir())) == 2


def test_the_file_holds_no_text_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    vectors(tmp_path)
    content = cache_file(tmp_path).read_bytes().lower()
    assert not any(word.encode() in content for phrase in PHRASES for word in phrase.split() if len(word) > 3)


def test_no_folder_no_phrases_and_odd_phrases_are_no_trouble(tmp_path: Path) -> None:
    assert vectors(None, []).shape == (0, DIMENSIONS)
    assert vectors(tmp_path, []).shape == (0, DIMENSIONS)
    assert list(tmp_path.iterdir()) == []
    assert vectors(tmp_path / "not" / "there" / "yet", ["", "\x00", "🦵"]).shape == (3, DIMENSIONS)


# --- a file that is not what it should be --------------------------------------------------


def _archive(**arrays: object) -> bytes:
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **{name: np.asarray(array) for name, array in arrays.items()})
    return file.getvalue()


def _array(array: object) -> bytes:
    file = io.BytesIO()
    np.save(file, np.asarray(array))
    return file.getvalue()


KEYS = np.zeros((2, 16), np.uint8)
VECTORS = np.zeros((2, DIMENSIONS), np.float16)
FOREIGN = {
    "empty": b"",
    "noise": bytes(range(256)) * 8,
    "text": b"not an archive",
    "no arrays": _archive(),
    "other names": _archive(a=KEYS, b=VECTORS),
    "other dimensions": _archive(keys=KEYS, vectors=np.zeros((2, 12), np.float16)),
    "fewer keys": _archive(keys=KEYS[:1], vectors=VECTORS),
    "long keys": _archive(keys=np.zeros((2, 20), np.uint8), vectors=VECTORS),
    "wide keys": _archive(keys=np.zeros((2, 16), np.int64), vectors=VECTORS),
    "flat vectors": _archive(keys=KEYS, vectors=np.zeros(2, np.float16)),
    "start of an archive": b"PK\x03\x04" + b"\x00" * 100,
}
FATAL = {
    "one array": _array(VECTORS),
    "one number": _archive(keys=KEYS, vectors=7),
}


def spoilt(tmp_path: Path, change: Callable[[bytes], bytes]) -> Floats:
    """Return what a start gets after the file was changed."""
    vectors(tmp_path)
    path = cache_file(tmp_path)
    path.write_bytes(change(path.read_bytes()))
    return vectors(tmp_path)


@pytest.mark.parametrize("content", FOREIGN.values(), ids=FOREIGN)
def test_a_foreign_file_is_done_without_and_replaced(tmp_path: Path, content: bytes) -> None:
    assert np.array_equal(spoilt(tmp_path, lambda _: content), vectors(None))
    assert newly_encoded(tmp_path, PHRASES) == []


@pytest.mark.parametrize("content", FATAL.values(), ids=FATAL)
def test_a_foreign_file_that_numpy_stumbles_over_is_done_without(tmp_path: Path, content: bytes) -> None:
    assert np.array_equal(spoilt(tmp_path, lambda _: content), vectors(None))


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_file_that_ends_too_early_is_done_without(tmp_path: Path, share: float) -> None:
    assert np.array_equal(spoilt(tmp_path, lambda old: old[: int(share * len(old))]), vectors(None))


def test_a_file_with_a_flipped_bit_is_done_without(tmp_path: Path) -> None:
    def flip(old: bytes) -> bytes:
        return old[: len(old) // 2] + bytes([old[len(old) // 2] ^ 1]) + old[len(old) // 2 + 1 :]

    assert np.array_equal(spoilt(tmp_path, flip), vectors(None))


# --- a folder that cannot be written -----------------------------------------------------------


def test_a_folder_in_place_of_the_file_is_done_without(tmp_path: Path) -> None:
    vectors(tmp_path)
    path = cache_file(tmp_path)
    path.unlink()
    path.mkdir()
    assert np.array_equal(vectors(tmp_path), vectors(None))
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_done_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("numpy.savez", full)
    assert np.array_equal(vectors(tmp_path), vectors(None))
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_place_of_the_folder_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("in the way", encoding="utf-8")
    assert np.array_equal(vectors(tmp_path / "cache"), vectors(None))


def test_a_read_only_disk_is_done_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    for name in ("mkdir", "unlink", "replace"):
        monkeypatch.setattr(Path, name, refuse)
    assert np.array_equal(vectors(tmp_path / "cache"), vectors(None))
