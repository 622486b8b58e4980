"""``run``, end to end: the real process, real HTTP, a Bot API of the tests' own."""

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.understanding.mind import Mind
from tests.cli.conftest import Command
from tests.support import updates
from tests.support.bot_api import TOKEN, BotApi, BotApiServer
from tests.support.knowledge import DANGER, QUESTION, leads_to_care, shown, vague_question, visible
from tests.support.process import BotProcess
from tests.support.updates import Json

WRONG_TOKEN = TOKEN.replace("A", "B")


class RunningBot:
    """A bot in a process of its own and the Telegram it talks to."""

    def __init__(self, api: BotApi, process: BotProcess) -> None:
        self.api = api
        self._process = process

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and return the exit code."""
        return self._process.stop(how)

    @property
    def errors(self) -> str:
        """What the process wrote."""
        return self._process.log


@contextmanager
def running_bot(
    folder: Path, scratch: Path, *, waiting: Sequence[Json] = (), **variables: str
) -> Iterator[RunningBot]:
    """Start ``python -m bot run`` with updates ``waiting`` and a database of its own."""
    with BotApiServer() as server:
        for update in waiting:
            server.api.push(update)
        settings = {
            "TELEGRAM_BOT_TOKEN": TOKEN,
            "TELEGRAM_API_URL": server.url,
            "KNOWLEDGE_DIR": str(folder),
            "DATABASE_URL": str(scratch / "bot.db"),
        }
        with BotProcess(scratch, **settings, **variables) as process:
            yield RunningBot(server.api, process)


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_a_question_a_tap_and_a_danger_sign_are_answered_and_nothing_of_them_is_logged(
    small_folder: Path, tmp_path: Path, mind: Mind, log_format: str
) -> None:
    knowledge = mind.knowledge
    with running_bot(small_folder, tmp_path, LOG_LEVEL="DEBUG", LOG_FORMAT=log_format) as bot:
        api = bot.api
        api.push_message(QUESTION)
        [answer] = api.wait_for_messages(1)
        assert answer.shown.startswith(shown(knowledge.entries["pain"]))

        api.push_message(vague_question(mind))
        choices = api.wait_for_messages(2)[1]
        api.push_callback(choices.code(choices.buttons[0][0]))
        [edited] = api.wait_for("editMessageText")
        titles = {entry.title: entry for entry in knowledge.entries.values()}
        assert edited.shown.startswith(shown(titles[choices.buttons[0][0]]))
        assert len(api.of("answerCallbackQuery")) == 1

        api.push_message(DANGER)
        urgent = api.wait_for_messages(3)[2]
        assert urgent.shown.startswith(visible(knowledge.red_flags["chest"].reply))
        assert all(leads_to_care(call.shown, knowledge) for call in api.texts)
        assert bot.stop() == 0
    assert any("ready" in line and "polling" in line for line in bot.errors.splitlines())
    assert "red flag" in bot.errors
    asked = [QUESTION, DANGER, vague_question(mind), updates.RUNNER["first_name"], updates.RUNNER["username"]]
    assert [secret for secret in (TOKEN, TOKEN.split(":")[1], *asked) if secret in bot.errors] == []
    assert "Traceback" not in bot.errors
    assert "HTTP Request" not in bot.errors


def test_questions_sent_while_the_bot_was_down_are_answered_once_and_marked_as_read(
    small_folder: Path, tmp_path: Path
) -> None:
    waiting = [updates.message(QUESTION) for _ in range(3)]
    with running_bot(small_folder, tmp_path, waiting=waiting) as bot:
        bot.api.wait_for_messages(3)
        # What is stored is marked as read at once: nothing is left for the next start to answer a second time.
        bot.api.wait_until(lambda: bot.api.pending == 0, "all marked as read")
        assert bot.stop() == 0
        assert len(bot.api.sent) == 3


def test_every_kind_of_update_the_bot_answers_is_asked_for(small_folder: Path, tmp_path: Path) -> None:
    with running_bot(small_folder, tmp_path) as bot:
        bot.api.push_edited_message(QUESTION)
        bot.api.push_photo(caption=QUESTION)
        bot.api.push_voice()
        bot.api.push_sticker()
        bot.api.wait_for_messages(4)
        asked = {
            tuple(call.params["allowed_updates"]) for call in bot.api.of("getUpdates") if "timeout" in call.params
        }
        assert bot.stop(signal.SIGINT) == 0
    assert {"message", "edited_message", "callback_query"} <= {kind for kinds in asked for kind in kinds}


def test_a_bad_moment_of_the_network_is_survived(small_folder: Path, tmp_path: Path) -> None:
    with running_bot(small_folder, tmp_path) as bot:
        bot.api.push_message(QUESTION)
        bot.api.wait_for_messages(1)
        bot.api.fail_next("getUpdates", 502, body=b"<html>Bad Gateway</html>")
        bot.api.push_message(QUESTION)
        bot.api.push_message(QUESTION)
        bot.api.wait_for_messages(3)
        assert bot.stop() == 0
    assert TOKEN not in bot.errors


def test_a_token_that_telegram_refuses_is_said_in_a_sentence(
    process: Command, small_folder: Path, tmp_path: Path
) -> None:
    with BotApiServer() as server:
        code, out, err = process(
            "run", "--knowledge", small_folder, TELEGRAM_BOT_TOKEN=WRONG_TOKEN, TELEGRAM_API_URL=server.url
        )
    assert code != 0
    assert out == ""
    assert "Telegram refuses TELEGRAM_BOT_TOKEN. Copy it again from @BotFather.\n" in err
    assert "Traceback" not in err
    assert WRONG_TOKEN not in err


def test_without_a_token_the_bot_says_where_to_get_one(process: Command, small_folder: Path) -> None:
    code, out, err = process("run", "--knowledge", small_folder)
    assert (code, out) == (2, "")
    assert err.startswith("TELEGRAM_BOT_TOKEN is missing or is not a token. Get one from @BotFather")
    assert len(err.splitlines()) == 1


def test_settings_that_cannot_be_used_are_all_named_but_not_quoted(process: Command, small_folder: Path) -> None:
    code, out, err = process(
        "run",
        TELEGRAM_BOT_TOKEN=TOKEN,
        TELEGRAM_API_URL="ftp://secret@example.org",
        LOG_LEVEL="LOUD",
        KNOWLEDGE_DIR=str(small_folder),
    )
    assert (code, out) == (2, "")
    assert "TELEGRAM_API_URL: must start with http:// or https://" in err
    assert "LOG_LEVEL: " in err
    assert TOKEN not in err
    assert "secret" not in err
    assert "Traceback" not in err
