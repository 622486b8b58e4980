"""The FAQ as a page for the clinic's website."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bot.bootstrap import load_knowledge
from bot.knowledge.model import Clinic, KnowledgeBase, Status
from bot.review.page import faq_page
from tests.support.knowledge import AWKWARD, AWKWARD_TEXT, visible
from tests.support.pages import Page, text_of

TODAY = date(2026, 11, 28)


@pytest.fixture(scope="module")
def small(small_folder: Path) -> KnowledgeBase:
    return load_knowledge(small_folder)


def with_entry(knowledge: KnowledgeBase, entry_id: str, **changes: Any) -> KnowledgeBase:
    entry = replace(knowledge.entries[entry_id], **changes)
    return replace(knowledge, entries={**knowledge.entries, entry_id: entry})


def questions(page: Page) -> list[str]:
    return [element.attrib["id"] for element in page.all("details")]


def test_the_shipped_answers_make_a_valid_page_without_scripts_and_without_anything_from_elsewhere(
    real_knowledge: KnowledgeBase,
) -> None:
    page = Page(faq_page(real_knowledge, TODAY, "needle_bot"))
    shown = [real_knowledge.entries[entry_id] for entry_id in questions(page)]
    assert len(shown) > 50
    for entry in shown:
        text = text_of(page.part(entry.id))
        assert " ".join(visible(entry.answer).replace("• ", "").split()) in text
        assert entry.title in text


def test_the_danger_line_stands_before_every_answer_with_the_clinics_numbers(small: KnowledgeBase) -> None:
    clinic = Clinic(emergency_numbers=("Ambulance: 112",), crisis_lines=("Samaritans: 116 123",))
    text = Page(faq_page(replace(small, clinic=clinic), TODAY)).text
    at = text.index(small.texts["danger_line"][0])
    assert at < text.index("Ambulance: 112, Samaritans: 116 123") < text.index("Does it hurt?")


def test_an_answer_has_its_referral_sources_review_and_related_answers(small: KnowledgeBase) -> None:
    checked = with_entry(small, "pain", reviewed_by="Dr Byrne", reviewed_on=date(2026, 3, 5))
    page = Page(faq_page(checked, TODAY))
    text = text_of(page.part("pain"))
    assert "Checked by Dr Byrne, 5 March 2026." in text
    assert "Our blog" in text
    assert "find a certified, experienced therapist" in text
    assert "Read on: Running after a session, A bruise afterwards" in text
    assert "Not clinician-checked yet." in text_of(page.part("run-after"))
    assert "/sources" not in page.text
    assert "/therapist" not in page.text
    assert small.texts["therapist"][0].split("\n")[0].replace("**", "").strip() in page.text
    assert "As of 28 November 2026." in page.text


def test_drafts_paused_answers_small_talk_and_what_is_about_the_chat_alone_are_not_on_it(
    small: KnowledgeBase,
) -> None:
    changed = with_entry(small, "pain", status=Status.DRAFT)
    changed = with_entry(changed, "calf", status=Status.PAUSED)
    changed = with_entry(changed, "heel", menu="small-talk")
    page = Page(faq_page(changed, TODAY))
    assert {"pain", "calf", "heel", "cost"}.isdisjoint(questions(page))  # "cost" rests on the bot's own word
    assert "run-after" in questions(page)
    assert "Does it hurt?" not in page.text  # and no related answer leads there


def test_an_answer_that_stands_alone_has_the_way_to_support_and_nothing_else(small: KnowledgeBase) -> None:
    alone = with_entry(small, "pain", alone=True)
    text = text_of(Page(faq_page(alone, TODAY, "needle_bot")).part("pain"))
    answer = visible(small.entries["pain"].answer)
    assert text == f"Does it hurt? {answer} {small.texts['support'][0]}"


def test_links_into_telegram_open_the_answer_and_are_left_out_without_a_name(small: KnowledgeBase) -> None:
    page = Page(faq_page(small, TODAY, "needle_bot"))
    assert {f"https://t.me/needle_bot?start={entry_id}" for entry_id in questions(page)} <= set(page.links)
    assert "https://t.me/needle_bot" in page.links
    assert "t.me" not in faq_page(small, TODAY)


def test_nothing_that_staff_type_can_inject(small: KnowledgeBase) -> None:
    evil = "</title></style><script>alert(1)</script><img src=x onerror=alert(1)>\"'&amp;"
    source = replace(small.sources["blog: Closing"], who=evil, grade="R", address=f"javascript:alert(1)//{evil}")
    changed = with_entry(small, "bruise", title=evil, reviewed_by=evil, reviewed_on=TODAY, related=("pain",))
    changed = replace(
        changed,
        sources={**small.sources, source.key: source},
        clinic=Clinic(
            name=evil, address=evil, booking="https://example.org/?a=1&b=2", blog_url="javascript:alert(1)"
        ),
    )
    page = Page(faq_page(changed, TODAY, "needle_bot"))
    assert page.text.count(evil) >= 4
    assert "https://example.org/?a=1&b=2" in page.links
    assert AWKWARD_TEXT in text_of(page.part(AWKWARD))
    assert "https://example.org/guide?a=1&b=2" in page.links


def test_an_id_can_be_no_other_anchor_of_the_page(small: KnowledgeBase) -> None:
    page = Page(faq_page(small, TODAY))
    assert all("_" in anchor for anchor in page.ids if anchor not in small.entries)


def test_what_the_clinic_has_not_filled_in_is_replaced_as_in_a_chat(small: KnowledgeBase) -> None:
    priced = with_entry(small, "cost", sources=("blog: Closing",))
    assert "70 euro" not in Page(faq_page(priced, TODAY)).text
    filled = replace(priced, clinic=Clinic(prices=("First visit: 70 euro",)))
    assert "First visit: 70 euro" in text_of(Page(faq_page(filled, TODAY)).part("cost"))
