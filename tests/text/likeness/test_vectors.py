"""Phrase vectors, shipped or kept on disk: they change no answer, whatever becomes of their file."""

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
from bot.text.likeness.shipped import Shipped, rounded, ship
from bot.text.likeness.vectors import vectors_of
from tests.support.encoder import WordEncoder

PHRASES = ["does it hurt", "zebrafish on my calf", "can I run tomorrow", "does it hurt"]


def vectors(folder: Path | None, phrases: list[str] | None = None, encoder: Encoder | None = None) -> Floats:
    """Return the vectors as a start of the bot would get them, and keep them."""
    return vectors_of(PHRASES if phrases is None else phrases, encoder or WordEncoder(), folder)


def shipped(folder: Path, phrases: list[str]) -> Shipped:
    """Return ``phrases`` as they come with the project."""
    encoder = WordEncoder()
    ship(encoder.fingerprint, phrases, rounded(encoder.encode(phrases)), (), folder)
    return Shipped(encoder.fingerprint, folder)


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


# --- what is shipped --------------------------------------------------------------------------


@given(
    st.lists(st.text(alphabet="abcé🦵 ", max_size=6), max_size=12),
    st.lists(st.booleans(), min_size=12, max_size=12),
    st.lists(st.booleans(), min_size=12, max_size=12),
    st.booleans(),
)
def test_it_makes_no_difference_which_phrases_were_shipped_and_which_kept(
    phrases: list[str], come: list[bool], known: list[bool], caching: bool
) -> None:
    with tempfile.TemporaryDirectory() as made, tempfile.TemporaryDirectory() as cache:
        with_it = shipped(Path(made), [phrase for phrase, yes in zip(phrases, come, strict=False) if yes])
        folder = Path(cache) if caching else None
        vectors(folder, [phrase for phrase, yes in zip(phrases, known, strict=False) if yes])
        found = [vectors_of(phrases, WordEncoder(), folder, with_it) for _ in range(2)]
        without = vectors(None, phrases)
        assert [each.dtype for each in found] == [without.dtype] * 2
        assert [each.tobytes() for each in found] == [without.tobytes()] * 2


def test_what_is_shipped_is_neither_encoded_nor_kept(tmp_path: Path) -> None:
    come = shipped(tmp_path / "made", PHRASES[:2])
    for new in (["can I run tomorrow"], []):
        encoder = WordEncoder()
        vectors_of(PHRASES, encoder, tmp_path / "cache", come)
        assert encoder.encoded == new
    assert newly_encoded(tmp_path / "cache", PHRASES) == PHRASES[:2]


def test_where_all_is_shipped_nothing_is_written(tmp_path: Path) -> None:
    come = shipped(tmp_path / "made", PHRASES)
    encoder = WordEncoder()
    assert np.array_equal(vectors_of(PHRASES, encoder, tmp_path / "cache", come), vectors(None))
    assert encoder.encoded == []
    assert not (tmp_path / "cache").exists()


def test_a_start_with_what_is_shipped_gets_what_one_without_gets(tmp_path: Path, encoder: Encoder) -> None:
    ship(encoder.fingerprint, PHRASES, rounded(encoder.encode(PHRASES)), (), tmp_path)
    come = Shipped(encoder.fingerprint, tmp_path)
    assert vectors_of(PHRASES, encoder, shipped=come).tobytes() == vectors(None, encoder=encoder).tobytes()


# --- a file that is not what it should be --------------------------------------------------


def _archive(**arrays: object) -> bytes:
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **{name: np.asarray(array) for name, array in arrays.items()})
    return file.getvalue()


def _array(array: object) -> bytes:
    file = io.BytesIO()
    np.save(file, np.asarray(array))
    return file.getvalue()


KEYS = np.zeros((2, 2), np.uint64)
VECTORS = np.zeros((2, DIMENSIONS), np.float16)
FOREIGN = {
    "empty": b"",
    "noise": bytes(range(256)) * 8,
    "text": b"not an archive",
    "no arrays": _archive(),
    "other names": _archive(a=KEYS, b=VECTORS),
    "other dimensions": _archive(keys=KEYS, vectors=np.zeros((2, 384), np.float16)),
    "fewer keys": _archive(keys=KEYS[:1], vectors=VECTORS),
    "long keys": _archive(keys=np.zeros((2, 3), np.uint64), vectors=VECTORS),
    "keys with a sign": _archive(keys=np.zeros((2, 2), np.int64), vectors=VECTORS),
    "keys of an earlier version": _archive(keys=np.zeros((2, 16), np.uint8), vectors=VECTORS),
    "texts for vectors": _archive(keys=KEYS, vectors=np.full((2, DIMENSIONS), "a")),
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
    """Anywhere in its data or its headers, those of the archive and those of the arrays."""
    vectors(tmp_path)
    path = cache_file(tmp_path)
    content = path.read_bytes()
    for place in [*range(0, 700, 3), len(content) // 2, *range(len(content) - 240, len(content), 3)]:
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        assert np.array_equal(vectors(tmp_path), vectors(None)), place


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
