"""Updates are stored before they are confirmed, whatever they hold."""

import json
from typing import Any

import pytest

from bot.inbox.memory import MemoryInbox
from bot.storage.protocol import StoreError
from bot.tg.intake import Intake, whose
from tests.support import updates
from tests.support.fakes import NOON
from tests.support.metrics import Counted

LATER = NOON * 2


@pytest.fixture
def inbox() -> MemoryInbox:
    return MemoryInbox()


@pytest.fixture
def intake(inbox: MemoryInbox) -> Intake:
    return Intake(inbox)


async def stored(inbox: MemoryInbox) -> list[Any]:
    return [json.loads(row.body) for row in await inbox.claim("w", limit=100, now=LATER)]


@pytest.mark.parametrize("text", ["hello", "żółw 🏃\u2028", "a\x00b", "\ud800 half a pair", '"}{'])
async def test_an_update_is_kept_as_it_came_and_told_of(intake: Intake, inbox: MemoryInbox, text: str) -> None:
    update = updates.message(text, unheard_of={"new": [1, None]})
    await intake.take(update)
    assert intake.arrived.is_set()
    assert await stored(inbox) == [update]


async def test_an_update_that_came_before_is_let_go(intake: Intake, inbox: MemoryInbox) -> None:
    counted = Counted()
    update = updates.message("hello")
    await intake.take(update)
    intake.arrived.clear()
    await intake.take({**update, "message": {}})
    assert not intake.arrived.is_set()
    assert counted("bot_dropped", reason="repeated") == 1
    assert await stored(inbox) == [update]


@pytest.mark.parametrize("junk", [None, [], "x", 3, 2.5, True, {}, {"update_id": "1"}, {"update_id": None}])
async def test_what_is_no_update_is_let_go_and_counted(intake: Intake, inbox: MemoryInbox, junk: object) -> None:
    counted = Counted()
    await intake.take(junk)
    assert counted("bot_dropped", reason="no update") == 1
    assert not intake.arrived.is_set()
    assert await inbox.waiting() == 0


async def test_an_update_nested_too_deeply_to_be_written_is_let_go_and_counted(
    intake: Intake, inbox: MemoryInbox
) -> None:
    counted = Counted()
    nested: list[Any] = []
    for _ in range(200_000):
        nested = [nested]
    await intake.take({"update_id": 1, "message": nested})
    assert counted("bot_dropped", reason="unreadable") == 1
    assert await inbox.waiting() == 0


async def test_an_update_that_cannot_be_stored_is_not_taken(inbox: MemoryInbox) -> None:
    intake = Intake(MemoryInbox(most_waiting=1))
    await intake.take(updates.message("first"))
    with pytest.raises(StoreError):
        await intake.take(updates.message("second"))


@pytest.mark.parametrize(
    ("update", "lane", "person"),
    [
        (updates.message("hi"), "4242", "4242"),
        (updates.message("hi", chat_id=updates.GROUP_ID), "-5150", "4242"),
        (updates.edited_message("hi", chat_id=7), "7", "4242"),
        (updates.callback("a", {"chat": {"id": 9}}), "9", "4242"),
        (updates.callback("a", None, chat_id=8), "8", "4242"),
        ({"update_id": 1, "callback_query": {"from": {"id": 5}}}, "5", "5"),
        ({"update_id": 1, "callback_query": {"from": {"id": 5}, "message": "?"}}, "5", "5"),
        ({"update_id": 1, "channel_post": {"chat": {"id": -1001}}}, "-1001", "-1001"),
        ({"update_id": 1, "message": {"chat": {"id": "7"}, "from": 3}}, "", ""),
        ({"update_id": 1, "message": []}, "", ""),
        ({"update_id": 1}, "", ""),
    ],
)
def test_an_update_belongs_to_its_chat_and_its_person(update: dict[str, Any], lane: str, person: str) -> None:
    assert whose(update) == (lane, person)
