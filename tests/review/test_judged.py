"""What takes all phrasings together to see."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from bot.knowledge.loader import Loaded, load
from bot.knowledge.problems import Problem
from bot.review import judged, rivals
from bot.review.progress import silent
from bot.review.rivals import Rival, Rivals
from bot.text.likeness.phrasebook import Likeness
from bot.triage.gate import Finding, Gate
from bot.understanding.mind import Mind
from tests.support.encoder import WordEncoder
from tests.support.knowledge import changed_file, write_knowledge

ELSEWHERE = "what does one session cost me"
"""A question that is all but one of the answer on costs."""


def read(folder: Path, **changes: str) -> Loaded:
    return load(write_knowledge(folder, changes))


def found_in(loaded: Loaded, cache: Path | None = None) -> list[Problem]:
    assert loaded.knowledge is not None
    mind = Mind.for_knowledge(loaded.knowledge, encoder=WordEncoder(), cache=cache)
    return [*judged.findings(mind, loaded.places, silent)]


@pytest.fixture
def misplaced(tmp_path: Path) -> Loaded:
    """A folder in which the answer on pain has a question about costs."""
    content = changed_file("faq/pain.yaml", "painful or not?", ELSEWHERE)
    return read(tmp_path / "misplaced", **{"faq/pain.yaml": content})


def test_a_question_that_another_answer_would_get_is_told_with_the_line_it_is_like(misplaced: Loaded) -> None:
    [problem] = [p for p in found_in(misplaced) if p.rule == "other-answer"]
    assert problem.place == misplaced.places[("pain", ELSEWHERE)]
    near = misplaced.places[("cost", "What does one session cost?")]
    assert f'gets "cost" ({near.file}:{near.line} "What does one session cost?")' in problem.message


def test_where_no_question_stands_in_the_wrong_place_there_is_nothing_to_tell(tmp_path: Path) -> None:
    assert [p for p in found_in(read(tmp_path / "sound")) if p.rule in ("other-answer", "near-duplicate")] == []


def test_a_part_of_a_topic_may_be_asked_for_as_the_topic_is(tmp_path: Path) -> None:
    content = changed_file("faq/pain.yaml", "painful or not?", ELSEWHERE)
    content = content.replace("menu: session", "menu: session\npart_of: cost")
    found = found_in(read(tmp_path / "part", **{"faq/pain.yaml": content}))
    assert [problem for problem in found if problem.rule == "other-answer"] == []


def test_two_questions_that_mean_the_same_are_one_finding_that_says_which_wins(misplaced: Loaded) -> None:
    known = misplaced.knowledge
    assert known is not None
    asked = [("pain", ELSEWHERE), ("cost", "What does one session cost?"), ("cost", "price of an appointment")]
    alike = [Rival(0.1, 1, 0.97, 1), Rival(-0.2, 0, 0.97, 0), Rival(0.0, 0, rivals.SAME_MEANING - 0.01, 0)]
    [problem] = rivals.findings(asked, alike, known, misplaced.places)
    assert (problem.rule, problem.place) == ("near-duplicate", misplaced.places[asked[0]])
    assert 'get "cost" rather than "pain"' in problem.message


def test_a_new_question_is_compared_more_strictly_than_one_that_was_shipped(misplaced: Loaded) -> None:
    known = misplaced.knowledge
    assert known is not None
    asked = [("pain", ELSEWHERE), ("cost", "What does one session cost?")]
    for lead, cosine, told in ((0.2, 0.88, True), (0.05, 0.88, False), (0.2, 0.86, False)):
        alike = [Rival(lead, 1, cosine, 1), Rival(-0.2, 0, cosine, 0)]
        new = [*rivals.findings(asked, alike, known, misplaced.places, lambda _: True)]
        assert [problem.rule for problem in new] == ["near-duplicate"] * told
        assert [*rivals.findings(asked, alike, known, misplaced.places, lambda _: False)] == []


class Rows:
    """Stands in for a preparer whose book has the phrases in the order in which they are asked for."""

    def rows(self, phrases: Iterable[str]) -> np.ndarray:
        return np.array([int(phrase) for phrase in phrases])


def test_a_phrasing_does_not_count_for_itself_nor_do_its_copies() -> None:
    asked = [("one", "0"), ("one", "0"), ("one", "1"), ("two", "2"), ("two", "3")]
    alike = np.array([1.0, 0.2, 0.7, 0.5], dtype=np.float32)
    found = Rivals(asked, Rows()).of(0, Likeness(alike, alike))  # type: ignore[arg-type]
    assert found.lead == pytest.approx((0.7 + 0.5) / 2 - (0.2 + 0.0) / 2)
    assert (found.nearest, found.twin) == (3, 3)
    assert found.cosine == pytest.approx(0.7)


def test_without_sentence_vectors_nothing_is_said_of_meaning() -> None:
    alike = np.array([1.0, 0.9], dtype=np.float32)
    assert Rivals([("one", "0"), ("two", "1")], Rows()).of(0, Likeness(alike, None)).lead == 0.0  # type: ignore[arg-type]


def test_an_edit_of_an_answer_lets_nothing_be_judged_again_and_one_of_a_question_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge, calls = Gate.examine_all, 0

    def counted(gate: Gate, *arguments: object) -> list[Finding]:
        nonlocal calls
        calls += 1
        return judge(gate, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Gate, "examine_all", counted)
    cache = tmp_path / "cache"
    first = found_in(read(tmp_path / "first"), cache)
    assert calls > 0
    calls = 0
    answer = changed_file("faq/bleeding.yaml", "A drop of blood is common.", "A drop or two is common.")
    assert found_in(read(tmp_path / "second", **{"faq/bleeding.yaml": answer}), cache) == first
    assert calls == 0
    question = changed_file("faq/pain.yaml", "painful or not?", "does it sting")
    found_in(read(tmp_path / "third", **{"faq/pain.yaml": question}), cache)
    assert calls > 0
    calls = 0
    monkeypatch.setattr("bot.triage.gate.SCREENING", 0.0)
    found_in(read(tmp_path / "fourth", **{"faq/pain.yaml": question}), cache)
    assert calls > 0
    assert len([*cache.glob("asked-*.npy")]) == 1, "what an earlier check kept is thrown away"


def test_what_is_kept_reads_as_it_was_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.triage.gate.SCREENING", 0.0)  # all are asked about, of some group or of none
    loaded = read(tmp_path / "knowledge")
    first = found_in(loaded, tmp_path / "cache")
    assert {problem.rule for problem in first} >= {"asked-first"}
    assert found_in(loaded, tmp_path / "cache") == first == found_in(loaded)
