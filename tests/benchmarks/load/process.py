"""A bot as a process of its own: started, killed, stopped, looked at."""

import asyncio
import atexit
import ctypes
import json
import os
import signal
import socket
import sys
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
_INHERITED = ("PATH", "HOME", "LANG", "TZ", "TMPDIR")
_PR_CAPBSET_DROP = 24
_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH = 1, 2
_libc = ctypes.CDLL(None)
_running: dict[int, "asyncio.subprocess.Process"] = {}


@atexit.register
def _kill_all() -> None:
    for process in _running.values():
        if process.returncode is None:
            process.kill()


class Process:
    """``python -m MODULE …`` with these settings and no others."""

    def __init__(
        self,
        folder: Path,
        settings: Mapping[str, str],
        *command: str,
        heed_permissions: bool = False,
        talks: bool = False,
    ) -> None:
        """``heed_permissions``: a read-only file cannot be written, even by root. ``talks``: see ``tell``."""
        self.folder = folder
        self._command = command or ("bot", "run")
        self._log = folder / f"log-{time.monotonic_ns()}"
        self._heed = heed_permissions
        self._talks = talks
        self._process: asyncio.subprocess.Process | None = None
        self._settings = {
            **{name: os.environ[name] for name in _INHERITED if name in os.environ},
            "PYTHONPATH": str(ROOT),
            "LOG_FORMAT": "json",
            **settings,
        }

    async def start(self) -> None:
        """Start; the bot is not ready yet then."""
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                *self._command,
                env=self._settings,
                cwd=self.folder,  # where there is no .env
                stdin=asyncio.subprocess.PIPE if self._talks else asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE if self._talks else log,
                stderr=log,
                preexec_fn=drop_override if self._heed and os.geteuid() == 0 else None,
            )
        _running[self._process.pid] = self._process

    async def kill(self) -> None:
        """End it as a power cut would."""
        assert self._process is not None
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()
        _running.pop(self._process.pid, None)

    async def stop(self, patience: float = 15.0) -> int | None:
        """End it as its host would; return its exit status, ``None`` if it had to be killed."""
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(patience):
                status: int | None = await self._process.wait()
        except TimeoutError:
            status = None
        await self.kill()
        return status

    async def tell(self, line: str) -> None:
        """Write a line to its standard input, and return once it has answered with a line."""
        assert self._process is not None and self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(f"{line}\n".encode())
        if not await self._process.stdout.readline():
            raise RuntimeError(f"The bot ended. It logged: {self.complaints()}")

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.returncode is None

    def memory(self) -> tuple[float, float]:
        """Return the megabytes that are resident now, and at most so far."""
        assert self._process is not None
        lines = Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii").splitlines()
        kilobytes = {line.split(":")[0]: line.split()[1] for line in lines if line.startswith("Vm")}
        return int(kilobytes["VmRSS"]) / 1024, int(kilobytes["VmHWM"]) / 1024

    def logged(self, event: str) -> int:
        """Return how often it has logged ``event``."""
        return self._log.read_text(encoding="utf-8", errors="replace").count(f'"event": "{event}"')

    def complaints(self) -> Counter[str]:
        """Return the warnings and errors it logged, counted; of what is no JSON, such as a traceback, the end."""
        counted: Counter[str] = Counter()
        other = ""
        for line in self._log.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                entry = json.loads(line)
                if entry["level"] in ("warning", "error", "critical"):
                    cause = entry.get("error") or entry.get("exception", "").split(" < ")[0]
                    counted[f"{entry['event']} {cause}".strip()[:100]] += 1
            except (ValueError, KeyError, TypeError):
                other = line.strip() or other
        return counted + Counter([other] if other else [])


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def drop_override() -> None:
    """Give up what lets root write to read-only files. Runs in the child, before the bot's own program."""
    for capability in (_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH):
        _libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
