"""How easily a text reads."""

import pytest

from bot.knowledge.markup import parse
from bot.review.reading import HARDEST, grade, prose

EASY = "Rest for a day. Walk if you can. Then run a bit."
HARD = (
    "Subsequent to intramuscular stimulation, individuals experiencing considerable discomfort generally "
    "necessitate additional consultation regarding rehabilitation alternatives."
)


def test_long_words_in_a_long_sentence_take_more_school_than_short_ones() -> None:
    assert grade(EASY) < 2
    assert grade(HARD) > HARDEST
    assert grade("") == grade("… 🙂") == 0.0


@pytest.mark.parametrize(
    ("words", "syllables"),
    [
        ("needle little muscle", 6),
        ("wanted needed", 4),
        ("walked stopped", 2),
        ("media trial", 5),
    ],
)
def test_syllables_are_counted_as_they_are_spoken(words: str, syllables: int) -> None:
    count = len(words.split())
    assert grade(f"{words}.") == pytest.approx(0.39 * count + 11.8 * syllables / count - 15.59)


def test_each_line_of_a_list_is_a_sentence() -> None:
    assert prose(parse("Bring:\n\n- shorts\n- a towel.\n- water")) == "Bring: shorts. a towel. water."
