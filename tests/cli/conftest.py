"""Commands, run in this process and as processes of their own."""

import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.cli import main
from tests.support.patience import PATIENCE
from tests.support.process import environment as environment

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, logged: pytest.CaptureFixture[str]) -> Command:
    """Run a command in this process: its arguments and standard input in; exit code, output and errors out."""

    def run(*arguments: str | Path, stdin: bytes = b"") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        logged.readouterr()
        code = main([str(argument) for argument in arguments])
        return code, *logged.readouterr()

    return run


@pytest.fixture
def process(tmp_path: Path) -> Command:
    """The same, as ``python -m bot …`` in a process of its own, started in an empty folder."""

    def run(*arguments: str | Path, stdin: bytes = b"", **variables: str) -> tuple[int, str, str]:
        done = subprocess.run(
            [sys.executable, "-m", "bot", *map(str, arguments)],
            input=stdin,
            capture_output=True,
            cwd=tmp_path,
            env=environment(**variables),
            timeout=PATIENCE,
        )
        return done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8")

    return run
