"""The process that judges: it comes last, ends with whoever asked, and never leaves a doubt unsaid."""

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.knowledge.model import OWN_FOLDER
from bot.knowledge.version import Version
from bot.service import judging
from bot.service.judging import Bench, Judge, NotJudgedError
from bot.settings import read_settings
from tests.support.knowledge import changed_file, write_knowledge
from tests.support.patience import until


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    folder = write_knowledge(tmp_path / "knowledge", {"golden.yaml": 'cost: ["does dry needling hurt?"]\n'})
    settings = read_settings().model_copy(update={"knowledge_dir": folder, "cache_dir": tmp_path / "cache"})
    with Judge(settings, OWN_FOLDER).bench(Version.read(folder)) as ready:
        # Whatever is edited from here on is another version.
        (folder / "faq/pain.yaml").write_text(changed_file("faq/pain.yaml", "menu: session", "menu: nowhere"))
        yield ready
    assert [path.name for path in (tmp_path / "cache").glob("judge-*")] == []


async def test_a_process_of_its_own_finds_what_keeps_the_copy_from_being_served(bench: Bench) -> None:
    [problem] = await bench.judge()
    assert (problem.rule, problem.place.file, problem.place.line) == ("golden-question", "golden.yaml", 1)


def child() -> int:
    """Return the number of the judging process, 0 until there is one that has stepped back."""
    children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
    if not children or os.getpriority(os.PRIO_PROCESS, int(children[-1])) < 19:
        return 0
    return int(children[-1])


def spared(process: int) -> str:
    """Return how soon Linux ends ``process`` where memory runs out, from -1000 to 1000."""
    return Path(f"/proc/{process}/oom_score_adj").read_text().strip()


linux_only = pytest.mark.skipif(not Path("/proc/self/oom_score_adj").exists(), reason="only Linux tells")


@linux_only
async def test_it_computes_when_nobody_else_wants_to_and_is_the_first_to_go_where_memory_runs_out(
    bench: Bench,
) -> None:
    judged = asyncio.create_task(bench.judge())
    process = await until(child)
    assert spared(process) == "1000"
    os.kill(process, signal.SIGKILL)
    with pytest.raises(NotJudgedError, match="ended with -9; the memory may not do"):
        await judged


@linux_only
async def test_a_stop_ends_it_at_once(bench: Bench) -> None:
    judged = asyncio.create_task(bench.judge())
    process = await until(child)
    judged.cancel()
    await asyncio.wait({judged})
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


async def test_one_that_does_not_end_is_ended(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "_LONGEST", 0.0)
    with pytest.raises(NotJudgedError, match="took longer"):
        await bench.judge()
