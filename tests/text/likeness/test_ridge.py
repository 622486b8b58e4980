import numpy as np

from bot.text.likeness.ridge import balanced_weights, solve


def test_the_solution_is_that_of_the_closed_form() -> None:
    rng = np.random.default_rng(7)
    vectors = rng.normal(size=(40, 12)).astype(np.float32)
    gram = (vectors @ vectors.T).astype(np.float32)
    targets = np.eye(4, dtype=np.float32)[rng.integers(0, 4, 40)]
    weights = rng.uniform(0.5, 2, 40).astype(np.float32)
    expected = np.linalg.solve(gram.astype(float) + np.diag(0.7 / weights), targets)
    np.testing.assert_allclose(solve(gram, targets, weights, regularisation=0.7), expected, atol=1e-4)


def test_every_class_weighs_the_same_and_an_example_one_on_average() -> None:
    labels = np.array([0, 0, 0, 2])
    weights = balanced_weights(labels, classes=4)
    assert weights[:3].sum() == weights[3]
    assert np.isclose(weights.mean(), 1)
