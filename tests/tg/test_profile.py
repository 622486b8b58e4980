"""What Telegram shows for the bot before anybody wrote to it."""

from collections.abc import Callable

import pytest

from bot.assistant import Assistant
from bot.knowledge.model import OWN_FOLDER, KnowledgeBase
from bot.knowledge.texts import LONGEST_TEXT
from bot.ops.logs import configure
from bot.settings import LogFormat, LogLevel
from bot.tg.profile import set_profile
from tests.support import updates
from tests.support.knowledge import QUESTION, shown, wordings
from tests.support.offline import Telegram

SETTERS = ("setMyCommands", "setMyDescription", "setMyShortDescription")
GETTERS = ("getMyCommands", "getMyDescription", "getMyShortDescription")


async def test_commands_and_descriptions_are_the_ones_in_the_texts(
    telegram: Telegram, assistant: Assistant, knowledge: KnowledgeBase
) -> None:
    await set_profile(telegram.bot, assistant)
    shown_to_one = {c["command"]: c["description"] for c in telegram.api.commands["default"]}
    assert shown_to_one == {
        key.removeprefix("command_"): texts[0]
        for key, texts in knowledge.texts.items()
        if key.startswith("command_")
    }
    assert telegram.api.descriptions == {
        "description": knowledge.texts["bot_description"][0],
        "short_description": knowledge.texts["bot_short_description"][0],
    }


async def test_every_command_that_is_shown_is_known(
    telegram: Telegram, assistant: Assistant, knowledge: KnowledgeBase
) -> None:
    await set_profile(telegram.bot, assistant)
    everywhere = [command for commands in telegram.api.commands.values() for command in commands]
    assert len(everywhere) > 8
    for command in everywhere:
        before = len(telegram.api.sent)
        await telegram.receive(updates.message(f"/{command['command']}"))
        [call] = telegram.api.sent[before:]
        assert not call.shown.startswith(wordings(knowledge, "unknown_command")[0])


async def test_the_commands_shown_in_groups_are_answered_there(
    telegram: Telegram, assistant: Assistant, knowledge: KnowledgeBase
) -> None:
    await set_profile(telegram.bot, assistant)
    await telegram.receive(updates.message("/therapist", chat_id=updates.GROUP_ID))
    assert telegram.api.sent[-1].shown.startswith(wordings(knowledge, "therapist")[0])


async def test_groups_are_shown_a_few_commands_and_no_personal_ones(
    telegram: Telegram, assistant: Assistant
) -> None:
    await set_profile(telegram.bot, assistant)
    in_groups = {c["command"] for c in telegram.api.commands["all_group_chats"]}
    assert "therapist" in in_groups
    assert not in_groups & {"start", "mydata", "forget", "privacy"}


async def test_what_has_not_changed_is_not_set_again(telegram: Telegram, assistant: Assistant) -> None:
    await set_profile(telegram.bot, assistant)
    first = len(telegram.api.of(*SETTERS))
    await set_profile(telegram.bot, assistant)
    assert len(telegram.api.of(*SETTERS)) == first == 4


@pytest.mark.parametrize(
    ("spoil", "mended"),
    [
        (lambda api: api.commands["default"].pop(), "setMyCommands"),
        (lambda api: api.commands["all_group_chats"].reverse(), "setMyCommands"),
        (lambda api: api.descriptions.update(description="old"), "setMyDescription"),
        (lambda api: api.descriptions.update(short_description=""), "setMyShortDescription"),
    ],
    ids=["commands", "commands of groups", "description", "short description"],
)
async def test_only_what_has_changed_is_set(
    telegram: Telegram, assistant: Assistant, spoil: Callable[[object], object], mended: str
) -> None:
    await set_profile(telegram.bot, assistant)
    first = len(telegram.api.of(*SETTERS))
    spoil(telegram.api)
    await set_profile(telegram.bot, assistant)
    assert [call.method for call in telegram.api.of(*SETTERS)[first:]] == [mended]


@pytest.mark.parametrize("method", [*GETTERS, *SETTERS])
async def test_a_refusal_is_logged_and_questions_are_answered_all_the_same(
    telegram: Telegram,
    assistant: Assistant,
    knowledge: KnowledgeBase,
    logged: pytest.CaptureFixture[str],
    method: str,
) -> None:
    configure(LogLevel.INFO, LogFormat.TEXT)
    telegram.api.fail_next(method, 400, "Bad Request: something about it")
    await set_profile(telegram.bot, assistant)
    log = logged.readouterr().err
    assert "commands and descriptions not set" in log
    assert "Traceback" not in log
    await telegram.receive(updates.message(QUESTION))
    assert telegram.api.sent[-1].shown.startswith(shown(knowledge.entries["pain"]))


def test_the_words_for_telegram_and_for_buttons_fit_where_they_are_shown(knowledge: KnowledgeBase) -> None:
    """The texts of the small knowledge are the project's own, borrowed from its folder."""
    assert (OWN_FOLDER / "texts.yaml").is_file()
    limits = {"group_private": 79, "bot_description": 512, "bot_short_description": 120}
    for key, texts in knowledge.texts.items():
        longest = limits.get(key) or {"toast": 200, "command": 256, "button": 40}.get(key.partition("_")[0])
        if longest is not None:
            assert LONGEST_TEXT[key] == longest
            assert all(0 < len(text.strip()) <= longest for text in texts), key
