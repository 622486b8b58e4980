"""Which knowledge files were edited since all was well: they are why one that nobody touched has an error now."""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from bot.knowledge.problems import Problem, Severity
from bot.text.likeness.files import write_whole

_EFFECTS = frozenset(
    {"asked-first", "example-question", "false-alarm", "golden-follow-up", "golden-question", "missed-sign"}
)
"""What an edit of one file may do to the texts of another."""
_NAMED_FILE = re.compile(r"[\w/-]+\.yaml")
_MOST_NAMED = 5
_RELEASED = Path(__file__).parent / "released.json"
"""The checksums of the project's own knowledge when its vectors were last made."""

Sums = Mapping[str, str]
"""File, as findings name it → checksum of what it holds."""


def sums_of(folder: Path) -> Sums:
    """Return the checksums of all knowledge files in ``folder``."""
    files = sorted(path for path in folder.rglob("*.yaml") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def release(folder: Path) -> None:
    """Note that the project is shipped with the files in ``folder``."""
    _RELEASED.write_text(json.dumps(sums_of(folder), indent=1) + "\n", encoding="utf-8")


def released() -> Sums | None:
    """Return the checksums of the shipped files, nothing where the list is gone."""
    return _read(_RELEASED)


class LastGood:
    """The checksums of a folder at the last check without an error, kept in a file of the folder ``cache``."""

    def __init__(self, folder: Path, cache: Path) -> None:
        name = hashlib.sha256(str(folder.resolve()).encode("utf-8", "surrogatepass")).hexdigest()[:16]
        self._file = cache / f"checked-{name}.json"

    def read(self) -> Sums | None:
        """Return what was kept, nothing where there is nothing that can be read."""
        return _read(self._file)

    def keep(self, sums: Sums) -> None:
        """Keep ``sums``; where that fails, do without."""
        write_whole(self._file, lambda stream: stream.writelines([json.dumps(sums).encode()]))


def _read(file: Path) -> Sums | None:
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return kept if isinstance(kept, dict) else None


def edited(now: Sums, before: Sums) -> list[str]:
    """Return the files that are new, gone or another than ``before``."""
    return sorted(file for file in {*now, *before} if now.get(file) != before.get(file))


def known(problems: Iterable[Problem], now: Sums, before: Sums) -> Iterator[Problem]:
    """Yield the warnings that no edit since ``before`` can have caused.

    Neither their own file nor one that they name was edited, and nothing at all where any file may be the cause.
    """
    changed = {*edited(now, before)}
    for problem in problems:
        concerned = {problem.place.file, *_NAMED_FILE.findall(problem.message)}
        far = problem.rule in _EFFECTS and changed
        if (
            problem.severity is Severity.WARNING
            and problem.place.file in before
            and not (far or concerned & changed)
        ):
            yield problem


def with_causes(problems: Iterable[Problem], changed: Sequence[str], since: str) -> Iterator[Problem]:
    """Yield ``problems``; those in a file that is not ``changed`` say which edits may have caused them."""
    named = ", ".join(changed[:_MOST_NAMED])
    if len(changed) > _MOST_NAMED:
        named += f" and {len(changed) - _MOST_NAMED} more"
    for problem in problems:
        own = problem.place.file in changed
        if own or not changed or problem.rule not in _EFFECTS or problem.severity is Severity.NOTICE:
            yield problem
        else:
            yield replace(
                problem,
                message=f"{problem.message} This file is as it was {since}, so the cause is an edit of: {named}.",
            )
