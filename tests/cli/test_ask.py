"""``ask``: one answer, or a line out for every line in."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bot.assistant import Assistant
from bot.knowledge.model import KnowledgeBase
from bot.understanding.mind import Mind
from tests.cli.conftest import Command, environment
from tests.support.knowledge import (
    DANGER,
    OFF_TOPIC,
    QUESTION,
    QUESTIONS,
    SUSPICIOUS,
    asked_back,
    changed_file,
    vague_question,
    ways_to_care,
    with_a_question_back,
    wordings,
    write_knowledge,
)
from tests.support.patience import PATIENCE

KEYS = ["text", "outcome", "entries", "choices", "red_flag", "level", "confidence", "reply", "buttons"]

AWKWARD_LINES = {
    "empty": b"",
    "blank": b"   \t ",
    "10,000 characters": b"needle " * 1_428 + b"hurt",
    "one word of 10,000 letters": b"x" * 10_000,
    "only emoji": "🏃‍♀️🦵💥😩👍🏽".encode(),
    "control characters": bytes(range(1, 10)) + bytes(range(11, 32)) + b"\x7f",
    "zero-width characters": "\u200b\u200c\u200d\u2060\ufeff".encode(),
    "right-to-left marks": "\u202edoes it hurt\u202c \u200f\u061c".encode(),
    "HTML": b'<b>does it <a href="x">hurt</a> &amp; <script>alert(1)</script>',
    "Markdown": b"**does** _it_ `hurt` [x](javascript:alert(1)) ~~||\\*",
    "unknown command": b"/unknown",
    "command alone": b"/",
    "not UTF-8": b"does it hurt \xff\xfe\xc3\x28",
    "UTF-16": "does it hurt".encode("utf-16-le"),
    "broken JSON": b'{"text": "does it hurt"',
    "text is a number": b'{"text": 3}',
    "text is missing": b'{"chat": "a"}',
    "JSON list": b'["does it hurt"]',
    "JSON null": b"null",
    "lone surrogates": b'{"text": "does it hurt \\ud800 \\udfff"}',
    "chat is a lone surrogate": b'{"text": "does it hurt", "chat": "\\ud800"}',
    "chat is an object": b'{"text": "does it hurt", "chat": {"id": [1]}}',
    "NUL": b"does it\x00hurt",
    "NUL in JSON": b'{"text": "\\u0000does it hurt\\u0000"}',
    "line ends in JSON": b'{"text": "does it hurt\\r\\n\\u2028\\u2029\\u0085?"}',
    "line ends inside a line": "does it\rhurt\u2028or\u2029\u0085not".encode(),
    "deep JSON": b'{"text": ' + b"[" * 100_000,
    "huge number": b'{"text": "does it hurt", "chat": ' + b"9" * 5_000 + b"}",
    "percent and braces": b"%s %d {0} {text} {",
    "combining marks": ("e" + "\u0301" * 500).encode(),
}


def lines(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


@pytest.mark.parametrize("line", AWKWARD_LINES.values(), ids=AWKWARD_LINES)
def test_one_line_in_is_one_ascii_line_out_whatever_it_holds(
    command: Command, assistant: Assistant, monkeypatch: pytest.MonkeyPatch, line: bytes
) -> None:
    monkeypatch.setattr("bot.cli.ask.build_assistant", lambda _: assistant)  # built once for all lines
    code, out, err = command("ask", "--json", stdin=line + b"\n")
    assert (code, err) == (0, "")
    assert out.isascii()
    [answer] = lines(out)
    assert list(answer) == KEYS
    assert answer["reply"]
    assert all(answer["reply"])


def test_a_process_answers_every_awkward_line_in_order(process: Command, small_folder: Path) -> None:
    stdin = b"\n".join(line for awkward in AWKWARD_LINES.values() for line in (awkward, QUESTION.encode()))
    code, out, err = process("ask", "--json", "--knowledge", small_folder, stdin=stdin)
    assert (code, err) == (0, "")
    assert out.isascii()
    answers = lines(out)
    assert len(answers) == 2 * len(AWKWARD_LINES)
    assert [answer["entries"] for answer in answers[1::2]] == [["pain"]] * len(AWKWARD_LINES)


def test_a_terminal_without_utf_8_gets_every_answer_too(process: Command, small_folder: Path) -> None:
    for arguments, stdin in ((["ask", "--json"], "🦵 does it hurt\n"), (["ask", "does 🦵 hurt"], "")):
        code, out, err = process(
            *arguments, "--knowledge", small_folder, stdin=stdin.encode(), PYTHONUTF8="0", PYTHONIOENCODING="ascii"
        )
        assert (code, err) == (0, "")
        assert out


def test_an_answer_carries_its_entry_and_no_choices_or_flag(
    command: Command, small_folder: Path, knowledge: KnowledgeBase
) -> None:
    stdin = "\n".join(QUESTIONS).encode()
    answers = lines(command("ask", "--json", "--knowledge", small_folder, stdin=stdin)[1])
    for answer, (question, entry_id) in zip(answers, QUESTIONS.items(), strict=True):
        assert answer["text"] == question
        assert answer["outcome"] == "answer"
        assert answer["entries"] == [entry_id]
        assert answer["choices"] == []
        assert (answer["red_flag"], answer["level"]) == (None, None)
        assert 0.5 <= answer["confidence"] <= 1
        assert answer["reply"][-1].endswith(ways_to_care(knowledge))
    assert answers[0]["buttons"][0] == [knowledge.entries["run-after"].title]


def test_an_added_answer_is_listed_before_the_topic_it_is_part_of(command: Command, tmp_path: Path) -> None:
    part = changed_file("faq/run-after.yaml", 'title: "', 'part_of: pain\ntitle: "')
    folder = write_knowledge(tmp_path / "knowledge", {"faq/run-after.yaml": part})
    stdin = b"when can i go running again after the needles"
    [answer] = lines(command("ask", "--json", "--knowledge", folder, stdin=stdin)[1])
    assert answer["entries"] == ["run-after", "pain"]


def test_choices_carry_their_entries_and_a_button_each(command: Command, small_folder: Path, mind: Mind) -> None:
    stdin = vague_question(mind).encode()
    [answer] = lines(command("ask", "--json", "--knowledge", small_folder, stdin=stdin)[1])
    assert answer["outcome"] == "choices"
    assert answer["entries"] == []
    assert 1 <= len(answer["choices"]) <= 3
    titles = [[mind.knowledge.entries[key].title] for key in answer["choices"]]
    assert answer["buttons"] == [*titles, [mind.knowledge.texts["button_none_of_these"][0]]]


def test_a_danger_sign_carries_its_group_and_level(command: Command, small_folder: Path) -> None:
    [answer] = lines(command("ask", "--json", "--knowledge", small_folder, stdin=DANGER.encode())[1])
    assert (answer["outcome"], answer["red_flag"], answer["level"]) == ("red_flag", "chest", "NOW")
    assert (answer["entries"], answer["choices"], answer["buttons"]) == ([], [], [])
    assert "<b>" not in answer["reply"][0]
    assert "**" not in answer["reply"][0]


def test_a_fallback_carries_nothing_but_words(command: Command, small_folder: Path) -> None:
    [answer] = lines(command("ask", "--json", "--knowledge", small_folder, stdin=OFF_TOPIC.encode())[1])
    assert answer["outcome"] == "fallback"
    assert (answer["entries"], answer["choices"], answer["red_flag"], answer["level"]) == ([], [], None, None)


def test_lines_of_one_chat_are_one_conversation_and_a_line_without_chat_starts_afresh(
    command: Command, small_folder: Path, knowledge: KnowledgeBase
) -> None:
    rows: list[dict[str, object]] = [
        {"chat": "a"},
        {},
        {"chat": "b"},
        {"chat": "a"},
        {},
        {"chat": 1},
        {"chat": "a"},
    ]
    stdin = "\n".join(json.dumps({"text": QUESTION, **row}) for row in rows).encode()
    answers = lines(command("ask", "--json", "--knowledge", small_folder, stdin=stdin)[1])
    referrals = [*wordings(knowledge, "referral_session"), *wordings(knowledge, "referral_short")[2:]]
    # The referral's wording changes with the turn, so it tells how long a conversation is.
    turns = [next(i for i, r in enumerate(referrals) if a["reply"][-1].endswith(r)) for a in answers]
    assert turns == [0, 0, 0, 1, 0, 0, 2]


def test_a_line_follows_up_on_the_lines_of_its_own_chat_and_no_other(command: Command, small_folder: Path) -> None:
    follow_up = "how long does that last?"
    rows = [
        {"chat": "a", "text": "Is a bruise after needling normal?"},
        {"chat": "b", "text": "how soon may i go running after the needles"},
        {"chat": "a", "text": follow_up},
        {"chat": "b", "text": follow_up},
        {"chat": "c", "text": follow_up},
        {"text": follow_up},
    ]
    stdin = "\n".join(json.dumps(row) for row in rows).encode()
    answers = lines(command("ask", "--json", "--knowledge", small_folder, stdin=stdin)[1])
    assert [answer["entries"] for answer in answers[2:]] == [["bruise"], ["run-after"], [], []]


@pytest.mark.parametrize(
    ("words", "outcome", "entries"),
    [
        ("yes a bit", "red_flag", []),
        ("no its fine", "answer", ["pain"]),
        ("none of that, just sore", "answer", ["pain"]),
    ],
)
def test_yes_or_no_in_the_same_chat_settles_what_was_asked_back(
    command: Command,
    small_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: str,
    outcome: str,
    entries: list[str],
) -> None:
    with_a_question_back(monkeypatch)
    rows = [{"chat": "a", "text": SUSPICIOUS}, {"text": SUSPICIOUS}, {"text": words}, {"chat": "a", "text": words}]
    stdin = "\n".join(json.dumps(row) for row in rows).encode()
    asked, also, alone, settled = lines(command("ask", "--json", "--knowledge", small_folder, stdin=stdin)[1])
    assert list(asked) == KEYS
    for one in (asked, also):
        assert (one["outcome"], one["red_flag"], one["level"]) == ("screening", "chest", "NOW")
        assert (one["entries"], one["choices"], one["confidence"]) == ([], [], 0)
        assert one["buttons"] == [["Yes"], ["No, none of this"]]
        [text] = one["reply"]
        assert "Before I answer" in text and "call your local emergency number" in text
    assert alone["outcome"] not in ("red_flag", "screening") and alone["entries"] == []
    assert (settled["outcome"], settled["entries"]) == (outcome, entries)
    assert settled["red_flag"] == ("chest" if outcome == "red_flag" else None)


def test_one_question_may_be_asked_back_too(
    command: Command, small_folder: Path, knowledge: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_a_question_back(monkeypatch)
    code, out, err = command("ask", SUSPICIOUS, "--knowledge", small_folder)
    assert (code, err) == (0, "")
    assert out == f"{asked_back(knowledge)}\n[Yes]\n[No, none of this]\n"


def test_several_questions_in_a_line_carry_an_entry_each(command: Command, small_folder: Path) -> None:
    stdin = b"does it hurt and what does it cost?"
    [answer] = lines(command("ask", "--json", "--knowledge", small_folder, stdin=stdin)[1])
    assert (answer["outcome"], answer["entries"]) == ("answer", ["pain", "cost"])


def test_without_lines_there_is_no_output(command: Command, small_folder: Path) -> None:
    assert command("ask", "--json", "--knowledge", small_folder) == (0, "", "")


def test_the_last_line_needs_no_line_end_and_windows_line_ends_do_no_harm(
    command: Command, small_folder: Path
) -> None:
    stdin = QUESTION.encode() + b"\r\n" + QUESTION.encode()
    answers = lines(command("ask", "--json", "--knowledge", small_folder, stdin=stdin)[1])
    assert [answer["text"] for answer in answers] == [QUESTION, QUESTION]


def test_a_byte_order_mark_before_the_first_line_does_no_harm(command: Command, small_folder: Path) -> None:
    stdin = b"\xef\xbb\xbf" + json.dumps({"text": QUESTION}).encode()
    [answer] = lines(command("ask", "--json", "--knowledge", small_folder, stdin=stdin)[1])
    assert answer["text"] == QUESTION


def test_a_question_on_the_command_line_is_answered_as_a_person_sees_it(
    command: Command, small_folder: Path, knowledge: KnowledgeBase
) -> None:
    code, out, err = command("ask", *QUESTION.split(), "--knowledge", small_folder)
    assert (code, err) == (0, "")
    title = knowledge.entries["pain"].title
    assert out.startswith(f"{title}\n\nA short sting and a dull ache are usual. Say so when it is too much.\n\n")
    assert f"[{knowledge.entries['run-after'].title}]\n" in out
    labels = [knowledge.texts[key][0] for key in ("button_helped", "button_did_not_help")]
    assert "  ".join(f"[{label}]" for label in labels) in out
    assert wordings(knowledge, "referral_session")[0] in out
    assert "<b>" not in out


def test_a_question_can_be_piped_in(process: Command, small_folder: Path) -> None:
    code, out, err = process("ask", "--knowledge", small_folder, stdin=QUESTION.encode() + b" \xff\n")
    assert (code, err) == (0, "")
    assert out.startswith("Does it hurt?\n\nA short sting")


def test_a_question_and_json_together_are_refused_in_a_sentence(command: Command, small_folder: Path) -> None:
    code, out, err = command("ask", "--json", "does it hurt", "--knowledge", small_folder)
    assert (code, out) == (2, "")
    assert err == "With --json the questions come from standard input, one a line.\n"


def test_a_missing_folder_is_said_in_a_sentence(process: Command, tmp_path: Path) -> None:
    for variables in ({}, {"KNOWLEDGE_DIR": str(tmp_path / "gone")}):
        named = [] if variables else ["--knowledge", str(tmp_path / "gone")]
        code, out, err = process("ask", "hello", *named, **variables)
        assert (code, out) == (2, "")
        assert err == f"There is no knowledge folder {tmp_path / 'gone'}. Name another with --knowledge.\n"


def test_knowledge_with_errors_is_not_used_and_they_are_all_named(command: Command, tmp_path: Path) -> None:
    for name in ("one", "two"):
        path = tmp_path / "knowledge" / "faq" / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('title: "T"\nask: ["q"]\nanswr: "A"\n')
    code, out, err = command("ask", "hello", "--knowledge", tmp_path / "knowledge")
    assert (code, out) == (1, "")
    assert "faq/one.yaml, line 3" in err
    assert "faq/two.yaml, line 3" in err
    assert "Traceback" not in err


def test_a_reader_that_goes_away_ends_the_command_quietly(small_folder: Path, tmp_path: Path) -> None:
    stdin = b"does it hurt\n" * 20_000
    piped = subprocess.Popen(
        [sys.executable, "-m", "bot", "ask", "--json", "--knowledge", str(small_folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        env=environment(),
    )
    assert piped.stdin and piped.stdout and piped.stderr
    piped.stdin.write(stdin[:1_300])
    piped.stdin.flush()
    assert json.loads(piped.stdout.readline())["outcome"]
    piped.stdout.close()
    _, err = piped.communicate(stdin, timeout=PATIENCE)
    assert (piped.returncode, err) == (0, b"")
