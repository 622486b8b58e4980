"""How alike texts are: a kernel made of shared words and of meaning."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text.likeness.arrays import Floats, unpacked
from bot.text.likeness.encoder import Encoder
from bot.text.likeness.lexical import LexicalIndex
from bot.text.likeness.phrasebook import WORDS_SHARE, Phrasebook
from bot.text.normalise import normalise
from tests.support.encoder import WordEncoder

PHRASES = [
    normalise(text)
    for text in (
        "does it hurt",
        "can i run tomorrow",
        "needling for calf pain",
        "does it hurt much",
        "price please",
    )
]
ALL = np.arange(len(PHRASES))


def book(encoder: Encoder | None) -> Phrasebook:
    return Phrasebook(PHRASES, encoder.encode(PHRASES) if encoder else None)


def table(encoder: Encoder | None, texts: list[str]) -> Floats:
    """Return the similarities of ``texts`` to the phrases."""
    said = [normalise(text) for text in texts]
    likeness = book(encoder).compare(said, encoder.encode(said) if encoder else None)
    return np.array([one.similarities for one in likeness]).reshape(-1, len(PHRASES))


either = pytest.mark.parametrize("encoder", [None, WordEncoder()], ids=["words alone", "words and meaning"])


@either
def test_it_is_a_valid_kernel_in_which_a_phrase_is_wholly_like_itself(encoder: Encoder | None) -> None:
    gram = unpacked(book(encoder).gram(ALL)).astype(np.float64)
    np.testing.assert_allclose(np.diag(gram), 1, atol=2e-3)
    np.testing.assert_allclose(gram, gram.T, atol=1e-3)
    assert np.linalg.eigvalsh(gram).min() > -1e-3
    assert int(np.argsort(-gram[0])[1]) == 3


@either
def test_comparing_phrases_gives_the_gram_matrix_of_any_rows(encoder: Encoder | None) -> None:
    rows = np.array([4, 0, 0, 2])
    np.testing.assert_allclose(
        table(encoder, [PHRASES[row] for row in rows])[:, rows], unpacked(book(encoder).gram(rows)), atol=1e-4
    )


def test_it_is_the_mean_of_both_cosines_squared() -> None:
    index, vectors = LexicalIndex(PHRASES), WordEncoder().encode(PHRASES)
    lexical = np.array([index.similarities(phrase) for phrase in PHRASES])
    expected = (WORDS_SHARE * lexical + (1 - WORDS_SHARE) * (vectors @ vectors.T)) ** 2
    np.testing.assert_allclose(table(WordEncoder(), list(PHRASES)), expected, atol=1e-6)


@given(st.lists(st.text(max_size=60), min_size=1, max_size=4))
def test_it_lies_between_nothing_and_one(texts: list[str]) -> None:
    for encoder in (None, WordEncoder()):
        found = table(encoder, texts)
        assert found.shape == (len(texts), len(PHRASES)) and found.dtype == np.float32
        assert np.all(found >= 0) and np.all(found <= 1.01)


@either
def test_no_phrases_and_no_texts_are_no_trouble(encoder: Encoder | None) -> None:
    nothing = Phrasebook([], encoder.encode([]) if encoder else None)
    assert nothing.gram(ALL[:0]).shape == (0, 0)
    said = [normalise("a"), normalise("b")]
    compared = nothing.compare(said, encoder.encode(said) if encoder else None)
    assert [one.similarities.shape for one in compared] == [(0,), (0,)]
    assert table(encoder, []).shape == (0, len(PHRASES))


def test_the_fingerprint_tells_books_apart() -> None:
    assert book(None).fingerprint == book(None).fingerprint
    assert len({book(None).fingerprint, book(WordEncoder()).fingerprint, Phrasebook(PHRASES[1:]).fingerprint}) == 3


def test_another_wording_of_the_same_question_is_nearer_with_an_encoder(encoder: Encoder) -> None:
    [near] = table(encoder, ["is the treatment painful"])
    assert int(np.argmax(near)) in (0, 3)
