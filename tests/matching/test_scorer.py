import numpy as np

from bot.matching.scorer import TOLD_SHARE, WHOLE_SHARE, Scores


def scores(*rows: list[float]) -> Scores:
    """A message as a whole, then its sentences, over some classes."""
    table = np.array(rows, dtype=np.float32)
    return Scores(table, table, table, np.ones(len(rows), dtype=np.float32))


def test_the_whole_message_counts_beside_its_best_sentence() -> None:
    mixed = scores([0.4, 0.2], [0.0, 0.6], [0.3, 0.1]).mixed([False, False])
    np.testing.assert_allclose(
        mixed.blended, [[0.4 * WHOLE_SHARE + 0.3 * (1 - WHOLE_SHARE), 0.2 * WHOLE_SHARE + 0.6 * (1 - WHOLE_SHARE)]]
    )
    np.testing.assert_allclose(mixed.covered, [[0.4, 0.2]])


def test_a_sentence_that_asks_weighs_more_than_one_that_tells() -> None:
    told, asked = [0.6, 0.0], [0.0, 0.55]
    tied = scores([0.0, 0.0], told, asked)
    assert np.argmax(tied.mixed([False, False]).blended) == 0
    assert np.argmax(tied.mixed([False, True]).blended) == 1
    assert np.argmax(tied.mixed([True, True]).blended) == 0
    np.testing.assert_allclose(
        tied.mixed([False, True]).blended[0, 0], 0.6 * TOLD_SHARE * (1 - WHOLE_SHARE), rtol=1e-6
    )
