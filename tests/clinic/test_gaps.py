"""Kept questions are grouped by what their writers need."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import yaml

from bot.clinic.gaps import TOGETHER, Gap, Grouping, gaps_of, grouped, named
from bot.storage.protocol import KeptQuestion
from bot.text.likeness.utterance import Preparer, Said, Utterance
from bot.understanding.mind import Mind

HERE = Path(__file__).parent
DAY, LATER = date(2026, 1, 9), date(2026, 1, 12)
LEAST_F1 = 0.8


def needs(name: str) -> dict[str, list[str]]:
    """Return made-up questions by what is needed."""
    read: dict[str, list[str]] = yaml.safe_load((HERE / name).read_text(encoding="utf-8"))
    return read


def pairs(groups: list[list[str]]) -> set[frozenset[str]]:
    return {frozenset(pair) for group in groups for pair in combinations(group, 2)}


@pytest.mark.parametrize(
    ("name", "size"),
    [("needs_tuning.yaml", (10, 60)), ("needs_held_out.yaml", (15, 120))],
    ids=["tuning", "held out"],
)
def test_questions_of_one_need_come_together(real_mind: Mind, name: str, size: tuple[int, int]) -> None:
    meant = needs(name)
    texts = [text for group in meant.values() for text in group]
    assert (len(meant), len(set(texts))) == size
    gaps = gaps_of(real_mind, [KeptQuestion(DAY, text) for text in texts])
    found, true = pairs([[q.text for q in gap.questions] for gap in gaps]), pairs(list(meant.values()))
    precision, recall = len(found & true) / len(found), len(found & true) / len(true)
    assert 2 * precision * recall / (precision + recall) >= LEAST_F1, (precision, recall)


def test_a_gap_says_how_often_and_when_it_was_asked_and_which_answers_are_near(real_mind: Mind) -> None:
    asked = [
        KeptQuestion(LATER, "my name is [name], where can I park my car?"),
        KeptQuestion(DAY, "Is there a car park at the clinic?", 3, LATER),
        KeptQuestion(DAY, "can you needle dogs"),
    ]
    parking, dogs = gaps_of(real_mind, asked)
    assert parking.questions == (asked[1], asked[0])
    assert (parking.count, parking.first, parking.last) == (4, DAY, LATER)
    assert (dogs.count, dogs.first, dogs.last) == (1, DAY, DAY)
    assert len(parking.nearest) == 3 and "find-and-book" in parking.nearest
    assert named([parking, dogs], asked[0].id[:7]) is parking
    assert named([parking, dogs], dogs.id) is dogs
    assert named([parking], dogs.id) is None and named([parking], "") is None


def test_nothing_kept_is_no_gap(mind: Mind) -> None:
    assert gaps_of(mind, []) == []


def test_groups_grow_by_the_average_of_their_pairs() -> None:
    likeness = np.array([[1, 0.5, 0.1], [0.5, 1, 0.4], [0.1, 0.4, 1]], dtype=np.float32)
    assert grouped(likeness, 0.24) == [[0, 1, 2]]
    assert grouped(likeness, 0.26) == [[0, 1], [2]]
    assert grouped(likeness, 0.6) == [[0], [1], [2]]
    assert 0 < TOGETHER < 0.5


def test_the_version_of_a_gap_changes_with_its_questions() -> None:
    one, two = KeptQuestion(DAY, "a"), KeptQuestion(DAY, "b")
    assert Gap((one, two)).version == Gap((two, one)).version != Gap((one,)).version


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many texts were compared at once, each time."""
    sizes: list[int] = []
    compare = Preparer.compared

    def counting(preparer: Preparer, messages: Sequence[Said]) -> list[Utterance]:
        sizes.append(sum(1 + len(said.sentences) for said in messages))
        return compare(preparer, messages)

    monkeypatch.setattr(Preparer, "compared", counting)
    return sizes


def test_however_many_and_long_the_questions_few_sentences_are_compared_at_once(
    mind: Mind, compared: list[int]
) -> None:
    wordy = " ".join(f"May I park here on day {day}?" for day in range(160))
    assert len(wordy) > 4_000
    questions = [KeptQuestion(DAY, f"{number} {wordy}") for number in range(17)]
    assert sum(len(gap.questions) for gap in gaps_of(mind, questions)) == 17
    assert len(compared) == 2 and max(compared) < 16 * 20


def test_the_same_questions_are_compared_once_and_counted_anew(mind: Mind, compared: list[int]) -> None:
    grouping = Grouping()
    one, two = KeptQuestion(DAY, "where can I park?"), KeptQuestion(DAY, "do you needle dogs")
    grouping.gaps_of(mind, [one, two])
    assert grouping.gaps_of(mind, [two, replace(one, count=3)])[0].count == 3
    assert len(compared) == 1
    assert [gap.questions for gap in grouping.gaps_of(mind, [two])] == [(two,)]
    assert len(compared) == 2
    paused = mind.without(frozenset({"pain"}))
    compared.clear()
    assert "pain" not in grouping.gaps_of(paused, [two])[0].nearest
    assert len(compared) == 1


def test_what_was_kept_as_it_was_typed_is_masked_where_it_is_read(mind: Mind) -> None:
    typed = KeptQuestion(DAY, "my name is Tom, where can I park? call 07700 900123")
    [gap] = gaps_of(mind, [typed])
    assert gap.questions[0].text == "my name is [name], where can I park? call [phone]"
    assert gap.questions[0].id == typed.id  # by which it is deleted
