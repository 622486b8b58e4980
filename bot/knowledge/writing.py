"""Put changed knowledge files on the disk: all of them or none, and only where nobody changed them meanwhile."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.errors import BotError, CannotRunError
from bot.knowledge.editing import EditError, Value, edited
from bot.knowledge.loader import Loaded, load
from bot.knowledge.problems import Problem, Severity


@dataclass(frozen=True)
class Rewrite:
    """What a file held when it was read, and what it is to hold."""

    was: bytes
    now: bytes


Rewrites = Mapping[str, Rewrite]
"""File, relative to the folder → what is to become of it."""


def rewrite(folder: Path, file: str, changes: Mapping[str, Value], order: Sequence[str]) -> Rewrite:
    """Return ``file`` with the fields of ``changes`` as they are to be, not written yet.

    Raises ``EditError`` where a field cannot be changed alone, ``CannotRunError`` where the file cannot be read.
    """
    try:
        was = (folder / file).read_bytes()
    except OSError as error:
        raise CannotRunError(f"{folder / file} cannot be read: {error.strerror}.") from error
    try:
        return Rewrite(was, edited(was, changes, order))
    except EditError as error:
        raise EditError(f"{file}: {error}") from error


def new_errors(folder: Path, before: Loaded, rewrites: Rewrites) -> tuple[Problem, ...]:
    """Return the errors that ``folder`` would have after ``rewrites`` and does not have now (``before``)."""
    known = {(problem.place.file, problem.message) for problem in before.problems}
    with tempfile.TemporaryDirectory() as temporary:
        trial = shutil.copytree(folder, Path(temporary) / "knowledge", ignore=_all_but_knowledge)
        for file, change in rewrites.items():
            (trial / file).write_bytes(change.now)
        found = load(trial).problems
    errors = (problem for problem in found if problem.severity is Severity.ERROR)
    return tuple(problem for problem in errors if (problem.place.file, problem.message) not in known)


def write(folder: Path, rewrites: Rewrites) -> None:
    """Write the files, each of them whole, keeping their rights.

    Raises ``CannotRunError`` before the first is touched where one was changed meanwhile or cannot be written, and
    ``BotError``, naming those already written, where the disk fails in between.
    """
    targets = {(folder / file).resolve(): change for file, change in rewrites.items()}
    waiting: dict[Path, Path] = {}
    done: list[str] = []
    try:
        for path, change in targets.items():
            if path.read_bytes() != change.was:
                raise CannotRunError(f"{path} was changed while this command ran. Nothing was written: try again.")
            waiting[path] = beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
            with beside.open("wb") as file:
                file.write(change.now)
                file.flush()
                os.fsync(file.fileno())
            shutil.copymode(path, beside)
        for path, beside in waiting.items():
            beside.replace(path)
            done.append(path.name)
    except OSError as error:
        kept = f"Already written: {', '.join(done)}." if done else "Nothing was changed."
        failure = BotError if done else CannotRunError
        raise failure(f"{error.filename} cannot be written: {error.strerror}. {kept}") from error
    finally:
        for beside in waiting.values():
            with contextlib.suppress(OSError):
                beside.unlink(missing_ok=True)


def _all_but_knowledge(folder: str, names: list[str]) -> list[str]:
    """Return what a trial needs no copy of."""
    return [name for name in names if not (name.endswith(".yaml") or Path(folder, name).is_dir())]
