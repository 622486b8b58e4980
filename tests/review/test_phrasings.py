from pathlib import Path

import pytest

from bot.knowledge.loader import load
from bot.knowledge.problems import Severity
from bot.review.phrasings import findings
from tests.support.knowledge import changed_file, write_knowledge


def rules(tmp_path: Path, phrase: str) -> set[str]:
    folder = write_knowledge(
        tmp_path / "knowledge",
        {"faq/calf.yaml": changed_file("faq/calf.yaml", "calves like wood, needles any good", phrase)},
    )
    loaded = load(folder)
    assert loaded.knowledge is not None
    return {problem.rule for problem in findings(loaded.knowledge, loaded.places)}


def test_a_phrasing_that_is_almost_a_danger_sign_is_an_error(tmp_path: Path) -> None:
    assert "danger-sign" in rules(tmp_path, "short of breath after my session")
    assert "danger-sign" in rules(tmp_path / "shouted", "SHORT of breath, after the session!!")
    assert "danger-sign" not in rules(tmp_path / "other", "short on time after my session")


def test_an_off_topic_line_that_is_almost_a_danger_sign_is_an_error_with_its_line(tmp_path: Path) -> None:
    text = changed_file("off_topic.yaml", "netflix keeps buffering", "Short of breath after my session")
    loaded = load(write_knowledge(tmp_path / "knowledge", {"off_topic.yaml": text}))
    assert loaded.knowledge is not None
    [problem] = [p for p in findings(loaded.knowledge, loaded.places) if p.rule == "danger-sign"]
    assert (problem.place.file, problem.place.line, problem.severity) == ("off_topic.yaml", 14, Severity.ERROR)
    assert '"look_alikes" in red_flags/chest.yaml' in problem.message


def test_a_question_that_also_measures_is_told_of_where_it_measures(tmp_path: Path) -> None:
    loaded = load(write_knowledge(tmp_path / "knowledge", {"messages.yaml": 'pain:\n  - "painful or not?"\n'}))
    assert loaded.knowledge is not None
    [problem] = [p for p in findings(loaded.knowledge, loaded.places) if p.rule == "measured-question"]
    assert (problem.place.file, problem.place.line, problem.severity) == ("messages.yaml", 2, Severity.NOTICE)


def test_a_synonym_may_not_bend_a_word_of_half_the_answers(tmp_path: Path) -> None:
    for variant, found in (("needling", True), ("sting", False)):
        text = f'pain:\n  - "{variant}"\n'
        loaded = load(write_knowledge(tmp_path / variant, {"synonyms.yaml": text}))
        assert loaded.knowledge is not None
        told = {p.place.file for p in findings(loaded.knowledge, loaded.places) if p.rule == "common-synonym"}
        assert told == ({"synonyms.yaml"} if found else set())


def test_a_question_that_stands_twice_in_its_answer_does_not_point_at_itself(tmp_path: Path) -> None:
    text = changed_file("faq/calf.yaml", "calves like wood, needles any good", "tight calf since the hill reps")
    loaded = load(write_knowledge(tmp_path / "knowledge", {"faq/calf.yaml": text}))
    assert loaded.knowledge is not None
    said = [p.message for p in findings(loaded.knowledge, loaded.places) if p.rule == "near-copy"]
    assert len([message for message in said if "stands here twice" in message]) == 1


@pytest.mark.parametrize(
    ("phrase", "copy"), [("hill reps", False), ("tight calf", False), ("calf, tight since the hill", True)]
)
def test_a_bare_word_or_two_of_a_longer_question_are_no_copy_of_it(tmp_path: Path, phrase: str, copy: bool) -> None:
    text = changed_file("faq/calf.yaml", "calves like wood, needles any good", phrase)
    loaded = load(write_knowledge(tmp_path / "knowledge", {"faq/calf.yaml": text}))
    assert loaded.knowledge is not None
    copies = [p.place for p in findings(loaded.knowledge, loaded.places) if p.rule == "near-copy"]
    assert (loaded.places[("calf", phrase)] in copies) == copy


@pytest.mark.parametrize(
    ("phrase", "rule"),
    [
        ("is it", "no-subject"),
        ("write to ada@clinic.example", "personal-data"),
        ("call me on 07700 900123", "personal-data"),
        ("https://example.org/running", "personal-data"),
    ],
)
def test_a_question_about_nothing_or_of_somebody_is_warned_of(tmp_path: Path, phrase: str, rule: str) -> None:
    assert rule in rules(tmp_path, phrase)


def test_a_question_is_not_off_the_topic_as_well(tmp_path: Path) -> None:
    text = changed_file("off_topic.yaml", "netflix keeps buffering", "Painful, or not")
    loaded = load(write_knowledge(tmp_path / "knowledge", {"off_topic.yaml": text}))
    assert loaded.knowledge is not None
    [problem] = [p for p in findings(loaded.knowledge, loaded.places) if p.rule == "asked-and-not"]
    assert (problem.place.file, '"pain"' in problem.message) == ("off_topic.yaml", True)


def test_a_file_saved_over_another_is_one_finding_and_not_one_for_each_question(tmp_path: Path) -> None:
    folder = write_knowledge(tmp_path / "knowledge")
    questions = "\n".join(f'  - "question {number} of many"' for number in range(9))
    for name in ("one", "two"):
        text = f'title: "{name}"\nmenu: after\nask:\n{questions}\nanswer: |\n  Yes.\nsources: ["product"]\n'
        (folder / "faq" / f"{name}.yaml").write_text(text)
    loaded = load(folder)
    assert loaded.knowledge is not None
    [problem] = [p for p in findings(loaded.knowledge, loaded.places) if p.rule == "repeated-question"]
    assert "9 questions of this answer" in problem.message
    assert "faq/one.yaml" in problem.message
