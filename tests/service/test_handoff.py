"""A whole conversation between a runner and a therapist, over HTTP, with a bot that is killed and started anew."""

from typing import Any

from tests.service.test_process import database, mode, polling_only, postgres, sqlite_only, town
from tests.service.test_staff import STAFF, told, wait_until_told
from tests.support import updates
from tests.support.knowledge import QUESTION
from tests.support.process import BotProcess
from tests.support.town import Town, question
from tests.support.updates import Json

__all__ = ["database", "mode", "postgres", "town"]  # fixtures

RUNNER = 101
THERAPIST = {**updates.RUNNER, "id": 91}


def staffed(town: Town) -> BotProcess:
    return town.bot(STAFF_CHAT_ID=str(STAFF))


def tap(town: Town, label: str) -> None:
    """Let the runner tap the last button with ``label``."""
    with town.api.changed:
        read = [m for (chat, _), m in town.api._messages.items() if chat == RUNNER and "reply_markup" in m]
    found = [
        (m, b) for m in read for row in m["reply_markup"]["inline_keyboard"] for b in row if b["text"] == label
    ]
    under, button = found[-1]
    person = {**updates.RUNNER, "id": RUNNER}
    town.deliver([updates.callback(button["callback_data"], under, chat_id=RUNNER, by=person)])


def reply(town: Town, words: str, text: str | None, chat: int, person: Json, **fields: Any) -> None:
    """Let ``person`` reply to the message with ``words`` in ``chat``."""
    with town.api.changed:
        kept = [m for (where, _), m in town.api._messages.items() if where == chat and words in m["text"]]
    town.deliver([updates.message(text, chat_id=chat, reply_to_message=kept[-1], **{"from": person}, **fields)])


@polling_only
@sqlite_only
def test_a_question_reaches_the_clinic_and_both_write_back_over_kills(town: Town) -> None:
    runner = {**updates.RUNNER, "id": RUNNER}
    with staffed(town) as bot:
        bot.wait_for("ready")
        town.deliver([question(QUESTION, RUNNER), question(QUESTION, RUNNER + 1)])
        wait_until_told(town, RUNNER, "Does it hurt?")
        wait_until_told(town, RUNNER + 1, "Does it hurt?")
        under = next(m for (chat, _), m in town.api._messages.items() if chat == RUNNER)
        town.deliver([updates.callback("ask:pain", under, chat_id=RUNNER, by=runner)])
        wait_until_told(town, RUNNER, "Shall I pass this on?")
        tap(town, "Yes, pass it on")
        wait_until_told(town, STAFF, f"A runner asks:\n\n{QUESTION}")
        bot.kill()
    town.a_minute_passes()
    with staffed(town) as bot:
        bot.wait_for("ready")
        reply(town, QUESTION, "Which leg?", STAFF, THERAPIST)
        wait_until_told(town, RUNNER, "From the clinic:\n\nWhich leg?")
        wait_until_told(town, STAFF, "Passed on.")
        bot.kill()
    town.a_minute_passes()
    with staffed(town) as bot:
        bot.wait_for("ready")
        reply(town, "Which leg?", "the left one", RUNNER, runner)
        wait_until_told(town, STAFF, "The runner writes:\n\nthe left one")
        reply(town, "the left one", "Rest it.", STAFF, THERAPIST)
        wait_until_told(town, RUNNER, "From the clinic:\n\nRest it.")
        reply(town, "the left one", None, STAFF, THERAPIST, **updates.PHOTO, caption="Like this.")
        [copied] = town.api.wait_for("copyMessage")
        assert copied.params["chat_id"] == RUNNER
        assert copied.shown.startswith("From the clinic:\n\nLike this.")
        tap(town, "Close")
        wait_until_told(town, STAFF, "The runner has closed this conversation.")
        assert bot.stop() == 0
        assert QUESTION not in bot.log
    assert told(town, RUNNER + 1, "From the clinic") == []
    # A kill may come between the message and the note that it was sent: then it is the same one that comes again.
    for words in (QUESTION, "the left one"):
        assert len({call.shown for call in told(town, STAFF, words)}) == 1
