"""Dictated marks, fillers and the emoji that speak, put into words."""

import pytest

from bot.text.spoken import in_words, speaks_of_bleeding, speaks_of_breath


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("my calf is tight comma does it help question mark", "my calf is tight, does it help?"),
        ("it hurts exclamation mark", "it hurts!"),
        ("I ran period can I run again question mark", "I ran. can I run again?"),
        ("so um my calf, uhm, is errr tight", "so my calf, is tight"),
        ("I missed my period", "I missed my period"),
        ("um wie viel uhr geht es", "um wie viel uhr geht es"),
        ("um", "um"),
        ("👍", "thanks"),
        ("🙏👍🏽!", "thanks"),
        ("👋", "bye"),
        ("🚑🚑🚑", "help"),
        ("🆘", "help"),
        ("🏃💉", "🏃💉"),
        ("👍🦶🔥", "👍🦶🔥"),
        ("does it help 👍", "does it help 👍"),
    ],
)
def test_what_is_said_in_marks_or_emoji_is_put_into_words(text: str, meant: str) -> None:
    assert in_words(text) == meant


def test_blood_is_put_into_words_and_told_of() -> None:
    assert in_words("🩸🩸 wont stop").split() == ["bleeding", "wont", "stop"]
    assert speaks_of_bleeding("after the needle 🩸")
    assert not speaks_of_bleeding("💔 after the needle")


@pytest.mark.parametrize(("text", "speaks"), [("🫁😰 since", True), ("🫁 nice", False), ("😰 nervous", False)])
def test_lungs_speak_of_breath_only_with_distress(text: str, speaks: bool) -> None:
    assert speaks_of_breath(text) is speaks
