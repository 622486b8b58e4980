"""What people say right after an answer, and what stays in mind."""

from pathlib import Path

import pytest

from bot.matching.decision import Answer
from bot.understanding.context import NO_CONTEXT, Context
from bot.understanding.mind import Mind
from tests.support.knowledge import OFF_TOPIC, QUESTIONS, mind_for, write_knowledge

THINNER = """\
    title: "Blood thinners"
    menu: safety
    ask:
      - "I take warfarin, may I be needled?"
      - "needling on blood thinners"
      - "is it safe with an anticoagulant"
      - "my anticoagulant and the needles"
      - "apixaban and dry needling"
    caution: ["warfarin", "apixaban", "blood thinner", "blood thinners", "I'm 15"]
    follow_ups:
      - "how many days before should I stop it"
      - "can I leave out a tablet"
      - "my physio said to pause it"
    answer: |
      Ask your doctor first.
    sources: ["blog: Closing"]
    """
CAUTION = Context("thinner", cautions=("thinner",))
LATER = Context("cost", cautions=("thinner",))


@pytest.fixture(scope="module")
def careful(tmp_path_factory: pytest.TempPathFactory) -> Mind:
    """The small knowledge with one caution."""
    folder = tmp_path_factory.mktemp("careful") / "knowledge"
    return mind_for(write_knowledge(folder, {"faq/thinner.yaml": THINNER}))


def answers(mind: Mind, text: str, context: Context = NO_CONTEXT) -> list[str]:
    reading = mind.reader.read(mind.preparer.prepare(text), text, context)
    return [decision.best.entry_id for decision in reading.decisions if isinstance(decision, Answer)]


def told(mind: Mind, text: str) -> tuple[str, ...]:
    return mind.reader.cautions_in(mind.preparer.prepare(text))


@pytest.mark.parametrize(
    "text",
    [
        "Does it hurt? I take Warfarin.",
        "my mum is on blood thinners and has a tight calf",
        "I'm 15 and my calf is tight",
    ],
)
def test_a_caution_is_heard_wherever_in_a_message_it_is_told(careful: Mind, text: str) -> None:
    assert told(careful, text) == ("thinner",)


@pytest.mark.parametrize("text", ["does it hurt", "I'm 15 weeks in", "I'm 15 km into my run", "I'm 150 cm tall"])
def test_what_only_looks_like_a_caution_is_none(careful: Mind, text: str) -> None:
    assert told(careful, text) == ()


@pytest.mark.parametrize(
    "text", ["how many days before do I stop it?", "can I leave a tablet out?", "my physio said pause it"]
)
@pytest.mark.parametrize("context", [CAUTION, LATER])
def test_a_caution_wins_over_the_general_answer_even_after_another_one(
    careful: Mind, text: str, context: Context
) -> None:
    assert answers(careful, text, context) == ["thinner"]
    assert "thinner" not in answers(careful, text)
    assert "thinner" not in answers(careful, text, Context("cost"))


@pytest.mark.parametrize(("text", "entry_id"), QUESTIONS.items())
@pytest.mark.parametrize("context", [CAUTION, LATER])
def test_a_caution_swallows_no_clear_question(careful: Mind, text: str, entry_id: str, context: Context) -> None:
    assert answers(careful, text, context) == [entry_id]


def test_a_caution_makes_no_answer_of_what_is_off_the_subject(careful: Mind) -> None:
    for text in (OFF_TOPIC, "capital of Mongolia", "who won the match"):
        assert answers(careful, text, CAUTION) == []


def test_a_caution_that_is_gone_is_no_context(careful: Mind) -> None:
    text = "can I leave out a tablet"
    assert answers(careful, text, Context("gone", cautions=("gone",))) == answers(careful, text)


@pytest.mark.parametrize("text", ["why not?", "are you sure", "what should I do instead?"])
@pytest.mark.parametrize("topic", ["bruise", "calf", "run-after"])
def test_what_is_said_after_any_answer_means_the_last_one(mind: Mind, text: str, topic: str) -> None:
    assert answers(mind, text, Context(topic)) == [topic]
    assert answers(mind, text) == []


def test_the_folder_of_a_clinic_needs_none_of_it(tmp_path: Path) -> None:
    folder = write_knowledge(tmp_path / "knowledge", {"follow_ups.yaml": "# none\n"})
    bare = mind_for(folder)
    assert answers(bare, "how long does that last?", Context("bruise")) == ["bruise"]
