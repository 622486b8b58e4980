import pytest

from bot.knowledge.commands import must_be_obeyed


@pytest.mark.parametrize("text", ["/help", " /HELP@bot ", "/forget my chest", "/start calf", "/start"])
def test_a_command_alone_or_one_that_does_something_is_not_held_up(text: str) -> None:
    assert must_be_obeyed(text)


@pytest.mark.parametrize("text", ["/help my chest", "/therapist now", "/nonsense", "help", "", "/"])
def test_what_stands_behind_a_page_or_is_no_command_may_be_asked_about(text: str) -> None:
    assert not must_be_obeyed(text)
