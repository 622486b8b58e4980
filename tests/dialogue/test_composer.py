"""Every reply in the bot's own words, and with the way to care."""

from datetime import date
from typing import Any

import pytest

from bot.dialogue.composer import Composer
from bot.dialogue.conversation import Pending, Screening
from bot.dialogue.reply import Outcome, Reply
from bot.dialogue.splitting import LONGEST_MESSAGE, length
from bot.knowledge.markup import Paragraph, Span, parse, plain
from bot.knowledge.model import (
    Clinic,
    ClinicDetails,
    Entry,
    KnowledgeBase,
    Level,
    MenuSection,
    Signs,
    Source,
    Therapist,
)
from bot.matching.decision import Candidate, Choices
from bot.triage.rules import SELF_HARM, RedFlag
from bot.understanding.passages import Passage
from tests.support.knowledge import ways_to_care
from tests.support.model import MENU, entry, group, knowledge_base, stand_ins

SOURCES = {"blog": Source("blog", "Us", "blog"), "trial": Source("trial", "Smith", "T", "2020")}
REVIEWED: dict[str, Any] = {"reviewed_by": "Dr Byrne", "reviewed_on": date(2026, 3, 5)}
CLINIC = Clinic(
    name="Test Clinic",
    booking="https://clinic.example/book",
    therapists=(Therapist("Ada Byrne", "physiotherapist", "CORU 123"),),
    crisis_lines=("Somebody: 1",),
    emergency_numbers=("Ambulance: 2",),
)
CHEST = RedFlag("chest", Level.NOW)
NEUTRAL = "<screening_unknown>"
FIRST = MenuSection("safety", "Is it safe?", answer_first=True)


def composer(*entries: Entry, **fields: Any) -> Composer:
    filled = {"sources": SOURCES, "menu": (*MENU, FIRST), **fields}
    groups = [group("chest"), group(SELF_HARM), group("silent", asks=False)]
    return Composer(knowledge_base(entries, groups, **filled))


def only(reply: Reply) -> list[str]:
    """Return the paragraphs of the one message of ``reply``."""
    [text] = reply.texts
    return text.split("\n\n")


def labels(reply: Reply) -> list[str]:
    return [button.label for row in reply.buttons for button in row]


# --- one answer -------------------------------------------------------------------------


def test_an_answer_begins_with_its_title_in_bold_and_ends_with_the_referral() -> None:
    one = entry("a", sources=("blog", "trial"), see_therapist_if=parse("It lasts."))
    reply = composer(one).answer(one, turn=0)
    assert only(reply) == [
        "Title a",
        "Answer a.",
        "<see_therapist_if_intro> It lasts.",
        "<not_reviewed>",
        "<referral_after>",
    ]
    assert reply.messages[0][0] == Paragraph((Span("Title a", bold=True),))
    assert (reply.outcome, reply.entries) == (Outcome.ANSWER, ("a",))


def test_an_answer_that_the_conversation_decided_says_so_below_its_title() -> None:
    one, earlier = entry("a"), entry("b")
    made = composer(one, earlier)
    assert only(made.answer(one, 0, follows="b"))[:3] == ["Title a", "<followed> Title b", "Answer a."]
    assert "<followed>" not in made.answer(one, 0).texts[0]
    assert "<followed>" not in made.answer(one, 0, follows="gone").texts[0]


def test_what_may_have_been_meant_instead_is_a_button() -> None:
    one, other = entry("a"), entry("b")
    assert labels(composer(one, other).answer(one, 0, others=["b"]))[0] == "<button_runner_up> Title b"


@pytest.mark.parametrize(("found", "lead_in"), [(True, "<same_answer>"), (False, "<as_above>")])
def test_a_part_of_an_answer_is_introduced_as_such_and_leads_to_care(found: bool, lead_in: str) -> None:
    one = entry("a", answer=parse("First.\n\nSecond."), sources=("blog",))
    reply = composer(one).part(one, Passage(parse("Second."), found), 0, 0.5, follows="a")
    assert only(reply) == ["Title a", lead_in, "Second.", "<not_reviewed>", "<referral_after>"]
    assert (reply.outcome, reply.entries, reply.follows) == (Outcome.ANSWER, ("a",), "a")
    assert reply.buttons[0][0].code == "entry:a"


def test_a_caution_is_recalled_above_an_answer_about_needling_and_above_no_other() -> None:
    caution, other = entry("thinner", caution=("warfarin",)), entry("other", caution=("pregnant",))
    run, cost = entry("run"), entry("cost", menu="practical")
    made = composer(caution, other, run, cost)
    recalled = made.cautioned(made.answer(run, 0), ["other", "thinner"])
    assert only(recalled)[:2] == ["<caution_reminder> Title thinner", "Title run"]
    for one, cautions in (
        (run, []),
        (run, ["gone"]),
        (cost, ["thinner"]),
        (caution, ["thinner"]),
        (other, ["thinner"]),
    ):
        reply = made.answer(one, 0)
        assert made.cautioned(reply, cautions) == reply


def test_a_clinicians_check_is_named() -> None:
    checked = entry("a", sources=("blog",), **REVIEWED)
    text = composer(checked).answer(checked, 0).texts[0]
    assert "<reviewed> <date> 5 <months 3> 2026 Dr Byrne" in text
    assert "<not_reviewed>" not in text


# --- several answers ----------------------------------------------------------------------


def test_several_answers_share_one_basis_and_one_referral() -> None:
    one, two = entry("a", sources=("blog",)), entry("b", sources=("trial",))
    reply = composer(one, two).answers([one, two], 0, 0.9)
    assert only(reply) == [
        "Title a",
        "Answer a.",
        "Title b",
        "Answer b.",
        "<not_reviewed>",
        "<referral_after>",
    ]
    assert reply.entries == ("a", "b")


def test_what_is_about_safety_is_answered_first_whatever_was_asked_first() -> None:
    one, two, risky = entry("a"), entry("b"), entry("risky", menu="safety")
    reply = composer(one, two, risky).answers([one, two, risky], 0, 0.9)
    assert reply.entries == ("risky", "a", "b")
    assert only(reply)[0] == "Title risky"


def test_a_question_that_was_not_quite_understood_is_offered_below_the_answer() -> None:
    one, two, three = entry("a"), entry("b"), entry("c")
    reply = composer(one, two, three).answers([one], 0, 0.9, ["b", "c"])
    assert only(reply) == ["Title a", "Answer a.", "<more_questions>", "<referral_after>"]
    assert [button.code for row in reply.buttons[:2] for button in row] == ["entry:b", "entry:c"]
    assert "<more_questions>" not in composer(one, two).answers([one, two], 0, 0.9).texts[0]


def test_several_answers_are_called_checked_only_when_each_of_them_is() -> None:
    checked, other = entry("a", sources=("blog",), **REVIEWED), entry("b", sources=("blog",), **REVIEWED)
    unchecked = entry("c", sources=("blog",))
    made = composer(checked, other, unchecked)
    assert "<all_reviewed>" in made.answers([checked, other], 0, 0.9).texts[0]
    assert "<all_reviewed>" not in made.answers([checked, unchecked], 0, 0.9).texts[0]


def test_many_long_answers_are_sent_in_parts_that_each_lead_on() -> None:
    long = [entry(key, answer=parse("\n\n".join(["Words. " * 90] * 4))) for key in "abc"]
    reply = composer(*long).answers(long, 0, 0.9)
    assert len(reply.messages) > 1
    assert all(text.endswith("<referral_after>") for text in reply.texts)
    assert all(length(message) <= LONGEST_MESSAGE for message in reply.messages)


# --- choices, ratings ---------------------------------------------------------------------


def test_choices_are_titles_with_none_of_these_below() -> None:
    entries = [entry(key) for key in "abc"]
    reply = composer(*entries).choices(Choices(tuple(Candidate(e.id, 0.3) for e in entries)), 0)
    assert only(reply) == ["<choices_intro>", "<danger_line>", "<referral_short>"]
    assert labels(reply) == ["Title a", "Title b", "Title c", "<button_none_of_these>"]
    assert reply.choices == ("a", "b", "c") and reply.entries == ()


def test_what_people_think_of_an_answer_changes_its_buttons_and_nothing_else() -> None:
    one = entry("a")
    made = composer(one)
    toasts = {
        "<toast_helped>": made.toasts.helped(one),
        "<toast_why>": made.toasts.did_not_help(one),
        "<toast_reason>": made.toasts.reason_noted(one),
        "<toast_not_noted>": made.toasts.not_noted(one),
    }
    for toast, reply in toasts.items():
        assert (reply.toast, reply.messages) == (toast, ())
        assert "<button_therapist>" in labels(reply)
    assert "<button_helped>" in labels(made.toasts.not_noted(one))
    assert "<button_helped>" not in labels(made.toasts.helped(one))


# --- the clinic -----------------------------------------------------------------------------


def test_the_page_on_therapists_names_the_clinics_own_people_before_the_registers() -> None:
    reply = composer(clinic=CLINIC).therapist()
    text = reply.texts[0]
    assert (
        text.index("<clinic_intro>")
        < text.index("Ada Byrne, physiotherapist, CORU 123")
        < text.index("<therapist>")
    )
    assert CLINIC.booking in [button.url for row in reply.buttons for button in row]


def test_a_clinic_that_filled_in_nothing_still_gets_the_registers() -> None:
    reply = composer().therapist()
    assert only(reply) == ["<therapist>"]
    assert labels(reply) == ["<button_topics>"]


def test_the_real_page_on_therapists_names_registers(real_knowledge: KnowledgeBase) -> None:
    text = Composer(real_knowledge).therapist().texts[0]
    assert all(register in text for register in ("HCPC", "CORU", "AHPRA"))


def test_the_clinics_prices_stand_under_the_answer_that_asks_for_them_or_what_to_do_without() -> None:
    one = entry("a", clinic_details=ClinicDetails.PRICES, without_clinic=parse("Ask them."))
    told = composer(one, clinic=Clinic(prices=("One visit: 70 euro",))).answer(one, 0).texts[0]
    assert "70 euro" in told and "Ask them." not in told
    assert only(composer(one).answer(one, 0))[:3] == ["Title a", "Answer a.", "Ask them."]


# --- danger signs ---------------------------------------------------------------------------


@pytest.mark.parametrize("may_calm", [False, True])
def test_an_urgent_reply_leads_to_care_and_to_nothing_else(may_calm: bool) -> None:
    reply = composer(clinic=CLINIC).red_flag(CHEST, may_calm=may_calm)
    assert only(reply) == ["Urgent chest.", "<red_flag_numbers> Ambulance: 2", "<red_flag_nobody_reads>"]
    assert labels(reply) == ["<button_none_applies>"] * may_calm


def test_signs_of_self_harm_name_the_crisis_lines_first() -> None:
    reply = composer(clinic=CLINIC).red_flag(RedFlag(SELF_HARM, Level.NOW))
    assert "<red_flag_numbers> Somebody: 1, Ambulance: 2" in only(reply)
    assert reply.buttons == ()


@pytest.mark.parametrize(
    ("flag", "question"),
    [(CHEST, "Is it chest?"), (RedFlag("silent", Level.NOW), NEUTRAL), (RedFlag(None, Level.NOW), NEUTRAL)],
)
def test_a_question_about_danger_signs_stands_alone_with_its_two_answers(flag: RedFlag, question: str) -> None:
    screening = Screening.begun(flag, 7, 0.0, Pending(("a",), ("b", "c")))
    made = composer(entry("a"), entry("b"), entry("c"))
    reply = made.screening(screening)
    assert only(reply) == [question]
    assert only(made.screening(screening, again=True)) == ["<screening_again>", question]
    assert labels(reply) == ["<button_screening_yes>", "<button_screening_no>"]
    named = flag.group or "unknown"
    codes = [button.code for row in reply.buttons for button in row]
    assert codes == [f"yes:{screening.argument}", f"no:{screening.argument}"]
    assert screening.argument.startswith(f"{named}.7.")
    assert (reply.outcome, reply.red_flag, reply.level) == (Outcome.SCREENING, named, Level.NOW)
    assert reply.entries == reply.choices == ()


def test_thanks_after_an_urgent_reply_get_one_line_that_names_what_was_told_but_for_self_harm() -> None:
    made = composer()
    assert only(made.still_urgent(CHEST)) == ["<red_flag_short> Title chest"]
    assert only(made.still_urgent(RedFlag(None, Level.NOW))) == ["<red_flag_short> <red_flag_unknown_title>"]
    warm = made.still_urgent(RedFlag(SELF_HARM, Level.TODAY))
    assert only(warm) == ["<self_harm_short>"]
    assert (warm.outcome, warm.red_flag, warm.level) == (Outcome.RED_FLAG, SELF_HARM, Level.TODAY)
    assert warm.buttons == made.still_urgent(CHEST).buttons == ()


def test_after_self_harm_nobody_is_asked_what_they_think_of_an_answer() -> None:
    one = entry("a", related=("b",))
    made = composer(one, entry("b"))
    answer = made.answer(one, 0)
    warm = made.reminded(answer, RedFlag(SELF_HARM, Level.TODAY))
    assert warm.texts[0].startswith("<self_harm_reminder>\n\nTitle a")
    assert warm.buttons == answer.buttons[:-1]
    assert "<button_helped>" in labels(answer)
    assert made.reminded(answer, CHEST).buttons == answer.buttons


def test_what_was_left_open_is_one_line_above_an_answer_and_nothing_above_what_is_urgent() -> None:
    one = entry("a")
    made = composer(one)
    assert only(made.below("screening_reminder", made.answer(one, 0)))[:2] == ["<screening_reminder>", "Title a"]
    screening = made.screening(Screening.begun(CHEST, 0, 0.0, Pending()))
    for urgent in (screening, made.red_flag(CHEST), made.still_urgent(CHEST), made.toasts.helped(one)):
        assert made.below("screening_reminder", urgent) == urgent


def test_a_reminder_stands_above_an_answer_even_a_very_long_one() -> None:
    for text in ("Short.", "word " * 1300):
        one = entry("a", answer=parse(text))
        made = composer(one)
        reply = made.reminded(made.answer(one, 0), CHEST)
        assert reply.texts[0].startswith("<red_flag_reminder> Title chest")
        assert all(length(message) <= LONGEST_MESSAGE for message in reply.messages)
        assert all(shown.endswith("<referral_after>") for shown in reply.texts)


def test_every_real_pair_of_answers_leads_to_a_therapist_once_a_message(
    real_knowledge: KnowledgeBase,
) -> None:
    made, entries = Composer(real_knowledge), real_knowledge.published
    for number, one in enumerate(entries):
        reply = made.answers([one, entries[number - 1]], number, 0.9)
        for message in reply.messages:
            assert plain(message).count("/therapist") == 1 or any(
                entry.alone for entry in (one, entries[number - 1])
            )
            assert plain(message).endswith(ways_to_care(real_knowledge))
            assert length(message) <= LONGEST_MESSAGE


# --- the way to a therapist fits what it stands under -----------------------------------------


def ending(reply: Reply) -> str:
    return only(reply)[-1]


def test_the_way_to_a_therapist_has_the_words_of_the_answers_section_then_half_a_line() -> None:
    known = [entry("one", menu="safety"), entry("two", menu="about"), entry("own", menu="yoga")]
    made = composer(*known)
    expected = ["<referral_safety>", "<referral_about>", "<referral>"]
    for turn in (0, 1):
        assert [ending(made.answer(one, turn)) for one in known] == expected
    for turn in (2, 3, 40):
        assert {ending(made.answer(one, turn)) for one in known} == {"<referral_short>"}


def test_what_the_bot_says_of_itself_and_what_it_did_not_understand_get_half_a_line() -> None:
    made = composer(entry("a"))
    vague = Choices((Candidate("a", 0.3),))
    for reply in (
        made.page("privacy", 0),
        made.start(0),
        made.topics(0),
        made.fallback(0),
        made.notice("photo", 0),
    ):
        assert ending(reply) == "<referral_short>"
    assert ending(made.choices(vague, 0)) == "<referral_short>"


def test_what_is_not_understood_is_admitted_with_questions_that_are_and_the_danger_line() -> None:
    assert only(composer().fallback(0)) == [
        "<fallback>",
        "<examples_intro>",
        "• <examples>",
        "<danger_line>",
        "<keep_question>",
        "<referral_short>",
    ]
    assert "<keep_question>" not in only(composer().fallback(0, keep=False))


def test_where_a_list_says_when_to_be_seen_its_heading_stands_above_it() -> None:
    one = entry("a", see_therapist_if=parse("- It lasts.\n- It grows."))
    assert only(composer(one).answer(one, 0))[2:4] == ["<see_therapist_if_intro>", "• It lasts.\n• It grows."]


def test_no_clinician_is_named_under_what_tells_of_the_bot_alone() -> None:
    one = entry("a", sources=("bot",))
    sources = {**SOURCES, "bot": Source("bot", "The bot", "product")}
    assert only(composer(one, sources=sources).answer(one, 0)) == ["Title a", "Answer a.", "<referral_after>"]


def test_the_sources_of_one_answer_come_each_with_its_kind_and_lead_to_all_of_them() -> None:
    one, other = entry("a", sources=("blog", "trial")), entry("b", sources=("review",))
    sources = {**SOURCES, "review": Source("review", "Jones", "R", address="https://example.org/r")}
    made = composer(one, other, sources=sources)
    own = made.sources(0, one)
    assert only(own)[:2] == ["<sources_of> Title a", "• <sources_blog>\n• Smith, 2020 (<grade_T>)"]
    assert [button.code for row in own.buttons for button in row] == ["sources"]
    assert only(made.sources(0))[0] == "<sources_intro>"
    assert "Jones" in made.sources(0).texts[0]
    silent = entry("c")
    assert only(composer(one, silent).sources(0, silent))[0] == "<sources_intro>"


# --- an answer that stands alone ------------------------------------------------------------------


ALONE = entry(
    "touched",
    alone=True,
    sources=("blog",),
    related=("a",),
    see_therapist_if=parse("Never said."),
    clinic_details=ClinicDetails.CONTACT,
)


def test_an_answer_that_stands_alone_leads_to_support_and_has_nothing_beside_it() -> None:
    made = composer(ALONE, entry("a"), clinic=CLINIC)
    for reply in (
        made.answer(ALONE, 0, follows="a", others=["a"]),
        made.answers([entry("a"), ALONE], 3, 0.9, ["a"]),
    ):
        assert only(reply) == ["Title touched", "Answer touched.", "<support>"]
        assert (reply.buttons, reply.entries) == ((), ("touched",))


def test_after_it_any_reply_leads_to_support_and_to_no_clinic() -> None:
    one, contact = entry("a", sources=("blog",), related=("b",)), entry("c", clinic_details=ClinicDetails.CONTACT)
    made = composer(one, entry("b"), contact, clinic=CLINIC)
    answer = made.supportive(made.answer(one, 0))
    assert only(answer) == ["Title a", "Answer a.", "<support>"]
    assert labels(answer) == ["Title b"]
    vague = made.supportive(made.choices(Choices((Candidate("a", 0.3), Candidate("c", 0.3))), 0))
    assert only(vague) == ["<choices_intro>", "<danger_line>", "<support>"]
    assert labels(vague) == ["Title a", "<button_none_of_these>"]
    assert labels(made.supportive(made.fallback(0))) == ["<button_topics>"]
    assert made.supportive(answer) == answer


def test_a_long_reply_fits_with_the_longer_way_to_support_too() -> None:
    one = entry("a", answer=parse("word " * 1600))
    texts = stand_ins(support="Somebody can be with you. " * 12)
    made = composer(one, texts=texts)
    reply = made.supportive(made.answer(one, 0))
    assert all(length(message) <= LONGEST_MESSAGE for message in reply.messages)
    assert all(text.endswith("Somebody can be with you.") for text in reply.texts)


def test_a_worse_sign_without_words_of_its_own_gets_neutral_ones_and_never_those_that_let_people_wait() -> None:
    raised = group("leg", level=Level.TODAY, raised=Signs(Level.NOW, ("worse",)))
    made = Composer(knowledge_base([], [raised]))
    assert only(made.red_flag(RedFlag("leg", Level.TODAY)))[0] == "Urgent leg."
    assert only(made.red_flag(RedFlag("leg", Level.NOW)))[0] == "<red_flag_unknown>"


def test_after_self_harm_the_last_line_is_a_warm_one() -> None:
    made = composer()
    assert only(made.red_flag(RedFlag(SELF_HARM, Level.NOW)))[-1] == "<self_harm_nobody_reads>"
    assert only(made.red_flag(CHEST))[-1] == "<red_flag_nobody_reads>"
