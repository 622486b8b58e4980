"""Where a version of the knowledge lies: a folder, or a git revision that is taken out of the repository."""

import io
import subprocess
import tarfile
from pathlib import Path

from bot.errors import CannotRunError

_KNOWLEDGE = "knowledge"


def folder_of(given: str, knowledge: Path, scratch: Path) -> Path:
    """Return the knowledge folder that ``given`` means: a folder, one that holds one, or a git revision.

    ``knowledge`` is the folder in use: a revision means its state at that time, and it is written into the empty
    folder ``scratch``. Raises ``CannotRunError`` where there is no such folder or revision.
    """
    path = Path(given)
    if path.is_dir():
        return _within(path, knowledge)
    if path.exists():
        raise CannotRunError(f"{given} is a file. Name the folder it lies in, or a git revision.")
    return _taken_out(given, knowledge, scratch)


def _within(path: Path, knowledge: Path) -> Path:
    """Return the knowledge folder at or in ``path``."""
    if (path / "faq").is_dir():
        return path
    return next((path / name for name in (knowledge.name, _KNOWLEDGE) if (path / name).is_dir()), path)


def _taken_out(revision: str, knowledge: Path, scratch: Path) -> Path:
    if not knowledge.is_dir():
        raise CannotRunError(f"There is no knowledge folder {knowledge}. Name another with --knowledge.")
    inside = _git(knowledge, "rev-parse", "--show-prefix", "--show-toplevel")
    if inside is None:
        raise CannotRunError(f"{revision} is no folder, and {knowledge} lies in no git repository.")
    prefix, root = inside.decode().splitlines()
    commit = _git(knowledge, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if commit is None:
        raise CannotRunError(
            f"{revision} is neither a folder nor a git revision that is here. In a shallow clone fetch the rest "
            "with: git fetch --unshallow"
        )
    wanted = prefix.rstrip("/") or "."
    archive = _git(Path(root), "archive", "--format=tar", commit.decode().strip(), "--", wanted)
    if archive is None:
        raise CannotRunError(f"The revision {revision} has no folder {wanted}.")
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(scratch, filter="data")
    return scratch / wanted


def _git(folder: Path, *arguments: str) -> bytes | None:
    """Return what git says, or nothing where it refuses; raise ``CannotRunError`` where there is no git."""
    try:
        done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, check=False)  # noqa: S603, S607
    except OSError as error:
        raise CannotRunError(f"git cannot be started ({error.strerror}). Name two folders instead.") from None
    return done.stdout if done.returncode == 0 else None
