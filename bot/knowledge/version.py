"""One state of the files in a knowledge folder: read as a whole, known by a fingerprint, packed for a database."""

import base64
import hashlib
import io
import os
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from bot.knowledge.misplaced import EXAMPLE, FOLDERS, PARTS, is_answer
from bot.knowledge.yaml_reader import MAX_BYTES

_DEEPEST = 2
"""Folders below the knowledge folder, in one another, that are looked into: whatever lies deeper is never read."""

_STAND_IN = b"ask:\nanswer:\n"
"""Kept in place of an answer that is not read, so that whoever checks the version later can still tell of it."""

Stamp = tuple[tuple[str, int, int, int], ...]
"""Name, size, time of change and number of each file: tells cheaply whether anything was written."""


@dataclass(frozen=True)
class Version:
    """The files by their path in the folder. Of those that the loader does not read only the names are
    kept, and whether each is an answer.
    """

    files: Mapping[str, bytes]

    @classmethod
    def read(cls, folder: Path) -> "Version":
        """Return the files of ``folder`` as they are now; raise ``OSError`` where one cannot be read."""
        if not folder.is_dir():
            raise FileNotFoundError(2, "there is no such folder", str(folder))
        return cls({name: _content(path, name) for name, path in sorted(_walk(folder))})

    @cached_property
    def fingerprint(self) -> str:
        """32 hexadecimal digits, the same for the same names and contents wherever the folder lies."""
        digest = hashlib.blake2b(digest_size=16)
        for name, content in sorted(self.files.items()):
            for part in (name.encode("utf-8", "surrogateescape"), content):
                digest.update(len(part).to_bytes(8, "big") + part)
        return digest.hexdigest()

    def write(self, folder: Path) -> Path:
        """Write the files into ``folder``, which is made, and return it."""
        for name, content in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return folder

    def packed(self) -> str:
        """Return all of it as compressed text."""
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode="w:bz2") as archive:
            for name, content in sorted(self.files.items()):
                about = tarfile.TarInfo(name)
                about.size = len(content)
                archive.addfile(about, io.BytesIO(content))
        return base64.b64encode(stream.getvalue()).decode()

    @classmethod
    def unpacked(cls, packed: str) -> "Version":
        """Return the version that ``packed`` was made of; raise ``ValueError`` for anything else."""
        try:
            with tarfile.open(fileobj=io.BytesIO(base64.b64decode(packed)), mode="r:bz2") as archive:
                files = {m.name: f.read() for m in archive if (f := archive.extractfile(m)) is not None}
        except (OSError, EOFError, tarfile.TarError) as error:
            raise ValueError(f"not a packed version: {type(error).__name__}") from None
        if any(PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts for name in files):
            raise ValueError("a name leads out of the folder")
        return cls(files)


def stamp(folder: Path) -> Stamp:
    """Return what changes whenever a file of ``folder`` is written; raise ``OSError`` where one just vanished."""
    found = []
    for name, path in _walk(folder):
        told = path.stat()
        found.append((name, told.st_size, told.st_mtime_ns, told.st_ino))
    return tuple(sorted(found))


def _walk(folder: Path, depth: int = 0) -> Iterator[tuple[str, Path]]:
    """Yield the files that may be meant for the bot: not those of an editor, of git or of the system."""
    with os.scandir(folder) as found:
        for entry in found:
            if entry.name.startswith((".", "~")) or entry.name.endswith("~"):
                continue
            if entry.is_file():
                yield entry.name, Path(entry.path)
            elif entry.is_dir() and depth < _DEEPEST:
                yield from ((f"{entry.name}/{name}", path) for name, path in _walk(Path(entry.path), depth + 1))


def _content(path: Path, name: str) -> bytes:
    folder, _, file = name.rpartition("/")
    if not (name in (*PARTS, EXAMPLE) or (folder in FOLDERS and file.endswith(".yaml"))):
        return _STAND_IN if is_answer(path) else b""
    with path.open("rb") as stream:
        return stream.read(MAX_BYTES + 1)  # the loader refuses what is larger
