import unicodedata

from hypothesis import example, given
from hypothesis import strategies as st

from bot.text.normalise import normalise, words


@given(st.text())
@example("ǰ̌ ﬁ İ ſ")
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


@given(st.text(alphabet=st.characters(max_codepoint=127)))
@example("`a\tb c d e\x1f h e l p\x7f  SOOOO")
def test_plain_text_is_normalised_as_it_is_beside_other_letters(text: str) -> None:
    assert normalise(f"{text} éa") == f"{normalise(text)} éa".strip()


@given(st.text())
def test_the_result_has_no_invisible_characters_and_single_blanks(text: str) -> None:
    result = normalise(text)
    assert result == " ".join(result.split())
    assert not any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn") for c in result)


@given(st.text(alphabet=st.characters(categories=["Cc", "Cf", "Zs"])))
def test_text_without_visible_characters_becomes_empty(text: str) -> None:
    assert normalise(text) == ""


def test_case_quotes_width_and_stretching_do_not_matter() -> None:
    assert normalise("  It’s SOOOOO\u200b ｓｏｒｅ ") == "it's soo sore"


def test_an_apostrophe_inside_a_word_belongs_to_it() -> None:
    assert words(normalise("Isn't the runner's knee 'odd'?")) == ["isn't", "the", "runner's", "knee", "odd"]
