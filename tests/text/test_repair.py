import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text.normalise import normalise
from bot.text.repair import WordRepairer

TEXTS = ["dry needling for the achilles tendon", "plantar fasciitis", "does it hurt", "can I run tomorrow", "calf"]
REPAIRER = WordRepairer.from_texts(TEXTS, correct=["horse", "tandem", "half"])


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("needleing", "needling"),
        ("achiles tendno", "achilles tendon"),
        ("plantar faciitis", "plantar fasciitis"),
        ("dryneedling", "dry needling"),
        ("achil les", "achilles"),
        ("tomorow", "tomorrow"),
    ],
)
def test_slips_joins_and_splits_are_mended(typed: str, meant: str) -> None:
    assert REPAIRER.repair(normalise(typed)) == meant


@pytest.mark.parametrize("text", ["horse", "tandem half", "10k", "run", "xyzzy", "ibuprofen"])
def test_correct_words_numbers_and_strange_words_are_left_alone(text: str) -> None:
    assert REPAIRER.repair(normalise(text)) == text


def test_punctuation_stays_where_it_was() -> None:
    assert REPAIRER.repair(normalise("needleing, (achiles)?")) == "needling, (achilles)?"


@given(st.text(max_size=200))
def test_repairing_twice_changes_nothing_more_than_once(text: str) -> None:
    once = REPAIRER.repair(normalise(text))
    assert REPAIRER.repair(once) == REPAIRER.repair(REPAIRER.repair(once))


@given(st.sampled_from(sorted({w for t in TEXTS for w in t.lower().split()})))
def test_words_of_the_knowledge_base_are_never_changed(word: str) -> None:
    assert REPAIRER.repair(normalise(word)) == word


def test_a_known_word_behind_a_prefix_is_no_slip_for_another_word() -> None:
    repairer = WordRepairer.from_texts(["I have been overdrinking at every stop"], correct=["thinking", "think"])
    assert repairer.repair(normalise("overthinking")) == "overthinking"
    assert repairer.repair(normalise("overdrinkin")) == "overdrinking"
