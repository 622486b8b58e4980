"""``eval``: the figures for files of labelled messages."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bot.understanding.mind import Mind, Understood
from tests.cli.conftest import Command
from tests.support.knowledge import DANGER, OFF_TOPIC, QUESTION, changed_file, vague_question, write_knowledge


def offered(mind: Mind) -> list[str]:
    """Return the entries offered for the vague question, the likeliest first."""
    understood = mind.understand(vague_question(mind))
    assert isinstance(understood, Understood)
    return [candidate.entry_id for candidate in understood.ranking[:3]]


@pytest.fixture
def questions(tmp_path: Path, mind: Mind) -> Path:
    """Ten messages, one of each fate."""
    vague = vague_question(mind)
    first, second, third = offered(mind)
    never = next(key for key in mind.knowledge.entries if key not in (first, second, third))
    rows = [
        (QUESTION, "pain"),  # answered right
        ("can dry needling help tight calves", "calf"),  # answered right
        (QUESTION, "cost"),  # answered wrong
        (vague, second),  # helped: offered, not ranked first
        (vague, never),  # neither helped nor wrong
        (OFF_TOPIC, "pain"),  # refused
        (DANGER, "pain"),  # taken for a danger sign
        ("", "pain"),  # no words: refused, ranked nowhere
        (QUESTION, "out-of-scope"),  # answered by mistake
        (vague, "out-of-scope"),  # asked back
        (OFF_TOPIC, "out-of-scope"),  # rightly refused
        (DANGER, "out-of-scope"),
    ]
    path = tmp_path / "questions.csv"
    path.write_text("text,topic\n" + "".join(f'"{text}",{topic}\n' for text, topic in rows), encoding="utf-8")
    return path


def test_the_figures_of_a_small_file_are_those_counted_by_hand(
    command: Command, small_folder: Path, questions: Path, mind: Mind
) -> None:
    code, out, err = command("eval", questions, "--json", "--knowledge", small_folder)
    assert (code, err) == (0, "")
    figures = json.loads(out)
    assert figures.pop("red_flags")["messages"] == 0
    assert figures.pop("conversations")["turns"] == 0
    confused = {(right, got): times for right, got, times in figures.pop("confused")}
    ranked = [first_of(mind, OFF_TOPIC), "pain"]
    assert figures.pop("first") == pytest.approx((2 + (ranked[0] == "pain")) / 8)
    assert figures.pop("in_three") >= 3 / 8
    lengths = figures.pop("by_length")
    assert sum(length["questions"] for length in lengths) == 8
    assert figures == {
        "signs": 0,
        "signs_screened": 0.0,
        "screened": 0.0,
        "out_of_scope_screened": 0.0,
        "signs_flagged": 0.0,
        "questions": 8,
        "direct_correct": 2 / 8,
        "wrong": 1 / 8,
        "helped": 3 / 8,
        "refused": 2 / 8,
        "red_flagged": 1 / 8,
        "out_of_scope": 4,
        "out_of_scope_answered": 1 / 4,
        "out_of_scope_choices": 1 / 4,
        "out_of_scope_refused": 1 / 4,
        "out_of_scope_red_flagged": 1 / 4,
    }
    first, second, _ = offered(mind)
    assert confused["cost", "pain"] == 1
    assert confused[second, first] == 1


def first_of(mind: Mind, text: str) -> str:
    understood = mind.understand(text)
    assert isinstance(understood, Understood)
    return understood.ranking[0].entry_id


def test_the_report_says_what_each_figure_counts(process: Command, small_folder: Path, questions: Path) -> None:
    code, out, err = process("eval", questions, "--knowledge", small_folder)
    assert (code, err) == (0, "")
    rows = {line.split("  ")[0].strip() or line.strip().split("  ")[0]: line for line in out.splitlines()}
    for name, share in (("direct-correct", "25.0%"), ("wrong", "12.5%"), ("helped", "37.5%"), ("refused", "25.0%")):
        assert share in rows[name]
    assert "questions            8" in out
    assert "out of scope         4" in out
    assert "    1  cost → pain" in out


def test_the_messages_that_were_not_answered_right_can_be_listed(
    command: Command, small_folder: Path, questions: Path
) -> None:
    out = command("eval", questions, "--show-wrong", "--knowledge", small_folder)[1]
    listed = out.split("not answered right\n")[1].splitlines()
    # All but the two right answers and the refused message out of scope; a danger sign is right there too.
    assert len(listed) == 12 - 2 - 2
    assert any(line.startswith("  cost: pain (") and repr(QUESTION) in line for line in listed)
    assert f"  pain: red flag chest: {DANGER!r}" in listed
    assert f"  pain: nothing: {OFF_TOPIC!r}" in listed


def test_several_files_are_joined_and_a_file_of_kinds_is_all_out_of_scope(
    command: Command, small_folder: Path, tmp_path: Path
) -> None:
    asked = tmp_path / "asked.csv"
    asked.write_bytes(f"\ufefftext,expected_topic\r\n{QUESTION},pain\r\n".encode())
    strange = tmp_path / "strange.csv"
    strange.write_text(f"text,kind\n{OFF_TOPIC},far\n{OFF_TOPIC},near\n")
    figures = json.loads(command("eval", asked, strange, "--json", "--knowledge", small_folder)[1])
    assert (figures["questions"], figures["direct_correct"]) == (1, 1.0)
    assert (figures["out_of_scope"], figures["out_of_scope_refused"]) == (2, 1.0)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the first line must name the columns text and topic"),
        (b"question,answer\na,b\n", "the first line must name the columns text and topic"),
        (b"text,topic\n", "The files hold no rows."),
        (b"text,topic\nhello,no-such-entry\n", "There is no entry or red flag no-such-entry."),
        (b"text,topic\nhello \xff,pain\n", "cannot be read as a CSV file in UTF-8"),
        (b"text,topic\n" + b"x" * 200_000 + b",pain\n", "cannot be read as a CSV file in UTF-8"),
    ],
)
def test_a_file_that_cannot_be_measured_is_explained(
    command: Command, small_folder: Path, tmp_path: Path, content: bytes, said: str
) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(content)
    code, out, err = command("eval", path, "--knowledge", small_folder)
    assert (code, out) == (2, "")
    assert said in err
    assert "Traceback" not in err


def test_a_missing_file_is_explained(process: Command, small_folder: Path, tmp_path: Path) -> None:
    code, out, err = process("eval", tmp_path / "gone.csv", "--knowledge", small_folder)
    assert (code, out) == (2, "")
    assert err == f"{tmp_path / 'gone.csv'} cannot be read as a CSV file in UTF-8: No such file or directory.\n"


def test_short_rows_and_rows_with_too_many_columns_are_counted_like_others(
    command: Command, small_folder: Path, tmp_path: Path
) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(f'text,topic\n"{QUESTION}",pain,extra,more\n"a ""quoted"", text\nof two lines",out-of-scope\n')
    figures = json.loads(command("eval", path, "--json", "--knowledge", small_folder)[1])
    assert (figures["questions"], figures["out_of_scope"]) == (1, 1)


def test_the_reliability_of_every_ranked_message_can_be_drawn(
    command: Command, small_folder: Path, questions: Path, tmp_path: Path
) -> None:
    drawing = tmp_path / "reliability.svg"
    drawing.write_text("an older one, " * 1_000)
    code, out, err = command("eval", questions, "--json", "--reliability", drawing, "--knowledge", small_folder)
    assert (code, err) == (0, "")
    assert json.loads(out)["questions"] == 8
    texts = [element.text or "" for element in ElementTree.fromstring(drawing.read_text(encoding="utf-8")).iter()]
    # All twelve but the one without words: danger signs and what was refused are ranked too.
    assert any(text.startswith("11 messages") for text in texts)
    assert any("expected calibration error 0." in text for text in texts)


@pytest.mark.parametrize("name", ["", "gone/reliability.svg"])
def test_a_drawing_that_cannot_be_written_is_explained_before_the_work(
    command: Command, small_folder: Path, questions: Path, tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    code, out, err = command("eval", questions, "--reliability", path, "--knowledge", small_folder)
    assert (code, out) == (2, "")
    assert err.startswith(f"{path} cannot be written: ")
    assert "Traceback" not in err


def test_there_is_nothing_to_draw_without_labelled_questions(
    command: Command, small_folder: Path, tmp_path: Path
) -> None:
    signs = tmp_path / "signs.csv"
    signs.write_text(f"text,group,level\n{DANGER},chest,NOW\n")
    drawing = tmp_path / "reliability.svg"
    code, out, err = command("eval", signs, "--reliability", drawing, "--knowledge", small_folder)
    assert (code, out) == (2, "")
    assert "--reliability draws rows of text,topic" in err
    assert not drawing.exists()
    code, out, err = command("eval", "--leave-one-out", "--reliability", drawing, "--knowledge", small_folder)
    assert (code, out) == (2, "")
    assert "leave the CSV files and --reliability out" in err


def test_a_label_may_name_several_entries_and_danger_signs(
    command: Command, small_folder: Path, tmp_path: Path
) -> None:
    path = tmp_path / "posts.csv"
    path.write_text(f"text,label\n{QUESTION},cost|pain\n{DANGER},red-flag:chest\n{DANGER},pain|red-flag:chest\n")
    figures = json.loads(command("eval", path, "--json", "--knowledge", small_folder)[1])
    assert (figures["questions"], figures["direct_correct"], figures["red_flagged"]) == (2, 1 / 2, 1 / 2)
    assert (figures["signs"], figures["signs_flagged"]) == (1, 1.0)
    path.write_text(f"text,label\n{QUESTION},pain|red-flag:nothing\n")
    code, out, err = command("eval", path, "--knowledge", small_folder)
    assert (code, out) == (2, "")
    assert "There is no entry or red flag nothing." in err


def test_an_added_answer_is_right_for_its_own_label_and_for_the_topic_it_is_part_of(
    command: Command, tmp_path: Path
) -> None:
    part = changed_file("faq/run-after.yaml", 'title: "', 'part_of: cost\ntitle: "')
    folder = write_knowledge(tmp_path / "knowledge", {"faq/run-after.yaml": part})
    asked = "when can i go running again after the needles"
    rows, talks = tmp_path / "rows.csv", tmp_path / "talks.yaml"
    labels = ("run-after", "cost", "pain")
    rows.write_text("text,topic\n" + "".join(f"{asked},{label}\n" for label in labels), encoding="utf-8")
    talks.write_text(
        "".join(f'- {{id: "{label}", turns: [{{user: "{asked}", topic: {label}}}]}}\n' for label in labels),
        encoding="utf-8",
    )
    code, out, err = command("eval", rows, talks, "--json", "--knowledge", folder)
    assert (code, err) == (0, "")
    figures = json.loads(out)
    assert figures["direct_correct"] == figures["first"] == pytest.approx(2 / 3)
    assert figures["wrong"] == pytest.approx(1 / 3)
    assert figures["conversations"]["answered"] == pytest.approx(2 / 3)
