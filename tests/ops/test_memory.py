"""How much memory may still be used, as the system tells."""

from pathlib import Path

import pytest

from bot.ops import memory

MB = 1024**2


@pytest.mark.parametrize(
    ("limit", "current", "stat", "available", "left"),
    [
        ("max", 100 * MB, "", 5000, 5000),
        (512 * MB, 300 * MB, "anon 1\ninactive_file 0\n", 5000, 212),
        (512 * MB, 300 * MB, f"active_file 9\ninactive_file {100 * MB}\nslab 3\n", 5000, 312),
        (512 * MB, 300 * MB, f"inactive_file {100 * MB}\n", 200, 200),
        (512 * MB, 300 * MB, f"inactive_file {100 * MB}\n", None, 312),
        (None, None, None, None, None),
    ],
)
def test_what_is_left_is_the_least_of_container_and_machine_without_what_only_speeds_up_files(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    limit: object,
    current: object,
    stat: object,
    available: int | None,
    left: int | None,
) -> None:
    files = {"memory.max": limit, "memory.current": current, "memory.stat": stat}
    for name, content in files.items():
        if content is not None:
            (tmp_path / name).write_text(f"{content}\n")
    meminfo = tmp_path / "meminfo"
    if available is not None:
        meminfo.write_text(f"MemTotal: 1 kB\nMemAvailable: {available * 1024} kB\n")
    monkeypatch.setattr(memory, "_CGROUP", tmp_path)
    monkeypatch.setattr(memory, "_MEMINFO", meminfo)
    assert memory.left() == left
