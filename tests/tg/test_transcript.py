"""One long conversation over HTTP, to the letter: what Telegram is told for each kind of update.

A change that means to leave people's replies alone leaves ``transcript.json`` alone. One that means to change them
has it written anew with ``RECORD=1 pytest tests/tg/test_transcript.py``, and the difference is read.
"""

import itertools
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.understanding.mind import Mind
from tests.support import updates
from tests.support.bot_api import TOKEN, BotApi, BotApiServer, Call
from tests.support.knowledge import DANGER, OFF_TOPIC, QUESTION, stand_in_texts, vague_question, write_knowledge
from tests.support.process import BotProcess
from tests.support.updates import BOT_NAME, GROUP_ID, PHOTO, SUPERGROUP_ID, VOICE, Json

RECORD = Path(__file__).with_name("transcript.json")
END = "???"
"""Gets the notice on messages without words: the last thing that happens in every scene."""
CURIOUS, ASKING, SENDING, UNSURE, FRIEND, BLOCKED, UNLUCKY = 501, 502, 503, 504, 505, 506, 507
"""Persons, each with a private chat: together they would flood the bot."""


class Stage:
    """A running bot, to which one update after the other is sent."""

    def __init__(self, api: BotApi) -> None:
        self.api = api
        self._numbers = itertools.count(1)
        self._ends = 0
        api.wait_for("setMyShortDescription")
        # What is said at a start is said by several tasks at once.
        self.start = sorted(self._told(0), key=json.dumps)

    def play(self, update: Json, chat: int, person: int) -> list[Json]:
        """Return what Telegram is told because of ``update`` and a last word of ``person`` in its ``chat``."""
        before = len(self.api.calls)
        self._push(update, person)
        self._push(updates.message(END if chat > 0 else f"@{BOT_NAME} {END}", chat_id=chat), person)
        self._ends += 1
        self.api.wait_until(self._ended, "the end of the scene")
        return self._told(before)

    def _ended(self) -> bool:
        return sum("<empty>" in call.shown for call in self.api.sent) == self._ends

    def _told(self, before: int) -> list[Json]:
        return [_line(call) for call in self.api.calls[before:] if call.method != "getUpdates"]

    def _push(self, update: Json, person: int) -> None:
        """Send ``update`` with numbers of the stage's own: the usual ones go on from test to test."""
        number = next(self._numbers)
        (kind, content), *_ = ((k, v) for k, v in update.items() if k != "update_id")
        own = {"id": f"tap {number}"} if kind == "callback_query" else {"message_id": 1_000 + number}
        content = {**content, **own, "from": {**updates.RUNNER, "id": person}}
        self.api.push({"update_id": number, kind: content})


def _line(call: Call) -> Json:
    return {"method": call.method, "status": call.status, "params": call.params}


Scene = tuple[str, int, Callable[[], Json]]


def scenes(api: BotApi, vague: str) -> Iterator[Scene]:
    """Yield the name of each scene, its chat, and what makes its update once the scenes before it are over."""
    commands = ("start", "start pain", "topics", "help", "therapist", "sources", "privacy", "mydata", "nonsense")
    yield from ((f"/{command}", CURIOUS, _typed(f"/{command}", CURIOUS)) for command in commands)
    yield from ((name, ASKING, make) for name, make in _questions(api).items())
    yield from ((name, SENDING, make) for name, make in _odd_messages(api).items())
    yield "a vague question", UNSURE, _typed(vague, UNSURE)
    yield "none of these", UNSURE, _tap(api, "<button_none_of_these>", UNSURE)
    yield "a danger sign", FRIEND, _typed(DANGER, FRIEND)
    yield "and on", FRIEND, _typed("can I run again after a session", FRIEND)
    yield "none of it applies", FRIEND, _tap(api, "<button_none_applies>", FRIEND)
    yield "forgotten", FRIEND, _typed("/forget", FRIEND)
    for group in (GROUP_ID, SUPERGROUP_ID):
        yield f"group {group}: chatter", group, _typed("who runs on sunday?", group)
        yield f"group {group}: asked", group, _typed(f"@{BOT_NAME} {QUESTION}", group)
        yield f"group {group}: a command of the private chat", group, _typed("/topics", group)
        yield f"group {group}: therapist", group, _typed(f"/therapist@{BOT_NAME}", group)
        yield f"group {group}: danger", group, _typed(f"@{BOT_NAME} {DANGER}", group)
    yield "blocked", BLOCKED, _failing(api, BLOCKED, 403, "Forbidden: bot was blocked by the user")
    yield "a server error", UNLUCKY, _failing(api, UNLUCKY, 502, "Bad Gateway")
    yield "markup refused", UNLUCKY, _failing(api, UNLUCKY, 400, "Bad Request: can't parse entities: no tag")
    yield "refused for good", UNLUCKY, _failing(api, UNLUCKY, 400, "Bad Request: message is too long")
    yield "too fast", UNLUCKY, _failing(api, UNLUCKY, 429, "Too Many Requests", retry_after=1)
    yield "moved", -77, _failing(api, -77, 400, "Bad Request: upgraded", migrate_to_chat_id=SUPERGROUP_ID)


def _questions(api: BotApi) -> dict[str, Callable[[], Json]]:
    return {
        "a question": _typed(QUESTION, ASKING),
        "not quite": _tap(api, "<button_did_not_help>", ASKING),
        "why not": _tap(api, "<button_reason_little>", ASKING),
        "a related question": _tap(api, "Running after a session", ASKING),
        "that helped": _tap(api, "<button_helped>", ASKING),
        "a question that nothing answers": _typed(OFF_TOPIC, ASKING),
        "kept for the clinic": lambda: _quoting(api, OFF_TOPIC, "<button_keep_question>"),
    }


def _odd_messages(api: BotApi) -> dict[str, Callable[[], Json]]:
    german = "darf ich nach der Behandlung mit den Nadeln wieder laufen und wie lange nicht"
    album = {**PHOTO, "media_group_id": "a"}
    return {
        "a changed message": lambda: updates.edited_message("what does a session cost", chat_id=SENDING),
        "another language": _typed(german, SENDING),
        "a voice message": lambda: updates.message(chat_id=SENDING, **VOICE),
        "a photo with a question": lambda: updates.message(chat_id=SENDING, **PHOTO, caption=QUESTION),
        "an album": lambda: updates.message(chat_id=SENDING, **album),
        "the rest of it": lambda: updates.message(chat_id=SENDING, **album),
        "somebody joins": lambda: updates.message(chat_id=SENDING, new_chat_members=[updates.OTHER_RUNNER]),
        "a tap on a button of long ago": lambda: updates.callback("e:pain", None, chat_id=SENDING),
        "a tap that means nothing": lambda: updates.callback("zz:1", api.last_message, chat_id=SENDING),
    }


def _typed(text: str, chat: int) -> Callable[[], Json]:
    return lambda: updates.message(text, chat_id=chat)


def _tap(api: BotApi, label: str, chat: int) -> Callable[[], Json]:
    def make() -> Json:
        under = api.message_with(label)
        return updates.callback(_code(under, label), under, chat_id=chat)

    return make


def _failing(api: BotApi, chat: int, status: int, why: str, **parameters: int) -> Callable[[], Json]:
    """Return what makes a question whose answer Telegram refuses once."""

    def make() -> Json:
        api.fail_next("sendMessage", status, why, times=1, body=None, **parameters)
        return updates.message(QUESTION if chat > 0 else f"@{BOT_NAME} {QUESTION}", chat_id=chat)

    return make


def _code(message: Json, label: str) -> str:
    buttons = (button for row in message["reply_markup"]["inline_keyboard"] for button in row)
    return next(str(button["callback_data"]) for button in buttons if button["text"] == label)


def _quoting(api: BotApi, question: str, label: str) -> Json:
    under = api.message_with(label)
    asked = updates.message(question)["message"] | {"message_id": 900}
    return updates.callback(_code(under, label), {**under, "reply_to_message": asked})


def test_telegram_is_told_what_it_was_told_before(tmp_path: Path, mind: Mind) -> None:
    knowledge = write_knowledge(tmp_path / "knowledge", {"texts.yaml": stand_in_texts()})
    settings = {
        "TELEGRAM_BOT_TOKEN": TOKEN,
        "KNOWLEDGE_DIR": str(knowledge),
        "DATABASE_URL": str(tmp_path / "bot.db"),
        "PACING": "false",
    }
    with BotApiServer() as server, BotProcess(tmp_path, TELEGRAM_API_URL=server.url, **settings) as bot:
        stage = Stage(server.api)
        told = {"start": stage.start}
        for name, chat, make in scenes(server.api, vague_question(mind)):
            told[name] = stage.play(make(), chat, person=abs(chat))
        assert bot.stop() == 0
    if os.environ.get("RECORD"):
        RECORD.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        pytest.fail("written anew: read the difference, then run without RECORD")
    before = json.loads(RECORD.read_text(encoding="utf-8"))
    assert list(told) == list(before)
    for name in told:
        assert told[name] == before[name], name
