"""How much memory this process may use, where the system tells."""

import re
from collections.abc import Callable, Iterable
from pathlib import Path

_CGROUP = Path("/sys/fs/cgroup")
_MEMINFO = Path("/proc/meminfo")
_MEGABYTE = 1024**2  # as plans are sold


def allowed() -> int | None:
    """Return the megabytes of the container or the machine, whichever has fewer."""
    return _fewest((_limit, lambda: _told("MemTotal") // 1024))


def left() -> int | None:
    """Return the megabytes that nobody uses at present; what only speeds up reading files counts as unused."""
    return _fewest((lambda: _limit() - _used(), lambda: _told("MemAvailable") // 1024))


def _fewest(ways: Iterable[Callable[[], int]]) -> int | None:
    found = []
    for tell in ways:
        try:
            found.append(tell())
        except (OSError, ValueError):
            continue
    return min(found, default=None)


def _limit() -> int:
    return int(_read(_CGROUP / "memory.max")) // _MEGABYTE  # "max" means no limit, and is no number


def _used() -> int:
    cached = re.search(r"^inactive_file (\d+)$", _read(_CGROUP / "memory.stat"), re.MULTILINE)
    return (int(_read(_CGROUP / "memory.current")) - int(cached[1] if cached else 0)) // _MEGABYTE


def _told(name: str) -> int:
    """Return a line of what Linux says of the machine's memory, in kilobytes."""
    return int(_read(_MEMINFO).partition(f"{name}:")[2].partition("kB")[0])


def _read(path: Path) -> str:
    return path.read_text(encoding="ascii")
