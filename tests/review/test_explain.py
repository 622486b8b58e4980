"""Why a message gets its reply, as a physiotherapist reads it."""

from dataclasses import replace

import pytest

from bot.dialogue.conversation import Conversation, Pending, Screening
from bot.knowledge.model import Level
from bot.review.explain import Explanation, explain
from bot.text.likeness.utterance import Preparer, Utterance
from bot.triage.rules import UNKNOWN, RedFlag
from bot.understanding.context import Context
from bot.understanding.mind import Flagged, Mind, Understood
from tests.support.knowledge import DANGER, OFF_TOPIC, QUESTION, QUESTIONS, vague_question

NEW = Conversation()
CHEST = RedFlag("chest", Level.NOW)


def after(topic: str, **context: object) -> Conversation:
    return Conversation(context=replace(Context(topic), **context))  # type: ignore[arg-type]


@pytest.mark.parametrize(("text", "entry_id"), QUESTIONS.items())
def test_the_best_five_are_those_of_the_ranking_each_with_its_nearest_phrasing(
    mind: Mind, text: str, entry_id: str
) -> None:
    considered = explain(mind, text, NEW).considered
    understood = mind.understand(text)
    assert isinstance(understood, Understood)
    assert [(c.entry_id, c.confidence) for c in considered] == [
        (c.entry_id, c.confidence) for c in understood.ranking[:5]
    ]
    assert considered[0].entry_id == entry_id
    assert all(c.phrasing in mind.knowledge.entries[c.entry_id].ask for c in considered)
    assert all(c.title == mind.knowledge.entries[c.entry_id].title for c in considered)


def test_the_phrasing_shown_is_the_one_that_was_typed(mind: Mind) -> None:
    assert explain(mind, "painful or not?", NEW).considered[0].phrasing == "painful or not?"


def test_words_are_shown_as_typed_and_as_read(mind: Mind) -> None:
    assert explain(mind, "does dry nedling hurt", NEW).repaired == (("nedling", "needling"),)
    assert explain(mind, "pf and needling", NEW).repaired == (("pf", "plantar fasciitis"),)
    assert explain(mind, QUESTION, NEW).repaired == ()


def test_an_alarm_quotes_the_words_names_the_sign_and_still_shows_what_was_considered(mind: Mind) -> None:
    told = explain(mind, "I am out of breath since the needling", NEW)
    assert (told.verdict, told.group, told.level) == ("alarm", "chest", "NOW")
    sign = "sharp chest pain since the needling"
    assert told.evidence[0] == f"“out of breath” resembles the sign “{sign}” of “Chest pain or trouble breathing”."
    assert "likely to tell of a danger sign" in told.evidence[1]
    assert len(told.considered) == 5


def test_words_far_from_each_other_are_quoted_apart(mind: Mind) -> None:
    quoted = explain(mind, "my chest, I have to tell you, really hurts and I cannot breathe", NEW).evidence[0]
    assert quoted.startswith("“chest” and “hurts and i cannot breathe” resemble the sign ")


def test_a_listed_sign_is_said_to_be_one(mind: Mind) -> None:
    told = explain(mind, "Sharp chest pain since the needling!", NEW)
    assert told.verdict == "alarm"
    assert told.evidence[0] == (
        "“sharp chest pain since the needling” is listed as a sign of “Chest pain or trouble breathing”."
    )


def test_what_is_quoted_is_said_not_to_count(mind: Mind) -> None:
    said = "What is quoted, and addresses on the web, are nobody's symptoms: only the rest was looked at."
    warning = mind.knowledge.texts["danger_line"][0].replace("**", "")
    for text in (warning, f"> {warning}\n{QUESTION}", f"https://example.org/chest-hurts {QUESTION}"):
        told = explain(mind, text, NEW)
        assert (told.verdict, told.evidence[0]) == ("clear", said)
    assert explain(mind, QUESTION, NEW).evidence == ()


def test_a_listed_look_alike_and_a_denied_sign_are_clear_and_say_why(mind: Mind) -> None:
    told = explain(mind, "can you needle chest muscles that are tight", NEW)
    assert (told.verdict, told.group, told.level) == ("clear", "", "")
    assert told.evidence == ("Listed, word for word, as a look-alike: no danger sign.",)
    denied = explain(mind, "does dry needling hurt, I have no chest pain", NEW)
    assert denied.verdict == "clear"
    assert denied.evidence == ("Words of a sign of “Chest pain or trouble breathing” are there, but denied.",)


def test_what_was_told_before_and_completes_a_sign_is_told_apart(mind: Mind) -> None:
    before = Conversation(ideas=(("chest", "chest"),))
    told = explain(mind, "it hurts and it is tight", before)
    assert told.evidence[0].startswith(
        "“hurts” and “tight”, together with what was told before (“chest”), resemble "
    )


def test_the_verdict_is_that_of_the_mind_with_the_same_conversation(mind: Mind) -> None:
    for text in (DANGER, QUESTION, OFF_TOPIC, "it hurts and it is tight", "help", "", "/start", "…"):
        understood = mind.understand(text)
        assert (explain(mind, text, NEW).verdict == "alarm") == isinstance(understood, Flagged)


def test_a_failure_of_the_gate_is_said(mind: Mind, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(type(mind.gate), "examine", fails)
    assert explain(mind, QUESTION, NEW) == Explanation(
        (),
        (),
        "alarm",
        "unknown",
        "NOW",
        ("The look for danger signs failed (ZeroDivisionError), so the message counts as one.",),
        "",
        "",
        Flagged(UNKNOWN, failure="ZeroDivisionError"),
    )


def test_a_message_is_understood_once_to_be_explained(mind: Mind, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    prepare = type(mind.preparer).prepare

    def noted(self: Preparer, text: str) -> Utterance:
        read.append(text)
        return prepare(self, text)

    monkeypatch.setattr(type(mind.preparer), "prepare", noted)
    for text in (QUESTION, DANGER):
        assert explain(mind, text, NEW).understood == mind.understand(text)
        assert read == [text, text]
        read.clear()


def test_a_first_message_has_no_context(mind: Mind) -> None:
    assert explain(mind, QUESTION, NEW).context == ""


def test_a_follow_up_a_choice_and_a_correction_are_told(mind: Mind) -> None:
    follows = explain(mind, "why not?", after("run-after")).context
    assert follows.startswith("Taken as a follow-up to “Running after a session”.")
    assert "By its words alone another answer would be nearer." in follows
    picked = explain(mind, "the second one", after("", offered=("pain", "run-after"), choosing=True)).context
    assert picked == "Taken as the choice of one of the answers that were offered."
    corrected = explain(mind, "no, I meant what does a session cost", after("run-after")).context
    assert corrected == "Taken as a correction: “Running after a session” was not meant."


def test_a_message_that_stands_on_its_own_is_no_follow_up(mind: Mind) -> None:
    assert explain(mind, QUESTION, after("run-after")).context == ""


def test_what_it_was_taken_to_ask_for_is_told_with_what_that_takes(mind: Mind) -> None:
    least = f"{100 * mind.matcher.calibration.thresholds.answer:.0f} %"
    title = mind.knowledge.entries["pain"].title
    assert (
        explain(mind, QUESTION, NEW).meaning == f"Taken to ask for “{title.rstrip('.')}” (an answer takes {least})."
    )
    assert explain(mind, OFF_TOPIC, NEW).meaning == f"Nothing is likely enough (an answer takes {least})."
    vague = explain(mind, vague_question(mind), NEW)
    assert vague.meaning.startswith("More than one may be meant: “")
    assert explain(mind, "…", NEW).meaning == "There are no words in it."
    assert explain(mind, DANGER, NEW).meaning == ""


def test_a_command_is_told_as_one_whatever_its_words_are_like(mind: Mind) -> None:
    offered = after("", offered=("pain", "run-after"), choosing=True)
    for text in ("/topics", "/pain", "/start run-after"):
        told = explain(mind, text, offered)
        assert (told.considered, told.context) == ((), "")
        assert told.meaning == "Read as a command: no answer is looked for."
    assert explain(mind, f"/topics {DANGER}", NEW).verdict == "alarm"


def test_an_open_question_and_an_alarm_of_before_are_told(mind: Mind) -> None:
    asked = Conversation(screening=Screening.begun(CHEST, 0, 0.0, Pending()))
    assert explain(mind, "yes", asked).context == (
        "A question about “Chest pain or trouble breathing” is open: taken as “yes” to it."
    )
    assert explain(mind, QUESTION, NEW.alarmed(CHEST, 0.0, "")).context.startswith(
        "A danger sign of “Chest pain or trouble breathing” was told before"
    )


def test_the_real_gate_says_which_sign_a_guess_resembles(real_mind: Mind) -> None:
    told = explain(real_mind, "ever since I woke up today everything from the belly button south is dead", NEW)
    assert told.verdict in ("alarm", "screening")
    assert "resembles the sign" in told.evidence[0]


def test_another_language_an_emoji_a_cry_and_a_bare_word_are_named(real_mind: Mind) -> None:
    def first(text: str) -> str:
        return explain(real_mind, text, NEW).evidence[0]

    assert first("mi fa male il petto e non respiro").startswith("Told in another language (Italiano)")
    assert first("🩸").startswith("An emoji in it may show a sign of")
    assert first("help") == "Read as a call for help that does not say what is wrong."
    assert first("numb") == "It says no more than “numb”, which is always asked about."
    asked = explain(real_mind, "¿La punción seca duele mucho?", NEW)
    assert asked.meaning == "Read as another language (Español): none of these is given."


def test_several_questions_in_one_are_told_apart(mind: Mind) -> None:
    told = explain(mind, f"{QUESTION} what does a session cost?", NEW)
    titles = [mind.knowledge.entries[entry_id].title for entry_id in ("pain", "cost")]
    assert told.meaning == f"Several questions in one: “{titles[0]}”, “{titles[1]}”."
