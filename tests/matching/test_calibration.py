import numpy as np
import pytest

from bot.matching.calibration import Calibration, Sample, calibrate, calibration_error, candidates
from bot.matching.decision import MAX_CHOICES
from bot.matching.scorer import Scores

IDS = [f"e{n}" for n in range(5)]


def sample(messages: int = 300, *, noise: float = 0.15) -> Sample:
    """Messages about five entries and, every fourth, about none: the right class scores highest, mostly."""
    dice = np.random.default_rng(11)
    labels = np.array([n % 5 if n % 4 else 5 for n in range(messages)], dtype=np.int64)
    table = dice.normal(0.1, noise, (messages, 6))
    table[np.arange(messages), labels] += 0.7
    blended = table.astype(np.float32)
    return Sample(
        Scores(blended, blended, np.abs(blended), np.zeros(messages, dtype=np.float32)), labels, as_sent=True
    )


@pytest.fixture(scope="module")
def calibration() -> Calibration:
    return calibrate(sample())


def ranked(calibration: Calibration, *scores: float) -> list[tuple[str, float]]:
    table = np.array([scores], dtype=np.float32)
    found = candidates(Scores(table, table, np.abs(table), np.zeros(1, dtype=np.float32)), 0, calibration, IDS)
    return [(candidate.entry_id, candidate.confidence) for candidate in found]


def test_confidences_tell_the_share_that_is_right(calibration: Calibration) -> None:
    assert calibration.error < 0.06
    assert calibration.wrong <= 0.02
    assert calibration.out_of_scope_answered <= 0.04


def test_how_sure_a_choice_is_does_not_hang_on_whether_anything_fits(calibration: Calibration) -> None:
    sure, odd = ranked(calibration, 0.8, 0.3, 0.1, 0, 0, -0.2), ranked(calibration, 0.8, 0.3, 0.1, 0, 0, 0.6)
    assert sure[0][1] > odd[0][1]
    shares = [
        [c / sum(confidence for _, confidence in found[:MAX_CHOICES]) for _, c in found] for found in (sure, odd)
    ]
    assert shares[0] == pytest.approx(shares[1])


def test_whether_anything_fits_does_not_hang_on_how_close_a_rival_is(calibration: Calibration) -> None:
    alone, rivalled = ranked(calibration, 0.8, 0.1, 0.1, 0, 0, 0), ranked(calibration, 0.8, 0.78, 0.1, 0, 0, 0)
    assert alone[0][1] > rivalled[0][1]
    together = [sum(confidence for _, confidence in found[:MAX_CHOICES]) for found in (alone, rivalled)]
    assert together[0] == pytest.approx(together[1])


def test_all_entries_are_ranked_and_no_later_one_is_surer_than_the_third(calibration: Calibration) -> None:
    found = ranked(calibration, 0.5, 0.49, 0.48, 0.48, 0.47, 0)
    assert sorted(entry_id for entry_id, _ in found) == IDS
    assert [c for _, c in found] == sorted((c for _, c in found), reverse=True)
    assert sum(c for _, c in found[:MAX_CHOICES]) <= 1


def test_with_too_little_to_learn_from_only_what_stands_out_is_sure() -> None:
    cautious = calibrate(sample(20))
    assert ranked(cautious, 0.8, 0.1, 0.1, 0, 0, 0)[0][1] >= cautious.thresholds.answer
    assert ranked(cautious, 0.5, 0.4, 0.4, 0, 0, 0.3)[0][1] < cautious.thresholds.answer


def test_the_calibration_error_is_the_gap_between_confidence_and_success() -> None:
    confidences = np.array([0.95] * 10 + [0.55] * 10)
    assert np.isclose(calibration_error(confidences, np.array([True] * 20)), (0.05 + 0.45) / 2)
    half = np.array([True] * 10 + [True, False] * 5)
    assert np.isclose(calibration_error(confidences, half), 0.05)
