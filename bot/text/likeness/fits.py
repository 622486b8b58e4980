"""What was fitted at an earlier start, kept on disk: fitting again would give the same numbers, seconds later."""

import contextlib
import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from bot.text.likeness.arrays import Floats
from bot.text.likeness.files import write_whole

_VERSION = "3"
"""To be raised whenever the code fits differently from the same input."""


class Fits:
    """Arrays by a key that covers everything they were fitted from.

    A damaged or foreign file counts as absent, a folder that cannot be written is done without. Files not
    asked for since the last ``prune`` are deleted by it.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._used: set[str] = set()

    def get(self, name: str, inputs: Iterable[object], fit: Callable[[], Floats]) -> Floats:
        """Return the array fitted from ``inputs`` at an earlier start, or what ``fit`` returns now."""
        digest = hashlib.blake2b(_VERSION.encode(), digest_size=16)
        for value in inputs:
            digest.update(value.tobytes() if isinstance(value, np.ndarray) else repr(value).encode())
            digest.update(b"\0")
        file = f"{name}-{digest.hexdigest()}.npy"
        self._used.add(file)
        if self._folder is None:
            return fit()
        try:
            stored: Floats = np.load(self._folder / file, allow_pickle=False)
            return stored
        except (OSError, ValueError, EOFError):
            fitted = fit()
            write_whole(self._folder / file, lambda stream: np.save(stream, fitted, allow_pickle=False))
            return fitted

    def prune(self) -> None:
        """Delete the files of earlier knowledge."""
        if self._folder is not None and self._used:
            names = {file.rpartition("-")[0] for file in self._used}
            for path in self._folder.glob("*.npy"):
                if path.name not in self._used and path.name.rpartition("-")[0] in names:
                    with contextlib.suppress(OSError):
                        path.unlink()


NO_FITS = Fits(None)
"""Keeps nothing."""
