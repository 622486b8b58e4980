"""How alike texts are: a kernel made of shared words and of meaning."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text.encoder import Encoder
from bot.text.lexical import LexicalKernel
from bot.text.repair import WordRepairer
from bot.text.similarity import Similarity
from bot.text.utterance import Part, Preparer
from tests.support.encoder import WordEncoder

PHRASES = ["does it hurt", "can i run tomorrow", "needling for calf pain", "does it hurt much", "price please"]
LEXICAL = Preparer(WordRepairer({}), {})
BOTH = Preparer(WordRepairer({}), {}, WordEncoder())


def parts(preparer: Preparer, *texts: str) -> list[Part]:
    return preparer.phrases(texts)


@pytest.mark.parametrize("preparer", [LEXICAL, BOTH], ids=["words alone", "words and meaning"])
def test_it_is_a_valid_kernel_in_which_a_phrase_is_wholly_like_itself(preparer: Preparer) -> None:
    similarity = Similarity(parts(preparer, *PHRASES))
    gram = similarity.gram().astype(np.float64)
    assert similarity.size == len(PHRASES) and gram.shape == (len(PHRASES), len(PHRASES))
    np.testing.assert_allclose(np.diag(gram), 1, atol=2e-3)
    np.testing.assert_allclose(gram, gram.T, atol=1e-3)
    assert np.linalg.eigvalsh(gram).min() > -1e-3
    assert int(np.argsort(-gram[0])[1]) == 3


@pytest.mark.parametrize("preparer", [LEXICAL, BOTH], ids=["words alone", "words and meaning"])
def test_comparing_the_phrases_gives_the_gram_matrix(preparer: Preparer) -> None:
    phrases = parts(preparer, *PHRASES)
    similarity = Similarity(phrases)
    np.testing.assert_allclose(similarity.to(phrases), similarity.gram(), atol=1e-3)


def test_it_is_the_mean_of_both_cosines_squared() -> None:
    phrases = parts(BOTH, *PHRASES)
    kernel = LexicalKernel([part.repaired for part in phrases])
    lexical = np.array([kernel.similarities(part.repaired) for part in phrases])
    vectors = np.array([part.vector for part in phrases])
    expected = ((lexical + vectors @ vectors.T) / 2) ** 2
    np.testing.assert_allclose(Similarity(phrases).to(phrases), expected, atol=1e-6)


def test_where_one_phrase_has_no_vector_words_alone_count() -> None:
    phrases = parts(BOTH, *PHRASES)
    some = [replace(phrases[0], vector=None), *phrases[1:]]
    np.testing.assert_allclose(Similarity(some).gram(), Similarity(parts(LEXICAL, *PHRASES)).gram())
    np.testing.assert_allclose(Similarity(some).to(phrases), Similarity(parts(LEXICAL, *PHRASES)).to(phrases))


@given(st.lists(st.text(max_size=60), min_size=1, max_size=4))
def test_it_lies_between_nothing_and_one(texts: list[str]) -> None:
    for preparer in (LEXICAL, BOTH):
        table = Similarity(parts(preparer, *PHRASES)).to(parts(preparer, *texts))
        assert table.shape == (len(texts), len(PHRASES)) and table.dtype == np.float32
        assert np.all(table >= 0) and np.all(table <= 1.01)


@pytest.mark.parametrize("preparer", [LEXICAL, BOTH], ids=["words alone", "words and meaning"])
def test_no_phrases_and_no_texts_are_no_trouble(preparer: Preparer) -> None:
    nothing = Similarity([])
    assert nothing.gram().shape == (0, 0)
    assert nothing.to(parts(preparer, "a", "b")).shape == (2, 0)
    assert Similarity(parts(preparer, *PHRASES)).to([]).shape == (0, len(PHRASES))


def test_another_wording_of_the_same_question_is_nearer_with_an_encoder(encoder: Encoder) -> None:
    preparer = Preparer(WordRepairer({}), {}, encoder)
    near = Similarity(parts(preparer, *PHRASES)).to(parts(preparer, "is the treatment painful"))[0]
    assert int(np.argmax(near)) in (0, 3)
