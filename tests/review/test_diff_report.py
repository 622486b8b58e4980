"""The difference between two versions, as people and programs read it."""

import json

import pytest

from bot.dialogue.reply import Outcome
from bot.review.diff import Case, Change, Effect, Got, Kind
from bot.review.diff_report import Difference, as_json, as_markdown, as_text
from bot.review.diff_texts import Text, TextChange, TextChanges

ANSWER, NOTHING = Got(Outcome.ANSWER, ("calf",)), Got(Outcome.FALLBACK)
HARD = "a | b\n<b>c</b> @someone `x` ![i](http://e.org) #1"


def change(text: str, effect: Effect = Effect.LOST, owner: str = "calf", kind: Kind = Kind.MESSAGE) -> Change:
    return Change(Case(kind, text, owner), ANSWER, NOTHING, effect)


def difference(*changes: Change, answers: tuple[Text, ...] = ()) -> Difference:
    return Difference("HEAD", "knowledge", 9, changes, TextChanges(answers))


WORSE = difference(change("m"), change("g", Effect.GOLDEN_WORSE, "heel", Kind.GOLDEN))


def test_nothing_is_said_plainly_in_every_form() -> None:
    equal = Difference("HEAD", "knowledge", 0)
    assert not equal
    assert "equal in everything" in as_text(equal)
    assert "equal in everything" in as_markdown(equal)
    assert as_json(equal)["changes"] == []
    assert "9 messages asked" in as_text(difference())


def test_the_text_names_each_change_under_its_entry_the_worst_first() -> None:
    lines = as_text(WORSE).splitlines()
    assert lines.index("heel") < lines.index("calf")
    assert lines[lines.index("heel") + 1] == "  GOLDEN QUESTION WORSE: g  (golden question)"
    assert lines[lines.index("heel") + 2] == "      calf → no answer"
    assert lines[-1].startswith("9 messages asked, 2 changed (1 golden question worse, 1 answer lost); 0 answers")


def test_only_a_golden_question_or_a_danger_sign_makes_it_worse() -> None:
    assert WORSE.is_worse
    assert difference(change("s", Effect.RED_FLAG_WORSE)).is_worse
    assert not difference(*(change("x", effect) for effect in Effect if not effect.is_error)).is_worse


def test_the_markdown_is_a_table_whose_cells_no_message_can_break() -> None:
    rows = [line for line in as_markdown(difference(change(HARD))).splitlines() if line.startswith("|")]
    assert rows[:2] == ["| entry | what | message | was | now |", "|---|---|---|---|---|"]
    [row] = rows[2:]
    assert row.count("|") == 6
    assert not {"<", ">", "@", "`", "["} & set(row)


def test_the_table_is_bounded_and_counts_the_rest() -> None:
    page = as_markdown(difference(*(change(f"message {n}") for n in range(75))))
    assert page.count("| calf | answer lost, message | message ") == 60
    assert "… and 15 more" in page
    assert "and 15 more" not in as_text(difference(*(change(f"message {n}") for n in range(75))))


def test_the_worst_stays_in_a_bounded_table() -> None:
    many = [change(f"message {n}", owner=f"a{n}") for n in range(75)]
    assert "| zebra | **danger sign worse**" in as_markdown(
        difference(*many, change("s", Effect.RED_FLAG_WORSE, "zebra"))
    )


def test_a_changed_answer_is_quoted_as_it_will_look() -> None:
    text = Text("calf", TextChange.CHANGED, ("Title\n\n• one\n• *two*", "second"))
    lines = as_markdown(difference(answers=(text,))).splitlines()
    start = lines.index("#### `calf` as it will look")
    assert lines[start + 2 : start + 6] == ["> Title  ", ">", "> • one  ", "> • &#42;two&#42;  "]
    assert "> second  " in lines
    assert "- `calf`: changed" in lines


def test_many_changed_answers_are_bounded_and_counted() -> None:
    texts = tuple(Text(f"e{n}", TextChange.ADDED, ("x",)) for n in range(33))
    page = as_markdown(difference(answers=texts))
    assert page.count("as it will look") == 30
    assert "… and 3 more that are not shown" in page
    assert page.count(": added") == 33


@pytest.mark.parametrize("level", ["", "NOW"])
def test_json_holds_everything(level: str) -> None:
    alarm = Got(Outcome.RED_FLAG, ("chest",), level)
    told = Change(Case(Kind.FOLLOW_UP, "t", "calf", ("before",)), alarm, ANSWER, Effect.GOLDEN_WORSE)
    table = json.loads(json.dumps(as_json(difference(told, answers=(Text("calf", TextChange.ADDED, ("x",)),)))))
    assert table["worse"]
    assert table["changes"] == [
        {
            "effect": "golden question worse",
            "error": True,
            "entry": "calf",
            "kind": "golden follow-up",
            "after": ["before"],
            "text": "t",
            "was": {"outcome": "red_flag", "ids": ["chest"], "level": level or None},
            "now": {"outcome": "answer", "ids": ["calf"], "level": None},
        }
    ]
    assert table["answers"] == [{"name": "calf", "change": "added", "looked": [], "will_look": ["x"]}]


def test_the_text_shows_of_a_changed_answer_what_was_and_what_is_now_from_where_they_differ() -> None:
    same = "Most people are sore for a day or two after a session, and then it goes."
    text = Text("calf", TextChange.CHANGED, (f"Sore\n{same} Rest.",), (f"Sore\n{same} Run.",))
    lines = as_text(difference(answers=(text,))).splitlines()
    at = lines.index("  calf: changed")
    assert lines[at + 1].startswith("      …") and lines[at + 1].endswith("goes. Run.")
    assert lines[at + 2].startswith("      → …") and lines[at + 2].endswith("goes. Rest.")
    assert not any("Sore" in line for line in lines)
