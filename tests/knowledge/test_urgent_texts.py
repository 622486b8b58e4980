"""What people read at a danger sign, group by group and level by level, as the composer says it."""

import re
from collections.abc import Iterator

import pytest

from bot.dialogue.composer import Composer
from bot.knowledge.manifest import SHIPPED
from bot.knowledge.model import KnowledgeBase, Level
from bot.triage.rules import SELF_HARM, RedFlag

FLAGS = [RedFlag(group_id, level) for group_id, levels in SHIPPED.items() for level in levels]
LATER = re.compile(
    r"\btoday\b|\btomorrow\b|\bdays\b|\bsee a (?:doctor|physio)\b|\bbook\b|\bappointment\b", re.IGNORECASE
)
JARGON = re.compile(
    r"\b(?:means at hand|call handler|clinicians?|practitioner|acute|symptoms?|onset|compartment|sepsis|embol\w*|"
    r"thromb\w*|dvt|cauda|rhabdo\w*|anaphyla\w*|pneumo\w*|ischaem\w*|neurovascular|ideation|distal|proximal|cpr|aed|"
    r"a&e|ed|er|gp|nhs|999|112|911)\b",
    re.IGNORECASE,
)
CARE = {
    Level.NOW: r"local emergency number|nearest emergency department",
    Level.TODAY: r"doctor|emergency department",
    Level.BEFORE: r"doctor or physio",
}


@pytest.fixture(params=FLAGS, ids=lambda flag: f"{flag.group} {flag.level.name}")
def flag(request: pytest.FixtureRequest) -> RedFlag:
    found: RedFlag = request.param
    return found


def said(knowledge: KnowledgeBase, group_id: str, level: Level = Level.NOW) -> str:
    return "\n\n".join(Composer(knowledge).red_flag(RedFlag(group_id, level)).texts)


def test_an_urgent_text_names_the_care_of_its_level_at_once(real_knowledge: KnowledgeBase, flag: RedFlag) -> None:
    assert flag.group is not None
    text = said(real_knowledge, flag.group, flag.level)
    assert re.search(CARE[flag.level], text if flag.group == SELF_HARM else text[:200])


def test_call_now_is_never_followed_by_a_word_that_lets_people_wait(
    real_knowledge: KnowledgeBase, flag: RedFlag
) -> None:
    assert flag.group is not None
    if flag.level is Level.NOW:
        assert not LATER.search(said(real_knowledge, flag.group, flag.level))


def test_an_urgent_text_needs_no_dictionary_and_names_no_countrys_number(
    real_knowledge: KnowledgeBase, flag: RedFlag
) -> None:
    assert flag.group is not None
    assert not JARGON.search(said(real_knowledge, flag.group, flag.level))


def _short_and_neutral(knowledge: KnowledgeBase) -> Iterator[str]:
    yield from knowledge.texts["red_flag_unknown"]
    for key in ("red_flag_short", "red_flag_reminder", "self_harm_short", "self_harm_reminder"):
        yield from knowledge.texts[key]


def test_what_stands_for_all_levels_lets_nobody_wait_either(real_knowledge: KnowledgeBase) -> None:
    assert [text for text in _short_and_neutral(real_knowledge) if LATER.search(text) or JARGON.search(text)] == []


@pytest.mark.parametrize(
    ("group_id", "level", "in_this_order"),
    [
        ("severe-allergy", Level.NOW, ["adrenaline pen", "use it now", "emergency number"]),
        ("collapse-or-faint", Level.NOW, ["not breathing", "chest compressions", "defibrillator", "on their side"]),
        ("heat-or-salt", Level.NOW, ["emergency number", "cool", "on their side", "chest compressions"]),
        ("needling-complication", Level.TODAY, ["used needle", "wash", "within hours"]),
        ("bone-stress", Level.TODAY, ["See a doctor or urgent care service today", "Keep your weight off"]),
        ("self-harm", Level.NOW, ["emergency number now", "by accident or not", "feel fine", "packet"]),
        ("self-harm", Level.NOW, ["move away from it", "phone, text or chat"]),
        ("self-harm", Level.TODAY, ["phone, text or chat", "emergency number now", "move away from it"]),
    ],
)
def test_first_aid_comes_in_the_order_in_which_it_helps(
    real_knowledge: KnowledgeBase, group_id: str, level: Level, in_this_order: list[str]
) -> None:
    text = said(real_knowledge, group_id, level)
    places = [text.find(words) for words in in_this_order]
    assert -1 not in places and places == sorted(places)


@pytest.mark.parametrize("level", [Level.TODAY, Level.NOW])
def test_after_self_harm_the_last_line_leads_to_a_person(real_knowledge: KnowledgeBase, level: Level) -> None:
    last = said(real_knowledge, SELF_HARM, level).rsplit("\n\n", 1)[-1]
    assert last == real_knowledge.texts["self_harm_nobody_reads"][0]
    assert "a person can" in last and "reach one now" in last
    cold = real_knowledge.texts["red_flag_nobody_reads"][0]
    assert said(real_knowledge, "compartment").endswith(cold) and cold not in last
