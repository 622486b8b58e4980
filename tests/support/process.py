"""``python -m bot run`` as a process of its own, watched through what it writes."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from tests.support.patience import PATIENCE

ROOT = Path(__file__).resolve().parents[2]


def environment(**variables: str) -> dict[str, str]:
    """Return the environment of the tests, from which the bot can be started in any folder, plus ``variables``."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", **variables}


_LATE = re.compile(
    r"(updates not stored in time|store unavailable) .*error=TimeoutError|stopped without the database"
)


def troubles(log: str) -> list[str]:
    """Return what a bot logged as errors, but for the library's complaints about what it was answered.

    Nor is it a fault of the bot that a busy machine stores late; that this costs no answer is looked at elsewhere.
    """
    return [
        line
        for line in log.splitlines()
        if "Traceback" in line or ("[error" in line and "telegram.request" not in line and not _LATE.search(line))
    ]


def free_port() -> int:
    """Return a port that nobody uses at present."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


class BotProcess:
    """A running bot; killed at the end of the ``with`` block if a test leaves it running."""

    def __init__(self, folder: Path, *, command: Sequence[str] = ("bot", "run"), **variables: str) -> None:
        """Start it in ``folder``, with ``variables`` in its environment; ``command`` is a module with arguments."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=environment(**variables),
        )
        self._changed = threading.Condition()
        self._lines: list[str] = []
        self._ended = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> "BotProcess":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()  # no harm when it has ended
        self._process.wait()
        self._reader.join(PATIENCE)
        if kind is not None:
            print(self.log)

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    @property
    def log(self) -> str:
        """All it wrote so far."""
        with self._changed:
            return "".join(self._lines)

    @property
    def port(self) -> int:
        """The port it opened, as soon as it is open."""
        found = re.search(r"port\W+(\d+)", self.wait_for("port open").partition("port open")[2] or "")
        if found is None:  # in JSON the number may stand first
            found = re.search(r'"port": (\d+)', self.wait_for("port open"))
        assert found is not None
        return int(found[1])

    def wait_for(self, text: str) -> str:
        """Return the first line with ``text`` as soon as it is written."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended or self._line(text) is not None, PATIENCE)
            line = self._line(text)
        assert line is not None, f"{text!r} was not written:\n{self.log}"
        return line

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and return the exit code."""
        self._process.send_signal(how)
        return self._process.wait(PATIENCE)

    def wait(self) -> int:
        """Return the exit code when the process ends by itself."""
        code = self._process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return code

    def kill(self) -> None:
        """End it as a power cut would."""
        self._process.kill()
        self._process.wait()

    def _line(self, text: str) -> str | None:
        return next((line for line in self._lines if text in line), None)

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as output:
            for line in output:
                with self._changed:
                    self._lines.append(line.decode("utf-8", "replace"))
                    self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()
