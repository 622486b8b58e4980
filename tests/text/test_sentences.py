from hypothesis import given
from hypothesis import strategies as st

from bot.text.sentences import LONGEST_SENTENCE, split_sentences


@given(st.text(max_size=3000))
def test_no_sentence_is_empty_or_longer_than_the_limit(text: str) -> None:
    for sentence in split_sentences(text):
        assert sentence == sentence.strip() != ""
        assert len(sentence) <= LONGEST_SENTENCE


@given(st.lists(st.text(alphabet="abcdefg", min_size=1, max_size=12), max_size=400))
def test_no_word_is_lost(words: list[str]) -> None:
    found = set(" ".join(split_sentences(" ".join(words))).split())
    assert set(words) <= found


def test_sentences_end_at_stops_lines_dashes_and_semicolons() -> None:
    text = "My calf is sore. Can I run?\nAlso - how much is it; and when"
    assert split_sentences(text) == ["My calf is sore.", "Can I run?", "Also", "how much is it", "and when"]


def test_numbers_and_abbreviations_stay_whole() -> None:
    assert split_sentences("ran 10.5 km, e.g.easy") == ["ran 10.5 km, e.g.easy"]
