import numpy as np

from bot.matching.calibration import calibration_error


def test_the_calibration_error_is_the_gap_between_confidence_and_success() -> None:
    confidences = np.array([0.95] * 10 + [0.55] * 10)
    assert np.isclose(calibration_error(confidences, np.array([True] * 20)), (0.05 + 0.45) / 2)
    half = np.array([True] * 10 + [True, False] * 5)
    assert np.isclose(calibration_error(confidences, half), 0.05)
