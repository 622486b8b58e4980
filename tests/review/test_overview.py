"""All answers at a glance."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from bot.dialogue.composer import Composer
from bot.knowledge.markup import BulletList, plain
from bot.knowledge.model import Certification, ClinicDetails, KnowledgeBase, Source, Status, Therapist
from bot.knowledge.problems import Place, Problem, Severity
from bot.review.overview import Row, overview

NOTICE = Severity.NOTICE
TODAY = date(2026, 3, 2)


def row(knowledge: KnowledgeBase, entry_id: str, *findings: Problem, **changes: Any) -> Row:
    entry = replace(knowledge.entries[entry_id], **changes)
    changed = replace(knowledge, entries={**knowledge.entries, entry_id: entry})
    [found] = [row for row in overview(changed, findings, TODAY) if row.id == entry_id]
    return found


def test_every_answer_has_a_row_drafts_and_paused_ones_too_in_the_order_of_the_menu(
    knowledge: KnowledgeBase,
) -> None:
    paused = knowledge.without(["pain"])
    rows = overview(paused, [], TODAY)
    assert sorted(row.id for row in rows) == sorted(paused.entries)
    assert {row.id: row.status for row in rows}["pain"] == "paused"
    titles = [section.title for section in knowledge.menu]
    assert [titles.index(row.section) for row in rows] == sorted(titles.index(row.section) for row in rows)


def test_an_answer_without_a_section_comes_last(knowledge: KnowledgeBase) -> None:
    entry = replace(knowledge.entries["acupuncture"], menu="")
    rows = overview(replace(knowledge, entries={**knowledge.entries, "acupuncture": entry}), [], TODAY)
    assert (rows[-1].id, rows[-1].section) == ("acupuncture", "")


def test_an_answer_reads_as_it_does_for_a_runner_referral_included(knowledge: KnowledgeBase) -> None:
    reply = Composer(knowledge).answer(knowledge.entries["heel"], 0)
    found = row(knowledge, "heel")
    assert [plain(found.blocks)] == reply.texts
    assert found.blocks[-len(reply.closing) :] == reply.closing
    assert row(knowledge, "heel", status=Status.DRAFT).blocks == found.blocks


def test_therapists_stand_there_until_the_day_their_certification_ends(knowledge: KnowledgeBase) -> None:
    ada = Therapist("Ada Byrne", certification=Certification("HCPC", valid_until=TODAY))
    clinic = replace(knowledge.clinic, therapists=(ada,))
    shown = replace(knowledge, clinic=clinic)
    assert ada.name in plain(row(shown, "pain", clinic_details=ClinicDetails.CONTACT).blocks)
    ended = Certification("HCPC", valid_until=TODAY - timedelta(days=1))
    later = replace(knowledge, clinic=replace(clinic, therapists=(replace(ada, certification=ended),)))
    assert ada.name not in plain(row(later, "pain", clinic_details=ClinicDetails.CONTACT).blocks)


def test_a_review_is_told_with_its_day_and_so_is_one_that_is_due_or_missing(knowledge: KnowledgeBase) -> None:
    signed = {"reviewed_by": "Dr Ann Lee", "reviewed_on": date(2026, 3, 2)}
    assert row(knowledge, "pain").review == "Not checked by a clinician yet"
    assert row(knowledge, "cost").review == "Tells of the bot alone: no clinician needed"
    assert row(knowledge, "pain", **signed).review == "Checked by Dr Ann Lee on 2 March 2026"
    signed["review_again_on"] = date(2027, 3, 2)
    later = row(knowledge, "pain", **signed).review
    assert later == "Checked by Dr Ann Lee on 2 March 2026; to be checked again on 2 March 2027"
    due = Problem(Place("faq/pain.yaml"), NOTICE, "review-due", "another review was due")
    assert row(knowledge, "pain", due, **signed).review.endswith("; another check was due on 2 March 2027")


def test_findings_stand_at_their_own_answer_with_their_line_and_reviews_are_no_warnings(
    knowledge: KnowledgeBase,
) -> None:
    findings = [
        Problem(Place("faq/pain.yaml", 14, 5), Severity.WARNING, "promise", "an answer promises nothing."),
        Problem(Place("faq/pain.yaml", 2, 5), Severity.ERROR, "golden", "another answer gets this question."),
        Problem(Place("faq/pain.yaml"), NOTICE, "not-reviewed", "no clinician has checked this answer yet."),
        Problem(Place("red_flags/chest.yaml"), Severity.WARNING, "few-signs", "few signs."),
    ]
    rows = {row.id: row.warnings for row in overview(knowledge, findings, TODAY)}
    assert rows.pop("pain") == (
        "error, line 2: another answer gets this question.",
        "warning, line 14: an answer promises nothing.",
    )
    assert not any(rows.values())


def test_what_waits_for_a_clinician_is_marked_drafts_too(knowledge: KnowledgeBase) -> None:
    signed = {"reviewed_by": "Dr Ann Lee", "reviewed_on": date(2026, 3, 2)}
    assert row(knowledge, "pain").waits and row(knowledge, "pain", status=Status.DRAFT).waits
    assert not row(knowledge, "cost").waits and not row(knowledge, "pain", **signed).waits
    assert row(knowledge, "pain", **signed, review_again_on=TODAY).waits


def test_sources_are_told_by_name_each_with_its_kind_and_its_address(knowledge: KnowledgeBase) -> None:
    blog = knowledge.sources["blog: Understanding"]
    work = Source("trial", "Somebody and colleagues", "R", "2021", "https://example.org/trial")
    known = replace(knowledge, sources={**knowledge.sources, work.key: work})
    [told] = row(known, "pain", sources=(blog.key, work.key)).sources
    assert isinstance(told, BulletList)
    (own,), (named, kind) = told.items
    assert own.text == blog.who
    assert (named.text, named.url) == ("Somebody and colleagues, 2021", work.address)
    assert kind.text == f" ({knowledge.texts['grade_R'][0]})"
