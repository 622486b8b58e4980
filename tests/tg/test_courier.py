"""News for the staff reaches their chat: in order, joined, paced, once, and whatever becomes of the chat."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

import pytest

from bot.assistant import Assistant
from bot.clinic.desk import Desk
from bot.clinic.outbox import LONGEST
from bot.clinic.rights import Rights
from bot.storage.database import Database
from bot.storage.ids import Hasher
from bot.storage.sql_handoffs import SqlHandoffStore
from bot.tg.bot import Bot
from bot.tg.courier import AGAIN, LOST_AGAIN, REST, Courier
from bot.tg.staff import follow
from tests.support.bot_api import BotApi
from tests.support.fakes import Clock, FragileStaff, broken
from tests.support.offline import offline_bot
from tests.support.updates import GROUP_ID, SUPERGROUP_ID

ADA, BEA = 91, 92
RIGHTS = Rights.of([ADA, BEA], GROUP_ID)
KICKED = (403, "Forbidden: bot was kicked from the group chat")


class Enough(Exception):
    """Ends a courier that has rested as often as a test lets it."""


class Round:
    """The courier of one process. Its rests pass on the clock alone."""

    def __init__(self, bot: Bot, api: BotApi, assistant: Assistant, store: FragileStaff, clock: Clock) -> None:
        self.desk = Desk(store, RIGHTS, assistant.pause, clock)
        self.api = api
        self.rests: list[float] = []
        self.clock = clock
        self._left = 0

        async def moved(chat: int) -> None:
            await follow(bot, assistant, self.desk, chat)

        handoffs = SqlHandoffStore(store.database, Hasher(b"a key of enough bytes"), clock)
        self.courier = Courier(bot, self.desk, store, handoffs, alone=lambda: True, moved=moved, sleep=self._rest)

    async def put(self, *texts: str) -> None:
        for text in texts:
            await self.desk.outbox.put(text)

    async def run(self, rests: int = 1) -> None:
        """Let it work until it has rested ``rests`` times; it must find something to do as often."""
        self._left = rests
        with suppress(Enough):
            await self.courier.run()

    async def _rest(self, seconds: float) -> None:
        self.clock.now += seconds
        self.rests.append(seconds)
        self._left -= 1
        if self._left <= 0:
            raise Enough

    def said(self, chat: int = GROUP_ID) -> list[str]:
        return [call.shown for call in self.api.sent if call.params["chat_id"] == chat]


Start = Callable[[], Round]


@pytest.fixture
def store(file_database: Database, clock: Clock) -> FragileStaff:
    return FragileStaff(file_database, clock)


@pytest.fixture
async def start(assistant: Assistant, store: FragileStaff, clock: Clock) -> AsyncIterator[Start]:
    """Starts the courier of one more process."""
    async with offline_bot(assistant) as telegram:
        yield lambda: Round(telegram.bot, telegram.api, assistant, store, clock)


async def waiting(store: FragileStaff) -> int:
    return len(await store.claim("test", lease=0, alone=True))


async def test_what_waits_together_comes_in_one_message_as_it_was_typed(start: Start, store: FragileStaff) -> None:
    process = start()
    await process.put("<b>one</b> & *two*", "three")
    await process.run()
    [call] = process.api.sent
    assert (call.params["chat_id"], call.shown) == (GROUP_ID, "<b>one</b> & *two*\n\nthree")
    assert await waiting(store) == 0


async def test_many_messages_keep_their_order_and_no_minute_sees_more_than_twenty(
    start: Start, store: FragileStaff
) -> None:
    process = start()
    texts = [f"{number} " + "x" * 3000 for number in range(40)]
    await process.put(*texts)
    await process.run(40)
    assert process.said() == texts
    # After each as long a rest that five more of a minute's twenty are left to whoever answers an order.
    assert process.rests == [REST] * 40
    assert 60 / REST <= 15
    assert await waiting(store) == 0


async def test_a_crowd_of_short_messages_is_said_in_few(start: Start, store: FragileStaff) -> None:
    process = start()
    texts = [f"{number} " + "y" * 90 for number in range(100)]
    await process.put(*texts)
    await process.run(3)
    said = process.said()
    assert "\n\n".join(said).split("\n\n") == texts
    assert len(said) == 3
    assert all(len(text) <= LONGEST for text in said)


async def test_news_outlives_a_process_that_was_stopped_and_comes_once(start: Start, store: FragileStaff) -> None:
    first = start()
    texts = [f"{number} " + "x" * 3000 for number in range(3)]
    await first.put(*texts)
    await first.run(1)
    await first.courier.stop(1)
    second = start()
    await second.run(2)
    assert second.said() == texts
    assert await waiting(store) == 0


async def test_what_telegram_has_and_the_database_could_not_delete_is_not_sent_again(
    start: Start, store: FragileStaff
) -> None:
    process = start()
    await process.put("one")
    store.trouble.error = broken()
    await process.run(2)
    assert process.rests == [REST, AGAIN]
    store.trouble.error = None
    await process.put("two")
    await process.run(1)
    assert process.said() == ["one", "two"]


@pytest.mark.parametrize(
    "trouble",
    [
        {"status": 500, "description": "Internal Server Error", "times": 8},
        {"status": 429, "description": "Too Many Requests: retry after 0", "times": 8, "retry_after": 0},
    ],
    ids=["server error", "too many requests"],
)
async def test_what_telegram_could_not_take_is_tried_again_later(
    start: Start, monkeypatch: pytest.MonkeyPatch, trouble: dict[str, object]
) -> None:
    async def at_once(_: float) -> None: ...

    monkeypatch.setattr("bot.tg.pacing.wait", at_once)
    process = start()
    await process.put("one")
    process.api.fail_next("sendMessage", **trouble)  # type: ignore[arg-type]
    await process.run(2)
    assert process.said() == ["one"]
    assert process.rests == [AGAIN, REST]


async def test_what_may_have_arrived_is_sent_once_more_and_not_for_ever(start: Start, store: FragileStaff) -> None:
    process = start()
    await process.put("one")
    process.api.fail_next("sendMessage", 200, body=b"no JSON", times=5)
    await process.run()
    assert len([call for call in process.api.calls if call.method == "sendMessage"]) == 2
    assert await waiting(store) == 0


async def test_what_telegram_will_never_take_holds_nothing_up(start: Start, store: FragileStaff) -> None:
    process = start()
    await process.put("one")
    process.api.fail_next("sendMessage", 400, "Bad Request: something odd")
    await process.run()
    await process.put("two")
    await process.run()
    assert process.said() == ["two"]


async def test_of_several_only_the_one_that_telegram_will_never_take_is_given_up(start: Start) -> None:
    process = start()
    await process.put("one", "two", "three")
    for _ in range(2):  # all together, then the first alone
        process.api.fail_next("sendMessage", 400, "Bad Request: something odd")
    await process.run(3)
    assert process.said() == ["two\n\nthree"]


async def test_a_chat_that_became_a_supergroup_is_followed_and_remembered(
    start: Start, store: FragileStaff
) -> None:
    process = start()
    await process.put("one")
    moved = "Bad Request: group chat was upgraded to a supergroup chat"
    process.api.fail_next("sendMessage", 400, moved, migrate_to_chat_id=SUPERGROUP_ID)
    await process.run()
    await process.put("two")
    await process.run()
    assert process.said(SUPERGROUP_ID) == ["one", "two"]
    again = start()
    await again.desk.refresh()
    assert again.desk.rights.staff_chat == SUPERGROUP_ID


@pytest.mark.parametrize(
    "refusal",
    [KICKED, (400, "Bad Request: chat not found"), (400, "Bad Request: not enough rights to send text messages")],
    ids=["kicked", "not found", "not allowed"],
)
async def test_a_lost_chat_is_said_to_every_admin_once_and_what_waits_is_kept(
    start: Start, store: FragileStaff, refusal: tuple[int, str]
) -> None:
    first, second = start(), start()
    await first.put("one")
    for _ in range(3):
        first.api.fail_next("sendMessage", *refusal)
        await first.run()
    second.api.fail_next("sendMessage", *refusal)
    await second.run()
    for admin in (ADA, BEA):
        [told] = first.said(admin)
        assert str(GROUP_ID) in told and refusal[1].split(": ")[1] in told.lower() and "/chatid" in told
    assert set(first.rests) == {LOST_AGAIN}
    await second.run()
    assert second.said() == ["one"]
    assert not second.desk.lost


async def test_a_chat_lost_for_a_second_time_is_said_again(start: Start) -> None:
    process = start()
    for _ in range(2):
        await process.put("news")
        process.api.fail_next("sendMessage", *KICKED)
        await process.run(2)
    assert len(process.said(ADA)) == 2


async def test_a_chat_that_was_never_there_is_said_at_the_start(start: Start) -> None:
    process = start()
    process.api.fail_next("sendChatAction", 400, "Bad Request: chat not found")
    await process.put("one")
    await process.run()
    assert len(process.said(ADA)) == 1


async def test_an_admin_who_cannot_be_told_keeps_no_other_from_hearing_it(start: Start) -> None:
    process = start()
    await process.put("one")
    process.api.fail_next("sendMessage", *KICKED)
    process.api.fail_next("sendMessage", 403, "Forbidden: bot can't initiate conversation with a user")
    await process.run()
    assert (len(process.said(ADA)), len(process.said(BEA))) == (0, 1)


async def test_news_that_comes_while_it_waits_is_brought_at_once(start: Start) -> None:
    process = start()
    running = asyncio.create_task(process.run())
    await asyncio.to_thread(process.api.wait_for, "sendChatAction")
    await process.put("one")
    await running
    assert process.said() == ["one"]


async def test_with_the_database_away_it_waits_and_goes_on(start: Start, store: FragileStaff) -> None:
    process = start()
    store.trouble.error = broken()
    await process.put("one")
    assert process.said() == []
    store.trouble.error = None
    await process.run()
    assert process.said() == ["one"]
