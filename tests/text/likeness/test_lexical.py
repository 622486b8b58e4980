import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text.likeness.lexical import COMMONEST, LexicalIndex
from bot.text.normalise import Normalised, normalise

PHRASES = [
    normalise(t) for t in ("does it hurt", "can i run tomorrow", "needling for calf pain", "does it hurt much")
]
INDEX = LexicalIndex(PHRASES)


def test_a_phrase_is_wholly_similar_to_itself_and_nearest_to_its_like() -> None:
    [(_, gram)] = INDEX.gram(np.arange(len(PHRASES)), together=9)
    np.testing.assert_allclose(np.diag(gram), 1, atol=1e-3)
    np.testing.assert_allclose(gram, gram.T, atol=1e-3)
    assert int(np.argsort(-gram[0])[1]) == 3


def test_comparing_phrases_gives_the_gram_matrix_of_any_rows() -> None:
    rows = np.array([3, 0, 3])
    table = np.array([INDEX.similarities(PHRASES[row]) for row in rows])[:, rows]
    blocks = [*INDEX.gram(rows, together=2)]
    assert [start for start, _ in blocks] == [0, 2]
    np.testing.assert_allclose(np.concatenate([block for _, block in blocks]), table, atol=1e-6)


def test_a_misspelt_word_still_resembles_the_right_one() -> None:
    assert int(np.argmax(INDEX.similarities(normalise("needlng calfs")))) == 2


def test_word_order_counts() -> None:
    index = LexicalIndex([normalise("run before needling"), normalise("needling before run")])
    first, second = index.similarities(normalise("run before needling"))
    assert first > second > 0


@given(st.text(max_size=200))
def test_similarities_lie_between_nothing_and_one(text: str) -> None:
    similarities = INDEX.similarities(normalise(text))
    assert similarities.shape == (4,)
    assert np.all(similarities >= 0) and np.all(similarities <= 1 + 1e-5)


@given(st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=6))
def test_every_phrase_with_a_word_is_found_by_itself(texts: list[str]) -> None:
    phrases = list(dict.fromkeys(normalise(text) for text in texts))
    index = LexicalIndex(phrases)
    for row, phrase in enumerate(phrases):
        itself = index.similarities(phrase)[row]
        assert itself == 0 or itself == pytest.approx(1, abs=1e-4)


def test_what_nearly_every_phrase_holds_counts_for_nothing() -> None:
    common = [normalise(f"needling {chr(97 + n % 26)}{chr(97 + n // 26)}q") for n in range(300)]
    assert COMMONEST < 1
    similarities = LexicalIndex(common).similarities(normalise("needling"))
    assert similarities.max() == 0
    assert LexicalIndex(common[:9]).similarities(normalise("needling")).min() > 0


def test_no_phrases_and_strange_letters_are_no_trouble() -> None:
    nothing = LexicalIndex([])
    assert nothing.similarities(normalise("hello")).shape == (0,)
    assert [*nothing.gram(np.arange(0), together=2)] == []
    assert INDEX.similarities(normalise("ж")).max() == 0
    assert LexicalIndex([Normalised("")]).similarities(normalise("a")).tolist() == [0]
