"""What the staff chat reads of a week."""

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.clinic.digest import WEEK, Week, digest, week_to_tell
from bot.clinic.gaps import Gap
from bot.clinic.numbers import Handoffs
from bot.knowledge.model import KnowledgeBase, Status
from bot.storage.protocol import KeptQuestion, Rating

MONDAY = date(2026, 1, 5)
GAP = Gap((KeptQuestion(date(2026, 1, 6), "where can I park?", 2),), ("cost", "pain"))


def at(day: int, hour: int, zone: str = "UTC") -> float:
    return datetime(2026, 1, day, hour, tzinfo=ZoneInfo(zone)).timestamp()


@pytest.fixture
def settled(knowledge: KnowledgeBase) -> KnowledgeBase:
    """The small knowledge with nothing that is overdue."""
    flags = {i: replace(group, review_again_on=None) for i, group in knowledge.red_flags.items()}
    return replace(knowledge, red_flags=flags)


@pytest.mark.parametrize(
    ("now", "zone", "first"),
    [
        (at(12, 8), "", MONDAY),
        (at(12, 7), "", date(2025, 12, 29)),
        (at(18, 23), "", MONDAY),
        (at(19, 8), "", date(2026, 1, 12)),
        (at(12, 8, "Asia/Singapore"), "Asia/Singapore", MONDAY),
        (at(12, 7, "America/Chicago"), "America/Chicago", date(2025, 12, 29)),
        (at(12, 8, "America/Chicago"), "America/Chicago", MONDAY),
        (at(12, 8), "Nowhere/Atall", MONDAY),
    ],
)
def test_a_week_is_told_of_from_monday_at_eight_where_the_clinic_is(now: float, zone: str, first: date) -> None:
    assert week_to_tell(now, zone) == first


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "Asia/Tokyo", "America/Chicago", "UTC"])
def test_no_week_is_told_of_before_its_last_utc_day_is_over(zone: str) -> None:
    for hour in range(24 * 14):
        now = at(5, 0) + 3600 * hour
        assert datetime.fromtimestamp(now, UTC).date() >= week_to_tell(now, zone) + WEEK


def test_all_of_a_week_is_told(settled: KnowledgeBase) -> None:
    entries = {**settled.entries, "calf": replace(settled.entries["calf"], review_again_on=date(2026, 1, 12))}
    entries["heel"] = replace(entries["heel"], status=Status.PAUSED)
    counts = {
        ("asked", "answer"): 30,
        ("asked", "choices"): 6,
        ("asked", "fallback"): 4,
        ("answer", "pain"): 20,
        ("answer", "cost"): 9,
        ("answer", ""): 50,
        ("alarm", "NOW"): 2,
        ("alarm", "TODAY"): 1,
        ("calmed", "chest"): 1,
        ("settled", "chest"): 3,
    }
    ratings = [Rating("pain", "helped", "", 7), Rating("pain", "did-not-help", "little", 2)]
    week = Week(MONDAY, counts, ratings, [GAP], {"bruise"}, Handoffs(3, 2, 12.0))
    assert digest(week, replace(settled, entries=entries)) == (
        "The week from 5 January to 11 January, in UTC:\n"
        "\n"
        "Questions: 40, answered 30, asked which was meant 6, not known 4.\n"
        "Helpful: 7 of 9 who said.\n"
        "Handed to you: 3, answered 2.\n"
        "\n"
        "Danger signs:\n"
        "• emergency number: 2\n"
        "• care the same day: 1\n"
        'Possible false alarms ("None of this applies to me"): 1\n'
        '"No" to the question about a danger sign: 3\n'
        "\n"
        "Answers given most:\n"
        "• Does it hurt?: 20\n"
        "• What does it cost?: 9\n"
        "\n"
        "New gaps in the answers (/gaps):\n"
        '• “where can I park?” (2), nearest: "What does it cost?" (cost), "Does it hurt?" (pain)\n'
        "\n"
        'Paused: "A bruise afterwards", "Heel & <sole>"\n'
        'A clinician was to look again at: "Tight calves"'
    )


def test_of_a_quiet_week_nothing_is_told(settled: KnowledgeBase) -> None:
    assert digest(Week(MONDAY, {}), settled) == ""
