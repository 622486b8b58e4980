from hypothesis import given
from hypothesis import strategies as st

from bot.matching.decision import MAX_CHOICES, Answer, Candidate, Choices, Fallback, Thresholds, decide

THRESHOLDS = Thresholds(answer=0.7, choices=0.4)


def ranking(*confidences: float) -> list[Candidate]:
    return [Candidate(f"e{i}", c) for i, c in enumerate(confidences)]


def test_a_sure_candidate_is_the_answer_and_the_next_its_runner_up() -> None:
    assert decide(ranking(0.8, 0.1), thresholds=THRESHOLDS) == Answer(Candidate("e0", 0.8), Candidate("e1", 0.1))


def test_two_strong_candidates_within_the_margin_are_offered_not_answered() -> None:
    decision = decide(ranking(0.86, 0.84), thresholds=THRESHOLDS)
    assert decision == Choices((Candidate("e0", 0.86), Candidate("e1", 0.84)))


def test_unsure_candidates_are_offered_three_at_most() -> None:
    decision = decide(ranking(0.4, 0.3, 0.2, 0.1), thresholds=THRESHOLDS)
    assert isinstance(decision, Choices)
    assert [c.entry_id for c in decision.candidates] == ["e0", "e1", "e2"]


def test_a_lone_unsure_candidate_is_offered_not_answered() -> None:
    assert decide(ranking(0.5), thresholds=THRESHOLDS) == Choices((Candidate("e0", 0.5),))


def test_nothing_likely_falls_back() -> None:
    assert decide(ranking(0.1, 0.1), thresholds=THRESHOLDS) == Fallback()
    assert decide([], thresholds=THRESHOLDS) == Fallback()


@given(st.lists(st.floats(0, 1), max_size=8), st.floats(0, 1), st.floats(0, 2))
def test_nothing_below_the_threshold_is_ever_answered(
    confidences: list[float], answer: float, choices: float
) -> None:
    ranked = ranking(*sorted(confidences, reverse=True))
    decision = decide(ranked, thresholds=Thresholds(answer, choices))
    if isinstance(decision, Answer):
        assert decision.best.confidence >= answer
    if isinstance(decision, Choices):
        assert 1 <= len(decision.candidates) <= MAX_CHOICES
        assert sum(c.confidence for c in ranked[:MAX_CHOICES]) >= choices
