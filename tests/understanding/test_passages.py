"""Which part of an answer speaks of a second question about it."""

from bot.knowledge.markup import parse, plain
from bot.knowledge.model import Entry
from bot.text.likeness.encoder import Encoder
from bot.text.likeness.utterance import Preparer
from bot.understanding.passages import Passage, Passages
from tests.support.model import entry, knowledge_base

ANSWER = """\
Most people walk at once and run after a day.

- Leave hills and fast runs for two days.
- A shower is fine. Wait a day with the sauna.
- Swimming and cycling follow the same idea.

No study tells the right wait."""
INSISTS = """\
Often it can be done with care.

**Never stop your tablets for it.** Only a doctor may change them.

A clot in the past is to be told too.

Haemophilia: ask your specialist first."""


def passage(encoder: Encoder, said: str, one: Entry) -> Passage | None:
    knowledge = knowledge_base([one])
    preparer = Preparer.for_knowledge(knowledge, encoder)
    return Passages(knowledge, preparer).answering(preparer.prepare(said).whole, one.id)


def shown(encoder: Encoder, said: str, one: Entry) -> str:
    found = passage(encoder, said, one)
    assert found is not None and found.found
    return plain(found.blocks)


def test_the_paragraph_or_the_line_that_speaks_of_the_question_is_chosen(encoder: Encoder) -> None:
    one = entry("run-after", answer=parse(ANSWER), see_therapist_if=parse("Call if your stride changes."))
    assert shown(encoder, "what about swimming or cycling?", one) == "• Swimming and cycling follow the same idea."
    assert shown(encoder, "is there any study of it?", one) == "No study tells the right wait."
    assert shown(encoder, "my stride has changed", one) == "Call if your stride changes."


def test_where_no_part_speaks_of_it_the_beginning_is_said_again(encoder: Encoder) -> None:
    found = passage(encoder, "really?", entry("run-after", answer=parse(ANSWER)))
    assert found == Passage(parse("Most people walk at once and run after a day."), found=False)


def test_what_an_answer_insists_on_is_never_left_out(encoder: Encoder) -> None:
    one = entry("thinner", answer=parse(INSISTS))
    for said in ("I had a clot last year", "what about haemophilia?"):
        assert "Never stop your tablets for it." in shown(encoder, said, one)


def test_a_caution_begins_as_it_does_and_is_read_in_whole_where_no_part_speaks_of_it(encoder: Encoder) -> None:
    one = entry("thinner", answer=parse(INSISTS), caution=("warfarin",))
    assert shown(encoder, "what about haemophilia?", one).startswith("Often it can be done with care.")
    assert passage(encoder, "really?", one) is None


def test_an_answer_of_one_part_is_said_in_whole(encoder: Encoder) -> None:
    assert passage(encoder, "really?", entry("short", answer=parse("Most people run after a day."))) is None
