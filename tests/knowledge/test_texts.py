"""The bot's own sentences: what an older ``texts.yaml`` lacks is lent."""

import re
from pathlib import Path

import pytest

from bot.knowledge.loader import Loaded, load
from bot.knowledge.model import OWN_FOLDER, KnowledgeBase
from bot.knowledge.problems import Severity
from bot.knowledge.texts import RETIRED, TEXT_KEYS
from tests.support.knowledge import stand_in_texts, write_knowledge

URGENT = ("red_flag_short", "screening_unknown", "screening_reminder", "self_harm_short", "self_harm_reminder")


def with_texts(tmp_path: Path, texts: str) -> Loaded:
    return load(write_knowledge(tmp_path / "knowledge", {"texts.yaml": texts}))


def without(*keys: str) -> str:
    """Return a ``texts.yaml`` of stand-ins from before ``keys`` were added."""
    return "".join(
        line for line in stand_in_texts().splitlines(keepends=True) if line.partition(":")[0] not in keys
    )


@pytest.mark.parametrize(
    "keys", [("screening_again",), ("button_screening_no", "screening_unknown"), tuple(TEXT_KEYS)]
)
def test_texts_that_an_older_file_lacks_are_lent_with_a_notice(
    tmp_path: Path, real_knowledge: KnowledgeBase, keys: tuple[str, ...]
) -> None:
    read = with_texts(tmp_path, without(*keys) or "{}")
    assert read.knowledge is not None
    assert {key: read.knowledge.texts[key] for key in keys} == {key: real_knowledge.texts[key] for key in keys}
    kept = set(TEXT_KEYS) - set(keys)
    assert all(read.knowledge.texts[key] != real_knowledge.texts[key] for key in kept)
    [notice] = read.problems
    assert (notice.place.file, notice.severity, notice.rule) == ("texts.yaml", Severity.NOTICE, "lent")
    assert all(key in notice.message for key in keys)


def test_a_complete_file_gets_nothing_lent(tmp_path: Path) -> None:
    assert with_texts(tmp_path, stand_in_texts()).problems == ()


def test_a_text_that_was_emptied_is_an_error_and_not_lent(tmp_path: Path) -> None:
    [problem] = with_texts(tmp_path, stand_in_texts(screening_again="")).problems
    assert (problem.severity, problem.rule) == (Severity.ERROR, "missing-field")


def test_a_misspelt_key_is_an_error_although_the_text_is_lent(tmp_path: Path) -> None:
    read = with_texts(tmp_path, stand_in_texts().replace("screening_again:", "screening_agian:"))
    assert read.knowledge is None
    [error] = [problem for problem in read.problems if problem.severity is Severity.ERROR]
    assert 'Did you mean "screening_again"?' in error.message


@pytest.mark.parametrize("key", URGENT)
def test_what_is_said_about_danger_names_a_way_to_help(real_knowledge: KnowledgeBase, key: str) -> None:
    for wording in real_knowledge.texts[key]:
        assert any(way in wording for way in ("local emergency number", "medical help", "findahelpline.com"))


def test_a_file_from_before_a_text_was_given_up_still_loads_and_its_clinic_is_told(tmp_path: Path) -> None:
    old = "".join(f'{key}: "As {{sources}} were told of once"\n' for key in sorted(RETIRED))
    read = with_texts(tmp_path, without("referral_after", "support") + old)
    assert read.knowledge is not None
    assert not RETIRED & read.knowledge.texts.keys()
    assert {(p.severity, p.rule) for p in read.problems} == {
        (Severity.NOTICE, "lent"),
        (Severity.NOTICE, "retired"),
    }
    assert sum(p.rule == "retired" for p in read.problems) == len(RETIRED)


def test_no_text_is_both_given_up_and_wanted() -> None:
    assert not RETIRED & TEXT_KEYS.keys()


# --- the project's own words ------------------------------------------------------------------


def test_every_section_of_the_menu_with_words_of_its_own_is_there(real_knowledge: KnowledgeBase) -> None:
    sections = {section.id for section in real_knowledge.menu}
    own = {key.partition("_")[2] for key in TEXT_KEYS if key.startswith("referral_")} - {"short"}
    assert own <= sections


def test_the_way_to_a_therapist_is_one_short_line_that_suits_any_body_part(real_knowledge: KnowledgeBase) -> None:
    keys = [key for key in TEXT_KEYS if key.startswith("referral")]
    lines = [wording for key in keys for wording in real_knowledge.texts[key]]
    assert [line for line in lines if not line.endswith(": /therapist") or len(line) > 70] == []
    assert [line for line in lines if "leg" in line.split()] == []
    half = ("referral_about", "referral_small-talk", "referral_short")
    assert all(len(wording) <= 45 for key in half for wording in real_knowledge.texts[key])


def test_the_line_on_review_and_sources_has_six_words_at_most(real_knowledge: KnowledgeBase) -> None:
    for key in ("not_reviewed", "all_reviewed"):
        [line] = real_knowledge.texts[key]
        assert len(line.split()) <= 6 and "/sources" in line


def test_what_leads_to_support_names_help_and_no_clinic(real_knowledge: KnowledgeBase) -> None:
    said = " ".join(real_knowledge.texts["support"] + real_knowledge.texts["support_short"])
    assert "local emergency number" in said and "support line" in said
    assert "therapist" not in said and "clinic" not in said


def test_a_photo_is_declined_for_what_the_bot_cannot_do(real_knowledge: KnowledgeBase) -> None:
    [said] = real_knowledge.texts["photo"]
    assert "I cannot judge an injury from a picture" in said and "nobody" not in said


@pytest.mark.parametrize(
    "told",
    [
        "Nobody at the clinic reads this chat",
        "held until I have answered it, for about a day at most, then deleted",
        "never your words",
        "the topic",
        "part of the body",
        "parts of danger signs",
        "30 minutes",
        "used for a day: that you told of a danger sign",
        "two days after your last message",
        "That helped",
        "Yes, keep it",
        "90 days",
        "do not open or keep photos",
        "/forget",
    ],
)
def test_privacy_says_in_one_place_all_that_is_kept(real_knowledge: KnowledgeBase, told: str) -> None:
    [said] = real_knowledge.texts["privacy"]
    assert told in said


def test_the_blog_has_one_name(real_knowledge: KnowledgeBase) -> None:
    said = [re.sub(r"\]\(\S+\)", "]", text) for texts in real_knowledge.texts.values() for text in texts]
    assert [text for text in said if re.search(r"\bblog\b", text) and not re.search(r"\b[Oo]ur blog\b", text)] == []


def test_the_ways_by_country_lead_to_registers_that_the_knowledge_names(real_knowledge: KnowledgeBase) -> None:
    example = (OWN_FOLDER / "clinic.yaml").read_text(encoding="utf-8")
    known = {source.address for source in real_knowledge.sources.values()}
    [text] = real_knowledge.texts["therapist"]
    links = re.findall(r"\]\((\S+)\)", text)
    assert len(links) == 4
    assert [link for link in links if link not in known and link not in example] == []
