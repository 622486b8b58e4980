"""What two versions of the knowledge say, and where that differs."""

from dataclasses import replace

from bot.knowledge.markup import parse
from bot.knowledge.model import KnowledgeBase, Level, Status
from bot.review.diff_texts import Text, TextChange, text_changes
from tests.support.model import entry, group, knowledge_base, stand_ins

BASE = knowledge_base([entry("calf"), entry("heel")], [group("chest")])


def with_calf(**fields: object) -> KnowledgeBase:
    return replace(BASE, entries={**BASE.entries, "calf": replace(BASE.entries["calf"], **fields)})  # type: ignore[arg-type]


def told(old: KnowledgeBase, new: KnowledgeBase) -> list[tuple[str, TextChange]]:
    found = text_changes(old, new)
    return [(text.name, text.change) for text in (*found.answers, *found.danger, *found.others)]


def test_versions_that_say_the_same_have_no_difference_in_texts() -> None:
    assert not text_changes(BASE, with_calf(ask=("another",)))


def test_a_changed_answer_is_shown_as_the_composer_makes_it_with_the_way_to_care() -> None:
    [text] = text_changes(BASE, with_calf(answer=parse("**Wait** a day."))).answers
    assert (text.name, text.change) == ("calf", TextChange.CHANGED)
    assert text.will_look[0].startswith("Title calf\n\nWait a day.")
    assert text.will_look[-1].endswith("<referral_after>")


def test_answers_that_come_go_rest_and_return_are_told() -> None:
    added = replace(BASE, entries={**BASE.entries, "shin": entry("shin")})
    paused, draft = with_calf(status=Status.PAUSED), with_calf(status=Status.DRAFT)
    assert told(BASE, added) == [("shin", TextChange.ADDED)]
    assert told(added, BASE) == [("shin", TextChange.REMOVED)]
    assert told(BASE, paused) == told(BASE, draft) == [("calf", TextChange.PAUSED)]
    assert told(paused, BASE) == [("calf", TextChange.RESUMED)]
    assert told(draft, BASE) == [("calf", TextChange.ADDED)]
    assert text_changes(paused, BASE).answers[0].will_look


def test_a_sentence_under_every_answer_is_told_once_as_itself() -> None:
    new = replace(BASE, texts=stand_ins(referral="See a therapist."))
    assert text_changes(BASE, new).others == (
        Text("texts.yaml: referral", TextChange.CHANGED, ("See a therapist.",), ("<referral>",)),
    )
    assert not text_changes(BASE, new).answers


def test_a_changed_urgent_text_or_question_is_shown_and_nothing_else_of_the_group() -> None:
    milder = replace(BASE, red_flags={"chest": replace(BASE.red_flags["chest"], reply=parse("Wait."))})
    [text] = text_changes(BASE, milder).danger
    assert (text.name, text.change) == ("red_flags/chest.yaml", TextChange.CHANGED)
    assert [shown.split("\n")[0] for shown in text.will_look] == ["NOW: Wait."]
    [asked] = text_changes(BASE, replace(BASE, red_flags={"chest": group("chest", asks=False)})).danger
    assert [shown.split(":")[0] for shown in asked.will_look] == ["question"]


def test_a_lower_level_and_a_group_that_is_gone_are_told() -> None:
    lower = replace(BASE, red_flags={"chest": group("chest", level=Level.TODAY)})
    assert told(BASE, lower) == [("red_flags/chest.yaml", TextChange.CHANGED)]
    assert told(BASE, replace(BASE, red_flags={})) == [("red_flags/chest.yaml", TextChange.REMOVED)]


def test_the_clinic_s_own_files_are_named() -> None:
    new = replace(BASE, clinic=replace(BASE.clinic, name="Needles & Co"))
    assert told(BASE, new) == [("clinic.yaml", TextChange.CHANGED)]
