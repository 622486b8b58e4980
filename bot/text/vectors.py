"""Vectors of many phrases, kept on disk between starts."""

import contextlib
import hashlib
import os
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.text.encoder import DIMENSIONS, Encoder, Floats

_KEY_BYTES = 16
_NOTHING: NDArray[np.float16] = np.zeros((0, DIMENSIONS), dtype=np.float16)


class PhraseVectors:
    """Encodes phrases and remembers them in one file, by phrase and encoder.

    Vectors are rounded to half precision whether they come from the file or not, so a start
    with a cache answers exactly like one without. The file holds hashes, never texts; one that
    is damaged or cannot be written is done without.
    """

    def __init__(self, encoder: Encoder, folder: Path | None) -> None:
        self._encoder = encoder
        self._file = folder / f"phrases-{encoder.fingerprint}.npz" if folder else None
        self._rows: dict[bytes, int] | None = None
        self._table = _NOTHING
        self._used: set[bytes] = set()
        self._changed = False

    def vectors(self, phrases: Sequence[str]) -> Floats:
        """Return the vectors of ``phrases``, shape (len(phrases), 384)."""
        if self._rows is None:
            stored, self._table = self._read()
            self._rows = {key: row for row, key in enumerate(stored)}
        keys = [_key(phrase) for phrase in phrases]
        missing = {k: p for k, p in zip(keys, phrases, strict=True) if k not in self._rows}
        if missing:
            fresh = self._encoder.encode(list(missing.values())).astype(np.float16)
            self._rows |= {key: len(self._table) + row for row, key in enumerate(missing)}
            self._table = np.concatenate((self._table, fresh))
            self._changed = True
        self._used.update(keys)
        return self._table[[self._rows[key] for key in keys]].astype(np.float32)

    def save(self) -> None:
        """Write the vectors used since the last ``save``, and only them, to the file; forget all of them."""
        rows = self._rows or {}
        if self._changed or len(rows) > len(self._used):
            kept = [key for key in rows if key in self._used]
            self._write(kept, self._table[[rows[key] for key in kept]])
        self._rows, self._table, self._used, self._changed = None, _NOTHING, set(), False

    def _read(self) -> tuple[list[bytes], NDArray[np.float16]]:
        if self._file is None:
            return [], _NOTHING
        try:
            with np.load(self._file, allow_pickle=False) as stored:
                keys, vectors = stored["keys"], stored["vectors"].astype(np.float16)
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
            return [], _NOTHING
        if vectors.ndim != 2 or vectors.shape[1] != DIMENSIONS or keys.shape != (len(vectors), _KEY_BYTES):
            return [], _NOTHING
        return [bytes(key) for key in keys], vectors

    def _write(self, keys: Sequence[bytes], vectors: NDArray[np.float16]) -> None:
        if self._file is None or not keys:
            return
        table = np.frombuffer(b"".join(keys), dtype=np.uint8).reshape(-1, _KEY_BYTES)
        # Written beside and moved into place: a second process starting now must not read half a file.
        beside = self._file.with_suffix(f".{os.getpid()}.tmp")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with beside.open("wb") as file:
                np.savez(file, keys=table, vectors=vectors)
            beside.replace(self._file)
        except OSError:
            with contextlib.suppress(OSError):  # on a disk that refuses writing, deleting is refused too
                beside.unlink()


def _key(phrase: str) -> bytes:
    return hashlib.blake2b(phrase.encode("utf-8", "surrogatepass"), digest_size=_KEY_BYTES).digest()
