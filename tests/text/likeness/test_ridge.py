import numpy as np

from bot.text.likeness.arrays import packed, unpacked
from bot.text.likeness.ridge import balanced_weights, left_out, solve


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


def test_each_row_is_predicted_as_by_a_ridge_that_has_not_seen_it() -> None:
    random = np.random.default_rng(7)
    rows = 300  # more than is inverted at once
    points = random.normal(size=(rows, 20)).astype(np.float32)
    gram = np.exp(-((points[:, None] - points[None]) ** 2).sum(axis=2) / 20).astype(np.float32)
    targets = np.eye(3, dtype=np.float32)[random.integers(0, 3, rows)]
    weights = random.uniform(0.5, 2, rows).astype(np.float32)
    predicted = left_out(gram, targets, weights, regularisation=0.5)
    for row in (0, 150, 299):
        others = np.delete(np.arange(rows), row)
        fitted = solve(gram[np.ix_(others, others)], targets[others], weights[others], regularisation=0.5)
        np.testing.assert_allclose(predicted[row], gram[row, others] @ fitted, atol=1e-3)


def test_a_packed_gram_gives_the_solution_of_the_one_it_was_made_from() -> None:
    random = np.random.default_rng(7)
    points = random.normal(size=(300, 20)).astype(np.float32)
    gram = np.exp(-((points[:, None] - points[None]) ** 2).sum(axis=2) / 20).astype(np.float32)
    targets = np.eye(3, dtype=np.float32)[random.integers(0, 3, 300)]
    weights = random.uniform(0.5, 2, 300).astype(np.float32)
    np.testing.assert_allclose(unpacked(packed(gram)), gram, atol=1 / 65_535)
    exact = solve(gram, targets, weights, regularisation=0.5)
    np.testing.assert_allclose(solve(packed(gram), targets, weights, regularisation=0.5), exact, atol=1e-3)
