"""Updates are handled: chats side by side, one chat in order, each until it is done."""

import asyncio
import json
from collections import defaultdict

import pytest
import structlog
from structlog.testing import capture_logs

from bot.inbox.protocol import Unreadable
from bot.inbox.slots import WORKING, wait
from tests.inbox.desk import Desk, Json, settle
from tests.support.metrics import Counted


async def test_chats_go_side_by_side_and_each_in_order(desk: Desk) -> None:
    ended: list[int] = []
    first = asyncio.Event()

    async def handle(update: Json) -> None:
        number = update["update_id"]
        await desk.note(update)
        if number == 1:
            await first.wait()  # chat a is slow
        ended.append(number)

    desk.handle = handle
    desk.dispatcher.start()
    await desk.put("a", 1, 2, 3)
    await desk.put("b", 4, 5, 6)
    await desk.until(lambda: 6 in desk.seen)
    await settle()
    assert ended == [4, 5, 6]
    assert 2 not in desk.seen
    first.set()
    await desk.until_empty()
    assert ended == [4, 5, 6, 1, 2, 3]


async def test_what_hurries_waits_for_nobody_though_every_place_is_taken(desk: Desk) -> None:
    go_on = asyncio.Event()

    async def handle(update: Json) -> None:
        await desk.note(update)
        if update["update_id"] < 100:
            await go_on.wait()

    desk.handle = handle
    desk.hurrying = {100, 101}
    desk.dispatcher.start()
    for number in range(2 * WORKING):
        await desk.put(f"chat {number}", number)
    await desk.put("hurt", 100)
    await desk.put("chat 0", 101)  # in its own chat it keeps its place
    await desk.until(lambda: 100 in desk.seen)
    await settle()
    assert desk.seen == [*range(WORKING), 100]
    go_on.set()
    await desk.until_empty()
    assert set(desk.seen) == {*range(2 * WORKING), 100, 101}


async def test_what_a_killed_process_left_is_looked_through_for_what_hurries(desk: Desk) -> None:
    go_on = asyncio.Event()

    async def handle(update: Json) -> None:
        await desk.note(update)
        if update["update_id"] < 100:
            await go_on.wait()

    for number in (*range(2 * WORKING), 100):
        await desk.put(f"chat {number}", number)
    desk.handle = handle
    desk.hurrying = {100}
    desk.alone = True
    later = desk.another()
    later.start()
    await desk.until(lambda: 100 in desk.seen)
    go_on.set()
    await desk.until_empty()


async def test_many_chats_keep_their_orders(desk: Desk) -> None:
    by_chat: dict[int, list[int]] = defaultdict(list)
    in_hand: set[int] = set()

    async def handle(update: Json) -> None:
        chat = update["update_id"] % 7
        assert chat not in in_hand
        in_hand.add(chat)
        for _ in range(update["update_id"] % 3):
            await asyncio.sleep(0)
        by_chat[chat].append(update["update_id"])
        in_hand.remove(chat)

    desk.handle = handle
    desk.dispatcher.start()
    for number in range(210):
        await desk.put(f"chat {number % 7}", number)
    await desk.until_empty()
    assert by_chat == {chat: list(range(chat, 210, 7)) for chat in range(7)}


async def test_no_more_work_at_once_than_there_are_slots(desk: Desk) -> None:
    working, most = 0, 0
    go_on = asyncio.Event()

    async def handle(update: Json) -> None:
        nonlocal working, most
        working += 1
        most = max(most, working)
        await desk.note(update)
        await go_on.wait()
        working -= 1

    desk.handle = handle
    desk.dispatcher.start()
    for number in range(3 * WORKING):
        await desk.put(f"chat {number}", number)
    await desk.until(lambda: len(desk.seen) >= WORKING)
    await settle()
    assert working == WORKING == 4
    go_on.set()
    await desk.until_empty()
    assert most == WORKING
    assert len(desk.seen) == 3 * WORKING


async def test_those_that_wait_for_telegram_hold_up_nobody(desk: Desk) -> None:
    async def handle(update: Json) -> None:
        if update["update_id"] < 3 * WORKING:
            await wait(1000)
        await desk.note(update)

    desk.handle = handle
    desk.dispatcher.start()
    for number in range(3 * WORKING):
        await desk.put(f"chat {number}", number)
    await settle()
    await desk.put("another", 100, 101)
    await desk.until(lambda: desk.seen == [100, 101])


async def test_whoever_waited_goes_on_although_all_places_are_taken(desk: Desk) -> None:
    """The answers that only have to be sent do not queue up behind those that have not begun."""
    go_on = asyncio.Event()

    async def handle(update: Json) -> None:
        if update["update_id"] < WORKING:
            await wait(0.001)
            await desk.note(update)
        else:
            await go_on.wait()

    desk.handle = handle
    desk.dispatcher.start()
    for number in range(3 * WORKING):
        await desk.put(f"chat {number}", number)
    await desk.until(lambda: sorted(desk.seen) == list(range(WORKING)))
    go_on.set()
    await desk.until_empty()


async def test_a_place_given_up_twice_is_one_place(desk: Desk) -> None:
    working, most = 0, 0

    async def handle(update: Json) -> None:
        nonlocal working, most
        working += 1
        most = max(most, working)
        await settle()
        working -= 1
        for _ in range(3):
            await wait(0.0001)

    desk.handle = handle
    desk.dispatcher.start()
    for number in range(5 * WORKING):
        await desk.put(f"chat {number}", number)
    await desk.until_empty()
    assert most == WORKING


# --- what fails -----------------------------------------------------------------------------------


async def test_a_failed_update_is_tried_again_and_its_chat_stays_in_order(desk: Desk) -> None:
    counted = Counted()
    failures = 2

    async def handle(update: Json) -> None:
        nonlocal failures
        if update["update_id"] == 1 and failures:
            failures -= 1
            raise ConnectionError("something of a message")
        await desk.note(update)

    desk.handle = handle
    desk.dispatcher.start()
    with capture_logs() as lines:
        await desk.put("a", 1, 2)
        await desk.put("b", 3)
        for _ in range(2):
            await settle()
            assert desk.seen == [3]
            desk.slots.go_on()
        await desk.until_empty()
    assert desk.seen == [3, 1, 2]
    assert counted("bot_dropped", reason="failed for now") == 2
    assert counted("bot_updates", kind="message") == 3
    assert "something of a message" not in str(lines)
    assert [(line["error"], line["failures"]) for line in lines if line["log_level"] == "error"] == [
        ("ConnectionError", 1),
        ("ConnectionError", 2),
    ]


async def test_pauses_between_tries_grow_to_a_minute_and_no_further(desk: Desk) -> None:
    async def handle(_: Json) -> None:
        raise ConnectionError

    desk.handle = handle
    desk.dispatcher.start()
    await desk.put("a", 1)
    for _ in range(7):
        await settle()
        desk.slots.go_on()
    assert desk.slots.pauses[:6] == [5.0, 10.0, 20.0, 40.0, 60.0, 60.0]


async def test_failures_take_no_place_from_other_chats(desk: Desk) -> None:
    async def handle(update: Json) -> None:
        if update["update_id"] < 2 * WORKING:
            raise ConnectionError
        await desk.note(update)

    desk.handle = handle
    desk.dispatcher.start()
    for number in range(2 * WORKING):
        await desk.put(f"chat {number}", number)
    await desk.put("another", 100)
    await desk.until(lambda: desk.seen == [100])
    await settle()
    assert len(desk.slots.pauses) == 2 * WORKING


async def test_an_update_that_fails_for_a_day_makes_room_for_the_next(desk: Desk) -> None:
    async def handle(update: Json) -> None:
        if update["update_id"] == 1:
            raise ConnectionError
        await desk.note(update)

    desk.handle = handle
    desk.dispatcher.start()
    await desk.put("a", 1, 2)
    await settle()
    desk.clock.now += 24 * 3600 - 1
    desk.slots.go_on()
    await settle()
    assert desk.seen == []
    desk.clock.now += 2
    desk.slots.go_on()
    await desk.until_empty()
    assert desk.seen == [2]
    assert desk.inbox.aside == {1: "too old"}


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("{", "JSONDecodeError"),
        ('{"update_id": 1}', "Unreadable"),
        ("[" * 100_000, "RecursionError"),
    ],
    ids=["no JSON", "no update", "nested too deeply"],
)
async def test_an_unreadable_update_is_set_aside_at_once_and_the_next_is_handled(
    desk: Desk, body: str, why: str
) -> None:
    counted = Counted()

    async def handle(update: Json) -> None:
        if update["update_id"] == 1:
            raise Unreadable("KeyError")
        await desk.note(update)

    desk.handle = handle
    desk.dispatcher.start()
    await desk.take("a", 1, body=body)
    await desk.put("a", 2)
    await desk.until_empty()
    assert desk.seen == [2]
    assert desk.inbox.aside == {1: why}
    assert desk.slots.pauses == []
    assert counted("bot_dropped", reason="unreadable") == 1


@pytest.mark.parametrize(
    ("update", "kind"),
    [
        ({"message": {}}, "message"),
        ({"x": 1, "callback_query": {}}, "callback_query"),
        ({"a_kind_nobody_knows": {}}, "other"),
        ({}, "other"),
    ],
)
async def test_updates_are_counted_by_the_kinds_that_are_known(desk: Desk, update: Json, kind: str) -> None:
    counted = Counted()
    desk.dispatcher.start()
    await desk.take("a", 1, body=json.dumps({"update_id": 1, **update}))
    await desk.until_empty()
    assert counted("bot_updates", kind=kind) == 1


async def test_each_line_of_an_update_says_which(desk: Desk) -> None:
    async def handle(update: Json) -> None:
        await desk.note(update)
        raise ConnectionError

    desk.handle = handle
    desk.dispatcher.start()
    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        await desk.put("a", 0xAB)
        await desk.put("b", 0xCD)
        await desk.until(lambda: len(desk.seen) == 2)
        await settle()
    assert sorted(line["update"] for line in lines) == ["ab", "cd"]
