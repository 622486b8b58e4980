"""The project's own answers: what each must say to keep people safe, how long they may be, what they never say."""

import re
from statistics import mean

import pytest

from bot.knowledge.markup import plain
from bot.knowledge.model import Entry, KnowledgeBase

FEWEST_PHRASINGS_OF_A_CONDITION = 6

SAFETY = {
    "achilles": ("pretend needles", "not into the tendon", "emergency department"),
    "aftercare": ("light muscle work", "do not need litres", "bleeding that will not stop"),
    "blood-thinners-and-bleeding": (
        "Never stop, skip or change",
        "two days before",
        "is unsafe",
        "Only the doctor who prescribes it",
        "Missed or stopped it already?",
    ),
    "bones-joints-and-connective-tissue": (
        "Osteoporosis",
        "Ehlers-Danlos",
        "Arthritis",
        "disc",
        "no good research",
    ),
    "calf": ("better function", "Rock hard", "emergency department now", "blood clot"),
    "diagnosis-or-plan-request": (
        "numb between the legs",
        "drooping face",
        "stress fracture",
        "No running or racing",
    ),
    "fresh-injury": ("One clinic guide",),
    "hip-glute-low-back": ("kidneys", "blood in the pee", "mostly of acupuncture", "than with no treatment"),
    "hygiene-and-infection": ("gloves", "tattoo", "soap and water", "medical care today", "within hours"),
    "inflammation-and-blood-flow": ("Lactic acid", "toxins", "has not been shown"),
    "medical-conditions-and-implants": (
        "defibrillator",
        "valve problem",
        "sickle cell",
        "Raynaud",
        "covid",
        "Eczema",
        "No needling while fits or heart trouble are not under control",
        "even for plain needles",
        "Ask your doctor",
    ),
    "medication-question": ("Taken more than the packet says?", "poison line", "even if you feel fine"),
    "needle-fear-and-fainting": ("no failure", "the fall is the danger"),
    "nerve-and-pain-illnesses": ("MS", "Fibromyalgia", "no good research", "Ask your doctor"),
    "pregnancy": ("bad headache with blurred sight", "maternity unit"),
    "results-timing": ("Soreness proves nothing either way",),
    "self-needling": ("Bleeding that does not stop",),
    "serious-risks": ("near organs", "rock hard", "blood in the pee", "collapsed lung"),
    "side-effects": ("itchy", "Hives", "bruise that spreads"),
    "stress-fracture": ("Do not run or race on it",),
    "treatment-complaint": ("regulator", "unwanted touch", "Your health first"),
    "under-18": ("If they say no, the answer is no",),
    "unwanted-touch": (
        "I believe you",
        "not your fault",
        "safe now",
        "emergency number",
        "Medical care",
        "sexual assault support line",
        "Police",
        "You do not have to",
        "regulator",
        "You decide each step",
        "Nothing you write here goes to the clinic",
    ),
    "weak-immune-system": ("steroid", "chemotherapy", "transplant", "HIV", "lupus", "Do not stop or skip"),
    "what-happens-in-a-session": ("not with a pacemaker, defibrillator or nerve stimulator",),
    "which-injuries": ("not meant for worn joints or discs",),
    "who-should-not": ("lymph nodes", "fresh injury", "under 18"),
    "worse-or-tingling-after": ("headache", "worst headache ever", "stiff neck", "loss of sight", "bruise keeps"),
}
"""Entry → words of its answer without which somebody could come to harm, or a fact would be wrong."""

CONDITIONS = {
    "bones-joints-and-connective-tissue": ("osteoporosis", "eds|ehlers|hypermob", "arthritis"),
    "hygiene-and-infection": ("glove", "tattoo"),
    "inflammation-and-blood-flow": ("lactic|lactate|acid", "toxin|waste|detox"),
    "medical-conditions-and-implants": (
        "sickle",
        "raynaud",
        "valve|endocarditis",
        "defib|icd",
        "covid|corona",
        "eczema",
    ),
    "nerve-and-pain-illnesses": ("ms|multiple sclerosis", "fibro"),
    "results-timing": ("sore",),
    "aftercare": ("water|drink",),
    "weak-immune-system": ("hiv", "steroid|pred", "chemo", "transplant|new liver", "lupus|sle"),
}
"""Entry → what people have or have heard, as patterns; each must stand in several phrasings."""

NEVER = (
    (
        r"details are shown|prices are shown|has set this up|if you see none",
        "speaks of what somebody may have set up",
    ),
    (
        r"blog behind|you may read that|the blog\b|this blog|source blog",
        'calls the blog something else than "blog post"',
    ),
    (r"\b(guaranteed|completely painless|safe for everyone|proven to|toxins leave)\b", "promises"),
)


def told(entry: Entry) -> str:
    """Return what ``entry`` says, as a person reads it."""
    return f"{plain(entry.answer)}\n\n{plain(entry.see_therapist_if)}".strip()


@pytest.mark.parametrize("entry_id", SAFETY)
def test_an_answer_says_what_keeps_people_safe(real_knowledge: KnowledgeBase, entry_id: str) -> None:
    text = told(real_knowledge.entries[entry_id])
    assert [words for words in SAFETY[entry_id] if words not in text] == []


def test_answers_fit_on_a_phone(real_knowledge: KnowledgeBase) -> None:
    """With title, source line and referral a reply stays under 1,000 characters, and under 800 on average."""
    lengths = {entry.id: len(told(entry)) for entry in real_knowledge.published}
    assert {entry_id: length for entry_id, length in lengths.items() if length > 850} == {}
    assert mean(lengths.values()) <= 650


@pytest.mark.parametrize(("pattern", "fault"), NEVER, ids=["setting up", "the blog", "promises"])
def test_no_answer_says_what_is_not_for_runners(real_knowledge: KnowledgeBase, pattern: str, fault: str) -> None:
    guilty = [e.id for e in real_knowledge.published if re.search(pattern, told(e), re.IGNORECASE)]
    assert guilty == [], f"These answers: {fault}"


@pytest.mark.parametrize("entry_id", CONDITIONS)
def test_each_condition_and_myth_is_asked_for_in_several_ways(real_knowledge: KnowledgeBase, entry_id: str) -> None:
    phrasings = real_knowledge.entries[entry_id].ask
    for pattern in CONDITIONS[entry_id]:
        found = [phrase for phrase in phrasings if re.search(rf"\b({pattern})", phrase, re.IGNORECASE)]
        assert len(found) >= FEWEST_PHRASINGS_OF_A_CONDITION, pattern


def test_complaints_are_three_answers_and_the_one_on_assault_stands_alone(real_knowledge: KnowledgeBase) -> None:
    parts = {e.id for e in real_knowledge.published if e.part_of == "complaint-feedback"}
    assert parts == {"treatment-complaint", "unwanted-touch"}
    assault = real_knowledge.entries["unwanted-touch"]
    assert assault.related == () and assault.clinic_details is None
    assert not re.search(r"\b(bot|program|therapist/|/therapist|wrong answer|book)\b", told(assault))
    for other in real_knowledge.published:
        assert "assault" not in told(other) or other is assault


def test_what_stands_below_the_limits_is_a_limit(real_knowledge: KnowledgeBase) -> None:
    """``see_therapist_if`` names a sign and a place to go; advice of another kind belongs in the answer."""
    place = re.compile(
        r"doctor|clinician|therapist|medical care|care today|number|department|assess|check|examin|look|unit|Book",
        re.I,
    )
    for entry in real_knowledge.published:
        below = plain(entry.see_therapist_if)
        assert not below or place.search(below), entry.id
