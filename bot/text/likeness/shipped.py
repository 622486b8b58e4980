"""What comes with the project so that a first start need not compute it: vectors of texts, and fits.

All of it is keyed by content. Whatever an edit has made out of date is not found, and computed anew: slower, never
wrong.
"""

import hashlib
import json
import tokenize
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.errors import BotError
from bot.text.likeness.arrays import Floats, Halves
from bot.text.likeness.encoder import DIMENSIONS

FOLDER = Path(__file__).resolve().parent / "made"
_ABOUT, _KEYS, _VECTORS = "about.json", "keys.npy", "vectors.npy"
_KEY_BYTES = 16
_STEPS = 512
"""A vector is kept in whole steps of 1/512, which fit a byte: its numbers stay below 0.23 (25,000 texts). Rounded
it has a cosine of 0.9998 and more to what the encoder gives; half precision would take twice the space."""
_MOST_STEPS = 127
UNREADABLE = (
    *(OSError, ValueError, KeyError, TypeError, EOFError, SyntaxError, RuntimeError),
    *(tokenize.TokenError, zipfile.BadZipFile, zlib.error),
)
"""What numpy raises over a file that is damaged or holds something else: it reads the header as Python."""

Keys = NDArray[np.uint64]
"""Hashes of texts, shape (texts, 2)."""


class ShippedError(BotError):
    """What is shipped cannot be used; the sentence says why and what to do."""


class Shipped:
    """The vectors and fits of one encoder, read only. The vectors stay in their file until they are asked for."""

    def __init__(self, encoder: str, folder: Path = FOLDER) -> None:
        """Raise ``ShippedError`` for files not as they were made, or not for ``encoder``, a fingerprint."""
        self.fits = folder
        about = _verified(folder)
        self.knowledge = str(about.get("knowledge", ""))
        if about["encoder"] != encoder:
            raise ShippedError(
                f"The vectors in {folder} are of another encoder, so all are computed anew. "
                "Where the encoder was changed on purpose, make them with: make vectors"
            )
        try:
            keys = np.load(folder / _KEYS, allow_pickle=False)
            self._table = np.load(folder / _VECTORS, mmap_mode="r", allow_pickle=False)
            kinds = keys.dtype.kind, self._table.dtype.kind
            shapes, texts = (keys.shape, self._table.shape), keys.size // 2
        except (*UNREADABLE, AttributeError) as error:
            raise _unusable(folder, type(error).__name__) from None
        if kinds != ("u", "i") or shapes != ((texts, 2), (texts, DIMENSIONS)):
            raise _unusable(folder, "other shapes than the encoder's")
        self._keys: Keys = keys.astype(np.uint64)

    def __len__(self) -> int:
        return len(self._keys)

    def rows(self, texts: Sequence[str]) -> NDArray[np.int64]:
        """Return where each of ``texts`` stands in the table, -1 where it is not shipped."""
        if not texts or not len(self._keys):
            return np.full(len(texts), -1, dtype=np.int64)
        asked = keys_of(texts)
        places = np.searchsorted(self._keys[:, 0], asked[:, 0])
        places[places == len(self._keys)] = 0
        found = (self._keys[places] == asked).all(axis=1)
        return np.where(found, places, -1)

    def vectors(self, rows: NDArray[np.int64]) -> Halves:
        """Return the vectors of ``rows``, rounded, shape (rows, dimensions)."""
        found: Halves = (self._table[rows] / np.float32(_STEPS)).astype(np.float16)
        return found

    def missing(self, texts: Iterable[str]) -> float:
        """Return the share of ``texts`` that are not shipped, from 0 to 1."""
        unique = [*dict.fromkeys(texts)]
        return float((self.rows(unique) < 0).mean()) if unique else 0.0


def ship(
    encoder: str,
    texts: Sequence[str],
    vectors: Halves,
    fits: Iterable[Path],
    folder: Path = FOLDER,
    *,
    knowledge: str = "",
) -> int:
    """Write what is shipped into ``folder``, and nothing else is left there; return its bytes.

    ``knowledge`` is the fingerprint of the files that it was made from.
    Raise ``ShippedError`` where that fails; what is there by then counts as absent.
    """
    keys = keys_of(texts)
    order = np.argsort(keys[:, 0], kind="stable")
    try:
        folder.mkdir(exist_ok=True)
        for old in folder.iterdir():
            old.unlink()
        # Spelt out, so that the files are the same from every machine.
        np.save(folder / _KEYS, keys[order].astype("<u8"))
        np.save(folder / _VECTORS, _steps(vectors[order]))
        for fit in fits:
            (folder / fit.name).write_bytes(fit.read_bytes())
        files = {path.name: _sha256(path) for path in sorted(folder.iterdir())}
        about = {"encoder": encoder, "knowledge": knowledge, "files": files}
        # Last: without it the rest counts for nothing.
        (folder / _ABOUT).write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
        return sum(path.stat().st_size for path in folder.iterdir())
    except OSError as error:
        raise ShippedError(
            f"The vectors cannot be written into {folder} ({error.strerror or type(error).__name__}). "
            "See that it holds only files, that they may be written and that the disk has room, "
            "then again: make vectors"
        ) from None


def rounded(vectors: Floats | Halves) -> Halves:
    """Return ``vectors`` in the steps in which they are kept; once rounded they stay as they are."""
    return (_steps(vectors) / np.float32(_STEPS)).astype(np.float16)


def _steps(vectors: Floats | Halves) -> NDArray[np.int8]:
    whole = np.rint(vectors.astype(np.float32) * _STEPS)
    return np.clip(whole, -_MOST_STEPS, _MOST_STEPS).astype(np.int8)


def keys_of(texts: Sequence[str]) -> Keys:
    """Return the hashes by which vectors are found."""
    digests = b"".join(
        hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_KEY_BYTES).digest() for text in texts
    )
    return np.frombuffer(digests, dtype="<u8").reshape(-1, 2).astype(np.uint64)


def _verified(folder: Path) -> dict[str, Any]:
    """Return what is told of the vectors in ``folder``, all of its files being as they were made."""
    name = _ABOUT
    try:
        about: dict[str, Any] = json.loads((folder / name).read_text(encoding="utf-8"))
        _, files = str(about["encoder"]), about["files"].items()
        if not {_KEYS, _VECTORS} <= about["files"].keys():
            raise KeyError
        for name, expected in files:
            if _sha256(folder / name) != expected:
                raise _unusable(folder, f"{name} is not as it was made")
        return about
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise _unusable(folder, f"{name} is missing or cannot be read") from None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _unusable(folder: Path, why: str) -> ShippedError:
    return ShippedError(
        f"The vectors in {folder} cannot be used ({why}), so all are computed anew, which takes minutes. "
        "Install the project again, or make them with: make vectors"
    )
