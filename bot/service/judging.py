"""Judges a version of the knowledge files in a process of its own, so that answers never wait for it."""

import asyncio
import contextlib
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from bot.errors import BotError
from bot.knowledge.problems import Place, Problem, Severity
from bot.knowledge.version import Version
from bot.ops.memory import left
from bot.settings import Settings

_TAKES, _SERVING = 400, 300
"""Megabytes that judging takes at its highest, and what answering takes beyond a bare process, measured with the
project's own knowledge: 381 and 250."""
_LONGEST = 1800.0
"""Seconds. The project's own knowledge takes half a minute on one slow core; nothing cached, some minutes."""
_LAST_OF_ALL = 19
"""The lowest priority: it computes when nobody else wants to."""
_BENCH = "judge-"
_FIRST_TO_GO = b"1000"
"""Tells Linux whom to end where memory runs out: the judge, not the bot."""


class NotJudgedError(BotError):
    """The version could not be judged; whether it is good is not known."""


class Judge:
    """Judges versions one at a time, each in a working folder that goes with the ``with`` block."""

    def __init__(self, settings: Settings, own: Path) -> None:
        """``own`` is the project's knowledge folder."""
        self._settings = settings
        self.own = settings.knowledge_dir.resolve() == own

    @staticmethod
    def has_room(*, to_serve_too: bool = False) -> bool:
        """Return whether there is memory for judging beside all that is loaded, and that is still to be loaded."""
        megabytes = left()
        return megabytes is None or megabytes >= _TAKES + (_SERVING if to_serve_too else 0)

    @contextlib.contextmanager
    def bench(self, version: Version) -> Iterator["Bench"]:
        """Yield ``version`` ready to be judged and loaded, written out so that no edit meanwhile changes it.

        What judging computes is kept beside it, not among what the version that is served was computed from.
        """
        cache = self._settings.cache_dir
        folder = cache
        try:
            cache.mkdir(parents=True, exist_ok=True)
            _sweep(cache)
            folder = Path(tempfile.mkdtemp(prefix=_BENCH, dir=cache))
            kept = folder / "cache"
            kept.mkdir(parents=True)
            for path in [*cache.glob("*.np[yz]"), *cache.glob("*/phrases-*.npz")]:
                copy = kept / path.relative_to(cache)
                copy.parent.mkdir(exist_ok=True)
                shutil.copyfile(path, copy)
            yield Bench(self._settings, self.own, version.write(folder / "knowledge"), kept)
        except OSError as error:
            raise NotJudgedError(
                f"A new version of the knowledge files cannot be judged: {cache} cannot be written to "
                f"({error.strerror or type(error).__name__}). Mend CACHE_DIR, or make room on the disk."
            ) from None
        finally:
            if folder != cache:
                shutil.rmtree(folder, ignore_errors=True)


def _sweep(cache: Path) -> None:
    """Remove the folders of processes that were killed; in containers on one volume they share their numbers."""
    for left_behind in cache.glob(f"{_BENCH}*"):
        with contextlib.suppress(OSError):
            if time.time() - left_behind.stat().st_mtime > 2 * _LONGEST:
                shutil.rmtree(left_behind, ignore_errors=True)


class Bench:
    """One version, written out."""

    def __init__(self, settings: Settings, own: bool, folder: Path, cache: Path) -> None:
        self._settings = settings
        self._own = own
        self._cache = cache
        self.folder = folder

    async def judge(self) -> Sequence[Problem]:
        """Return what keeps the version from being served; raise ``NotJudgedError``."""
        return await self._ask(*(("--own",) if self._own else ()))

    async def check(self) -> Sequence[Problem]:
        """Return all its errors and warnings; raise ``NotJudgedError``."""
        return await self._ask("--all")

    def hand_over(self) -> None:
        """Put what judging computed where the next load looks for it."""
        cache = self._settings.cache_dir
        for path in self._cache.rglob("*.np[yz]"):
            target = cache / path.relative_to(self._cache)
            with contextlib.suppress(OSError):  # it is computed again
                target.parent.mkdir(parents=True, exist_ok=True)
                path.replace(target)

    async def _ask(self, *options: str) -> Sequence[Problem]:
        command = ("-m", "bot", "judge", "--knowledge", str(self.folder), "--cache", str(self._cache), *options)
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            _step_back(process.pid)
            async with asyncio.timeout(_LONGEST):
                out, _ = await process.communicate()
        except TimeoutError:
            raise NotJudgedError(f"Judging took longer than {_LONGEST:.0f} seconds and was ended.") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        try:
            return [_problem(found) for found in json.loads(out)] if process.returncode == 0 else _failed(process)
        except (ValueError, KeyError, TypeError):
            return _failed(process)


def _failed(process: asyncio.subprocess.Process) -> Sequence[Problem]:
    raise NotJudgedError(
        f"The process that judges a new version ended with {process.returncode}; the memory may not do for both. "
        "To see more: .venv/bin/python -m bot judge"
    )


def _step_back(pid: int) -> None:
    """Let the process ``pid`` come after all others."""
    with contextlib.suppress(OSError):  # not every system has one
        Path(f"/proc/{pid}/oom_score_adj").write_bytes(_FIRST_TO_GO)
    with contextlib.suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, pid, _LAST_OF_ALL)


def _problem(found: dict[str, object]) -> Problem:
    place = Place(str(found["file"]), int(str(found["line"])), int(str(found["column"])))
    return Problem(place, Severity(str(found["severity"])), str(found["rule"]), str(found["message"]))
