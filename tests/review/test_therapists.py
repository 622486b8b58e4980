"""What check says of the directory of therapists."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.knowledge.loader import load
from bot.knowledge.problems import Place, Problem, Severity
from bot.review.therapists import findings
from tests.support.knowledge import write_knowledge

ENDS = date(2026, 1, 9)
CLINIC = f"""\
therapists:
  - name: "Ben"
    treats: [runners, knees, "tight calfs", wrists]
  - name: "Ada"
    treats:
      - "achiles"
      - "ankel pain"
    certification:
      body: "HCPC"
      valid_until: {ENDS}
"""


def found(folder: Path, today: date) -> list[Problem]:
    loaded = load(write_knowledge(folder / "knowledge", {"clinic.yaml": CLINIC}))
    assert loaded.knowledge is not None
    return list(findings(loaded.knowledge.clinic, loaded.places, today))


@pytest.mark.parametrize(
    ("days", "rules"),
    [
        (-61, []),
        (-60, ["certification-ends"]),
        (0, ["certification-ends"]),
        (1, ["certification-ended"]),
        (900, ["certification-ended"]),
    ],
)
def test_a_certification_that_ends_is_warned_of_where_its_day_stands(
    tmp_path: Path, days: int, rules: list[str]
) -> None:
    problems = [p for p in found(tmp_path, ENDS + timedelta(days)) if p.rule.startswith("certification-end")]
    assert [problem.rule for problem in problems] == rules
    for problem in problems:
        assert (problem.place, problem.severity) == (Place("clinic.yaml", 10, 20), Severity.WARNING)
        assert 'therapist "Ada"' in problem.message
        assert "2026-01-09" in problem.message
        assert '"valid_until"' in problem.message


def test_a_therapist_of_whom_no_certification_is_given_is_warned_of(tmp_path: Path) -> None:
    problems = [p for p in found(tmp_path, ENDS) if p.rule == "certification-without-day"]
    assert ['therapist "Ben"' in problem.message for problem in problems] == [True]


def test_a_misspelt_part_of_the_body_would_be_no_button_and_other_words_are_left_alone(tmp_path: Path) -> None:
    problems = [p for p in found(tmp_path, date(2025, 1, 1)) if p.rule == "unknown-body-part"]
    assert [(p.place.line, p.message.rpartition("Did you mean ")[2]) for p in problems] == [
        (6, '"achilles"?'),
        (7, '"ankle"?'),
    ]
