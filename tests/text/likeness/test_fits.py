"""Fits on disk: shipped ones, kept ones, and what becomes of those that nobody needs any more."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bot.text.likeness.arrays import Floats
from bot.text.likeness.fits import NO_FITS, Fits

FITTED: Floats = np.arange(12, dtype=np.float32).reshape(3, 4)


def got(
    fits: Fits, value: Floats = FITTED, name: str = "entries", inputs: object = "phrases"
) -> tuple[Floats, bool]:
    """Return what is got, and whether it was fitted for that."""
    fitted: list[bool] = []

    def fit() -> Floats:
        fitted.append(True)
        return value

    return fits.get(name, [inputs, np.arange(3)], fit), bool(fitted)


def kept(folder: Path, value: Floats = FITTED, **asked: str) -> Path:
    """Keep one fit in ``folder`` and return its file."""
    before = {*folder.glob("*")}
    got(Fits(folder), value, **asked)
    [file] = {*folder.glob("*")} - before
    return file


def test_what_was_fitted_once_is_not_fitted_again(tmp_path: Path) -> None:
    first, fitted = got(Fits(tmp_path))
    again, refitted = got(Fits(tmp_path))
    assert (fitted, refitted) == (True, False)
    assert first.tobytes() == again.tobytes() and first.dtype == again.dtype and first.shape == again.shape


def test_other_inputs_and_other_names_are_fitted_by_themselves(tmp_path: Path) -> None:
    kept(tmp_path)
    assert got(Fits(tmp_path), inputs="other phrases")[1]
    assert got(Fits(tmp_path), name="signs")[1]
    assert len(list(tmp_path.iterdir())) == 3


def test_with_no_folder_nothing_is_kept() -> None:
    assert got(NO_FITS)[1] and got(NO_FITS)[1]
    NO_FITS.prune()


# --- shipped fits -------------------------------------------------------------------------


def test_a_shipped_fit_wins_over_one_that_was_kept(tmp_path: Path) -> None:
    kept(tmp_path / "made", FITTED + 1)
    kept(tmp_path / "cache", FITTED + 2)
    found, fitted = got(Fits(tmp_path / "cache", tmp_path / "made"))
    assert np.array_equal(found, FITTED + 1) and not fitted


def test_a_shipped_fit_is_not_kept_a_second_time(tmp_path: Path) -> None:
    kept(tmp_path / "made")
    got(Fits(tmp_path / "cache", tmp_path / "made"))
    assert not (tmp_path / "cache").exists()


def test_what_is_not_shipped_is_found_where_it_was_kept(tmp_path: Path) -> None:
    kept(tmp_path / "cache")
    (tmp_path / "made").mkdir()
    assert not got(Fits(tmp_path / "cache", tmp_path / "made"))[1]
    assert not got(Fits(tmp_path / "cache", tmp_path / "gone"))[1]
    assert list((tmp_path / "made").iterdir()) == []


def test_shipped_fits_serve_where_nothing_can_be_kept(tmp_path: Path) -> None:
    kept(tmp_path / "made")
    fits = Fits(None, tmp_path / "made")
    assert not got(fits)[1]
    assert got(fits, name="signs")[1]
    fits.prune()
    assert len(list((tmp_path / "made").iterdir())) == 1


# --- files that are not what they should be --------------------------------------------------


def _flipped(place: int) -> Callable[[bytes], bytes]:
    def flip(old: bytes) -> bytes:
        return old[:place] + bytes([old[place] ^ 1]) + old[place + 1 :]

    return flip


SPOILT: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "noise": lambda _: bytes(range(256)) * 8,
    "text": lambda _: b"not an array",
    "start of an archive": lambda _: b"PK\x03\x04" + bytes(100),
    "half": lambda old: old[: len(old) // 2],
    "no quotation mark": _flipped(11),
    "no brace": _flipped(10),
    "no colon": _flipped(18),
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
@pytest.mark.parametrize("where", ["made", "cache"])
def test_a_spoilt_file_is_fitted_anew(tmp_path: Path, where: str, spoil: Callable[[bytes], bytes]) -> None:
    file = kept(tmp_path / where)
    file.write_bytes(spoil(file.read_bytes()))
    found, fitted = got(Fits(tmp_path / "cache", tmp_path / "made"))
    assert np.array_equal(found, FITTED) and fitted
    assert not got(Fits(tmp_path / "cache", tmp_path / "made"))[1]


def test_a_spoilt_shipped_file_stays_as_it_is(tmp_path: Path) -> None:
    file = kept(tmp_path / "made")
    file.write_bytes(b"spoilt")
    fits = Fits(tmp_path / "cache", tmp_path / "made")
    got(fits)
    fits.prune()
    assert file.read_bytes() == b"spoilt"


def test_a_kept_file_with_any_bit_flipped_is_fitted_anew(tmp_path: Path) -> None:
    """A wrong shape would end the start, a wrong number would change answers without a word."""
    file = kept(tmp_path)
    content = file.read_bytes()
    for place in range(len(content)):
        file.write_bytes(_flipped(place)(content))
        found, fitted = got(Fits(tmp_path))
        assert fitted, place
        assert np.array_equal(found, FITTED)


def test_a_kept_archive_or_a_folder_in_place_of_a_file_is_done_without(tmp_path: Path) -> None:
    file = kept(tmp_path)
    with file.open("wb") as stream:
        np.savez(stream, FITTED)
    assert got(Fits(tmp_path))[1]
    file.unlink()
    file.mkdir()
    assert np.array_equal(got(Fits(tmp_path))[0], FITTED)
    assert list(tmp_path.iterdir()) == [file]


def test_a_disk_that_refuses_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("in the way", encoding="utf-8")
    fits = Fits(tmp_path / "cache")
    assert np.array_equal(got(fits)[0], FITTED)
    fits.prune()


# --- what nobody needs any more -------------------------------------------------------------


def test_fits_of_earlier_knowledge_are_deleted_and_others_are_not(tmp_path: Path) -> None:
    earlier = kept(tmp_path, inputs="earlier phrases")
    foreign = kept(tmp_path, name="foreign")
    fits = Fits(tmp_path)
    got(fits)
    fits.prune()
    assert not earlier.exists() and foreign.exists()
    assert not got(Fits(tmp_path))[1]


def test_nothing_is_deleted_before_anything_was_asked_for(tmp_path: Path) -> None:
    file = kept(tmp_path)
    Fits(tmp_path).prune()
    assert file.exists()


def test_nothing_that_is_shipped_is_ever_deleted(tmp_path: Path) -> None:
    shipped = [kept(tmp_path / "made"), kept(tmp_path / "made", inputs="earlier phrases")]
    earlier = kept(tmp_path / "cache", inputs="earlier phrases")
    for asked in ("phrases", "new phrases"):
        fits = Fits(tmp_path / "cache", tmp_path / "made")
        got(fits, inputs=asked)
        fits.prune()
        assert all(file.exists() for file in shipped)
        assert not earlier.exists()
