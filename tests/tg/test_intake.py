"""Updates are taken in, whatever they hold, and confirmed when they may be."""

import asyncio
import json
from typing import Any

import pytest

from bot.storage.protocol import StoreError
from bot.tg.intake import Intake, whose
from tests.support import updates
from tests.support.metrics import Counted
from tests.support.receiving import Receiving


@pytest.fixture
def inbox() -> Receiving:
    return Receiving()


@pytest.fixture
def intake(inbox: Receiving) -> Intake:
    return Intake(inbox.take)


@pytest.mark.parametrize("text", ["hello", "żółw 🏃\u2028", "a\x00b", "\ud800 half a pair", '"}{'])
async def test_an_update_is_handed_on_as_it_came(intake: Intake, inbox: Receiving, text: str) -> None:
    update = updates.message(text, unheard_of={"new": [1, None]})
    await intake.take(update)
    assert [json.loads(body) for body in inbox.bodies.values()] == [update]
    assert list(inbox.lanes.values()) == [("4242", "4242")]


async def test_an_update_that_came_before_is_let_go(intake: Intake, inbox: Receiving) -> None:
    counted = Counted()
    update = updates.message("hello")
    await intake.take(update)
    await intake.take({**update, "message": {}})
    assert counted("bot_dropped", reason="repeated") == 1
    assert [json.loads(body) for body in inbox.bodies.values()] == [update]


@pytest.mark.parametrize("junk", [None, [], "x", 3, 2.5, True, {}, {"update_id": "1"}, {"update_id": None}])
async def test_what_is_no_update_is_let_go_and_counted(intake: Intake, inbox: Receiving, junk: object) -> None:
    counted = Counted()
    await intake.take(junk)
    assert counted("bot_dropped", reason="no update") == 1
    assert not inbox.bodies


async def test_an_update_nested_too_deeply_to_be_written_is_let_go_and_counted(
    intake: Intake, inbox: Receiving
) -> None:
    counted = Counted()
    nested: list[Any] = []
    for _ in range(200_000):
        nested = [nested]
    await intake.take({"update_id": 1, "message": nested})
    assert counted("bot_dropped", reason="unreadable") == 1
    assert not inbox.bodies


async def test_an_update_for_which_there_is_no_room_is_not_taken(intake: Intake, inbox: Receiving) -> None:
    inbox.full = True
    with pytest.raises(StoreError):
        await intake.take(updates.message("hello"))


async def test_an_update_is_taken_once_it_is_stored_or_answered(intake: Intake, inbox: Receiving) -> None:
    inbox.slow = True
    taking = asyncio.create_task(intake.take({"update_id": 5}))
    await inbox.came.wait()
    assert not taking.done()
    inbox.settle(5)
    await taking


async def test_one_that_is_given_up_is_not_taken(intake: Intake, inbox: Receiving) -> None:
    inbox.slow = True
    taking = asyncio.create_task(intake.take({"update_id": 5}))
    await inbox.came.wait()
    inbox.settle(5, error=StoreError("The bot stops."))
    with pytest.raises(StoreError, match="stops"):
        await taking


async def test_whoever_brings_an_update_is_not_held_for_ever(
    intake: Intake, inbox: Receiving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.tg.intake.HELD", 0.0)
    inbox.slow = True
    with pytest.raises(StoreError, match="deliver it again"):
        await intake.take({"update_id": 5})
    inbox.settle(5)
    await intake.take({"update_id": 5})  # it came again, and is answered meanwhile


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
