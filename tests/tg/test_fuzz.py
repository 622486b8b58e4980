"""Whatever comes: one answer, or a silence that is counted. Never a traceback, never a word of it in the log."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from telegram import Update

from bot.dialogue.reply import MAX_CODE_BYTES, Reply
from bot.dialogue.splitting import LONGEST_MESSAGE
from bot.inbox.dispatcher import Dispatcher, Handle
from bot.inbox.protocol import Unreadable
from bot.inbox.slots import Slots
from bot.ops.health import Health
from bot.ops.logs import configure
from bot.ops.metrics import UPDATES
from bot.settings import LogFormat, LogLevel
from bot.tg.intake import Intake
from bot.tg.render import to_html
from bot.tg.token import derived, webhook_path
from bot.understanding.mind import Mind
from bot.web.app import SECRET_HEADER, Pages, Webhook, build_app
from tests.support import shapes, updates
from tests.support.bot_api import TOKEN, BotApi
from tests.support.knowledge import QUESTION, assistant_for, shown, speaker
from tests.support.memory_inbox import MemoryInbox
from tests.support.metrics import Counted
from tests.support.offline import Telegram, offline_bot
from tests.support.patience import PATIENCE
from tests.support.spoilt import bodies, spoilt
from tests.support.telegram_html import read_html, utf16_length
from tests.support.typed import codes, texts
from tests.support.updates import Json

PATH = webhook_path(TOKEN)
SECRET = derived(TOKEN, "webhook secret")
NEWCOMER = 2**52 + 1
"""A chat, and the number of an update, that no shape has."""
SHOWN = ("sendMessage", "editMessageText", "editMessageReplyMarkup")
LONGEST_TOAST = 200
REASONS = ("not for the bot", "nothing to answer", "unreadable", "no update", "repeated")
"""Why these updates may go without an answer; the other reasons are for floods, failures and bodies too large."""
TELLING = 12
"""Characters from which a text in a log line can stand there for one reason only."""

FUZZ = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


def several(strategy: st.SearchStrategy[Json]) -> st.SearchStrategy[list[Json]]:
    return st.lists(strategy, min_size=1, max_size=4)


class Seen:
    """What one update led to: everything from here on until ``end``."""

    answers: int
    """Messages sent, or changed to answer a tap; no reply of the small knowledge needs two."""
    confirmed: int
    """Taps confirmed, or tried to be."""
    drops: dict[str, int]
    """What was counted as not answered, by reason."""

    def __init__(self, api: BotApi) -> None:
        self._api = api
        self._before = len(api.calls)
        self._counted = Counted()

    def end(self) -> "Seen":
        calls = self._api.calls[self._before :]
        self.answers = len([call for call in calls if call.method in SHOWN and call.status == 200])
        self.confirmed = len([call for call in calls if call.method == "answerCallbackQuery"])
        counted = {reason: self._counted("bot_dropped", reason=reason) for reason in REASONS}
        self.drops = {reason: count for reason, count in counted.items() if count}
        return self


class WatchedInbox(MemoryInbox):
    """Says when the update in hand is dealt with."""

    def __init__(self) -> None:
        super().__init__()
        self.idle = asyncio.Event()

    async def settle(self, done: Mapping[int, str], *, now: float) -> bool:
        more = await super().settle(done, now=now)
        self.idle.set()
        return more

    def handling(self, handle: Handle) -> Handle:
        """Return ``handle`` such that a failure, after which the update goes on waiting, is noticed as well."""

        async def noticed(update: Json) -> None:
            try:
                await handle(update)
            except Unreadable:
                raise
            except Exception:
                self.idle.set()
                raise

        return noticed


class Lab:
    """Bots that know nobody yet, one for each example, and all that they log."""

    def __init__(self, mind: Mind, logged: pytest.CaptureFixture[str]) -> None:
        self.mind = mind
        self._logged = logged

    @contextmanager
    def listening(self, said: object) -> Iterator[None]:
        """Fail when a log line is about a failure, or repeats a text of ``said``."""
        # Not earlier: between a fixture and its test, pytest opens its streams anew.
        configure(LogLevel.DEBUG, LogFormat.JSON)
        yield
        lines = [json.loads(line) for line in self._logged.readouterr().err.splitlines()]
        assert [line for line in lines if line["level"] in ("error", "critical")] == []
        written = "\n".join(str(value) for line in lines for value in line.values())
        assert [text for text in strings(said) if len(text) >= TELLING and text in written] == []

    async def give(self, sent: list[Json]) -> list[Seen]:
        """Let the application handle valid updates; return what each led to."""
        async with self._bot() as telegram:
            with self.listening(sent):
                seen = [await self._watched(telegram, telegram.receive(update)) for update in sent]
            await self._assert_answers(telegram, telegram.receive)
        return seen

    async def post(self, posted: list[bytes]) -> list[Seen]:
        """Post whatever it is to the webhook, with everything behind it; return what each body led to."""
        async with self._bot() as telegram, self._webhook(telegram) as post:
            with self.listening([read(body) for body in posted]):
                seen = [await self._watched(telegram, post(body)) for body in posted]
            await self._assert_answers(telegram, lambda update: post(json.dumps(update).encode()))
        return seen

    @asynccontextmanager
    async def _bot(self) -> AsyncIterator[Telegram]:
        async with offline_bot(assistant_for(self.mind)) as telegram:
            yield telegram

    @asynccontextmanager
    async def _webhook(self, telegram: Telegram) -> AsyncIterator[Callable[[bytes], Awaitable[None]]]:
        """Yield what posts a body as Telegram does and waits until the update in it is dealt with."""
        inbox = WatchedInbox()
        dispatcher = Dispatcher(inbox, inbox.handling(telegram.handle), Slots())
        intake = Intake(dispatcher.take)
        app = build_app(Pages(Health(), webhook=Webhook(PATH, SECRET, intake.take)))
        http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bot.example")

        async def post(body: bytes) -> None:
            inbox.idle.clear()
            answer = await http.post(PATH, content=body, headers={SECRET_HEADER: SECRET})
            assert answer.status_code == 200
            if await inbox.waiting():
                async with asyncio.timeout(PATIENCE):
                    await inbox.idle.wait()
            assert await inbox.waiting() == 0

        async with http:
            dispatcher.start()
            try:
                yield post
            finally:
                await dispatcher.stop(PATIENCE)

    async def _watched(self, telegram: Telegram, given: Awaitable[None]) -> Seen:
        seen = Seen(telegram.api)
        await given
        return seen.end()

    async def _assert_answers(self, telegram: Telegram, give: Callable[[Json], Awaitable[None]]) -> None:
        """The bot is as well as ever: somebody new asks what is easily answered."""
        await give({**updates.message(QUESTION, chat_id=NEWCOMER), "update_id": NEWCOMER})
        answer = telegram.api.sent[-1]
        assert answer.params["chat_id"] == NEWCOMER
        assert answer.shown.startswith(shown(self.mind.knowledge.entries["pain"]))


def read(body: bytes) -> object:
    """Return the JSON in ``body``, or what a person can read of it."""
    try:
        return json.loads(body)
    except ValueError:
        return body.decode("utf-8", "replace")


def strings(value: object) -> Iterator[str]:
    """Yield every text in a JSON value, keys aside."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list | tuple):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from strings(inner)


@pytest.fixture
def lab(mind: Mind, logged: pytest.CaptureFixture[str]) -> Lab:
    return Lab(mind, logged)


# --- valid updates --------------------------------------------------------------------------


@FUZZ
@given(sent=several(shapes.private_messages()))
async def test_whatever_is_typed_or_sent_in_private_gets_one_answer(lab: Lab, sent: list[Json]) -> None:
    for seen in await lab.give(sent):
        assert (seen.answers, seen.drops) == (1, {})


@FUZZ
@given(sent=several(shapes.called_upon()))
async def test_whatever_is_meant_for_the_bot_in_a_group_gets_one_answer(lab: Lab, sent: list[Json]) -> None:
    for seen in await lab.give(sent):
        assert (seen.answers, seen.drops) == (1, {})


@FUZZ
@given(sent=several(shapes.chatter()))
async def test_what_people_of_a_group_say_to_each_other_is_counted_and_left_alone(
    lab: Lab, sent: list[Json]
) -> None:
    for seen in await lab.give(sent):
        assert (seen.answers, seen.drops) == (0, {"not for the bot": 1})


@FUZZ
@given(sent=several(shapes.asking_nothing()))
async def test_what_asks_nothing_is_counted_and_gets_nothing(lab: Lab, sent: list[Json]) -> None:
    for seen in await lab.give(sent):
        assert (seen.answers, seen.drops) == (0, {"nothing to answer": 1})


@FUZZ
@given(sent=several(shapes.taps()))
async def test_every_tap_is_confirmed_once_and_answered_at_most_once(lab: Lab, sent: list[Json]) -> None:
    for update, seen in zip(sent, await lab.give(sent), strict=True):
        elsewhere = "message" not in update["callback_query"]
        assert seen.confirmed == 1
        assert seen.answers <= 1
        assert seen.drops == ({"nothing to answer": 1} if elsewhere else {})


def test_the_shapes_know_every_kind_of_update_that_the_library_knows() -> None:
    assert {*shapes.OTHER_KINDS, "message", "edited_message", "callback_query"} == set(Update.ALL_TYPES)


# --- anything at all ------------------------------------------------------------------------


def assert_answered_once_or_counted(seen: Seen) -> None:
    """The toast of a tap may be all of an answer."""
    assert seen.confirmed <= 1
    assert seen.answers + sum(seen.drops.values()) in ((0, 1) if seen.confirmed else (1,))


@FUZZ
@given(sent=several(spoilt()))
async def test_an_update_with_something_wrong_in_it_is_answered_once_or_counted(lab: Lab, sent: list[Json]) -> None:
    for seen in await lab.post([json.dumps(update).encode() for update in sent]):
        assert_answered_once_or_counted(seen)


@FUZZ
@given(posted=st.lists(bodies(), min_size=1, max_size=4))
async def test_whatever_is_posted_is_answered_once_or_counted(lab: Lab, posted: list[bytes]) -> None:
    for seen in await lab.post(posted):
        assert_answered_once_or_counted(seen)


@FUZZ
@given(sent=several(shapes.asking_nothing() | spoilt()))
async def test_no_update_brings_a_label_of_its_own_into_the_metrics(lab: Lab, sent: list[Json]) -> None:
    await lab.post([json.dumps(update).encode() for update in sent])
    kinds = {sample.labels["kind"] for metric in UPDATES.collect() for sample in metric.samples}
    assert kinds <= {*Update.ALL_TYPES, "other"}


# --- texts and taps alone ---------------------------------------------------------------------


def assert_sendable(reply: Reply) -> None:
    """Telegram takes every message and button of ``reply``."""
    assert reply.messages or reply.toast
    for message in reply.messages:
        text = read_html(to_html(message)).text
        assert text.strip()
        assert utf16_length(text) <= LONGEST_MESSAGE
    for button in (button for row in reply.buttons for button in row):
        assert button.label.strip()
        assert button.url or 1 <= len(button.code.encode()) <= MAX_CODE_BYTES
    assert len(reply.toast) <= LONGEST_TOAST


@FUZZ
@given(talk=st.lists(st.tuples(st.booleans(), texts() | codes(), texts()), min_size=1, max_size=6))
async def test_a_talk_of_any_texts_and_taps_gets_replies_that_can_be_sent(
    lab: Lab, talk: list[tuple[bool, str, str]]
) -> None:
    assistant = assistant_for(lab.mind)
    with lab.listening(talk):
        for typed, said, asked in talk:
            if typed:
                reply = await assistant.reply(said, speaker("runner"))
                assert reply.messages
            else:
                reply = await assistant.tap(said, speaker("runner"), asked)
            assert_sendable(reply)
