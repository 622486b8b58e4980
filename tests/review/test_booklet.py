"""The booklet in which a clinician checks what the bot says."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from bot.bootstrap import load_knowledge
from bot.knowledge.markup import Block
from bot.knowledge.model import Entry, KnowledgeBase, Level, Status
from bot.review.booklet import GRADES, booklet
from bot.review.reviews import reviewable
from tests.support.knowledge import visible
from tests.support.pages import Page, text_of

TODAY = date(2026, 11, 28)


@pytest.fixture(scope="module")
def shipped(real_knowledge: KnowledgeBase) -> Page:
    return Page(booklet(real_knowledge, TODAY))


@pytest.fixture(scope="module")
def small(small_folder: Path) -> KnowledgeBase:
    return load_knowledge(small_folder)


def plain(blocks: Sequence[Block]) -> list[str]:
    """Return each paragraph and line of a list as it can be read."""
    return [" ".join(line.removeprefix("• ").split()) for line in visible(blocks).split("\n") if line]


def test_it_holds_every_answer_and_every_danger_text_as_runners_see_it(
    real_knowledge: KnowledgeBase, shipped: Page
) -> None:
    for entry in real_knowledge.entries.values():
        text = text_of(shipped.part(f"faq-{entry.id}"))
        assert [line for line in plain(entry.answer + entry.see_therapist_if) if line not in text] == []
    for group in real_knowledge.red_flags.values():
        text = text_of(shipped.part(f"red_flags-{group.id}"))
        said = plain(group.reply + group.screening + sum(group.raised_replies.values(), ()))
        assert [line for line in said if line not in text] == []
        assert all(signs.level.name in text for signs in group.signs)
    for language in real_knowledge.languages.values():
        text = text_of(shipped.part(f"other_languages-{language.code}"))
        lines = (language.emergency, language.today, language.crisis, language.notice)
        assert [line for line in lines if " ".join(line.split()) not in text] == []
    neutral = text_of(shipped.part("neutral-texts"))
    for key in ("red_flag_unknown", "screening_unknown", "cry", "danger_line"):
        words = real_knowledge.texts[key][0].replace("**", "").split()[:8]
        assert " ".join(words) in neutral


def test_each_answer_names_its_sources_with_year_address_and_grade(
    real_knowledge: KnowledgeBase, shipped: Page
) -> None:
    for entry in real_knowledge.entries.values():
        text = text_of(shipped.part(f"faq-{entry.id}"))
        for source in (real_knowledge.sources[key] for key in entry.sources):
            told = (source.key, source.who, source.year, source.address, source.grade)
            assert [part for part in told if " ".join(part.split()) not in text] == []
    assert {source.grade for source in real_knowledge.sources.values()} <= set(GRADES)


def test_every_statement_has_three_boxes_and_every_sheet_room_for_notes_and_a_signature(shipped: Page) -> None:
    sheets = shipped.all("article", "sheet")
    for sheet in sheets:
        ticked = [
            row for row in sheet.iter("tr") if any(c.attrib.get("class") == "tick" for c in row.findall("td"))
        ]
        assert ticked
        assert all(len([b for b in row.iter("span") if b.attrib.get("class") == "box"]) == 3 for row in ticked)
        text = text_of(sheet)
        assert all(words in text for words in ("Notes", "Reviewer", "Date", "right as it stands", "remove it"))
    recorded = [text for sheet in sheets if "python -m bot reviewed" in (text := text_of(sheet))]
    assert len(recorded) == len(sheets) - 1  # nothing keeps who signed texts.yaml


def test_danger_texts_come_first_then_the_answers_by_section_of_the_menu(
    real_knowledge: KnowledgeBase, shipped: Page
) -> None:
    chapters = [text_of(heading) for heading in shipped.all("h2") if heading.get("class") != "minor"]
    assert chapters[0].startswith("Danger signs")
    assert chapters[3:] == [section.title for section in real_knowledge.menu]
    for chapter, section in zip(shipped.all("section", "chapter")[3:], real_knowledge.menu, strict=True):
        ids = {sheet.attrib["id"].removeprefix("faq-") for sheet in chapter.findall("article")}
        assert ids == {entry.id for entry in real_knowledge.entries.values() if entry.menu == section.id}


def test_what_nobody_signed_or_is_due_again_comes_first_in_its_part(small: KnowledgeBase) -> None:
    def signed(entry_id: str, again: date | None = None) -> Entry:
        entry = small.entries[entry_id]
        return replace(entry, reviewed_by="Dr A", reviewed_on=date(2026, 1, 1), review_again_on=again)

    after = {"bleeding": signed("bleeding"), "bruise": signed("bruise", TODAY)}
    page = Page(booklet(replace(small, entries={**small.entries, **after}), TODAY))
    chapter = page.part("section-after")
    assert [sheet.attrib["id"] for sheet in chapter.findall("article")] == [
        "faq-bruise",
        "faq-run-after",
        "faq-bleeding",
    ]
    assert "to be reviewed again since 2026-11-28" in text_of(page.part("faq-bruise"))
    assert "reviewed by Dr A on 2026-01-01" in text_of(page.part("faq-bleeding"))
    assert "not reviewed yet" in text_of(page.part("faq-run-after"))


def test_a_draft_is_in_it_and_says_that_runners_do_not_see_it(small: KnowledgeBase) -> None:
    entries = {**small.entries, "pain": replace(small.entries["pain"], status=Status.DRAFT)}
    page = Page(booklet(replace(small, entries=entries), TODAY))
    assert "Status: draft. Runners do not see it." in text_of(page.part("faq-pain"))


def test_an_answer_in_no_section_is_not_forgotten(small: KnowledgeBase) -> None:
    entries = {**small.entries, "pain": replace(small.entries["pain"], menu="gone")}
    page = Page(booklet(replace(small, entries=entries), TODAY))
    assert page.part("section-none").find("article") is not None


def test_a_worse_sign_without_words_of_its_own_shows_the_neutral_urgent_text(small: KnowledgeBase) -> None:
    chest = small.red_flags["chest"]
    mild = replace(chest, signs=(replace(chest.signs[0], level=Level.TODAY), chest.signs[0]))
    page = Page(booklet(replace(small, red_flags={**small.red_flags, "chest": mild}), TODAY))
    neutral = small.texts["red_flag_unknown"][0].split("\n")[0].replace("**", "")
    assert neutral in text_of(page.part("red_flags-chest"))


def test_nothing_that_staff_type_can_inject(small: KnowledgeBase) -> None:
    evil = "</title></style><script>alert(1)</script>\"'&amp;"
    entry = replace(small.entries["pain"], title=evil, reviewed_by=evil, reviewed_on=TODAY)
    source = replace(small.sources["blog: Understanding"], who=evil, address="javascript:alert(1)")
    changed = replace(
        small,
        entries={**small.entries, "pain": entry},
        sources={**small.sources, source.key: source},
        clinic=replace(small.clinic, name=evil),
    )
    page = Page(booklet(changed, TODAY))  # which looks at each link and each element
    assert text_of(page.part("faq-pain")).count(evil) >= 3
    assert "javascript:alert(1)" in page.text


def test_it_prints_without_cutting_an_answer(small: KnowledgeBase) -> None:
    html = booklet(small, TODAY)
    assert "@media print" in html
    assert ".sheet, .said tr" in html.partition("@media print")[2].partition("break-inside: avoid")[0]


def test_everything_that_can_be_signed_has_a_sheet(real_knowledge: KnowledgeBase, shipped: Page) -> None:
    signable = {one.file.removesuffix(".yaml").replace("/", "-") for one in reviewable(real_knowledge)}
    assert signable <= set(shipped.ids)
