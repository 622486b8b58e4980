"""The local preview follows its folder: what does not load is told, and the last good answers stay."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.knowledge.model import KnowledgeBase
from bot.knowledge.version import Version
from bot.service.following import Follower
from bot.settings import Settings, read_settings
from bot.understanding.mind import Mind
from tests.support.knowledge import changed_file, write_knowledge

PAIN = "faq/pain.yaml"
VISITOR = "somebody"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_knowledge(tmp_path / "knowledge")


@pytest.fixture
def lines() -> list[str]:
    """What the terminal is told."""
    return []


@pytest.fixture
def follower(folder: Path, mind: Mind, lines: list[str], monkeypatch: pytest.MonkeyPatch) -> Follower:
    """Understands by ``mind`` whatever is edited, since building takes a second; ``tests/cli`` has the real one."""

    class Built:
        def __init__(self, _: Settings) -> None:
            pass

        def build(self, knowledge: KnowledgeBase) -> Mind:
            return replace(mind, knowledge=knowledge)

    monkeypatch.setattr("bot.service.following.Builder", Built)
    return Follower(read_settings().model_copy(update={"knowledge_dir": folder}), lines.append)


async def settle(follower: Follower) -> str:
    """Look until what lies there was seen twice; return what is said of the files."""
    await follower.look()
    await follower.look()
    return follower.show.state()


async def pain(follower: Follower) -> str:
    return await follower.show.entries("", local=True)


async def test_a_saved_edit_is_shown_and_a_broken_one_told_at_its_line_until_it_is_mended(
    folder: Path, follower: Follower
) -> None:
    assert not follower.show.is_ready
    assert not (await settle(follower)).strip()
    chat = await follower.show.chat(VISITOR, local=True)
    assert "A short sting" in await pain(follower)

    (folder / PAIN).write_text(changed_file(PAIN, "menu: session", "mnu: session"), encoding="utf-8")
    told = await settle(follower)
    assert f"{PAIN}, line 2:" in told and "menu" in told
    assert "A short sting" in await pain(follower)

    (folder / PAIN).write_text(changed_file(PAIN, "A short sting", "A brief sting"), encoding="utf-8")
    told = await settle(follower)
    assert PAIN not in told and "Your edit is in" in told
    assert "A brief sting" in await pain(follower)
    await follower.show.say(VISITOR, "does dry needling hurt a lot?")
    assert "A brief sting" in await follower.show.chat(VISITOR, local=True)
    assert "A brief sting" not in chat


async def test_an_edit_undone_is_told_at_once_without_building_anything_anew(
    folder: Path, follower: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    await settle(follower)
    sound = (folder / PAIN).read_text(encoding="utf-8")
    (folder / PAIN).write_text("title: [", encoding="utf-8")
    assert PAIN in await settle(follower)
    monkeypatch.setattr(follower._builder, "build", None)
    (folder / PAIN).write_text(f"# a remark\n{sound}", encoding="utf-8")
    assert not (await settle(follower)).strip()


async def test_each_state_of_the_folder_is_told_once(folder: Path, follower: Follower, lines: list[str]) -> None:
    await settle(follower)
    (folder / PAIN).write_text(changed_file(PAIN, "menu: session", "mnu: session"), encoding="utf-8")
    await settle(follower)
    await settle(follower)
    (folder / PAIN).write_text(changed_file(PAIN, "A short sting", "A brief sting"), encoding="utf-8")
    await settle(follower)
    ready, wrong, taken = lines
    assert (ready, taken) == ("The answers are ready.", "Your edit is in.")
    assert wrong.startswith(f"{PAIN}, line 2: ")


async def test_half_a_file_is_no_edit(folder: Path, follower: Follower) -> None:
    await settle(follower)
    (folder / PAIN).write_text('title: "Does', encoding="utf-8")
    await follower.look()
    assert PAIN not in follower.show.state()
    (folder / PAIN).write_text(changed_file(PAIN, "A short sting", "A brief sting"), encoding="utf-8")
    await settle(follower)
    assert "A brief sting" in await pain(follower)


async def test_files_that_are_broken_at_the_start_are_told_and_answer_once_mended(
    folder: Path, follower: Follower
) -> None:
    good = Version.read(folder)
    (folder / PAIN).write_text("title: [", encoding="utf-8")
    told = await settle(follower)
    assert PAIN in told and "There are no answers yet." in told
    assert not follower.show.is_ready
    good.write(folder)
    await settle(follower)
    assert follower.show.is_ready


async def test_a_folder_that_goes_away_is_told_and_one_that_comes_back_answers(
    folder: Path, follower: Follower
) -> None:
    await settle(follower)
    folder.rename(elsewhere := folder.with_name("elsewhere"))  # noqa: ASYNC240
    await follower.look()
    assert "cannot be opened" not in follower.show.state()
    await follower.look()
    assert "cannot be opened" in follower.show.state()
    elsewhere.rename(folder)
    await settle(follower)
    assert "cannot be opened" not in await settle(follower)


async def test_a_mistake_in_the_program_is_no_end(
    folder: Path, follower: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    await settle(follower)
    with monkeypatch.context() as patch:
        patch.setattr("bot.service.following.load", lambda _: 1 / 0)
        (folder / PAIN).write_text(changed_file(PAIN, "A short sting", "A brief sting"), encoding="utf-8")
        assert "Undo the last edit" in await settle(follower)
    (folder / PAIN).write_text(changed_file(PAIN, "A short sting", "A small sting"), encoding="utf-8")
    assert "Undo" not in await settle(follower)
    assert "A small sting" in await pain(follower)
