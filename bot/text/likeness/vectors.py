"""Vectors of many phrases, kept on disk between starts."""

import hashlib
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.text.likeness.arrays import Floats
from bot.text.likeness.encoder import DIMENSIONS, Encoder
from bot.text.likeness.files import write_whole

_KEY_BYTES = 16
_NOTHING: NDArray[np.float16] = np.zeros((0, DIMENSIONS), dtype=np.float16)


def vectors_of(phrases: Sequence[str], encoder: Encoder, folder: Path | None) -> Floats:
    """Return the vectors of ``phrases``, shape (len(phrases), 384), and keep them for the next start.

    They, and no others, lie in one file of ``folder`` for each encoder. They are rounded to half precision whether
    they come from it or not, so a start with a cache answers exactly like one without. The file holds hashes, never
    texts; one that is damaged or cannot be written is done without.
    """
    file = folder / f"phrases-{encoder.fingerprint}.npz" if folder else None
    keys = [_key(phrase) for phrase in phrases]
    stored, table = _read(file)
    rows = {key: row for row, key in enumerate(stored)}
    missing = {key: phrase for key, phrase in zip(keys, phrases, strict=True) if key not in rows}
    if missing:
        rows |= {key: len(table) + row for row, key in enumerate(missing)}
        table = np.concatenate((table, encoder.encode([*missing.values()]).astype(np.float16)))
    if missing or len(stored) > len(set(keys)):
        kept = [*dict.fromkeys(keys)]
        _write(file, kept, table[[rows[key] for key in kept]])
    return table[[rows[key] for key in keys]].astype(np.float32)


def _read(file: Path | None) -> tuple[list[bytes], NDArray[np.float16]]:
    if file is None:
        return [], _NOTHING
    try:
        with np.load(file, allow_pickle=False) as stored:
            keys, vectors = stored["keys"], stored["vectors"].astype(np.float16)
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
        return [], _NOTHING
    if vectors.ndim != 2 or vectors.shape[1] != DIMENSIONS or keys.shape != (len(vectors), _KEY_BYTES):
        return [], _NOTHING
    return [bytes(key) for key in keys], vectors


def _write(file: Path | None, keys: Sequence[bytes], vectors: NDArray[np.float16]) -> None:
    if file is None or not keys:
        return
    table = np.frombuffer(b"".join(keys), dtype=np.uint8).reshape(-1, _KEY_BYTES)
    write_whole(file, lambda stream: np.savez(stream, keys=table, vectors=vectors))


def _key(phrase: str) -> bytes:
    return hashlib.blake2b(phrase.encode("utf-8", "surrogatepass"), digest_size=_KEY_BYTES).digest()
