import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bot.text.lexical import LexicalKernel
from bot.text.normalise import normalise

PHRASES = [
    normalise(t) for t in ("does it hurt", "can i run tomorrow", "needling for calf pain", "does it hurt much")
]
KERNEL = LexicalKernel(PHRASES)


def test_a_phrase_is_wholly_similar_to_itself_and_nearest_to_its_like() -> None:
    gram = np.array([KERNEL.to_phrases(place) for place in range(len(PHRASES))])
    np.testing.assert_allclose(np.diag(gram), 1, atol=1e-5)
    np.testing.assert_allclose(gram, gram.T, atol=1e-5)
    assert int(np.argsort(-gram[0])[1]) == 3


def test_a_misspelt_word_still_resembles_the_right_one() -> None:
    assert int(np.argmax(KERNEL.similarities(normalise("needlng calfs")))) == 2


@given(st.text(max_size=200))
def test_similarities_lie_between_nothing_and_one(text: str) -> None:
    similarities = KERNEL.similarities(normalise(text))
    assert similarities.shape == (4,)
    assert np.all(similarities >= 0) and np.all(similarities <= 1 + 1e-5)


def test_no_phrases_and_strange_letters_are_no_trouble() -> None:
    assert LexicalKernel([]).similarities(normalise("hello")).shape == (0,)
    assert KERNEL.similarities(normalise("ж")).max() == 0
