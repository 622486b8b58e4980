"""What two versions of the knowledge are asked, and what a difference between them means."""

from dataclasses import replace

import pytest

from bot.dialogue.reply import Outcome
from bot.knowledge.model import OUT_OF_SCOPE, GoldenTalk, KnowledgeBase, Level, Status
from bot.matching.decision import Answer, Candidate, Choices
from bot.review.diff import Case, Effect, Got, Kind, cases, changes
from bot.triage.rules import RedFlag
from bot.understanding.mind import Cry, Flagged, Foreign, Screened
from tests.support.model import entry, group, knowledge_base, understood

ANSWERED = {name: Got(Outcome.ANSWER, (name,)) for name in ("calf", "heel")}
TIED = Got(Outcome.CHOICES, ("calf", "heel"))
NOTHING = Got(Outcome.FALLBACK)
ALARM = Got(Outcome.RED_FLAG, ("chest",), "NOW")
ASKED = Got(Outcome.SCREENING, ("chest",), "NOW")
BASE = knowledge_base(
    [entry("calf", "tight calf", "calf like wood"), entry("heel", "sore heel")],
    [group("chest", "chest pain", look_alikes=("chest muscles",))],
    golden={"calf": ("is my calf too tight",)},
    golden_talks=(GoldenTalk(("tight calf",), "and how often", "calf"),),
    messages={"heel": ("my heel",), OUT_OF_SCOPE: ("what shoes",)},
)


def by_text(old: KnowledgeBase, new: KnowledgeBase, *questions: str) -> dict[str, Case]:
    return {case.text: case for case in cases(old, new, questions)}


def effect(case: Case, was: Got, now: Got, new: KnowledgeBase = BASE) -> Effect | None:
    found = changes([case], [was], [now], BASE, new)
    return found[0].effect if found else None


def with_entry(**fields: object) -> KnowledgeBase:
    """Return the base with its answer on calves changed."""
    return replace(BASE, entries={**BASE.entries, "calf": replace(BASE.entries["calf"], **fields)})  # type: ignore[arg-type]


def test_versions_that_differ_in_what_is_said_alone_are_asked_their_golden_questions_only() -> None:
    asked = cases(BASE, with_entry(answer=BASE.entries["heel"].answer, reviewed_by="Ann"))
    assert [case.kind for case in asked] == [Kind.GOLDEN, Kind.FOLLOW_UP]


def test_a_phrasing_of_both_is_judged_without_itself_one_of_the_old_asks_the_new_and_the_other_way_round() -> None:
    new = with_entry(ask=("tight calf", "wooden legs"))
    asked = by_text(BASE, new)
    assert asked["tight calf"].left_out
    assert asked["sore heel"].left_out
    assert (asked["wooden legs"].was, asked["wooden legs"].now) == (None, ANSWERED["calf"])
    assert (asked["calf like wood"].was, asked["calf like wood"].now) == (ANSWERED["calf"], None)


def test_a_phrasing_that_moved_to_another_answer_got_the_one_and_gets_the_other() -> None:
    moved = {
        "calf": replace(BASE.entries["calf"], ask=("tight calf",)),
        "heel": replace(BASE.entries["heel"], ask=("sore heel", "calf like wood")),
    }
    case = by_text(BASE, replace(BASE, entries=moved))["calf like wood"]
    assert (case.was, case.now) == (ANSWERED["calf"], ANSWERED["heel"])


def test_phrasings_of_a_paused_answer_are_asked_of_what_is_left() -> None:
    case = by_text(BASE, with_entry(status=Status.PAUSED))["tight calf"]
    assert (case.was, case.now) == (ANSWERED["calf"], None)


def test_messages_of_both_versions_and_kept_questions_are_asked() -> None:
    new = replace(BASE, messages={"heel": ("a new message",)})
    asked = by_text(BASE, new, "what runners asked", "what runners asked")
    assert {"my heel", "what shoes", "a new message", "what runners asked"} <= asked.keys()
    assert asked["what runners asked"].kind is Kind.QUESTION
    assert asked["what shoes"].owner == OUT_OF_SCOPE


def test_signs_and_look_alikes_of_either_are_asked_as_soon_as_anything_about_signs_differs() -> None:
    fewer = group("chest", look_alikes=("chest muscles",), words={"bad": ("pain",)})
    asked = by_text(BASE, replace(BASE, red_flags={"chest": fewer}))
    assert asked["chest pain"].kind is Kind.SIGN
    assert asked["chest muscles"].kind is Kind.LOOK_ALIKE
    assert "chest pain" not in by_text(BASE, with_entry(ask=("tight calf",)))


@pytest.mark.parametrize(
    ("understanding", "got"),
    [
        (Flagged(RedFlag("chest", Level.NOW)), ALARM),
        (Screened(RedFlag("chest", Level.NOW), understood("calf")), ASKED),
        (understood("calf"), ANSWERED["calf"]),
        (understood("calf", "heel"), Got(Outcome.ANSWER, ("calf", "heel"))),
        (understood(offered=("calf", "heel")), TIED),
        (understood(), NOTHING),
        (Cry(), Got(Outcome.RED_FLAG, ("cry",))),
        (Foreign("de"), NOTHING),
    ],
)
def test_what_a_message_got_is_told_without_how_sure_it_was(understanding: object, got: Got) -> None:
    assert Got.of(understanding) == got  # type: ignore[arg-type]


def test_another_confidence_or_order_of_choices_is_no_change() -> None:
    sure = Got.decided([Answer(Candidate("calf", 0.99))])
    assert effect(Case(Kind.MESSAGE, "x", "calf"), sure, Got.decided([Answer(Candidate("calf", 0.7))])) is None
    turned = Got.decided([Choices((Candidate("heel", 0.4), Candidate("calf", 0.3)))])
    assert effect(Case(Kind.MESSAGE, "x", "calf"), TIED, turned) is None


@pytest.mark.parametrize("now", [ANSWERED["heel"], TIED, NOTHING, ALARM, ASKED])
def test_a_golden_question_that_got_its_answer_and_gets_less_is_an_error(now: Got) -> None:
    for kind in (Kind.GOLDEN, Kind.FOLLOW_UP):
        found = effect(Case(kind, "x", "calf"), ANSWERED["calf"], now)
        assert found is Effect.GOLDEN_WORSE
        assert found.is_error


def test_a_golden_question_goes_with_an_answer_that_is_taken_away_on_purpose() -> None:
    case = Case(Kind.GOLDEN, "x", "calf")
    assert effect(case, ANSWERED["calf"], NOTHING, with_entry(status=Status.PAUSED)) is Effect.LOST
    assert effect(case, ANSWERED["calf"], ANSWERED["heel"], with_entry(status=Status.PAUSED)) is Effect.WRONG


@pytest.mark.parametrize(
    ("was", "now", "worse"),
    [
        (ALARM, ASKED, True),
        (ALARM, NOTHING, True),
        (ASKED, ANSWERED["calf"], True),
        (ALARM, Got(Outcome.RED_FLAG, ("chest",), "TODAY"), True),
        (ASKED, ALARM, False),
        (NOTHING, ASKED, False),
        (Got(Outcome.RED_FLAG, ("chest",), "TODAY"), ALARM, False),
    ],
)
def test_a_danger_sign_that_is_told_less_urgently_is_an_error(was: Got, now: Got, worse: bool) -> None:
    found = effect(Case(Kind.SIGN, "x", "chest"), was, now)
    assert found is (Effect.RED_FLAG_WORSE if worse else Effect.BETTER)
    follow_up = effect(Case(Kind.FOLLOW_UP, "x", "chest", ("before",)), was, now)
    assert follow_up is found


def test_a_kept_question_that_raised_an_alarm_and_does_not_is_an_error() -> None:
    assert effect(Case(Kind.QUESTION, "x"), ALARM, NOTHING) is Effect.RED_FLAG_WORSE
    assert effect(Case(Kind.MESSAGE, "x", "calf", harmless=True), ALARM, ANSWERED["calf"]) is Effect.BETTER


def test_a_look_alike_that_is_taken_for_a_sign_is_an_error_while_it_is_listed() -> None:
    assert effect(Case(Kind.LOOK_ALIKE, "x", "chest", harmless=True), NOTHING, ASKED) is Effect.RED_FLAG_WORSE
    assert effect(Case(Kind.LOOK_ALIKE, "x", "chest"), NOTHING, ASKED) is Effect.OTHER
    assert effect(Case(Kind.LOOK_ALIKE, "x", "chest", harmless=True), ASKED, NOTHING) is Effect.BETTER


@pytest.mark.parametrize(
    ("owner", "was", "now", "expected"),
    [
        ("calf", ANSWERED["calf"], ANSWERED["heel"], Effect.WRONG),
        ("calf", NOTHING, ANSWERED["heel"], Effect.WRONG),
        ("calf", ANSWERED["calf"], NOTHING, Effect.LOST),
        ("calf", ANSWERED["calf"], ASKED, Effect.LOST),
        ("calf", TIED, NOTHING, Effect.LOST),
        ("calf", ANSWERED["calf"], TIED, Effect.TIE),
        ("calf", TIED, ANSWERED["calf"], Effect.BETTER),
        ("calf", NOTHING, TIED, Effect.BETTER),
        (OUT_OF_SCOPE, NOTHING, ANSWERED["heel"], Effect.WRONG),
        (OUT_OF_SCOPE, ANSWERED["heel"], NOTHING, Effect.BETTER),
        ("", ANSWERED["calf"], ANSWERED["heel"], Effect.OTHER),
        ("", ANSWERED["calf"], NOTHING, Effect.LOST),
        ("", ANSWERED["calf"], TIED, Effect.TIE),
    ],
)
def test_the_effect_says_what_a_runner_would_notice(owner: str, was: Got, now: Got, expected: Effect) -> None:
    assert effect(Case(Kind.MESSAGE, "x", owner), was, now) is expected


def test_an_answer_that_is_part_of_the_topic_is_as_right() -> None:
    new = with_entry(part_of="heel")
    assert effect(Case(Kind.MESSAGE, "x", "heel"), NOTHING, ANSWERED["calf"], new) is Effect.BETTER


def test_the_most_important_changes_come_first() -> None:
    asked = [Case(Kind.MESSAGE, "m", "calf"), Case(Kind.GOLDEN, "g", "heel"), Case(Kind.SIGN, "s", "chest")]
    was = [NOTHING, ANSWERED["heel"], ALARM]
    found = changes(asked, was, [TIED, NOTHING, NOTHING], BASE, BASE)
    assert [change.case.text for change in found] == ["s", "g", "m"]
