"""What was fitted at an earlier start, kept on disk: fitting again would give the same numbers, seconds later."""

import contextlib
import hashlib
import io
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from bot.text.likeness.arrays import Floats
from bot.text.likeness.files import write_whole
from bot.text.likeness.shipped import UNREADABLE

_VERSION = "7"
"""To be raised whenever the code fits differently from the same input."""
_SEAL = 16
"""Bytes of a hash behind each array that is kept, where numpy does not look: a disk may return other bits."""


class Fits:
    """Arrays by a key that covers everything they were fitted from: shipped, or kept since an earlier start.

    A damaged or foreign file counts as absent, a folder that cannot be written is done without. Files not
    asked for since the last ``prune`` are deleted by it.
    """

    def __init__(self, folder: Path | None, shipped: Path | None = None) -> None:
        self._folder = folder
        self._shipped = shipped
        self._used: set[str] = set()

    def get(self, name: str, inputs: Iterable[object], fit: Callable[[], Floats]) -> Floats:
        """Return the array fitted from ``inputs`` at an earlier start, or what ``fit`` returns now."""
        digest = hashlib.blake2b(_VERSION.encode(), digest_size=16)
        for value in inputs:
            digest.update(value.tobytes() if isinstance(value, np.ndarray) else repr(value).encode())
            digest.update(b"\0")
        file = f"{name}-{digest.hexdigest()}.npy"
        for folder in (self._shipped, self._folder):
            # What is shipped was verified as a whole.
            stored = _read(folder / file, sealed=folder is self._folder) if folder else None
            if stored is not None:
                self._used.add(file)
                return stored
        fitted = fit()
        self._used.add(file)
        if self._folder is not None:
            saved = io.BytesIO()
            np.save(saved, fitted, allow_pickle=False)
            content = saved.getvalue()
            write_whole(self._folder / file, lambda stream: stream.writelines((content, _seal(content))))
        return fitted

    def prune(self) -> None:
        """Delete the files of earlier knowledge."""
        if self._folder is not None and self._used:
            names = {file.rpartition("-")[0] for file in self._used}
            for path in self._folder.glob("*.npy"):
                if path.name not in self._used and path.name.rpartition("-")[0] in names:
                    with contextlib.suppress(OSError):
                        path.unlink()


def _read(file: Path, *, sealed: bool) -> Floats | None:
    try:
        content = file.read_bytes()
        if sealed and _seal(content[:-_SEAL]) != content[-_SEAL:]:
            return None
        stored: object = np.load(io.BytesIO(content), allow_pickle=False)
    except UNREADABLE:
        return None
    return stored if isinstance(stored, np.ndarray) else None


def _seal(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=_SEAL).digest()


NO_FITS = Fits(None)
"""Keeps nothing."""
