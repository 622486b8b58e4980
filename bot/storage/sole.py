"""Whether a process is the only one on a SQLite file: told by a lock that goes with the process."""

import contextlib
import os
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows, where nobody is taken to be alone
    fcntl = None  # type: ignore[assignment]


class SoleUse:
    """The lock file beside a database. It is never deleted: another process could have it open."""

    def __init__(self, database_file: Path) -> None:
        self._path = database_file.with_name(f"{database_file.name}.lock")
        self._descriptor: int | None = None

    def mine(self) -> bool:
        """Return whether no other process has asked the same; once it is so, it stays so until ``release``."""
        if self._descriptor is not None:
            return True
        if fcntl is None:
            return False
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        """Let another process be alone."""
        if self._descriptor is not None:
            with contextlib.suppress(OSError):
                os.close(self._descriptor)
            self._descriptor = None
