"""Vectors of many phrases, kept on disk between starts."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.text.encoder import DIMENSIONS, Encoder, Floats

_KEY_BYTES = 16


class PhraseVectors:
    """Encodes phrases and remembers them in one file, by phrase and encoder.

    Vectors are rounded to half precision whether they come from the file or not, so a start
    with a cache answers exactly like one without. The file holds hashes, never texts; one that
    is damaged or cannot be written is done without.
    """

    def __init__(self, encoder: Encoder, folder: Path | None) -> None:
        self._encoder = encoder
        self._file = folder / f"phrases-{encoder.fingerprint}.npz" if folder else None
        self._known: dict[bytes, NDArray[np.float16]] | None = None
        self._used: set[bytes] = set()
        self._changed = False

    def vectors(self, phrases: Sequence[str]) -> Floats:
        """Return the vectors of ``phrases``, shape (len(phrases), 384)."""
        if self._known is None:
            self._known = self._read()
        keys = [_key(phrase) for phrase in phrases]
        missing = {k: p for k, p in zip(keys, phrases, strict=True) if k not in self._known}
        if missing:
            fresh = self._encoder.encode(list(missing.values())).astype(np.float16)
            self._known.update(zip(missing, fresh, strict=True))
            self._changed = True
        self._used.update(keys)
        if not keys:
            return np.zeros((0, DIMENSIONS), dtype=np.float32)
        return np.array([self._known[key] for key in keys], dtype=np.float32)

    def save(self) -> None:
        """Write the vectors used since the last ``save``, and only them, to the file; forget all of them."""
        known = self._known or {}
        if self._changed or len(known) > len(self._used):
            self._write({key: known[key] for key in known if key in self._used})
        self._known, self._used, self._changed = None, set(), False

    def _read(self) -> dict[bytes, NDArray[np.float16]]:
        if self._file is None:
            return {}
        try:
            with np.load(self._file, allow_pickle=False) as stored:
                keys, vectors = stored["keys"], stored["vectors"]
        except (OSError, ValueError, KeyError, EOFError):
            return {}
        if keys.shape != (len(vectors), _KEY_BYTES) or vectors.shape[1:] != (DIMENSIONS,):
            return {}
        return {bytes(key): vector for key, vector in zip(keys, vectors, strict=True)}

    def _write(self, known: dict[bytes, NDArray[np.float16]]) -> None:
        if self._file is None or not known:
            return
        keys = np.frombuffer(b"".join(known), dtype=np.uint8).reshape(-1, _KEY_BYTES)
        # Written beside and moved into place: a second process starting now must not read half a file.
        beside = self._file.with_suffix(f".{os.getpid()}.tmp")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with beside.open("wb") as file:
                np.savez(file, keys=keys, vectors=np.array(list(known.values()), dtype=np.float16))
            beside.replace(self._file)
        except OSError:
            beside.unlink(missing_ok=True)


def _key(phrase: str) -> bytes:
    return hashlib.blake2b(phrase.encode("utf-8", "surrogatepass"), digest_size=_KEY_BYTES).digest()
