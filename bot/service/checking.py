"""The whole of ``check``, in the background, for the version of the knowledge files that answers."""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog

from bot.knowledge.problems import Severity
from bot.knowledge.version import Version
from bot.service.announcing import faulty
from bot.service.judging import Judge, NotJudgedError
from bot.text.likeness.files import write_whole

log = structlog.get_logger(__name__)


class FullCheck:
    """Runs once for each version; the verdict is kept by the files' fingerprint, so that no start repeats it."""

    def __init__(self, judge: Judge, cache: Path, say: Callable[[str], Awaitable[None]]) -> None:
        self._judge = judge
        self._file = cache / "checked.json"
        self._say = say
        self._running: asyncio.Task[None] | None = None

    def start(self, version: Version) -> None:
        """Check ``version``, unless that was done, is under way, or memory does not do for it."""
        if self._running is not None and not self._running.done():
            return  # of the same version: whoever judges another one ends this first
        if version.fingerprint != self._last() and self._judge.has_room():
            self._running = asyncio.create_task(self._check(version))

    async def stop(self) -> None:
        """End what is under way: another version is to be judged, or the bot stops."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait({self._running})
            self._running = None

    async def _check(self, version: Version) -> None:
        try:
            with self._judge.bench(version) as bench:
                problems = await bench.check()
        except NotJudgedError as error:
            log.warning("knowledge not checked", reason=str(error))
            return
        errors = [p for p in problems if p.severity is Severity.ERROR]
        log.info("knowledge checked", errors=len(errors), warnings=len(problems) - len(errors))
        verdict = json.dumps({"fingerprint": version.fingerprint, "errors": len(errors)}).encode()
        write_whole(self._file, lambda file: file.writelines([verdict]))
        if errors:
            await self._say(faulty(errors))

    def _last(self) -> str:
        """Return the fingerprint of the files that were checked last."""
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            return str(json.loads(self._file.read_bytes())["fingerprint"])
        return ""
