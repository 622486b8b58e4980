"""``/gaps``: what the answers lack, and what the clinic's people do about it with buttons."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import date
from pathlib import Path

import pytest

from bot.assistant import Assistant
from bot.clinic.desk import Desk
from bot.clinic.gaps import Gap
from bot.clinic.rights import Rights
from bot.knowledge.loader import load
from bot.knowledge.model import KnowledgeBase, Status
from bot.storage.database import Database
from bot.storage.memory import MemoryStore
from bot.storage.protocol import KeptQuestion, Speaker, StoreError
from bot.storage.sql_staff import SqlStaffStore
from bot.tg.app import App
from bot.understanding.mind import Mind
from tests.support import updates
from tests.support.fakes import Clock
from tests.support.knowledge import write_knowledge
from tests.support.offline import Telegram, offline_bot
from tests.support.updates import GROUP_ID, OTHER_RUNNER, callback, message

STAFF, ADMIN = GROUP_ID, {**updates.RUNNER, "id": 91}
REPOSITORY = "https://github.com/o/r"
PARKING, DOGS = "where can I park my car?", 'do you needle "dogs" too, [name]?'


class Kept(MemoryStore):
    """Kept questions that may be away."""

    away = False

    async def questions(self) -> Sequence[KeptQuestion]:
        if self.away:
            raise StoreError("away")
        return await super().questions()


@pytest.fixture
async def kept(clock: Clock) -> Kept:
    store = Kept(clock=clock)
    for person in ("1", "2"):
        await store.keep_question(Speaker(person, person), PARKING)
    await store.keep_question(Speaker("3", "3"), DOGS)
    return store


@pytest.fixture
async def clinic(mind: Mind, file_database: Database, clock: Clock, kept: Kept) -> AsyncIterator[Telegram]:
    assistant = Assistant(mind, kept, clock)
    desk = Desk(SqlStaffStore(file_database, clock), Rights.of([ADMIN["id"]], STAFF), assistant.pause, clock)
    async with offline_bot(assistant) as telegram:
        telegram.app = App(telegram.bot, assistant, desk=desk, repository=REPOSITORY)
        yield telegram


async def order(clinic: Telegram, text: str = "/gaps") -> str:
    await clinic.receive(message(text, chat_id=STAFF))
    return clinic.api.sent[-1].shown


async def tap(clinic: Telegram, label: str) -> str:
    """Tap a button under the last message and return what is said then."""
    await tap_code(clinic, clinic.api.sent[-1].code(label))
    return clinic.api.sent[-1].shown


async def tap_code(clinic: Telegram, code: str) -> None:
    await clinic.receive(callback(code, clinic.api.last_message, chat_id=STAFF, by=OTHER_RUNNER))


async def test_gaps_are_listed_the_most_asked_first_each_with_its_buttons(clinic: Telegram) -> None:
    said = await order(clinic)
    assert said.index(PARKING) < said.index(DOGS)
    assert "1. Asked 2 times, on 9 January." in said and "2. Asked once, on 9 January." in said
    assert said.count("Nearest: ") == 2
    rows = [[f"{number}: {what}" for what in ("add", "new", "dismiss")] for number in (1, 2)]
    assert clinic.api.sent[-1].buttons == rows


async def test_more_gaps_than_one_message_holds_are_a_tap_away(
    clinic: Telegram, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "bot.tg.gaps.Grouping.gaps_of", lambda _, mind, questions: [Gap((question,)) for question in questions]
    )
    for number in range(6):
        await kept.keep_question(Speaker("4", "4"), f"question {number}")
    assert "\n6. " not in await order(clinic)
    more = await tap(clinic, "More")
    assert more.startswith("8 gaps") and "6. " in more and "5. " not in more
    await tap_code(clinic, "gaps:99")
    assert "\n1. " in clinic.api.sent[-1].shown


async def test_a_line_to_add_comes_with_the_file_and_the_way_to_its_editor(
    clinic: Telegram, knowledge: KnowledgeBase
) -> None:
    await order(clinic)
    which = await tap(clinic, "2: add")
    assert "do you needle" in which
    nearest = [label for [label] in clinic.api.sent[-1].buttons]
    assert len(nearest) == 3
    entry = next(e for e in knowledge.published if e.title == nearest[0])
    said = await tap(clinic, nearest[0])
    assert '\n  - "do you needle \\"dogs\\" too, [name]?"\n' in said
    assert f"faq/{entry.id}.yaml" in said
    assert f"{REPOSITORY}/edit/main/knowledge/faq/{entry.id}.yaml" in said


async def test_a_new_answer_is_a_file_that_loads_once_it_has_words(clinic: Telegram, tmp_path: Path) -> None:
    await order(clinic)
    await tap_code(clinic, clinic.api.sent[-1].code("1: new"))
    [call] = clinic.api.of("sendDocument")
    name, text = call.params["document"]
    assert name == "park-car.yaml" and f"{REPOSITORY}/new/main/knowledge/faq?filename={name}" in str(call.params)
    filled = text.replace("answer: |", "answer: |\n  Behind the house.").replace(
        "sources: []", 'sources: ["product"]'
    )
    loaded = load(write_knowledge(tmp_path / "k", {f"faq/{name}": filled}))
    assert [p for p in loaded.problems if p.place.file == f"faq/{name}"] == []
    assert loaded.knowledge is not None
    entry = loaded.knowledge.entries["park-car"]
    assert (entry.title, entry.ask, entry.status) == (PARKING, (PARKING,), Status.DRAFT)


async def test_dismissing_asks_once_and_deletes_for_everybody(clinic: Telegram, kept: Kept) -> None:
    await order(clinic)
    assert PARKING in await tap(clinic, "1: dismiss")
    assert len(await kept.questions()) == 2
    yes = clinic.api.sent[-1].code("Yes, delete")
    assert await tap(clinic, "Yes, delete") == "1 question is deleted."
    assert [question.text for question in await kept.questions()] == [DOGS]
    assert PARKING not in await order(clinic)
    await tap_code(clinic, yes)
    assert clinic.api.sent[-1].shown.startswith("That is not there any more.")


async def test_of_two_who_delete_at_once_the_second_is_told_that_nothing_is_left(clinic: Telegram) -> None:
    await order(clinic)
    await tap(clinic, "1: dismiss")
    yes = clinic.api.sent[-1].code("Yes, delete")
    await asyncio.gather(tap_code(clinic, yes), tap_code(clinic, yes))
    assert [call.shown.partition(".")[0] for call in clinic.api.sent[-2:]] == [
        "1 question is deleted",
        "That is not there any more",
    ]


async def test_what_joined_a_gap_meanwhile_is_not_deleted_unseen(clinic: Telegram, kept: Kept) -> None:
    await order(clinic)
    await tap(clinic, "1: dismiss")
    await kept.keep_question(Speaker("5", "5"), "where can I park my car")
    await tap(clinic, "Yes, delete")
    assert clinic.api.sent[-1].shown.startswith("More was asked meanwhile, so nothing is deleted.")
    assert len(await kept.questions()) == 3


@pytest.mark.parametrize("code", ["gaps", "gapadd", "gapto", "gapnew", "gapdrop", "gapgone"])
async def test_nobody_else_sees_or_deletes_anything(clinic: Telegram, kept: Kept, code: str) -> None:
    question = (await kept.questions())[0]
    await clinic.receive(message("/gaps"))
    await clinic.receive(callback(f"{code}:{question.id[:7]}.pain", clinic.api.last_message))
    await clinic.receive(message("/gaps", chat_id=-6160, **{"from": ADMIN}))
    read = " ".join(call.shown for call in clinic.api.texts)
    assert PARKING not in read and "dogs" not in read and not clinic.api.of("sendDocument")
    assert len(await kept.questions()) == 2


async def test_with_the_database_away_staff_are_told(clinic: Telegram, kept: Kept) -> None:
    kept.away = True
    assert "cannot be reached" in await order(clinic)


async def test_without_questions_nothing_is_lacking(clinic: Telegram, kept: Kept) -> None:
    for question in await kept.questions():
        await kept.settle_question(question.id)
    assert await order(clinic) == "No question is kept at present that the answers lack."


async def test_stats_are_for_staff(clinic: Telegram) -> None:
    said = await order(clinic, "/stats")
    assert said.startswith("The last 14 days") and f"Fri 9 {date(2026, 1, 9):%b}" in said
    await clinic.receive(message("/stats"))
    assert "14 days" not in clinic.api.sent[-1].shown
