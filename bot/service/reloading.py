"""Answers follow the knowledge files: a good version is swapped in, a refused one leaves the last good one serving.

At a start as well as later: what replaces another version has been judged, in a process of its own.
"""

import asyncio
import contextlib
import hashlib
import time
from collections.abc import Callable, Sequence
from functools import partial

import structlog

from bot.bootstrap import Builder, KnowledgeError, load_knowledge, load_version
from bot.errors import BotError
from bot.knowledge.loader import load
from bot.knowledge.model import OWN_FOLDER, KnowledgeBase
from bot.knowledge.problems import Place, Problem, Severity
from bot.knowledge.version import Stamp, Version, stamp
from bot.ops.malloc import give_back
from bot.ops.metrics import KNOWLEDGE, REFUSED
from bot.ops.threads import in_thread
from bot.service.announcing import files_changed, live, refused
from bot.service.checking import FullCheck
from bot.service.judging import Bench, Judge, NotJudgedError
from bot.service.telling import Tell, Telling
from bot.service.watching import Watch
from bot.settings import Settings
from bot.storage.database import Database
from bot.storage.protocol import StoreError
from bot.storage.versions import KeptVersions
from bot.understanding.mind import Mind

log = structlog.get_logger(__name__)

_AGAIN = 60.0
"""Seconds until a version is judged again that could not be."""


class Reloader:
    """Chooses what to start with, then watches the folder."""

    def __init__(
        self, settings: Settings, database: Database, tell: Tell | None = None, watch: Watch | None = None
    ) -> None:
        """Nothing is read yet. What is to be told before there is a ``tell`` waits in ``telling``."""
        self._folder = settings.knowledge_dir
        self._settings = settings
        self._judge = Judge(settings, OWN_FOLDER)
        self.telling = Telling(tell)
        self._say = self.telling.say
        self._check = FullCheck(self._judge, settings.cache_dir, self._say)
        self._kept = KeptVersions(database)
        watch = watch or Watch()
        self.every, self._first = watch.every, watch.first
        self.refuses = False
        """Whether the folder holds a version that was refused."""
        self.problems: tuple[Problem, ...] = ()
        """What was found in the version that was refused last."""
        self._builder: Builder
        self._served: Version
        self._knowledge: KnowledgeBase
        self._sure = False
        """Whether what is served was judged good, by this process or an earlier one."""
        self._quiet_until = 0.0
        self._to_keep: Version | None = None
        self._seen: Stamp | None = None
        self._done: Stamp | None = None
        self._refused = ""
        self._unread = ""
        self._again_at = 0.0
        self._not_judged = ""
        self._asked = asyncio.Event()

    # --- at a start ---------------------------------------------------------------------------

    async def begin(self) -> Mind:
        """Return the mind to start with; raise ``BotError`` where no version can be loaded.

        A version that is known good is loaded and not judged again: the one kept in the database, and the very
        files that the release was tested with. Where the folder holds another one and a good one is kept, the
        kept one answers first, and the other is judged and swapped in as after any edit: no start waits for a
        judgement. Where none is kept there is nothing better to serve meanwhile, so the folder's is served at once
        and judged afterwards. Only where memory does not do for answering and judging at once is it judged before.
        """
        self._builder = await in_thread(partial(Builder, self._settings))
        disk, good = await self._on_disk(), await self._last_good()
        print_of_good = good.fingerprint if good is not None else ""
        known = disk is not None and disk.fingerprint in (print_of_good, self._builder.released)
        if disk is not None and not known and not self._judge.has_room(to_serve_too=True):
            refused_before = good is not None and await self._was_refused(disk)
            known = not refused_before and await self._passes_first(disk)
        for version in (disk, good) if known else (good, disk):
            if version is not None and (knowledge := await self._loaded(version, disk)) is not None:
                sure = version is good or known
                return await self._serve_first(version, knowledge, sure=sure)
        if self._judge.own or not self._folder.is_dir():
            # Raises what is wrong, in full.
            knowledge = await in_thread(partial(load_knowledge, self._folder))
            return await self._serve_first(Version({}), knowledge, sure=False)
        log.error("the knowledge files cannot be used and none are kept; the project's own answers are served")
        shipped = await in_thread(partial(load_knowledge, OWN_FOLDER))
        return await self._serve_first(Version({}), shipped, sure=True)

    async def _serve_first(self, version: Version, knowledge: KnowledgeBase, *, sure: bool) -> Mind:
        mind = await in_thread(partial(self._builder.build, knowledge))
        self._served, self._knowledge, self._sure = version, knowledge, sure
        if sure and version.files:
            self._to_keep = version
        self._show()
        return mind

    async def _on_disk(self) -> Version | None:
        try:
            return await in_thread(partial(Version.read, self._folder))
        except OSError as error:
            log.error("knowledge folder not read", error=type(error).__name__)
            return None

    async def _last_good(self) -> Version | None:
        """Return the version that is kept; nothing where there is none or the database is away."""
        try:
            kept = await self._kept.good()
            return await in_thread(partial(Version.unpacked, kept.packed)) if kept is not None else None
        except StoreError as error:
            log.warning("kept knowledge not read", error=error.cause)
        except ValueError as error:
            log.error("kept knowledge cannot be unpacked", error=str(error))
        return None

    async def _was_refused(self, version: Version) -> bool:
        try:
            return await self._kept.was_refused(version.fingerprint)
        except StoreError:
            return False

    async def _loaded(self, version: Version, disk: Version | None) -> KnowledgeBase | None:
        """Return what ``version`` holds; nothing, and a line in the log, where the loader refuses it."""
        own = self._judge.own and version is disk
        try:
            knowledge = await in_thread(partial(load_version, version, self._folder, own=own))
        except KnowledgeError as error:
            errors = [p for p in error.problems if p.severity is Severity.ERROR]
            _log_refused(version.fingerprint, errors)
            return None
        except (BotError, OSError) as error:
            log.error("a version of the knowledge cannot be loaded", error=type(error).__name__)
            return None
        return knowledge if knowledge.red_flags else None

    async def _passes_first(self, version: Version) -> bool:
        """Return whether ``version`` is judged good, before anything else is loaded."""
        try:
            with self._judge.bench(version) as bench:
                problems = await bench.judge()
                if not problems:
                    await in_thread(bench.hand_over)
        except NotJudgedError as error:
            log.warning("knowledge not judged", reason=str(error))
            return False
        if problems:
            await self._refuse(version.fingerprint, problems, served=False)
        return not problems

    # --- while it runs --------------------------------------------------------------------------

    def hurry(self) -> None:
        """Look at once, even at what was refused before, and say in any case what came of it."""
        self._refused = self._unread = self._not_judged = ""
        self._done, self._again_at = None, 0.0
        self._asked.set()

    async def watch(self, use: Callable[[Mind], None]) -> None:
        """Look at the folder for ever; ``use`` puts a new mind in the place of the one that answers."""
        self._quiet_until = time.monotonic() + self._first
        try:
            while True:
                try:
                    await self.look(use)
                except Exception as error:  # whatever it is, the next edit is to be seen
                    log.error("knowledge folder not looked at", exc_info=error)
                    self._again_at = time.monotonic() + _AGAIN  # judging again takes minutes of computing
                await self._pause(self.every)
        finally:
            await self.stop()

    async def _pause(self, seconds: float) -> None:
        if self._asked.is_set():
            seconds = min(seconds, 1.0)  # until two looks agree
            await asyncio.sleep(seconds)
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._asked.wait()

    async def look(self, use: Callable[[Mind], None]) -> None:
        """Look at the folder once, and do what it calls for; ``watch`` does so again and again."""
        await self._look(use)
        await self._keep()

    async def stop(self) -> None:
        """End what is under way."""
        await self._check.stop()

    async def _look(self, use: Callable[[Mind], None]) -> None:
        try:
            now = await asyncio.to_thread(stamp, self._folder)
            settled, self._seen = now == self._seen, now
            if not settled or now == self._done or time.monotonic() < self._again_at:
                return
            version = await asyncio.to_thread(Version.read, self._folder)
            if not await self._unchanged(now):
                return
        except OSError as error:
            await self._cannot_read(error)
            return
        self._unread = ""
        try:
            if await self._consider(version, now, use):
                self._done = now
                self._asked.clear()
        except NotJudgedError as error:
            await self._could_not_judge(version.fingerprint, str(error))

    async def _unchanged(self, since: Stamp) -> bool:
        try:
            return await asyncio.to_thread(stamp, self._folder) == since
        except OSError:
            return False

    async def _consider(self, version: Version, now: Stamp, use: Callable[[Mind], None]) -> bool:
        """Do what a version that has settled calls for; return whether there is no more to do about it."""
        same = version.fingerprint == self._served.fingerprint
        if version.fingerprint == self._refused:
            self._waits(refused=True)
            return True
        if same and time.monotonic() < self._quiet_until and not self._asked.is_set():
            return False
        if same and self._sure:
            self._waits(refused=False)
            self._check_all(version)
            await self._say_if_asked("The knowledge files are as they are served. There is nothing to do.")
            return True
        await self._check.stop()
        known = await self._is_known(version)
        if not known and not self._judge.has_room():
            raise NotJudgedError(
                "A new version of the knowledge files waits: memory does not do for judging it beside answering. "
                "The next start judges it first. Restart the bot, or choose a plan with 1 GB."
            )
        with self._judge.bench(version) as bench:
            problems = () if known else await bench.judge()
            if not await self._unchanged(now):
                return False  # edited meanwhile: that is another version
            if problems:
                self._refused = version.fingerprint
                unjudged = same or not self._served.files
                back = unjudged and await self._back_to_good(version, use)
                await self._refuse(version.fingerprint, problems, served=same and not back)
                return True
            await in_thread(bench.hand_over)
            if same:
                self._sure, self._to_keep = True, version
                await self._say_if_asked("The knowledge files are as they are served, and in order.")
            elif not await self._swap(version, bench, use):
                return True
        self._show()
        self._check_all(version)
        return True

    async def _back_to_good(self, but: Version, use: Callable[[Mind], None]) -> bool:
        """Let the version that is kept answer; return whether there is another than ``but``.

        At the start the database may have been away, and what the folder held was served without a judgement.
        """
        good = await self._last_good()
        if good is None or good.fingerprint == but.fingerprint:
            return False
        if (knowledge := await self._loaded(good, None)) is None:
            return False
        mind = await in_thread(partial(self._builder.build, knowledge))
        use(mind)
        self._served, self._knowledge, self._sure = good, mind.knowledge, True
        self._show()
        return True

    def _check_all(self, version: Version) -> None:
        """Let the rest of ``check`` follow; the release's own files were checked with it."""
        if version.fingerprint != self._builder.released:
            self._check.start(version)

    async def _is_known(self, version: Version) -> bool:
        if version.fingerprint == self._builder.released:
            return True
        try:
            kept = await self._kept.good()
        except StoreError:
            return False
        return kept is not None and kept.fingerprint == version.fingerprint

    async def _swap(self, version: Version, bench: Bench, use: Callable[[Mind], None]) -> bool:
        """Load ``version`` and let it answer; return whether it could be loaded."""
        fallback = bench.folder if self._judge.own else OWN_FOLDER
        loaded = await in_thread(partial(load, bench.folder, fallback=fallback))
        if loaded.knowledge is None:
            self._refused = version.fingerprint
            errors = [p for p in loaded.problems if p.severity is Severity.ERROR]
            await self._refuse(version.fingerprint, errors, served=False)
            return False
        mind = await in_thread(partial(self._builder.build, loaded.knowledge))
        use(mind)
        said = live(self._knowledge, mind.knowledge, files_changed(self._served.files, version.files), time.time())
        self._served, self._knowledge, self._sure, self._refused = version, mind.knowledge, True, ""
        log.info("knowledge reloaded", fingerprint=version.fingerprint)
        self._to_keep = version
        if await self._keep() or self._asked.is_set():
            await self._say(said)
        await in_thread(give_back)
        return True

    # --- what comes of it -------------------------------------------------------------------------

    async def _refuse(self, fingerprint: str, problems: Sequence[Problem], *, served: bool) -> None:
        _log_refused(fingerprint, problems)
        self.problems = tuple(problems)
        self._waits(refused=True)
        try:
            new = await self._kept.refuse(fingerprint)
        except StoreError as error:
            log.warning("refusal not kept", error=error.cause)
            new = True
        if new or self._asked.is_set():
            await self._say(refused(problems, served=served))

    async def _cannot_read(self, error: OSError) -> None:
        """Tell of what cannot be read, once it was so twice: a file may vanish for a moment while it is saved."""
        name = str(error.filename or "").removeprefix(f"{self._folder}/")
        what = f"{name}: {error.strerror}"
        if self._unread == what and self._refused != what:
            self._refused = what
            message = f"The file cannot be opened: {error.strerror}."
            problem = Problem(Place(name), Severity.ERROR, "unreadable-file", message)
            fingerprint = hashlib.blake2b(what.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()
            await self._refuse(fingerprint, [problem], served=False)
            self._asked.clear()
        self._unread = what

    async def _could_not_judge(self, fingerprint: str, why: str) -> None:
        self._again_at = time.monotonic() + _AGAIN
        if self._not_judged != fingerprint:
            self._not_judged = fingerprint
            log.warning("knowledge not judged", reason=why)
            await self._say(why)
        self._asked.clear()

    async def _keep(self) -> bool:
        """Keep the version that is served, as soon as the database takes it.

        Returns whether to tell of it: not where another process has kept, and told of, the very same.
        """
        if self._to_keep is None:
            return False
        version = self._to_keep
        try:
            new = await self._kept.keep(version.fingerprint, await in_thread(version.packed))
        except StoreError as error:
            log.warning("knowledge not kept", error=error.cause)
            return True
        log.info("knowledge kept", fingerprint=version.fingerprint)
        self._to_keep = None
        return new

    async def _say_if_asked(self, text: str) -> None:
        if self._asked.is_set():
            await self._say(text)

    def _show(self) -> None:
        KNOWLEDGE.clear()
        KNOWLEDGE.labels(self._served.fingerprint).set(1)
        self._waits(refused=False)

    def _waits(self, *, refused: bool) -> None:
        self.refuses = refused
        REFUSED.set(refused)


def _log_refused(fingerprint: str, problems: Sequence[Problem]) -> None:
    places = [f"{p.place.file}:{p.place.line} {p.rule}" for p in problems[:3]]
    log.error("knowledge refused", fingerprint=fingerprint, mistakes=len(problems), first=places)
