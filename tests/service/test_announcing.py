"""What the staff chat reads of an edit."""

from dataclasses import replace

import pytest

from bot.knowledge.model import KnowledgeBase, Status
from bot.knowledge.problems import Place, Problem, Severity
from bot.service.announcing import faulty, files_changed, live, refused

QUARTER_PAST_TWELVE = 1_767_960_900.0


def edited(knowledge: KnowledgeBase, *ids: str) -> KnowledgeBase:
    changed = {i: replace(knowledge.entries[i], title="another") for i in ids}
    return replace(knowledge, entries={**knowledge.entries, **changed})


def mistakes(count: int) -> list[Problem]:
    return [Problem(Place("faq/a.yaml", n), Severity.ERROR, "rule", f"what {n}") for n in range(1, count + 1)]


def test_changed_answers_are_counted_and_named_with_the_clock_of_the_clinic(knowledge: KnowledgeBase) -> None:
    now = edited(knowledge, "pain", "calf")
    assert live(knowledge, now, [], QUARTER_PAST_TWELVE) == "2 answers changed, live since 12:15 UTC: calf, pain."
    clinic = replace(knowledge.clinic, timezone="Asia/Tokyo")
    now = replace(edited(knowledge, "pain"), clinic=clinic)
    assert live(knowledge, now, [], QUARTER_PAST_TWELVE) == "1 answer changed, live since 21:15: pain."


def test_new_lost_and_paused_answers_count_and_a_draft_does_not(knowledge: KnowledgeBase) -> None:
    entries = dict(knowledge.entries)
    del entries["pain"]
    entries["calf"] = replace(entries["calf"], status=Status.PAUSED)
    entries["new"] = replace(entries["cost"], id="new")
    entries["later"] = replace(entries["cost"], id="later", status=Status.DRAFT)
    said = live(knowledge, replace(knowledge, entries=entries), [], QUARTER_PAST_TWELVE)
    assert said.endswith("3 answers changed, live since 12:15 UTC: calf, new, pain.")


def test_other_files_are_named_where_no_answer_changed_and_not_all_of_many(knowledge: KnowledgeBase) -> None:
    names = files_changed({"a": b"1", "b": b"1", "c": b"1"}, {"a": b"1", "b": b"2", "d": b"1"})
    assert names == ["b", "c", "d"]
    said = live(knowledge, knowledge, names, QUARTER_PAST_TWELVE)
    assert said == "No answer changed, other texts did (b, c, d), live since 12:15 UTC."
    said = live(knowledge, edited(knowledge, *list(knowledge.entries)[:7]), names, QUARTER_PAST_TWELVE)
    assert said.endswith(" and 2 more.")


@pytest.mark.parametrize("timezone", ["Nowhere/Atall", "../../etc/passwd"])
def test_a_time_zone_that_no_machine_knows_is_none(knowledge: KnowledgeBase, timezone: str) -> None:
    now = replace(knowledge, clinic=replace(knowledge.clinic, timezone=timezone))
    assert "live since 12:15 UTC" in live(knowledge, now, ["a"], QUARTER_PAST_TWELVE)


def test_the_first_three_mistakes_are_told_with_place_and_remedy_and_the_rest_counted() -> None:
    said = refused(mistakes(5), served=False)
    assert said.startswith("The edited knowledge files have 5 mistakes. The answers from before stay")
    assert "• faq/a.yaml, line 3: what 3\n… and 2 more. All of them: .venv/bin/python -m bot check" in said
    assert "what 4" not in said
    assert "1 mistake. " in refused(mistakes(1), served=False)
    assert "it answers all the same" in refused(mistakes(1), served=True)
    assert "• faq/a.yaml, line 1: what 1" in faulty(mistakes(1))
