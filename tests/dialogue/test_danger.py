"""What danger signs make of a message: the question, its answers, the alarm and the ways out of it."""

from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from bot.dialogue.composer import Composer
from bot.dialogue.conversation import SCREENING_LASTS, Alarm, Conversation
from bot.dialogue.danger import Danger, Turn
from bot.dialogue.reply import Outcome, Reply
from bot.knowledge.model import Level, Signs, Status
from bot.triage.rules import SELF_HARM, RedFlag
from bot.understanding.mind import Flagged, Foreign, NoWords, Screened, Understanding, Understood
from tests.support.model import entry, group, knowledge_base, understood

NOW = 1_800_000_000.0
UNTIL = int(NOW) + SCREENING_LASTS
CHEST_AT_4 = f"chest.4.{UNTIL:x}"
CHEST, CLOT, HARM = RedFlag("chest", Level.NOW), RedFlag("clot", Level.TODAY), RedFlag(SELF_HARM, Level.NOW)
THOUGHTS, UNKNOWN = RedFlag(SELF_HARM, Level.TODAY), RedFlag(None, Level.NOW)
KNOWN = knowledge_base(
    [
        entry("bruise"),
        entry("run"),
        entry("cost", menu="practical"),
        entry("signs", lists_signs=("clot", "chest")),
        entry("clots", lists_signs=("clot",)),
        entry("drafted", status=Status.DRAFT),
        entry("hello", menu="small-talk"),
    ],
    [
        group("chest"),
        group("clot", level=Level.TODAY),
        group(SELF_HARM, level=Level.TODAY, raised=Signs(Level.NOW, ("a plan",))),
    ],
)
OLD_BUTTON = "<old_button>"


def danger(*entries_gone: str) -> Danger:
    kept = {key: one for key, one in KNOWN.entries.items() if key not in entries_gone}
    knowledge = replace(KNOWN, entries=kept)
    return Danger(knowledge, Composer(knowledge))


def heard(
    text: str,
    meaning: Understanding,
    before: Conversation,
    *,
    shared: bool = False,
    obeyed: bool = False,
    to_clinic: bool = False,
) -> Turn:
    return danger().heard(text, meaning, before, NOW, shared=shared, obeyed=obeyed, to_clinic=to_clinic)


CLEAR = understood("bruise")
BODY = understood("bruise", body_part="calf")


def asked(instead: Understood | Foreign = BODY, flag: RedFlag = CHEST, turn: int = 4) -> Conversation:
    """Return the conversation right after a question back."""
    after = heard("odd", Screened(flag, instead), Conversation(turn)).conversation
    assert after.screening is not None
    return after.next()


def alarmed(flag: RedFlag = CHEST, *, proved: bool, replies: int = 1) -> Conversation:
    conversation = Conversation(4).alarmed(flag, NOW, "bruise", proved=proved)
    assert conversation.alarm is not None
    return replace(conversation, alarm=replace(conversation.alarm, replies=replies))


def said(turn: Turn) -> Reply:
    assert turn.reply is not None
    return turn.reply


def labels(reply: Reply) -> list[str]:
    return [button.label for row in reply.buttons for button in row]


def is_urgent(turn: Turn, flag: RedFlag) -> bool:
    """Whether the full urgent text was said, and the conversation remembers it and waits for nothing."""
    reply, after = said(turn), turn.conversation
    return (
        (reply.outcome, reply.red_flag, reply.level) == (Outcome.RED_FLAG, flag.group or "unknown", flag.level)
        and not reply.texts[0].startswith(("<red_flag_short>", "<self_harm_short>"))
        and after.alarm is not None
        and after.alarm.flag == flag
        and after.screening is None
    )


# --- the question is asked ------------------------------------------------------------------


def test_a_message_that_may_tell_of_a_sign_is_asked_about_and_what_it_meant_is_kept_as_codes() -> None:
    meaning = understood("bruise", "cost", offered=["run"], body_part="calf")
    turn = heard("odd", Screened(CHEST, meaning), Conversation(4))
    assert said(turn).texts == ["Is it chest?"]
    assert said(turn).outcome is Outcome.SCREENING
    screening = turn.conversation.screening
    assert screening is not None and screening.argument == CHEST_AT_4
    assert screening.pending.entries == ("bruise", "cost")
    assert (screening.pending.choices, screening.pending.body_part) == (("run",), "calf")
    assert turn.conversation.alarm is None


def test_of_an_unknown_kind_the_neutral_question_is_asked() -> None:
    turn = heard("odd", Screened(UNKNOWN, CLEAR), Conversation())
    assert said(turn).texts == ["<screening_unknown>"]
    assert said(turn).red_flag == "unknown"


def test_where_others_read_along_the_question_is_asked_and_nobody_is_waited_for() -> None:
    turn = heard("odd", Screened(CHEST, CLEAR), Conversation(4), shared=True)
    assert said(turn).outcome is Outcome.SCREENING
    assert turn.conversation == Conversation(4)


@pytest.mark.parametrize("proved", [True, False])
def test_after_an_alarm_nothing_is_asked_that_could_make_it_milder(proved: bool) -> None:
    turn = heard("odd", Screened(CLOT, CLEAR), alarmed(proved=proved))
    assert is_urgent(turn, CHEST)
    assert turn.conversation.alarm is not None and turn.conversation.alarm.replies == 2


def test_what_may_tell_of_a_sign_behind_a_command_is_asked_about_unless_the_command_does_something() -> None:
    for text in ("/help my chest feels odd", "/therapist odd", "/nonsense odd"):
        assert said(heard(text, Screened(CHEST, CLEAR), Conversation(4))).outcome is Outcome.SCREENING
        assert heard(text, Screened(CHEST, CLEAR), Conversation(4), obeyed=True) == Turn(Conversation(4))
    before = heard("odd", Screened(CHEST, CLEAR), Conversation(4)).conversation
    assert heard("/help odd", Screened(CHEST, CLEAR), before) == Turn(before)


def test_a_question_asked_after_everything_was_deleted_is_not_settled_by_an_older_button() -> None:
    first = danger().heard("odd", Screened(CHEST, CLEAR), Conversation(), NOW).conversation
    later = danger().heard("odd", Screened(CHEST, CLEAR), Conversation(), NOW + 60).conversation
    assert first.screening is not None and later.screening is not None
    assert said(danger().tapped(first.screening.argument, later, NOW, yes=False)).texts == [
        "<old_button>\n\n<danger_line>\n\n<referral_short>"
    ]


def test_after_no_nothing_that_was_mentioned_of_this_sign_completes_it_later() -> None:
    told = Conversation(4).mentioning([("chest", "tight"), ("clot", "calf")], NOW)
    before = heard("odd", Screened(CHEST, CLEAR), told).conversation
    assert heard("no", CLEAR, before).conversation.ideas == (("clot", "calf"),)
    before = heard("odd", Screened(UNKNOWN, CLEAR), told).conversation
    assert heard("no", CLEAR, before).conversation.ideas == ()


def test_a_clear_message_with_nothing_before_it_is_answered_as_usual() -> None:
    for meaning in (CLEAR, NoWords(), Foreign(), understood()):
        for text in ("yes", "no", "thanks", "i have two of those", "does it hurt"):
            assert heard(text, meaning, Conversation(4)) == Turn(Conversation(4))


# --- yes --------------------------------------------------------------------------------------


YES = ["yes", "Yeah the second one", "a bit", "not sure", "YES!!", "unfortunately yes"]
NO = ["no", "no its fine", "None of that, just sore", "nope", "nah"]
OTHER = ["", "how much is it", "???", "thanks", "why do you ask"]


@pytest.mark.parametrize("meaning", [CLEAR, understood(), NoWords(), Foreign(), Screened(CHEST, CLEAR)])
@pytest.mark.parametrize("text", YES)
def test_yes_in_words_is_a_red_flag_whatever_else_it_means(text: str, meaning: Understanding) -> None:
    turn = heard(text, meaning, asked())
    assert is_urgent(turn, CHEST)
    assert turn.conversation.alarm == Alarm("chest", Level.NOW, int(NOW), 1, proved=True)
    assert said(turn).buttons == ()  # what a person said themselves is not waved away at once
    assert turn.conversation.question == "bruise"


def test_yes_by_a_tap_is_the_same_red_flag() -> None:
    before = asked()
    assert danger().tapped(CHEST_AT_4, before, NOW, yes=True) == heard("yes", CLEAR, before)


def test_yes_to_the_neutral_question_is_a_red_flag_of_unknown_kind() -> None:
    turn = heard("yes", CLEAR, asked(flag=UNKNOWN))
    assert is_urgent(turn, UNKNOWN)
    assert said(turn).texts[0].startswith("<red_flag_unknown>")


@pytest.mark.parametrize("text", [*YES, *NO, *OTHER])
def test_a_danger_sign_is_one_whatever_words_it_comes_in(text: str) -> None:
    turn = heard(text, Flagged(CLOT, proved=True), asked())
    assert is_urgent(turn, CLOT)


# --- no ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("meaning", [CLEAR, understood(), NoWords(), Foreign()])
@pytest.mark.parametrize("text", NO)
def test_no_gets_the_answer_that_the_first_message_would_have_had(text: str, meaning: Understanding) -> None:
    turn = heard(text, meaning, asked())
    assert said(turn).outcome is Outcome.ANSWER and said(turn).entries == ("bruise",)
    assert said(turn).texts[0].startswith("Title bruise\n\nAnswer bruise.")
    assert (turn.conversation.alarm, turn.conversation.screening, turn.reminder) == (None, None, False)
    assert (turn.conversation.context.topic, turn.conversation.context.body_part) == ("bruise", "calf")
    assert turn.counted == (("settled", "chest"),)


def test_no_by_a_tap_is_the_same() -> None:
    before = asked()
    assert danger().tapped(CHEST_AT_4, before, NOW, yes=False) == heard("no", CLEAR, before)


def test_no_to_the_neutral_question_is_counted_as_unknown() -> None:
    assert heard("no", CLEAR, asked(flag=UNKNOWN)).counted == (("settled", "unknown"),)


def test_no_after_several_questions_gets_all_answers_and_what_was_unsure() -> None:
    turn = heard("no", CLEAR, asked(understood("bruise", "cost", offered=["run"])))
    assert said(turn).entries == ("bruise", "cost")
    assert said(turn).choices == ("run",)


def test_no_after_a_vague_question_gets_the_choices_and_they_can_be_picked_from() -> None:
    turn = heard("no", CLEAR, asked(understood(offered=["bruise", "run"])))
    assert said(turn).outcome is Outcome.CHOICES and said(turn).choices == ("bruise", "run")
    assert turn.conversation.context.offered == ("bruise", "run")
    assert turn.conversation.context.choosing


@pytest.mark.parametrize(
    ("instead", "said_then"),
    [(understood(), "<fallback>"), (Foreign(), "<other_language>")],
    ids=["none", "foreign"],
)
def test_no_after_what_was_not_understood_says_so(instead: Understood | Foreign, said_then: str) -> None:
    turn = heard("no", CLEAR, asked(instead))
    assert said(turn).outcome is Outcome.FALLBACK
    assert said(turn).texts[0].startswith(said_then)
    assert turn.conversation.screening is None


@pytest.mark.parametrize(
    "instead", [understood("run"), understood(offered=["run"]), understood("run", "drafted")], ids=str
)
def test_no_after_what_is_gone_meanwhile_gets_the_word_on_old_buttons(instead: Understood) -> None:
    turn = danger("run").heard("no", CLEAR, asked(instead), NOW)
    assert said(turn).texts[0].startswith(OLD_BUTTON)
    assert turn.conversation.screening is None


def test_what_is_still_there_of_several_answers_is_given() -> None:
    turn = danger("run").heard("no", CLEAR, asked(understood("run", "bruise", offered=["cost"])), NOW)
    assert (said(turn).entries, said(turn).choices) == (("bruise",), ("cost",))
    turn = danger("run").heard("no", CLEAR, asked(understood(offered=["run", "cost"])), NOW)
    assert said(turn).choices == ("cost",)


# --- neither ------------------------------------------------------------------------------------


@pytest.mark.parametrize("meaning", [CLEAR, understood(), NoWords(), Foreign()])
@pytest.mark.parametrize("text", OTHER)
def test_anything_else_is_asked_once_more_and_then_answered_below_a_reminder(
    text: str, meaning: Understanding
) -> None:
    again = heard(text, meaning, asked())
    assert said(again).texts == ["<screening_again>\n\nIs it chest?"]
    assert again.conversation.screening is not None and again.conversation.screening.argument == CHEST_AT_4
    closed = heard(text, meaning, again.conversation.next())
    assert (closed.reply, closed.reminder) == (None, True)
    assert (closed.conversation.screening, closed.conversation.alarm) == (None, None)


def test_what_may_tell_of_the_same_sign_is_asked_about_again_and_never_answered() -> None:
    before = asked()
    for _ in range(4):
        turn = heard("odd", Screened(CHEST, CLEAR), before)
        assert said(turn).texts == ["<screening_again>\n\nIs it chest?"]
        before = turn.conversation.next()


@pytest.mark.parametrize("text", [*YES[:1], *NO[:1], *OTHER[:1]])
def test_what_is_said_to_the_clinic_answers_no_question_of_the_bots_and_waits_for_its_answer(text: str) -> None:
    before = asked()
    for _ in range(4):
        turn = heard(text, CLEAR, before, to_clinic=True)
        assert said(turn).texts == ["<screening_again>\n\nIs it chest?"]
        before = turn.conversation.next()


def test_nor_is_a_question_given_up_while_something_for_the_clinic_waits_for_it() -> None:
    before = asked().holding(7)
    for _ in range(4):
        turn = heard("hm", CLEAR, before)
        assert said(turn).outcome is Outcome.SCREENING
        before = turn.conversation.next()


@pytest.mark.parametrize("text", [*NO[:1], "none of this applies", "thanks", "ok"])
def test_what_is_said_to_the_clinic_takes_no_danger_sign_back(text: str) -> None:
    before = alarmed(proved=False, replies=2)
    assert heard(text, CLEAR, before, to_clinic=True) == Turn(before)


@pytest.mark.parametrize("text", YES[:1] + NO[:1])
def test_what_is_said_to_the_second_asking_counts_as_to_the_first(text: str) -> None:
    again = heard("hm", CLEAR, asked()).conversation.next()
    assert said(heard(text, CLEAR, again)) == said(heard(text, CLEAR, replace(asked(), turn=again.turn)))


@pytest.mark.parametrize("text", NO)
def test_a_no_that_may_tell_of_the_same_sign_settles_nothing(text: str) -> None:
    turn = heard(text, Screened(CHEST, CLEAR), asked())
    assert said(turn).texts == ["<screening_again>\n\nIs it chest?"]


@pytest.mark.parametrize("text", NO + OTHER)
def test_what_may_tell_of_another_sign_is_asked_about_in_its_place(text: str) -> None:
    turn = heard(text, Screened(CLOT, understood("cost")), asked())
    assert said(turn).texts == ["Is it clot?"]
    screening = turn.conversation.screening
    assert screening is not None and (screening.argument, screening.asked) == (f"clot.5.{UNTIL:x}", 1)
    assert screening.pending.entries == ("cost",)


def test_a_command_leaves_the_question_open() -> None:
    before = asked()
    for meaning in (CLEAR, Screened(CLOT, CLEAR)):
        assert heard("/help", meaning, before) == Turn(before)


def test_a_danger_sign_behind_a_command_comes_before_both() -> None:
    assert is_urgent(heard("/help my leg", Flagged(CLOT, proved=True), asked()), CLOT)


@pytest.mark.parametrize("yes", [True, False])
@pytest.mark.parametrize("argument", ["chest.3", "clot.4", "chest.", "", "chest", "unknown.4", "chest.4.4"])
def test_a_tap_on_an_older_question_settles_nothing(argument: str, yes: bool) -> None:
    before = asked()
    turn = danger().tapped(argument, before, NOW, yes=yes)
    assert said(turn).texts[0].startswith(OLD_BUTTON)
    assert turn.conversation == before
    nothing_open = danger().tapped(CHEST_AT_4, before.settled(), NOW, yes=yes)
    assert said(nothing_open).texts[0].startswith(OLD_BUTTON)
    assert nothing_open.conversation == before.settled()


def test_an_open_question_can_be_repeated_without_being_counted() -> None:
    repeated = danger().repeated(asked())
    assert repeated is not None and repeated.texts == ["<screening_again>\n\nIs it chest?"]
    assert danger().repeated(Conversation()) is None


# --- the way out of an alarm ---------------------------------------------------------------------


def test_a_guess_can_be_waved_away_at_once_and_what_is_proved_from_the_second_reply_on() -> None:
    for proved in (True, False):
        first = heard("bad", Flagged(CHEST, proved=proved), Conversation())
        assert labels(said(first)) == ["<button_none_applies>"] * (not proved)
        second = heard("bad", Flagged(CHEST, proved=proved), first.conversation.next())
        assert labels(said(second)) == ["<button_none_applies>"]


def test_what_is_proved_stays_so_when_a_guess_follows() -> None:
    first = heard("bad", Flagged(CHEST, proved=True), Conversation())
    second = heard("worse", Flagged(CLOT), first.conversation)
    assert second.conversation.alarm == Alarm("chest", Level.NOW, int(NOW), 2, proved=True)


OUT_OF_IT = [
    "no",
    "none of that",
    "nope not me",
    "i meant the contraceptive pill",
    "im not pregnant im a bloke",
    "no no, healed years ago",
    "you got me wrong mate",
    "false alarm",
]


@pytest.mark.parametrize("text", OUT_OF_IT)
@pytest.mark.parametrize("meaning", [CLEAR, understood(), Foreign()])
def test_plain_words_take_a_guess_back_and_the_question_is_answered(text: str, meaning: Understanding) -> None:
    turn = heard(text, meaning, alarmed(proved=False))
    assert turn == danger().calmed(alarmed(proved=False))
    assert said(turn).entries == ("bruise",)
    assert said(turn).texts[0].startswith("<red_flag_reminder> Title chest")
    assert (turn.conversation.alarm, turn.conversation.question) == (None, "")
    assert turn.counted == (("calmed", "chest"),)


@pytest.mark.parametrize("text", OUT_OF_IT)
def test_plain_words_take_nothing_back_that_is_proved_before_the_second_reply(text: str) -> None:
    assert heard(text, CLEAR, alarmed(proved=True)) == Turn(alarmed(proved=True))
    second = alarmed(proved=True, replies=2)
    assert heard(text, CLEAR, second) == danger().calmed(second)


@pytest.mark.parametrize("meaning", [understood(), understood(offered=["cost", "run"])])
@pytest.mark.parametrize("before", [alarmed(proved=True), alarmed(HARM, proved=True, replies=5)])
def test_a_no_that_comes_too_early_gets_the_urgent_text_again_and_no_choices(
    meaning: Understood, before: Conversation
) -> None:
    turn = heard("None of this applies to me", meaning, before)
    assert before.alarm is not None and turn.conversation.alarm is not None
    assert is_urgent(turn, before.alarm.flag)
    assert turn.conversation.question == before.question
    assert said(turn).buttons == Composer(KNOWN).red_flag(CHEST, may_calm=before.alarm.flag == CHEST).buttons


@pytest.mark.parametrize("text", OUT_OF_IT)
def test_what_is_itself_suspicious_takes_nothing_back(text: str) -> None:
    assert is_urgent(heard(text, Flagged(CHEST), alarmed(proved=False)), CHEST)
    assert is_urgent(heard(text, Screened(CHEST, CLEAR), alarmed(proved=False)), CHEST)


@pytest.mark.parametrize("replies", [1, 2, 9])
@pytest.mark.parametrize("proved", [True, False])
@pytest.mark.parametrize("text", OUT_OF_IT)
def test_a_plan_to_end_ones_life_is_never_taken_back(text: str, proved: bool, replies: int) -> None:
    before = alarmed(HARM, proved=proved, replies=replies)
    assert heard(text, CLEAR, before).conversation == before
    tapped = danger().calmed(before)
    assert tapped.conversation == before and said(tapped).texts[0].startswith(OLD_BUTTON)
    assert danger().urgent(before).buttons == ()


def test_with_no_question_left_to_answer_a_kind_page_follows() -> None:
    for question in ("", "gone", "drafted"):
        turn = danger().calmed(replace(alarmed(UNKNOWN, proved=False), question=question))
        assert "<red_flag_calmed>" in said(turn).texts[0]
        assert turn.counted == (("calmed", "unknown"),)


def test_nothing_is_calmed_where_there_is_no_alarm_or_no_way_out_yet() -> None:
    for before in (Conversation(), alarmed(proved=True)):
        turn = danger().calmed(before)
        assert said(turn).texts[0].startswith(OLD_BUTTON)
        assert turn.conversation == before and turn.counted == ()


# --- what follows an alarm -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["thanks", "OK", "ok thank you!", "sorry", "is that ok", "is that ok?", "👍", "cheers mate"]
)
@pytest.mark.parametrize("proved", [True, False])
def test_thanks_after_an_alarm_get_the_short_urgent_line(text: str, proved: bool) -> None:
    before = alarmed(proved=proved)
    turn = heard(text, understood(), before)
    assert said(turn).texts == ["<red_flag_short> Title chest"]
    assert said(turn).outcome is Outcome.RED_FLAG and turn.conversation == before


def test_small_talk_after_an_alarm_gets_the_short_line_and_a_question_its_answer() -> None:
    before = alarmed(THOUGHTS, proved=True)
    assert said(heard("how are you", understood("hello"), before)).texts == ["<self_harm_short>"]
    for meaning in (
        understood("cost"),
        understood("hello", "cost"),
        understood(),
        understood(offered=["cost", "run"]),
    ):
        assert heard("how are you, and the price", meaning, before) == Turn(before)


def test_a_gate_that_failed_is_named_in_the_log_and_flagged() -> None:
    with capture_logs() as lines:
        turn = heard("x", Flagged(UNKNOWN, failure="ValueError"), Conversation())
    assert is_urgent(turn, UNKNOWN)
    assert [(line["event"], line.get("error")) for line in lines] == [
        ("gate failed", "ValueError"),
        ("red flag", None),
    ]


# --- after an answer that lists signs ----------------------------------------------------------------


CLAIMS = [
    "yes I have two of those",
    "I'm getting that",
    "I think I have one",
    "that's me",
    "ive got the second one",
]


@pytest.mark.parametrize("text", CLAIMS)
def test_who_claims_a_sign_that_was_just_listed_has_it(text: str) -> None:
    for topic, flag in (("clots", CLOT), ("signs", CHEST)):  # the most urgent of several
        turn = heard(text, understood(), Conversation().about(NOW, answered=[topic]))
        assert is_urgent(turn, flag)
        assert said(turn).buttons == ()


@pytest.mark.parametrize("text", CLAIMS)
def test_the_same_words_after_another_answer_mean_nothing(text: str) -> None:
    for before in (Conversation(), Conversation().about(NOW, answered=["bruise"])):
        assert heard(text, understood(), before) == Turn(before)
    long_ago = Conversation().about(NOW - 3_600, answered=["signs"]).at(NOW)
    assert heard(text, understood(), long_ago) == Turn(long_ago)


@pytest.mark.parametrize("text", CLAIMS)
def test_a_claim_is_a_sign_and_no_reason_for_a_question(text: str) -> None:
    before = Conversation().about(NOW, answered=["clots"])
    assert is_urgent(heard(text, Screened(CLOT, CLEAR), before), CLOT)


def test_who_asks_on_after_an_answer_that_lists_signs_is_answered() -> None:
    before = Conversation().about(NOW, answered=["clots"])
    for text in (
        "how likely is that",
        "i don't have that",
        "no",
        "thanks",
        "do i have to worry",
        "what does it cost",
    ):
        assert heard(text, CLEAR, before) == Turn(before)


# --- after an answer that stands alone ------------------------------------------------------------


@pytest.mark.parametrize(("text", "meaning"), [("thanks", understood()), ("hiya", understood("hello"))])
def test_thanks_after_an_answer_that_stands_alone_are_answered_without_cheer(
    text: str, meaning: Understanding
) -> None:
    before = Conversation(3).supported(NOW)
    turn = heard(text, meaning, before)
    assert said(turn).texts[0].startswith("<support_short>")
    assert turn.conversation == before
    assert heard(text, meaning, Conversation(3)) == Turn(Conversation(3))
    assert heard("what does it cost", understood("cost"), before) == Turn(before)
