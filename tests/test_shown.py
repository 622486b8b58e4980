"""An answer as it is shown on a phone: short, and never speaking of what is not there."""

import re
from dataclasses import replace
from statistics import mean

import pytest

from bot.dialogue.composer import Composer
from bot.knowledge.markup import plain
from bot.knowledge.model import Clinic, Entry, KnowledgeBase

MOST, MEAN = 1_000, 800
"""Characters of an answer with all that stands under it, about two screens of a phone."""
MOST_ADDED = 150
"""Characters that the bot adds to what stands in an answer's file."""
TURNS = range(4)
FOR_BUILDERS = re.compile(r"shown below|set this up|if you see none|has given any|has listed any", re.IGNORECASE)


def shown(knowledge: KnowledgeBase, entry: Entry, turn: int) -> str:
    return "\n\n".join(Composer(knowledge).answer(entry, turn).texts)


def written(entry: Entry) -> str:
    parts = [entry.title, plain(entry.answer), plain(entry.see_therapist_if), plain(entry.without_clinic)]
    return "\n\n".join(part for part in parts if part)


@pytest.mark.parametrize("turn", TURNS)
def test_little_is_added_to_an_answer(real_knowledge: KnowledgeBase, turn: int) -> None:
    for entry in real_knowledge.published:
        assert len(shown(real_knowledge, entry, turn)) - len(written(entry)) <= MOST_ADDED, entry.id


@pytest.mark.parametrize("turn", TURNS)
def test_an_answer_as_shown_fits_on_two_screens_of_a_phone(real_knowledge: KnowledgeBase, turn: int) -> None:
    lengths = {entry.id: len(shown(real_knowledge, entry, turn)) for entry in real_knowledge.published}
    assert {entry_id: length for entry_id, length in lengths.items() if length > MOST} == {}
    assert mean(lengths.values()) <= MEAN


@pytest.mark.parametrize(
    "clinic", [Clinic(), Clinic(name="Ours", prices=("A visit: 70",))], ids=["empty", "filled"]
)
def test_no_answer_speaks_of_what_the_clinic_may_have_filled_in(
    real_knowledge: KnowledgeBase, clinic: Clinic
) -> None:
    knowledge = replace(real_knowledge, clinic=clinic)
    assert [e.id for e in knowledge.published if FOR_BUILDERS.search(shown(knowledge, e, 0))] == []
