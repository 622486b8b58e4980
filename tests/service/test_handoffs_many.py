"""200 conversations with the clinic side by side, within the limit of a group, over a stop and two kills.

The bot is a real process. Its Telegram takes 20 messages a minute into the staff chat and refuses what is beyond,
by a clock that both share and that waits for nobody (see ``tests/support/clocked_bot.py``). Whatever anybody writes
holds a word of its own, so that each can be found wherever it came. ``OUTAGES=all`` repeats it on PostgreSQL.
"""

import asyncio
import math
import random
import re
import signal
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.clinic import handoff
from bot.clinic.handoff import ref_in
from bot.storage.database import Database
from bot.storage.schema import metadata
from tests.service.test_faults import eventually
from tests.service.test_process import database, postgres
from tests.support import updates
from tests.support.bot_api import Call, Refusal
from tests.support.clocked_bot import SharedClock
from tests.support.faulty_api import FaultyApi, FaultyServer
from tests.support.knowledge import QUESTION
from tests.support.process import BotProcess, troubles
from tests.support.town import Town
from tests.support.updates import Json
from tests.support.ways import SQLITE, databases

__all__ = ["database", "postgres"]  # fixtures

STAFF = updates.GROUP_ID
FIRST_CHAT = 7_310_000_000
RUNNERS = range(200)
THERAPISTS = [{**updates.RUNNER, "id": number} for number in (91, 92)]
RESTARTS = [
    (len(RUNNERS) * 3 // 4, signal.SIGKILL),
    (len(RUNNERS) * 8 // 5, signal.SIGTERM),
    (len(RUNNERS) * 5 // 2, signal.SIGKILL),
]
"""After how many messages in the staff chat the bot is ended, and how; in the end there are more than 900."""
A_MINUTE = 60.0
A_GROUPS_MINUTE = 20
_LIMITED = ("sendMessage", "copyMessage", "editMessageText", "editMessageReplyMarkup")
_WORD = re.compile(r"\b(asked|edited|wrote|more|aside|first|third|mended|second)-(\d{3})\b")
_CHAT = re.compile(r"\b7310000\d{3}\b")
_FROM_RUNNERS = ("asked", "edited", "wrote", "more")
_BY_THERAPISTS = ("first", "third", "mended", "second")
_KINDS = (
    "taps Yes twice",
    "edits the question",
    "blocks the bot",
    "closes",
    "is closed by the clinic",
    "writes back twice",
    "is answered twice",
    "asks the bot, too",
    "is answered by two",
    "reads an edited answer",
)

Word = tuple[str, int]
"""What stands in a text only once: which of somebody's texts it is, and which runner it is about."""


class LimitedApi(FaultyApi):
    """Takes as many messages into a group as Telegram does, by ``clock``; nothing for whoever is in ``blocked``."""

    def __init__(self, clock: SharedClock) -> None:
        super().__init__()
        self.blocked: set[int] = set()
        self.refused = 0
        self.disobeyed = 0
        """How many calls came before the time that a refusal had named."""
        self._clock = clock
        self._landed: dict[int, list[float]] = defaultdict(list)
        self._until: dict[int, float] = {}

    def answer(self, token: str, method: str, params: Json) -> tuple[int, bytes]:
        try:
            if method in _LIMITED:
                self._limit(int(params["chat_id"]))
        except Refusal as refusal:
            with self.changed:
                self.fail_next(method, refusal.status, str(refusal), **refusal.body.get("parameters", {}))
                return super().answer(token, method, params)
        return super().answer(token, method, params)

    def _limit(self, chat: int) -> None:
        with self.changed:
            if chat in self.blocked:
                raise Refusal(403, "Forbidden: bot was blocked by the user")
            if chat > 0:
                return
            now, landed = self._clock(), self._landed[chat]
            self.disobeyed += now < self._until.get(chat, now)
            if len(landed) >= A_GROUPS_MINUTE and (rest := landed[-A_GROUPS_MINUTE] + A_MINUTE - now) > 0:
                self.refused += 1
                self._until[chat] = now + math.ceil(rest)
                wait = math.ceil(rest)
                raise Refusal(429, f"Too Many Requests: retry after {wait}", retry_after=wait)
            landed.append(now)

    def messages(self, since: int) -> list[Json]:
        """Return the messages sent but for the first ``since``, as they stand now."""
        with self.changed:
            return list(islice(self._messages.values(), since, None))


class Everybody:
    """200 runners and two therapists, who do what each does next as soon as they read what that takes."""

    def __init__(self, town: Town, api: LimitedApi, dice: random.Random) -> None:
        self._town = town
        self._api = api
        self._dice = dice
        self._read = 0
        self._known: set[tuple[object, ...]] = set()
        self._to_answer: dict[str, list[tuple[int, Json]]] = {"asked": [], "wrote": []}
        self._asked: dict[int, Json] = {}
        self.refs: dict[int, str] = {}
        self.told = 0
        """How many messages came into the staff chat."""
        self.over: set[int] = set()
        self.numbers: dict[Word, int] = {}
        """By which update each word came."""

    def begin(self) -> None:
        """Let every runner ask."""
        for runner in self._dice.sample(RUNNERS, len(RUNNERS)):
            said = self._push(updates.message(f"{QUESTION} (asked-{runner:03})", **self._from(runner)))
            self._asked[runner] = said["message"]

    def until(self, told: int = 0) -> None:
        """Go on until the staff chat has ``told`` messages, or, with 0, until everything is over."""
        while self.told < told if told else len(self.over) < len(RUNNERS):
            self._api.wait_until(lambda: bool(self._api.messages(self._read)), f"more than {self._missing()}")
            with self._api.changed:  # what all of them do now is fetched together
                for message in self._api.messages(self._read):
                    self._read += 1
                    if message["chat"]["id"] == STAFF:
                        self._staff_read(message)
                    else:
                        self._runner_reads(message, message["chat"]["id"] - FIRST_CHAT)
                self._therapists_answer()

    def _missing(self) -> str:
        return f"{self._read} messages, {sorted(set(RUNNERS) - self.over)[:5]} not over"

    # --- the staff chat -----------------------------------------------------------------------

    def _staff_read(self, message: Json) -> None:
        self.told += 1
        text = message["text"]
        for what, runner in words_in(text):
            self.refs.setdefault(runner, ref_in(text))
            if not self._is_new(what, runner):
                continue
            if what == "asked" and kind(runner) == "edits the question":
                edit = {**self._from(runner), "message_id": self._asked[runner]["message_id"]}
                self._push(updates.edited_message(f"{QUESTION} (edited-{runner:03})", **edit))
            if what == "wrote" and kind(runner) == "blocks the bot":
                with self._api.changed:
                    self._api.blocked.add(FIRST_CHAT + runner)
            if what in self._to_answer:
                self._to_answer[what].append((runner, message))
        ends = (handoff.BLOCKED, handoff.CLOSED_BY_RUNNER)
        if any(end in text for end in ends):
            self.over.update(runner for runner, ref in self.refs.items() if ref == ref_in(text))

    def _therapists_answer(self) -> None:
        """Answer some of what waits, whichever: some always waits until the last has come."""
        for what, waiting in self._to_answer.items():
            come = sum(known[0] == what for known in self._known)
            while waiting and (len(waiting) > 10 or come == len(RUNNERS)):
                self._answer(what, *waiting.pop(self._dice.randrange(len(waiting))))

    def _answer(self, what: str, runner: int, said: Json) -> None:
        by = {"from": THERAPISTS[runner % 2]}
        if what == "wrote":
            by = {"from": THERAPISTS[(runner + 1) % 2]} if kind(runner) == "is answered by two" else by
            self._push(updates.answer_to(said, f"Then run again. (second-{runner:03})", **by))
            return
        answer = self._push(updates.answer_to(said, f"Rest it for a day. (first-{runner:03})", **by))
        if kind(runner) == "is answered twice":
            self._push(updates.answer_to(said, f"And go to bed early. (third-{runner:03})", **by))
        if kind(runner) == "reads an edited answer":
            edit = {**by, "message_id": answer["message"]["message_id"], "reply_to_message": said}
            self._push(updates.edited_message(f"Rest it for two days. (mended-{runner:03})", chat_id=STAFF, **edit))

    # --- the runners --------------------------------------------------------------------------

    def _runner_reads(self, message: Json, runner: int) -> None:
        labels = {b["text"]: b["callback_data"] for row in rows(message) for b in row}
        if "Ask a therapist" in labels and self._is_new("answered", runner):
            self._tap(labels["Ask a therapist"], message, runner)
        if "Yes, pass it on" in labels and self._is_new("may agree", runner):
            for _ in range(2 if kind(runner) == "taps Yes twice" else 1):
                self._tap(labels["Yes, pass it on"], message, runner)
        if "closed your conversation" in message["text"]:
            self.over.add(runner)
        for what, _ in words_in(message["text"]):
            if not self._is_new(what, runner):
                continue
            if what == "first":
                self._write_back(runner, message)
            if what == "second" and kind(runner) == "closes":
                self._tap(labels["Close"], message, runner)
            elif what == "second" and kind(runner) == "is closed by the clinic":
                under = next(m for m in self._api.messages(0) if f"wrote-{runner:03}" in m["text"])
                self._push(updates.answer_to(under, "/close", **{"from": THERAPISTS[0]}))
            elif what == "second":
                self.over.add(runner)

    def _write_back(self, runner: int, said: Json) -> None:
        by = {"from": self._from(runner)["from"]}
        self._push(updates.answer_to(said, f"the left one (wrote-{runner:03})", **by))
        if kind(runner) == "writes back twice":
            self._push(updates.answer_to(said, f"below the knee (more-{runner:03})", **by))
        if kind(runner) == "asks the bot, too":
            self._push(updates.message(f"what does a session cost (aside-{runner:03})", **self._from(runner)))

    def _tap(self, code: str, under: Json, runner: int) -> None:
        by = self._from(runner)
        self._push(updates.callback(code, under, chat_id=by["chat_id"], by=by["from"]))

    @staticmethod
    def _from(runner: int) -> Json:
        return {"chat_id": FIRST_CHAT + runner, "from": {**updates.RUNNER, "id": FIRST_CHAT + runner}}

    # --- both ---------------------------------------------------------------------------------

    def _push(self, update: Json) -> Json:
        said = update.get("message") or update.get("edited_message") or {}
        for word in words_in(said.get("text", "")):
            self.numbers[word] = update["update_id"]
        self._town.deliver([update])
        return update

    def _is_new(self, what: str, runner: int) -> bool:
        """Return whether this is read for the first time: what comes again is not answered again."""
        new = (what, runner) not in self._known
        self._known.add((what, runner))
        return new


def kind(runner: int) -> str:
    return _KINDS[runner % len(_KINDS)]


def words_in(text: str) -> list[Word]:
    return [(what, int(runner)) for what, runner in _WORD.findall(text)]


def rows(message: Json) -> list[list[Json]]:
    found: list[list[Json]] = message.get("reply_markup", {}).get("inline_keyboard", [])
    return found


def to_be_read_by_staff(runner: int) -> list[str]:
    edited = ["edited"] if kind(runner) == "edits the question" else []
    return ["asked", *edited, "wrote", *(["more"] if kind(runner) == "writes back twice" else [])]


def to_be_read_by(runner: int) -> list[str]:
    between = {"is answered twice": ["third"], "reads an edited answer": ["mended"]}.get(kind(runner), [])
    return ["first", *between, *([] if kind(runner) == "blocks the bot" else ["second"])]


@pytest.fixture
def town(database: str, small_folder: Path, tmp_path: Path) -> Iterator[Town]:
    api = LimitedApi(SharedClock(tmp_path / "clock"))
    with FaultyServer(api) as server:
        yield Town(api, server.url, database, small_folder, tmp_path, "polling")


def staffed(town: Town, tmp_path: Path) -> BotProcess:
    command = ("tests.support.clocked_bot", str(tmp_path / "clock"))
    return town.bot(command=command, STAFF_CHAT_ID=str(STAFF))


@databases(SQLITE)
def test_two_hundred_conversations_reach_their_own_people_whole_and_in_order_over_a_stop_and_two_kills(
    town: Town, tmp_path: Path
) -> None:
    api = town.api
    assert isinstance(api, LimitedApi)
    everybody = Everybody(town, api, random.Random(22))
    everybody.begin()
    logs, unsettled = [], Counter[int]()
    for told, how in RESTARTS:
        with staffed(town, tmp_path) as bot:
            everybody.until(told)
            assert bot.stop(how) == (0 if how is signal.SIGTERM else -how)
        logs.append(bot.log)
        unsettled.update(town.waiting())
        town.a_minute_passes()
    with staffed(town, tmp_path) as bot:
        everybody.until()
        eventually(lambda: not rows_of(town, "inbox", "outbox"), "nothing left to be sent or handled")
        assert bot.stop() == 0
    logs.append(bot.log)
    check_what_was_read(everybody, api.texts, unsettled)
    check_the_limit(api)
    check_what_is_kept(town)
    for log in logs:
        assert troubles(log) == []
        assert _WORD.search(log) is None
        assert _CHAT.search(log) is None


def check_what_was_read(everybody: Everybody, read: list[Call], unsettled: Counter[int]) -> None:
    """Assert that each word came to its own people, in order.

    ``unsettled``: by how many ends of a bot each update was handed out once more.
    """
    found: dict[tuple[int, int], list[str]] = defaultdict(list)
    for call in read:
        chat = int(call.params["chat_id"])
        for what, runner in words_in(call.shown):
            if chat == STAFF:
                assert what in _FROM_RUNNERS, call.shown
                assert ref_in(call.shown) == everybody.refs[runner], call.shown
            else:
                assert what in _BY_THERAPISTS, call.shown
                assert chat == FIRST_CHAT + runner, f"{call.shown} came to {chat}"
            found[chat, runner].append(what)
    assert len(set(everybody.refs.values())) == len(RUNNERS)
    by_staff = {runner: list(dict.fromkeys(found[STAFF, runner])) for runner in RUNNERS}
    assert by_staff == {runner: to_be_read_by_staff(runner) for runner in RUNNERS}
    by_runners = {runner: list(dict.fromkeys(found[FIRST_CHAT + runner, runner])) for runner in RUNNERS}
    assert by_runners == {runner: to_be_read_by(runner) for runner in RUNNERS}
    again = Counter((what, runner) for (_, runner), whats in found.items() for what in whats)
    again.subtract(set(again))
    relayed = [word for word in again.elements() if word[0] in _BY_THERAPISTS]
    assert all(again[word] <= unsettled[everybody.numbers[word]] for word in relayed), again
    assert len(relayed) <= len(RESTARTS)  # therapists' messages go one after the other
    # One letter may be on its way at each end; others come again only with what brought them.
    brought = [word for word in again.elements() if word[0] in _FROM_RUNNERS]
    unexplained = [word for word in brought if again[word] > unsettled[everybody.numbers[word]]]
    assert len(unexplained) <= len(RESTARTS), unexplained


def check_the_limit(api: LimitedApi) -> None:
    """Assert that the bot kept to the limit as far as it can know: each one begins anew, knowing of no message."""
    assert api.refused <= 4 * (len(RESTARTS) + 1)
    assert api.disobeyed <= api.refused  # there are two that send, and one may have had its turn already


def check_what_is_kept(town: Town) -> None:
    """Assert that of conversations that are over, and of what was said in any, nothing is known."""
    kept = "\n".join(rows_of(town, *metadata.tables))
    ended = ("blocks the bot", "closes", "is closed by the clinic")
    assert {int(chat) - FIRST_CHAT for chat in _CHAT.findall(kept)} == {
        runner for runner in RUNNERS if kind(runner) not in ended
    }
    assert _WORD.search(kept) is None


def rows_of(town: Town, *tables: str) -> list[str]:
    return asyncio.run(_rows_of(town.database, tables))


async def _rows_of(address: str, tables: Sequence[str]) -> list[str]:
    opened = Database.open(address)
    async with opened.reading() as connection:
        found = [
            f"{table}: {tuple(row)}"
            for table in tables
            for row in await connection.execute(select(metadata.tables[table]))
        ]
    await opened.close()
    return found
