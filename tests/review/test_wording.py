"""What answers and urgent texts must not say."""

from pathlib import Path

import pytest

from bot.bootstrap import load_knowledge
from bot.knowledge.loader import load
from bot.knowledge.problems import Severity
from bot.review import wording
from tests.review.test_reading import HARD
from tests.support.knowledge import changed_file, write_knowledge

ANSWER = "A drop of blood is common. Press on it for a moment."
SOURCES = 'sources: ["blog: Closing"]'


def rules(tmp_path: Path, said: str, sources: str = SOURCES) -> list[str]:
    """Return the findings on an answer that says ``said``."""
    path = "faq/bleeding.yaml"
    content = changed_file(path, ANSWER, said).replace(SOURCES, sources)
    knowledge = load_knowledge(write_knowledge(tmp_path / "knowledge", {path: content}))
    found = [problem for problem in wording.findings(knowledge) if problem.place.file == path]
    assert all(problem.severity is Severity.WARNING for problem in found)
    return [problem.rule for problem in found]


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        ("It helps to take 400 mg of ibuprofen.", "dose"),
        ("Two tablets are enough for most.", "dose"),
        ("Needling cures shin splints.", "promise"),
        ("It is safe for everyone.", "promise"),
        ("There is no risk at all.", "promise"),
        ("It flushes toxins out of the muscle.", "promise"),
        ("Each visit is guaranteed to help.", "promise"),
        ("You have a stress fracture.", "diagnosis"),
        ("With pain there, you've got plantar fasciitis.", "diagnosis"),
        ("This is a torn muscle strain.", "diagnosis"),
        ("You should stop your blood thinner for two days.", "medicine-advice"),
        ("Skip your aspirin that morning.", "medicine-advice"),
        ("You do not need to see a doctor.", "sends-away"),
        ("Run through the pain.", "sends-away"),
        ("You can needle yourself at home.", "self-needling"),
        ("If it gets worse, call 999.", "country-number"),
        ("If it gets worse, call 15 or go to a hospital.", "country-number"),
        ("If it hurts a bit, you do not need to see a doctor.", "sends-away"),
        (HARD, "hard-to-read"),
    ],
)
def test_what_can_hurt_somebody_is_warned_of(tmp_path: Path, said: str, rule: str) -> None:
    assert rules(tmp_path, said) == [rule]


@pytest.mark.parametrize(
    "said",
    [
        "Run 5 km, then rest for two days.",
        "It has not been shown to cure anything, or to flush out toxins.",
        "It is not safe for everyone, and nothing is guaranteed.",
        "Tell the therapist if you have a stress fracture.",
        "You have a say in every step.",
        "You may have a strain.",
        "Do not run through the pain.",
        "Please call 15 minutes before you come.",
        "Call 15 to 20 minutes before.",
        "Ring 18 hours ahead.",
        "If you do not see a physio within a week, ask again.",
        "Rest when you don't see a therapist soon.",
        "Never needle yourself at home.",
        "There is no need to stop, but see a doctor if it swells.",
        "Never stop your blood thinner for a session.",
        "Take your tablets as your doctor told you.",
        "Some people take steroid tablets for long.",
    ],
)
def test_what_keeps_people_safe_may_be_said(tmp_path: Path, said: str) -> None:
    assert rules(tmp_path, said) == []


def test_a_few_words_are_never_hard_to_read(tmp_path: Path) -> None:
    assert rules(tmp_path, "Intramuscular stimulation necessitates consultation.") == []


@pytest.mark.parametrize(
    ("sources", "said", "found"),
    [
        ('sources: ["custom"]', "Wait for two days. Then run.", ["weak-evidence"]),
        ('sources: ["custom"]', "Wait for two days, by custom. Then run.", []),
        ('sources: ["custom", "NHSDVT"]', "Wait for two days. Then run.", []),
        ('sources: ["product"]', "Wait for two days. Then run.", []),
    ],
)
def test_an_answer_that_rests_on_custom_alone_must_not_sound_certain(
    tmp_path: Path, sources: str, said: str, found: list[str]
) -> None:
    assert rules(tmp_path, said, sources) == found


def test_urgent_texts_are_read_too(tmp_path: Path) -> None:
    path = "red_flags/chest.yaml"
    knowledge = load_knowledge(write_knowledge(tmp_path / "knowledge"))
    reply = "Take two tablets of aspirin."
    content = changed_file(path, "reply: |", f"reply: |\n  {reply}")
    changed = load_knowledge(write_knowledge(tmp_path / "changed", {path: content}))
    assert [p for p in wording.findings(knowledge) if p.place.file == path] == []
    assert [p.rule for p in wording.findings(changed) if p.place.file == path] == ["dose", "medicine-advice"]


def test_what_is_warned_of_has_the_line_in_which_it_stands(tmp_path: Path) -> None:
    path = "faq/bleeding.yaml"
    content = changed_file(path, ANSWER, "A drop of blood is common.\n\n  - Needling cures it.")
    loaded = load(write_knowledge(tmp_path / "knowledge", {path: content}))
    assert loaded.knowledge is not None
    [problem] = [p for p in wording.findings(loaded.knowledge, loaded.places) if p.place.file == path]
    assert content.splitlines()[problem.place.line - 1] == "  - Needling cures it."


def test_an_urgent_text_may_not_comfort(tmp_path: Path) -> None:
    path = "red_flags/chest.yaml"
    content = changed_file(path, "reply: |\n", "reply: |\n  Do not worry.\n")
    loaded = load(write_knowledge(tmp_path / "knowledge", {path: content}))
    assert loaded.knowledge is not None
    found = [p for p in wording.findings(loaded.knowledge, loaded.places) if p.rule == "comfort"]
    assert [content.splitlines()[p.place.line - 1] for p in found] == ["  Do not worry."]
