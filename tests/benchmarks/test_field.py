"""The bot and the simpler ways are measured by the same rules."""

from collections.abc import Sequence
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.knowledge.model import OUT_OF_SCOPE
from bot.review.evaluate import Row
from bot.understanding.mind import Mind
from tests.benchmarks.field import (
    Ranked,
    asks,
    compare,
    figures,
    fit_softmax,
    nearest,
    ranker,
    right_within,
    simpler_ways,
    softmax,
)
from tests.benchmarks.field_svg import Bar, chart
from tests.support.knowledge import DANGER, OFF_TOPIC, QUESTION, QUESTIONS

SCORES = (0.9, 0.8, 0.7, 0.6, 0.5)
RIGHT = (True, False, True, False, True)


@pytest.mark.parametrize(("wrong", "share"), [(0, 1 / 5), (1, 2 / 5), (2, 3 / 5), (9, 3 / 5)])
def test_as_many_are_answered_right_as_the_wrong_answers_allow(wrong: int, share: float) -> None:
    assert right_within(SCORES, RIGHT, wrong) == pytest.approx(share)


def test_of_equal_scores_all_are_answered_or_none() -> None:
    assert right_within((0.9, 0.5, 0.5), (True, True, False), 0) == pytest.approx(1 / 3)
    assert right_within((0.9, 0.5, 0.5), (True, True, False), 1) == pytest.approx(2 / 3)


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=1, max_size=20), st.integers(0, 5))
def test_no_threshold_within_the_wrong_answers_gives_more(drawn: list[tuple[int, bool]], wrong: int) -> None:
    def counted(least: int) -> tuple[int, int]:
        answered = [right for score, right in drawn if score >= least]
        return sum(answered), len(answered) - sum(answered)

    best = max(right for right, mistakes in map(counted, range(7)) if mistakes <= wrong)
    scores, rights = [score for score, _ in drawn], [right for _, right in drawn]
    assert right_within(scores, rights, wrong) == pytest.approx(best / len(drawn))


def test_the_better_of_score_and_lead_counts_and_what_no_entry_answers_does_not() -> None:
    rows = [
        Row("a", ("calf", "heel")),
        Row("b", ("calf",)),
        Row("c", (OUT_OF_SCOPE,)),
        Row("d", (), ("chest",)),
        Row("e", (OUT_OF_SCOPE,), ("chest",)),
    ]
    right, wrong = Ranked(("heel", "calf"), 0.5, 0.4), Ranked(("cost", "calf"), 0.6, 0.1)
    of = figures("x", [right, wrong, wrong, wrong, wrong], [1.0, 2.0, 3.0], rows, wrong=0)
    assert (of.first, of.in_three, of.right, of.by) == (0.5, 1.0, 0.5, "lead")
    assert figures("x", [right, wrong, wrong, wrong, wrong], [1.0], rows, wrong=1).by == "score"


def test_an_entry_is_as_near_as_the_nearest_of_its_phrases(mind: Mind) -> None:
    scores = nearest(np.array([0, 0, 1, 2, 2]), lambda text: np.array([0.1, 0.7, 0.3, 0.9, 0.2], dtype=np.float32))
    assert scores("any").tolist() == pytest.approx([0.7, 0.3, 0.9])
    ranked = ranker(mind.knowledge, scores)("any")
    ids = [entry.id for entry in mind.knowledge.published]
    assert ranked.entries == (ids[2], ids[0], ids[1])
    assert (ranked.score, ranked.lead) == pytest.approx((0.9, 0.2))


def test_the_fit_over_products_is_logistic_regression_over_features() -> None:
    dice = np.random.default_rng(0)
    labels = np.repeat(np.arange(3), 10)
    features = (np.eye(3)[labels] + dice.normal(scale=0.3, size=(30, 3))).astype(np.float32)
    found = fit_softmax(features @ features.T, labels, 0.1)
    weights = features.T @ found
    mistaken = softmax(features @ weights) - np.eye(3)[labels]
    gradient = features.T @ mistaken + 0.1 * weights
    assert np.abs(gradient).max() < 0.05 * np.abs(features.T @ (1 / 3 - np.eye(3)[labels])).max()
    assert (np.argmax(features @ weights, axis=1) == labels).mean() > 0.9
    assert softmax(features @ weights).sum(axis=1) == pytest.approx(1.0)


def test_all_ways_are_compared_on_the_same_messages(mind: Mind) -> None:
    rows = [Row(text, (topic,)) for text, topic in QUESTIONS.items()]
    rows += [Row(QUESTION, ("pain", "heel")), Row(OFF_TOPIC, (OUT_OF_SCOPE,)), Row(DANGER, (), ("chest",))]
    rows += [Row("", ("pain",))]
    found, outcome, error = compare(mind, rows)
    assert [one.name for one in found] == [*simpler_ways(mind.knowledge), "this bot"]
    assert {"TF-IDF, logistic regression", "sentence vectors"} < {one.name for one in found}
    asked = sum(map(asks, rows))
    assert asked == outcome.questions == 8
    for one in found:
        assert 0 <= one.right <= one.first <= one.in_three <= 1
    assert found[-1].right == outcome.direct_correct
    assert 0 <= error <= 1


def test_the_chart_is_well_formed_and_says_what_it_shows() -> None:
    bars: Sequence[Bar] = [Bar("a < b", 0.5, 0.75, 0.25, 1.0), Bar("this bot", 0.9, 1.0, 0.8, 9.5)]
    svg = ElementTree.fromstring(chart(bars, 20, 1_000, 0.015))
    words = [element.text or "" for element in svg.iter()]
    assert "a < b: 50% first, 75% in three, 25% answered right; this bot: 90% first" in " ".join(words)
    assert any("1.5 % at most" in word for word in words)
    assert {"50 %", "75 %", "25 %", "90 %", "100 %", "80 %"} <= set(words)
    assert len([shape for shape in svg.iter() if shape.tag.endswith("rect")]) == 1 + 3 * len(bars)
