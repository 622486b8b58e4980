"""Files that only speed up the next start: written whole or not at all."""

import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO


def write_whole(file: Path, save: Callable[[BinaryIO], None]) -> None:
    """Let ``save`` write ``file``, whose folder is made; where that fails, do without.

    Written beside and moved into place: a second process starting now must not read half a file.
    """
    beside = file.with_suffix(f".{os.getpid()}.tmp")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("wb") as stream:
            save(stream)
        beside.replace(file)
    except OSError:
        with contextlib.suppress(OSError):  # on a disk that refuses writing, deleting is refused too
            beside.unlink()
