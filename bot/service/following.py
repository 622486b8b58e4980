"""Keeps the local preview in step with a folder: each state of it that loads is shown, whatever ``check`` says."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import structlog

from bot.bootstrap import Builder
from bot.knowledge.loader import load
from bot.knowledge.problems import Place, Problem, Severity
from bot.knowledge.version import Stamp, stamp
from bot.ops.threads import in_thread
from bot.settings import Settings
from bot.web.preview.show import Show, Sight

log = structlog.get_logger(__name__)


class Follower:
    """Looks at the folder again and again. A state of it that does not load leaves the last good answers."""

    def __init__(self, settings: Settings, tell: Callable[[str], None] = lambda _: None) -> None:
        """Nothing is read yet; ``tell`` gets a line for each state of the folder: that it is used, or why not."""
        self._folder = settings.knowledge_dir
        self._settings = settings
        self._tell = tell
        self._builder: Builder | None = None
        self._seen: Stamp | None = None
        self._done: Stamp | None = None
        self._unread: Problem | None = None
        self._sight = Sight()
        self.show = Show(lambda: self._sight, asks=settings.staff_chat_id is not None)
        """What makes the pages of it."""

    async def follow(self, every: float) -> None:
        """Look for ever, with ``every`` seconds between two looks."""
        while True:
            await self.look()
            await self.show.tidy()
            await asyncio.sleep(every)

    async def look(self) -> None:
        """Look once. Two looks in a row must find the same before it is read: half a file is no edit."""
        try:
            now = await asyncio.to_thread(stamp, self._folder)
            settled, self._seen = now == self._seen, now
            if settled and now != self._done:
                await self._take(now)
        except OSError as error:
            self._cannot_read(error)

    def _cannot_read(self, error: OSError) -> None:
        """Tell of what cannot be read, once it was so twice: a file may vanish for a moment while it is saved."""
        name = str(error.filename or self._folder).removeprefix(f"{self._folder}/")
        problem = Problem(
            Place(name, 0), Severity.ERROR, "unreadable-file", f"It cannot be opened: {error.strerror}."
        )
        if self._unread == problem:
            self._refuse(problem)
        self._unread, self._done = problem, None

    async def _take(self, now: Stamp) -> None:
        self._sight = replace(self._sight, reading=True)
        try:
            await in_thread(partial(self._read, now))
        except OSError:
            raise
        except Exception as error:  # whatever it is, the next edit is to be seen
            log.error("edit not taken over", exc_info=error)
            self._refuse(
                Problem(
                    Place("(no file)", 0),
                    Severity.ERROR,
                    "failed",
                    f"The files could not be taken over: a mistake in the program ({type(error).__name__}). "
                    "Undo the last edit, and tell a maintainer.",
                )
            )
        finally:
            self._sight = replace(self._sight, reading=False)
        self._done = now
        if self._sight.mind is not None:
            await self.show.prepare()

    def _read(self, now: Stamp) -> None:
        """Let what the folder holds answer, or say what keeps it from that. Runs in a thread."""
        loaded = load(self._folder)
        if loaded.knowledge is None:
            self._refuse(*(p for p in loaded.problems if p.severity is Severity.ERROR))
            return
        used = self._sight.loaded
        if used is not None and loaded.knowledge == used.knowledge:
            # An edit was undone, or only a remark was written: what takes seconds is there already.
            self._sight = replace(self._sight, loaded=loaded, problems=())
            self._tell("The files say what is shown.")
            return
        if self._builder is None:
            self._builder = Builder(self._settings)
        mind = self._builder.build(loaded.knowledge)
        edits = self._sight.edits + (used is not None)
        self._sight = Sight(mind, mind.knowledge, loaded, reading=True, edits=edits)
        self._tell("Your edit is in." if edits else "The answers are ready.")

    def _refuse(self, *problems: Problem) -> None:
        if problems != self._sight.problems:
            self._sight = replace(self._sight, problems=problems)
            for problem in problems:
                self._tell(f"{problem.place}: {problem.message}")
