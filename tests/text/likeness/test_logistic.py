import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bot.text.likeness import logistic

NUMBERS = st.floats(-50, 50)


@given(st.lists(NUMBERS, min_size=1, max_size=5), st.lists(NUMBERS, min_size=1, max_size=1))
def test_shares_are_probabilities_that_add_up_however_far_apart(values: list[float], weight: list[float]) -> None:
    shares = logistic.shares(np.array(values)[:, None], np.array(weight))
    assert np.isclose(shares.sum(), 1.0)
    assert (shares >= 0).all()


@given(st.lists(NUMBERS, min_size=2, max_size=5), NUMBERS)
def test_what_all_alternatives_have_in_common_changes_no_share(values: list[float], common: float) -> None:
    features, weights = np.array(values)[:, None], np.array([0.3])
    np.testing.assert_allclose(
        logistic.shares(features + common, weights), logistic.shares(features, weights), atol=1e-9
    )


def test_the_weights_that_made_the_choices_are_found_again() -> None:
    dice = np.random.default_rng(7)
    true = np.array([2.0, -1.0])
    features = dice.normal(size=(4000, 3, 2))
    chances = logistic.shares(features, true).cumsum(axis=1)
    chosen = (dice.random(4000)[:, None] > chances).sum(axis=1)
    found = logistic.fit_shares(features, np.eye(3, dtype=bool)[chosen], shrinkage=1e-6)
    np.testing.assert_allclose(found, true, atol=0.15)


def test_choices_that_one_signal_settles_get_finite_weights() -> None:
    features = np.array([[[1.0], [0.0]], [[1.0], [0.0]]])
    found = logistic.fit_shares(features, np.array([[True, False], [True, False]]), shrinkage=1e-2)
    assert 0 < found[0] < 100
