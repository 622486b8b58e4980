"""Which version answers, what is judged and when, and who hears of it: look by look, with a judge that is told what
to find. ``test_reloading`` has the real one.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.bootstrap import KnowledgeError
from bot.errors import CannotRunError
from bot.knowledge.model import OWN_FOLDER, KnowledgeBase
from bot.knowledge.problems import Place, Problem, Severity
from bot.knowledge.version import Version
from bot.service import reloading
from bot.service.judging import Bench, Judge, NotJudgedError
from bot.service.reloading import Reloader
from bot.service.watching import Watch
from bot.settings import read_settings
from bot.storage.database import Database
from bot.storage.migrations import restore
from bot.storage.protocol import StoreError
from bot.storage.versions import KeptVersions
from bot.understanding.mind import Mind
from tests.support.fakes import Clock
from tests.support.knowledge import changed_file, write_knowledge
from tests.support.patience import PATIENCE, until

PAIN = "faq/pain.yaml"
OLD, NEW, BAD = "A short sting", "A swift sting", "A false sting"
"""How the answer about pain begins. The judge refuses the last one."""


def mistake(message: str) -> Problem:
    return Problem(Place(PAIN, 7), Severity.ERROR, "golden-question", message)


def pain(knowledge: KnowledgeBase) -> str:
    """Return how the answer about pain begins; the project's own knowledge has none."""
    entry = knowledge.entries.get("pain")
    return cast(Any, entry.answer[0]).spans[0].text[: len(OLD)] if entry is not None else "the project's own"


class Clinic:
    """A knowledge folder and a database, which outlive a process, and a judge who refuses what says ``BAD``."""

    def __init__(self, folder: Path, database: Database, patch: pytest.MonkeyPatch) -> None:
        self.folder = write_knowledge(folder / "knowledge")
        self.database = database
        self.cache = folder / "cache"
        self.judged: list[str] = []
        self.checked: list[str] = []
        self.built: list[str] = []
        self.told: list[str] = []
        self.released = ""
        self.megabytes: int | None = None
        self.found_by_check: Sequence[Problem] = ()
        self.check_hangs = False
        self.while_judging: Callable[[], object] = lambda: None
        self.answering = ""
        self._replace(patch)

    def _replace(self, patch: pytest.MonkeyPatch) -> None:
        clinic = self

        class Built:
            def __init__(self, _: object) -> None:
                self.released = clinic.released

            def build(self, knowledge: KnowledgeBase) -> Mind:
                clinic.built.append(pain(knowledge))
                return cast(Mind, SimpleNamespace(knowledge=knowledge))

        async def judge(bench: Bench) -> list[Problem]:
            said = (bench.folder / PAIN).read_text()
            clinic.judged.append(next(words for words in (OLD, NEW, BAD) if words in said))
            clinic.while_judging()
            return [mistake("lost")] if BAD in said else []

        async def check(bench: Bench) -> Sequence[Problem]:
            clinic.checked.append(Version.read(bench.folder).fingerprint)
            if clinic.check_hangs:
                await asyncio.Event().wait()
            return clinic.found_by_check

        patch.setattr(reloading, "Builder", Built)
        patch.setattr(Bench, "judge", judge)
        patch.setattr(Bench, "check", check)
        patch.setattr("bot.service.judging.left", lambda: clinic.megabytes)

    def save(self, words: str) -> None:
        """Let the answer about pain begin with ``words``."""
        (self.folder / PAIN).write_text(changed_file(PAIN, OLD, words))

    def breaks(self) -> None:
        """Leave a file that the loader refuses."""
        (self.folder / PAIN).write_text("title: [")

    async def start(self) -> Reloader:
        """Start a process on it."""
        settings = read_settings().model_copy(update={"knowledge_dir": self.folder, "cache_dir": self.cache})
        reloader = Reloader(settings, self.database, self._tell, Watch(first=0))
        self.use(await reloader.begin())
        return reloader

    def use(self, mind: Mind) -> None:
        """Answer from ``mind``."""
        self.answering = pain(mind.knowledge)

    async def settle(self, reloader: Reloader, looks: int = 2) -> None:
        """Let it look so often that what was written is settled."""
        for _ in range(looks):
            await reloader.look(self.use)

    async def kept(self) -> str | None:
        """Return the fingerprint of the version in the database."""
        good = await KeptVersions(self.database).good()
        return good.fingerprint if good is not None else None

    async def _tell(self, text: str) -> None:
        self.told.append(text)


@pytest.fixture
async def clinic(tmp_path: Path, file_database: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Clinic]:
    clinic = Clinic(tmp_path, file_database, monkeypatch)
    yield clinic


# --- an edit --------------------------------------------------------------------------------------


async def test_a_good_edit_is_live_at_the_second_look_that_sees_it_and_told(clinic: Clinic) -> None:
    reloader = await clinic.start()
    await clinic.settle(reloader)
    clinic.save(NEW)
    await clinic.settle(reloader, looks=1)
    assert (clinic.answering, clinic.told) == (OLD, [])
    await clinic.settle(reloader, looks=1)
    assert (clinic.answering, len(clinic.told)) == (NEW, 1)
    assert clinic.told[0].startswith("1 answer changed, live since ")
    await clinic.settle(reloader, looks=3)
    assert (clinic.judged, len(clinic.told)) == ([OLD, NEW], 1)
    assert await clinic.kept() == Version.read(clinic.folder).fingerprint
    await reloader.stop()
    assert list(clinic.cache.glob("judge-*")) == []


async def test_of_several_processes_one_tells_of_a_good_edit_and_all_answer_by_it(clinic: Clinic) -> None:
    first, second = await clinic.start(), await clinic.start()
    await clinic.settle(first)
    await clinic.settle(second)
    clinic.save(NEW)
    await clinic.settle(first)
    clinic.answering = OLD
    await clinic.settle(second)
    assert (clinic.answering, len(clinic.told)) == (NEW, 1)
    clinic.save(OLD)
    await clinic.settle(second)
    await clinic.settle(first)
    assert (clinic.answering, len(clinic.told)) == (OLD, 2)
    await first.stop()
    await second.stop()


async def test_a_file_that_is_still_being_written_is_never_taken(clinic: Clinic) -> None:
    reloader = await clinic.start()
    await clinic.settle(reloader)
    whole = changed_file(PAIN, OLD, NEW)
    for end in (len(whole) // 2, len(whole) - 1, len(whole)):
        (clinic.folder / PAIN).write_text(whole[:end])
        await clinic.settle(reloader, looks=1)
    assert (clinic.judged, clinic.answering) == ([OLD], OLD)
    await clinic.settle(reloader, looks=1)
    assert (clinic.judged, clinic.answering, len(clinic.told)) == ([OLD, NEW], NEW, 1)


async def test_what_was_edited_once_more_while_it_was_judged_is_judged_anew(clinic: Clinic) -> None:
    reloader = await clinic.start()
    await clinic.settle(reloader)
    clinic.save(NEW)
    clinic.while_judging = lambda: clinic.save(BAD)
    await clinic.settle(reloader)
    assert (clinic.answering, clinic.told) == (OLD, [])
    clinic.while_judging = lambda: None
    await clinic.settle(reloader)
    assert (clinic.answering, clinic.judged, len(clinic.told)) == (OLD, [OLD, NEW, BAD], 1)


async def test_a_refused_edit_is_told_once_and_never_answers_not_even_after_a_restart(clinic: Clinic) -> None:
    reloader = await clinic.start()
    await clinic.settle(reloader)
    clinic.save(BAD)
    await clinic.settle(reloader, looks=5)
    assert clinic.told == [
        "The edited knowledge files have 1 mistake. The answers from before stay, until it is mended.\n"
        "• faq/pain.yaml, line 7: lost"
    ]
    assert (reloader.refuses, reloader.problems) == (True, (mistake("lost"),))
    again = await clinic.start()
    await clinic.settle(again, looks=5)
    assert (clinic.answering, clinic.judged, len(clinic.told)) == (OLD, [OLD, BAD, BAD], 1)
    clinic.save(OLD)
    await clinic.settle(again)
    assert (clinic.answering, len(clinic.judged), again.refuses) == (OLD, 3, False)


async def test_another_mistake_is_told_too(clinic: Clinic) -> None:
    reloader = await clinic.start()
    await clinic.settle(reloader)
    clinic.save(BAD)
    await clinic.settle(reloader)
    (clinic.folder / "clinic.yaml").write_text('name: "Another"')
    await clinic.settle(reloader)
    assert (clinic.answering, len(clinic.told)) == (OLD, 2)


async def test_the_version_that_is_kept_is_not_judged_when_it_comes_back(clinic: Clinic) -> None:
    clinic.save(NEW)
    version = Version.read(clinic.folder)
    clinic.save(OLD)
    reloader = await clinic.start()
    await KeptVersions(clinic.database).keep(version.fingerprint, version.packed())
    clinic.save(NEW)
    await clinic.settle(reloader)
    assert (clinic.answering, clinic.judged) == (NEW, [])


async def test_an_order_to_look_is_obeyed_at_once_and_answered_in_any_case(clinic: Clinic) -> None:
    reloader = await clinic.start()
    reloader.every = 3600
    watching = asyncio.create_task(reloader.watch(clinic.use))
    try:
        for words, answer in ((OLD, "in order"), (OLD, "nothing to do"), (BAD, "1 mistake"), (BAD, "1 mistake")):
            clinic.save(words)
            clinic.told.clear()
            reloader.hurry()
            await until(lambda: clinic.told)
            assert answer in clinic.told[-1]
    finally:
        watching.cancel()
        await asyncio.wait({watching})


# --- a start ----------------------------------------------------------------------------------------


async def test_a_first_start_waits_for_no_judgement_and_keeps_what_passes_it_later(clinic: Clinic) -> None:
    reloader = await clinic.start()
    assert (clinic.answering, clinic.judged, await clinic.kept()) == (OLD, [], None)
    await clinic.settle(reloader)
    assert (clinic.judged, clinic.told) == ([OLD], [])
    assert await clinic.kept() == Version.read(clinic.folder).fingerprint


async def test_what_is_known_good_is_not_judged_again(clinic: Clinic) -> None:
    await clinic.settle(await clinic.start())
    await clinic.settle(await clinic.start(), looks=3)
    assert (clinic.built, clinic.judged) == ([OLD, OLD], [OLD])


async def test_the_files_that_the_release_was_tested_with_are_neither_judged_nor_checked_and_are_kept(
    clinic: Clinic,
) -> None:
    clinic.save(NEW)
    await clinic.settle(await clinic.start())
    await until(lambda: len(clinic.checked) == 1)
    clinic.save(OLD)
    clinic.released = Version.read(clinic.folder).fingerprint
    reloader = await clinic.start()
    assert clinic.answering == OLD
    await clinic.settle(reloader)
    assert (clinic.judged, len(clinic.checked)) == ([NEW], 1)
    assert await clinic.kept() == clinic.released


async def test_a_deployed_edit_is_judged_while_the_last_good_version_answers(clinic: Clinic) -> None:
    await clinic.settle(await clinic.start())
    clinic.save(NEW)
    reloader = await clinic.start()
    assert (clinic.answering, clinic.judged) == (OLD, [OLD])
    await clinic.settle(reloader)
    assert (clinic.answering, clinic.judged) == (NEW, [OLD, NEW])
    assert clinic.told[-1].startswith("1 answer changed")


async def test_files_that_do_not_load_or_are_gone_leave_the_last_good_version_serving(clinic: Clinic) -> None:
    await clinic.settle(await clinic.start())
    clinic.breaks()
    await clinic.start()
    assert clinic.answering == OLD
    clinic.folder.rename(clinic.folder.with_name("elsewhere"))
    reloader = await clinic.start()
    assert clinic.answering == OLD
    await clinic.settle(reloader, looks=4)
    assert len(clinic.told) == 1


async def test_files_that_never_loaded_let_the_projects_own_answers_serve_until_they_do(clinic: Clinic) -> None:
    clinic.breaks()
    reloader = await clinic.start()
    assert clinic.answering == "the project's own"
    clinic.save(NEW)
    await clinic.settle(reloader)
    assert clinic.answering == NEW


async def test_the_projects_own_files_that_never_loaded_end_the_start_with_what_is_wrong(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reloading, "OWN_FOLDER", clinic.folder)
    clinic.breaks()
    with pytest.raises(KnowledgeError, match=r"faq/pain\.yaml, line 1"):
        await clinic.start()


async def test_a_folder_that_never_was_ends_the_start(clinic: Clinic) -> None:
    clinic.folder.rename(clinic.folder.with_name("elsewhere"))
    with pytest.raises(CannotRunError, match="no knowledge folder"):
        await clinic.start()


async def test_what_fails_with_nothing_to_replace_it_answers_all_the_same_and_is_told(clinic: Clinic) -> None:
    clinic.save(BAD)
    reloader = await clinic.start()
    await clinic.settle(reloader, looks=4)
    assert (clinic.answering, len(clinic.told)) == (BAD, 1)
    assert "it answers all the same" in clinic.told[0]
    assert await clinic.kept() is None


@pytest.mark.parametrize(("words", "answering"), [(NEW, NEW), (BAD, OLD)])
async def test_with_little_memory_a_new_version_is_judged_before_anything_is_loaded(
    clinic: Clinic, words: str, answering: str
) -> None:
    await clinic.settle(await clinic.start())
    clinic.save(words)
    clinic.megabytes = 512
    clinic.built.clear()
    clinic.while_judging = lambda: clinic.built.append("judged")
    await clinic.start()
    assert clinic.built == ["judged", answering]


async def test_without_its_database_the_files_of_the_folder_answer_and_are_kept_later(clinic: Clinic) -> None:
    assert clinic.database.file is not None
    clinic.database.file.unlink()
    reloader = await clinic.start()
    assert clinic.answering == OLD
    await clinic.settle(reloader)
    await restore(clinic.database)
    await clinic.settle(reloader)
    assert await clinic.kept() == Version.read(clinic.folder).fingerprint


async def test_what_is_refused_after_a_start_without_the_database_gives_way_to_the_version_kept_there(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    await clinic.settle(await clinic.start())
    clinic.save(BAD)

    async def away(_: KeptVersions) -> None:
        raise StoreError("away")

    with monkeypatch.context() as outage:
        outage.setattr(KeptVersions, "good", away)
        reloader = await clinic.start()
    assert clinic.answering == BAD
    await clinic.settle(reloader)
    assert (clinic.answering, reloader.refuses) == (OLD, True)
    assert "The answers from before stay" in clinic.told[-1]


async def test_with_little_memory_what_was_refused_before_is_not_judged_again_at_each_start(clinic: Clinic) -> None:
    reloader = await clinic.start()
    await clinic.settle(reloader)
    clinic.save(BAD)
    await clinic.settle(reloader)
    clinic.megabytes, judged = 512, len(clinic.judged)
    await clinic.start()
    assert (clinic.answering, len(clinic.judged)) == (OLD, judged)


async def test_what_is_edited_after_it_passed_at_the_start_is_not_served_under_its_name(clinic: Clinic) -> None:
    await clinic.settle(await clinic.start())
    clinic.save(NEW)
    clinic.megabytes = 512
    clinic.while_judging = lambda: clinic.save(BAD)
    await clinic.start()
    assert clinic.answering == NEW


async def test_orders_to_look_start_no_second_check_beside_the_first(clinic: Clinic) -> None:
    clinic.check_hangs = True
    reloader = await clinic.start()
    await clinic.settle(reloader)
    for _ in range(3):
        reloader.hurry()
        await clinic.settle(reloader)
    await until(lambda: clinic.checked)
    assert len(clinic.checked) == 1
    await reloader.stop()
    assert list(clinic.cache.glob("judge-*")) == []


async def test_a_kept_version_that_cannot_be_unpacked_is_done_without(clinic: Clinic) -> None:
    await KeptVersions(clinic.database).keep("some", "not packed")
    await clinic.start()
    assert clinic.answering == OLD


# --- what keeps a version from being judged -----------------------------------------------------------


async def test_what_cannot_be_judged_waits_is_told_once_and_tried_again_later(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    reloader = await clinic.start()
    await clinic.settle(reloader)
    clock = Clock()
    monkeypatch.setattr(reloading, "time", SimpleNamespace(monotonic=clock, time=clock))

    def killed() -> None:
        raise NotJudgedError("The judge was killed.")

    clinic.while_judging = killed
    clinic.save(NEW)
    await clinic.settle(reloader, looks=5)
    assert (clinic.told, clinic.judged) == (["The judge was killed."], [OLD, NEW])
    clock.now += 61
    await clinic.settle(reloader)
    assert (clinic.told, clinic.judged) == (["The judge was killed."], [OLD, NEW, NEW])
    clinic.while_judging = lambda: None
    clock.now += 61
    await clinic.settle(reloader)
    assert clinic.answering == NEW


async def test_with_too_little_memory_for_both_an_edit_waits_for_the_next_start_and_this_is_said(
    clinic: Clinic,
) -> None:
    reloader = await clinic.start()
    await clinic.settle(reloader)
    clinic.megabytes = 150
    clinic.save(NEW)
    await clinic.settle(reloader, looks=4)
    assert (clinic.answering, clinic.judged, len(clinic.told)) == (OLD, [OLD], 1)
    assert "Restart the bot" in clinic.told[0]


async def test_a_file_that_cannot_be_read_twice_is_named_once(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    reloader = await clinic.start()
    await clinic.settle(reloader)
    path = clinic.folder / PAIN

    def read(_: Path) -> Version:
        raise PermissionError(13, "Permission denied", str(path))

    clinic.save(NEW)
    monkeypatch.setattr(Version, "read", read)
    await clinic.settle(reloader)
    assert clinic.told == []
    await clinic.settle(reloader, looks=4)
    assert len(clinic.told) == 1
    assert "faq/pain.yaml, line 1: The file cannot be opened: Permission denied." in clinic.told[0]


async def test_a_working_folder_that_cannot_be_made_is_told_with_what_to_do(clinic: Clinic) -> None:
    reloader = await clinic.start()
    clinic.cache.write_text("a file where the folder should be")
    clinic.save(NEW)
    await clinic.settle(reloader, looks=3)
    assert (clinic.answering, len(clinic.told)) == (OLD, 1)
    assert "CACHE_DIR" in clinic.told[0]


# --- the rest of the check ----------------------------------------------------------------------------


async def test_the_full_check_follows_once_for_each_version_and_its_errors_are_told(clinic: Clinic) -> None:
    clinic.found_by_check = [mistake("is taken for a danger sign")]
    reloader = await clinic.start()
    await clinic.settle(reloader)
    await until(lambda: len(clinic.told) == 1)
    assert "live, and the check finds 1 mistake" in clinic.told[0]
    await clinic.settle(await clinic.start(), looks=3)
    assert len(clinic.checked) == 1
    clinic.save(NEW)
    await clinic.settle(reloader)
    await until(lambda: len(clinic.told) == 3)
    assert len(set(clinic.checked)) == 2


async def test_an_edit_does_not_wait_for_the_full_check_of_the_one_before(clinic: Clinic) -> None:
    clinic.check_hangs = True
    reloader = await clinic.start()
    await clinic.settle(reloader)
    await until(lambda: len(clinic.checked) == 1)
    clinic.save(NEW)
    async with asyncio.timeout(PATIENCE):
        await clinic.settle(reloader)
    assert clinic.answering == NEW
    await reloader.stop()


def test_the_projects_own_folder_is_known_however_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(OWN_FOLDER)
    settings = read_settings().model_copy(update={"knowledge_dir": tmp_path / "link"})
    assert Judge(settings, OWN_FOLDER).own
