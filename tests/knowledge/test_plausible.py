"""Values that can be read and can hardly be meant."""

import pytest

from bot.knowledge.plausible import odd_hours


@pytest.mark.parametrize(
    "hours",
    [
        "Mon to Fri 8:00 to 18:00",
        "Mon 9:00 to 5:00",
        "Sat 9:00 to 1:00",
        "10:30 to 2:15",
        "closed 24.12 to 02.01",
        "closed 24.12. to 02.01.",
        "closed 31.12",
        "closed 31.12.2026 to 02.01.2027",
        "Helpline 20:00 to 8:00",
        "20:00 to 8:00, overnight",
        "1:00 pm to 5:00",
    ],
)
def test_hours_that_somebody_may_mean_are_left_alone(hours: str) -> None:
    assert list(odd_hours(hours)) == []


@pytest.mark.parametrize("hours", ["Mon 18:00 to 8:00", "18.30 to 9.30", "Sat 8:00 to 25:00", "8:00 to 18:70"])
def test_hours_that_can_hardly_be_meant_are_asked_about(hours: str) -> None:
    assert len(list(odd_hours(hours))) == 1
