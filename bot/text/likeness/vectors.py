"""Vectors of many phrases: shipped, kept on disk since an earlier start, or computed now."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bot.text.likeness.arrays import Floats, Halves
from bot.text.likeness.encoder import DIMENSIONS, Encoder
from bot.text.likeness.files import write_whole
from bot.text.likeness.shipped import UNREADABLE, Keys, Shipped, keys_of, rounded

_NOTHING: Halves = np.zeros((0, DIMENSIONS), dtype=np.float16)


def vectors_of(
    phrases: Sequence[str], encoder: Encoder, folder: Path | None = None, shipped: Shipped | None = None
) -> Floats:
    """Return the vectors of ``phrases``, shape (len(phrases), 768), and keep those not shipped for the next start.

    They, and no others, lie in one file of ``folder`` for each encoder. All are rounded as what is shipped is,
    wherever they come from, so that every start answers alike. The file holds hashes, never texts; one that is
    damaged or cannot be written is done without.
    """
    unique = [*dict.fromkeys(phrases)]
    table = np.zeros((len(unique), DIMENSIONS), dtype=np.float16)
    rows = shipped.rows(unique) if shipped else np.full(len(unique), -1)
    if shipped is not None:
        table[rows >= 0] = shipped.vectors(rows[rows >= 0])
    own = np.flatnonzero(rows < 0)
    if len(own):
        table[own] = _kept([unique[place] for place in own], encoder, folder)
    places = {phrase: place for place, phrase in enumerate(unique)}
    return table[[places[phrase] for phrase in phrases]].astype(np.float32)


def _kept(phrases: Sequence[str], encoder: Encoder, folder: Path | None) -> Halves:
    """Return the vectors of ``phrases``, all different, out of the cache as far as they are there."""
    file = folder / f"phrases-{encoder.fingerprint}.npz" if folder else None
    keys = keys_of(phrases)
    stored, table = _read(file)
    rows = {key: row for row, key in enumerate(map(tuple, stored.tolist()))}
    asked = [*map(tuple, keys.tolist())]
    missing = [place for place, key in enumerate(asked) if key not in rows]
    if missing:
        rows |= {asked[place]: len(table) + row for row, place in enumerate(missing)}
        fresh = encoder.encode([phrases[place] for place in missing])
        table = np.concatenate((table, rounded(fresh)))
    found: Halves = table[[rows[key] for key in asked]]
    if missing or len(stored) > len(asked):
        _write(file, keys, found)
    return found


def _read(file: Path | None) -> tuple[Keys, Halves]:
    nothing = np.zeros((0, 2), dtype=np.uint64), _NOTHING
    if file is None:
        return nothing
    try:
        with np.load(file, allow_pickle=False) as stored:
            keys, vectors = stored["keys"], stored["vectors"].astype(np.float16)
    except UNREADABLE:
        return nothing
    if vectors.ndim != 2 or vectors.shape[1] != DIMENSIONS or keys.shape != (len(vectors), 2):
        return nothing
    return (keys, vectors) if keys.dtype == np.uint64 else nothing


def _write(file: Path | None, keys: Keys, vectors: Halves) -> None:
    if file is not None:
        write_whole(file, lambda stream: np.savez(stream, keys=keys, vectors=vectors))
