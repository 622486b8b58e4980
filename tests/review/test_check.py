"""What takes the matcher to see in the knowledge files."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.bootstrap import load_knowledge
from bot.cli.check import talk
from bot.knowledge.manifest import SHIPPED
from bot.knowledge.model import OWN_FOLDER
from bot.knowledge.problems import Place, Problem, Severity
from bot.review.check import check
from bot.triage import weights
from bot.understanding.mind import Mind
from tests.support.knowledge import changed_file, mind_for, write_knowledge

DUE = date(2026, 1, 9)
MOST_NEAR = 8
"""Questions of the project that two answers have nearly alike, each looked at: six when this was written."""


def due(tmp_path: Path, mind: Mind, today: date, status: str = "published") -> list[Problem]:
    """Return the findings on reviews that are due on ``today``, with one answer to be reviewed again on ``DUE``."""
    fields = f"menu: session\nstatus: {status}\nreview_again_on: {DUE}"
    changes = {"faq/pain.yaml": changed_file("faq/pain.yaml", "menu: session", fields)}
    folder = write_knowledge(tmp_path / "knowledge", changes)
    found = check(folder, lambda _: mind, today, talk)
    return [problem for problem in found.problems if problem.rule == "review-due"]


@pytest.mark.parametrize("days", [0, 1, 400])
def test_an_answer_is_to_be_reviewed_again_from_its_day_on(tmp_path: Path, mind: Mind, days: int) -> None:
    [problem] = due(tmp_path, mind, DUE + timedelta(days))
    assert (problem.place, problem.severity) == (Place("faq/pain.yaml"), Severity.NOTICE)
    assert 'entry "pain"' in problem.message
    assert "2026-01-09" in problem.message
    assert '"review_again_on"' in problem.message


@pytest.mark.parametrize(("days", "status"), [(-1, "published"), (1, "draft"), (1, "paused")])
def test_nobody_is_reminded_early_or_of_an_answer_that_is_not_shown(
    tmp_path: Path, mind: Mind, days: int, status: str
) -> None:
    assert due(tmp_path, mind, DUE + timedelta(days), status) == []


def test_a_review_of_a_day_yet_to_come_is_an_error(tmp_path: Path, mind: Mind) -> None:
    fields = 'menu: session\nreviewed_by: "Dr A"\nreviewed_on: 2062-01-09'
    changes = {"faq/pain.yaml": changed_file("faq/pain.yaml", "menu: session", fields)}
    folder = write_knowledge(tmp_path / "knowledge", changes)
    for today, errors in ((DUE, 1), (date(2062, 1, 9), 0)):
        found = check(folder, lambda _: mind, today, talk)
        assert len([p for p in found.problems if p.rule == "future-date"]) == errors


@pytest.mark.parametrize(("own", "severity"), [(True, Severity.ERROR), (False, Severity.NOTICE)])
def test_fewer_danger_signs_than_shipped_are_an_error_in_the_projects_own_folder_and_never_unseen(
    tmp_path: Path, mind: Mind, monkeypatch: pytest.MonkeyPatch, own: bool, severity: Severity
) -> None:
    folder = write_knowledge(tmp_path / "knowledge")
    if own:
        monkeypatch.setattr("bot.review.check.OWN_FOLDER", folder.resolve())
    found = [p for p in check(folder, lambda _: mind, DUE, talk).problems if p.rule == "red-flag-weakened"]
    assert {p.place.file for p in found} == {f"red_flags/{group_id}.yaml" for group_id in SHIPPED}
    assert {p.severity for p in found} == {severity}


def test_a_golden_conversation_that_gets_something_else_is_an_error(tmp_path: Path, mind: Mind) -> None:
    talks = """
    follow-ups:
      - after: "Is a bruise after needling normal?"
        ask: "how long does that last?"
        gets: bruise
      - after: ["Is a bruise after needling normal?", "does dry needling hurt a lot?"]
        ask: "how long does it last?"
        gets: bruise
      - after: ["Is a bruise after needling normal?"]
        ask: "my chest hurts and I cannot breathe"
        gets: chest
    """
    folder = write_knowledge(tmp_path / "knowledge", {"golden.yaml": talks})
    golden_mind = replace(mind, knowledge=load_knowledge(folder))
    found = [p for p in check(folder, lambda _: golden_mind, DUE, talk).problems if p.rule == "golden-follow-up"]
    [problem] = found
    assert (problem.severity, problem.place.line) == (Severity.ERROR, 6)
    assert '"how long does it last?", after "does dry needling hurt a lot?", must get "bruise"' in problem.message


def test_an_untouched_clone_has_no_error_and_no_warning_but_of_known_neighbours(
    real_mind: Mind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every phrasing, sign, look-alike and golden question is judged, as ``python -m bot check`` does it.

    No harmless line may even come near an alarm or a question about one: between two BLAS kernels probabilities
    differ by 0.00003, and between two processors' encoders they may differ by more.
    """
    for threshold, nearer in (("ALARM", 0.02), ("PROVED_ALARM", 0.02), ("SCREENING", 0.005)):
        monkeypatch.setattr(f"bot.triage.gate.{threshold}", getattr(weights, threshold) - nearer)
    found = check(OWN_FOLDER, lambda _: real_mind, date(2026, 1, 9), talk)
    told = [problem for problem in found.problems if problem.severity is not Severity.NOTICE]
    near = [problem for problem in told if problem.rule in ("other-answer", "near-duplicate")]
    assert len(near) <= MOST_NEAR
    assert [problem for problem in told if problem not in near] == []


def test_a_sign_of_another_language_that_is_missed_and_a_harmless_message_that_alarms_are_errors(
    tmp_path: Path,
) -> None:
    content = """\
name: "Xish"
emergency: "Call."
today: "A doctor."
crisis: "Talk."
notice: "English only."
common: ik jij
words:
  pain: [pijn]
  chest: [borst]
together:
  chest-or-breathing:
    - [pain, chest]
signs:
  chest-or-breathing:
    - "pijn op de borst"
    - "ik krijg geen lucht"
harmless:
    - "pijn in de kuit"
    - "pijn en borst"
reviewed_by: "Dr Borst"
reviewed_on: 2001-01-01
"""
    folder = write_knowledge(tmp_path / "knowledge", {"other_languages/xx.yaml": content})
    found = [
        p
        for p in check(folder, lambda _: mind_for(folder), DUE, talk).problems
        if "other_languages" in p.place.file
    ]
    assert [(p.rule, p.place.line) for p in found] == [("missed-sign", 16), ("false-alarm", 19)]
    assert '"ik krijg geen lucht"' in found[0].message
    assert '"pijn en borst"' in found[1].message
