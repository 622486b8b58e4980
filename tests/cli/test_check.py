"""``check``: everything that is wrong with the knowledge files, at once."""

import asyncio
import io
import json
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

import pytest

from bot.cli.check import Shown
from bot.cli.check_report import report
from bot.knowledge.loader import load
from bot.knowledge.problems import Place, Problem, Severity
from bot.knowledge.rules import RULES
from bot.review.check import Checked
from bot.storage.database import Database
from bot.storage.migrations import upgrade
from bot.storage.protocol import Pause
from bot.storage.sql_staff import SqlStaffStore
from tests.cli.conftest import Command
from tests.support.fakes import NOON
from tests.support.knowledge import QUESTIONS, changed_file, stand_in_texts, write_knowledge

BROKEN: Mapping[str, str | bytes] = {
    # Five mistakes in five files; the other files are in order.
    "faq/calf.yaml": changed_file("faq/calf.yaml", "answer:", "answr:"),
    "faq/cost.yaml": changed_file("faq/cost.yaml", 'title: "What does it cost?"', "title: Cost: how much?"),
    "faq/pain.yaml": changed_file("faq/pain.yaml", "run-after, bruise", "run-aftr, bruise"),
    "faq/heel.yaml": changed_file("faq/heel.yaml", "& needles", "n\xe9edles").encode("latin-1"),
    "red_flags/chest.yaml": changed_file("red_flags/chest.yaml", "level: NOW", "level: SOON"),
}
LOOK_ALIKE = "can you needle chest muscles that are tight"
SIGN = "short of breath after the session"
CALVES = "calves like wood, needles any good"
FINDINGS = [
    # file, line, column, rule, words of the message
    ("faq/calf.yaml", 10, 1, "unknown-field", 'Did you mean "answer"?'),
    ("faq/cost.yaml", 1, 1, "colon-in-text", "double quotes"),
    ("faq/heel.yaml", 5, 1, "not-utf-8", "UTF-8"),
    ("faq/pain.yaml", 12, 11, "unknown-entry", 'Did you mean "run-after"?'),
    ("red_flags/chest.yaml", 2, 8, "unknown-value", "NOW, TODAY, BEFORE"),
]

# Ten phrasings that differ as much as ``check`` asks for, so that nothing but a notice is left.
RICH = """\
    title: "Soreness"
    menu: after
    ask:
      - "legs feel battered on Tuesday"
      - "is an ache the next morning usual"
      - "why do my quads moan when I climb stairs"
      - "how long until it stops being tender"
      - "still stiff two days later"
      - "woke up feeling like I ran a marathon"
      - "can I expect to be achy"
      - "thighs heavy as lead"
      - "should it throb in the evening"
      - "does everybody hobble after a visit"
    answer: |
      It is usual and passes in a day or two.
    sources: ["blog: Closing"]
    """
PRODUCT = RICH.replace("blog: Closing", "product")

QUESTIONS_OF = {entry_id: question for question, entry_id in QUESTIONS.items()}


class Terminal(io.StringIO):
    """A stream that somebody looks at."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def broken_folder(tmp_path: Path) -> Path:
    return write_knowledge(tmp_path / "broken", BROKEN)


@pytest.fixture(autouse=True)
def _stand_ins_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """Say nothing of how few signs the small folder's groups have."""
    monkeypatch.setattr("bot.review.check.weakened", lambda *_, **__: ())


def rich_folder(folder: Path, entry: str) -> Path:
    """Write a folder with a single entry, against which ``check`` has nothing to warn of."""
    texts = stand_in_texts(examples="is an ache the next morning usual")
    only = {path: None for path in _entries() if path != "faq/soreness.yaml"}
    return write_knowledge(folder, {**only, "faq/soreness.yaml": entry, "texts.yaml": texts})


def _entries() -> list[str]:
    names = ("acupuncture", "bleeding", "bruise", "calf", "cost", "heel", "pain", "run-after")
    return [f"faq/{name}.yaml" for name in names]


def test_broken_files_hide_nothing_each_problem_has_its_line_and_the_exit_code_is_1(
    process: Command, broken_folder: Path
) -> None:
    code, out, err = process("check", "--knowledge", broken_folder)
    assert (code, err) == (1, "")
    file = ""
    found = []
    for line in out.splitlines()[:-1]:
        if not line.startswith(" "):
            file = line
        else:
            place, severity, *_ = line.split()
            found.append((file, *map(int, place.split(":")), severity, line.rsplit("(", 1)[1].rstrip(")")))
    assert found == [(file, line, column, "error", rule) for file, line, column, rule, _ in FINDINGS]
    assert [words for *_, words in FINDINGS if words not in out] == []
    assert out.splitlines()[-1] == "5 errors, 0 warnings, 0 notices"


def test_the_json_report_has_a_place_a_rule_and_a_message_for_each_finding(
    command: Command, broken_folder: Path
) -> None:
    code, out, err = command("check", "--format", "json", "--knowledge", broken_folder)
    assert (code, err) == (1, "")
    assert out.isascii()
    report = json.loads(out)
    assert {key for finding in report for key in finding} == {
        *("file", "line", "column", "severity", "rule", "message")
    }
    assert [(f["file"], f["line"], f["column"], f["rule"]) for f in report] == [row[:4] for row in FINDINGS]
    assert {f["severity"] for f in report} == {"error"}
    assert all(words in f["message"] for f, (*_, words) in zip(report, FINDINGS, strict=True))


def test_the_github_report_annotates_the_files_where_they_lie(command: Command, broken_folder: Path) -> None:
    code, out, err = command("check", "--format", "github", "--knowledge", broken_folder)
    assert (code, err) == (1, "")
    starts = [
        f"::error file={broken_folder}/{file},line={line},col={column},title={rule}::"
        for file, line, column, rule, _ in FINDINGS
    ]
    lines = out.splitlines()
    assert len(lines) == len(starts)
    assert [start for start, line in zip(starts, lines, strict=True) if not line.startswith(start)] == []


def test_what_github_reads_as_its_own_signs_is_escaped(command: Command, tmp_path: Path) -> None:
    folder = write_knowledge(
        tmp_path / "50%, a:b",
        {"faq/pain.yaml": changed_file("faq/pain.yaml", "menu: session", 'menu: "100%\\nsure"')},
    )
    code, out, _ = command("check", "--format", "github", "--knowledge", folder)
    assert code == 1
    [line] = [line for line in out.splitlines() if "unknown-section" in line]
    assert line.startswith(f"::error file={tmp_path}/50%25%2C a%3Ab/faq/pain.yaml,line=2,")
    assert '"100%25%0Asure"' in line


def test_the_github_report_names_the_folder_of_the_environment_too(
    command: Command, broken_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KNOWLEDGE_DIR", str(broken_folder))
    out = command("check", "--format", "github")[1]
    assert f"file={broken_folder}/faq/calf.yaml," in out


def test_warnings_fail_the_check_only_when_it_is_strict(command: Command, small_folder: Path) -> None:
    code, out, _ = command("check", "--knowledge", small_folder)
    assert code == 0
    assert "(few-questions)" in out
    assert "0 errors, " in out
    assert "texts not learned from: " in out.splitlines()[-1]
    assert command("check", "--strict", "--knowledge", small_folder)[0] == 1


def test_notices_never_fail_the_check(command: Command, tmp_path: Path) -> None:
    folder = rich_folder(tmp_path / "rich", RICH)
    code, out, _ = command("check", "--strict", "--knowledge", folder)
    assert code == 0
    assert "(not-reviewed)" in out
    assert "0 errors, 0 warnings, 1 notice\n" in out


@pytest.mark.parametrize(("day", "notices"), [("2001-01-01", "1 notice"), ("9999-12-31", "0 notices")])
def test_an_answer_whose_review_is_due_is_a_notice(
    command: Command, tmp_path: Path, day: str, notices: str
) -> None:
    folder = rich_folder(tmp_path / "rich", f"{PRODUCT}review_again_on: {day}\n")
    code, out, _ = command("check", "--strict", "--knowledge", folder)
    assert code == 0
    assert ("(review-due)" in out) == (notices == "1 notice")
    assert f"0 errors, 0 warnings, {notices}\n" in out


def test_notices_take_a_line_a_kind_unless_all_are_asked_for_and_come_before_what_must_be_mended(
    command: Command, small_folder: Path
) -> None:
    _, out, _ = command("check", "--knowledge", small_folder)
    lines = out.splitlines()
    [kind] = [line for line in lines if line.endswith("(not-reviewed)")]
    number = int(kind.split()[0])
    assert number > 5 and f"{number - 3} more (see them with --all)" in kind and kind.count(".yaml") >= 3
    warned = [at for at, line in enumerate(lines) if line.endswith("(few-questions)")]
    assert lines.index(kind) < min(warned)
    _, out, _ = command("check", "--all", "--knowledge", small_folder)
    assert len([line for line in out.splitlines() if line.endswith("(not-reviewed)")]) == number


def test_known_warnings_are_told_as_such_and_apart() -> None:
    own, old = (
        Problem(Place(f"faq/{name}.yaml", 3), Severity.WARNING, "dose", f"It names {name} a dose.")
        for name in ("own", "old")
    )
    lines = [*report(Checked([own, old], None, known=[old]))]
    assert [line for line in lines if "Known" in line or ".yaml" in line] == [
        lines[0],
        "faq/old.yaml",
        "faq/own.yaml",
    ]
    assert lines[0].startswith("Known since the project was released")
    assert lines[-1] == "0 errors, 2 warnings, 0 notices (1 of the warnings known)"


def test_an_answer_that_is_not_read_fails_the_check_and_a_stray_note_does_not(
    command: Command, tmp_path: Path
) -> None:
    answer = dedent(PRODUCT)
    lost = dict.fromkeys(("faq/late.yml", "faq/late.yaml.txt", "late.yaml", "faq/new/late.yaml"), answer)
    folder = write_knowledge(tmp_path / "knowledge", {"faq/note.txt": "Ask Mary."})
    (folder / "faq" / "new").mkdir()
    for name, content in lost.items():
        (folder / name).write_text(content, encoding="utf-8")
    code, out, _ = command("check", "--format", "json", "--knowledge", folder)
    assert code == 1
    found = json.loads(out)
    assert [f["rule"] for f in found if f["severity"] == "error"] == ["lost-answer"] * len(lost)
    assert [f["severity"] for f in found if f["file"] == "faq/note.txt"] == ["warning"]
    assert load(folder).knowledge is not None, "the running bot can do without it"


def test_an_answer_without_a_golden_question_is_told_of_where_the_others_have_one(
    command: Command, tmp_path: Path
) -> None:
    golden = {name: f'{name}:\n  - "{QUESTIONS_OF[name]}"\n' for name in QUESTIONS_OF}
    folder = write_knowledge(tmp_path / "knowledge", {"golden.yaml": "".join(golden.values())})
    _, out, _ = command("check", "--format", "json", "--knowledge", folder)
    told = [f for f in json.loads(out) if f["rule"] == "no-golden"]
    assert {f["file"] for f in told} == {"faq/bleeding.yaml", "faq/bruise.yaml"}
    assert {f["severity"] for f in told} == {"warning"}
    (folder / "golden.yaml").write_text(golden["calf"], encoding="utf-8")
    _, out, _ = command("check", "--format", "json", "--knowledge", folder)
    [one] = [f for f in json.loads(out) if f["rule"] == "no-golden"]
    assert (one["file"], one["severity"]) == ("golden.yaml", "notice")


def test_clean_files_are_reported_clean(command: Command, tmp_path: Path) -> None:
    folder = rich_folder(tmp_path / "rich", PRODUCT)
    code, out, _ = command("check", "--strict", "--knowledge", folder)
    assert code == 0
    assert out.startswith("0 errors, 0 warnings, 0 notices\n")
    assert command("check", "--format", "json", "--knowledge", folder) == (0, "[]\n", "")
    assert command("check", "--format", "github", "--knowledge", folder) == (0, "", "")


@pytest.mark.parametrize(
    ("name", "content", "rule"),
    [
        ("golden.yaml", 'calf:\n  - "does dry needling hurt a lot?"\n', "golden-question"),
        ("golden.yaml", 'cafl:\n  - "tight calves"\n', "unknown-entry"),
        ("faq/calf.yaml", changed_file("faq/calf.yaml", CALVES, SIGN), "danger-sign"),
        ("faq/pain.yaml", changed_file("faq/pain.yaml", "painful or not?", CALVES), "repeated-question"),
        ("red_flags/chest.yaml", changed_file("red_flags/chest.yaml", LOOK_ALIKE, SIGN), "false-alarm"),
        ("texts.yaml", stand_in_texts(referral=""), "missing-field"),
        ("texts.yaml", stand_in_texts(section_intro="no gap"), "wrong-gaps"),
    ],
)
def test_mistakes_that_only_show_in_use_are_errors(
    command: Command, tmp_path: Path, name: str, content: str, rule: str
) -> None:
    folder = write_knowledge(tmp_path / "knowledge", {name: content})
    code, out, err = command("check", "--format", "json", "--knowledge", folder)
    assert (code, err) == (1, "")
    errors = [f for f in json.loads(out) if f["severity"] == "error"]
    assert {f["file"] for f in errors} == {name}
    assert rule in {f["rule"] for f in errors}
    assert errors[0]["line"] >= 1


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("golden.yaml", '_EXAMPLE:\n  - "does dry needling hurt a lot?"\n'),
        ("faq/pain.yaml", changed_file("faq/pain.yaml", "run-after, bruise", "_EXAMPLE, bruise")),
    ],
)
def test_a_file_that_is_not_loaded_cannot_be_referred_to(
    command: Command, tmp_path: Path, name: str, content: str
) -> None:
    folder = write_knowledge(tmp_path / "knowledge", {name: content})
    code, out, _ = command("check", "--format", "json", "--knowledge", folder)
    assert code == 1
    assert "unknown-entry" in {finding["rule"] for finding in json.loads(out)}


def test_a_folder_without_danger_signs_is_an_error(command: Command, tmp_path: Path) -> None:
    folder = write_knowledge(tmp_path / "knowledge", {"red_flags/chest.yaml": None})
    (folder / "red_flags").mkdir()
    code, out, _ = command("check", "--knowledge", folder)
    assert code == 1
    assert "(empty-folder)" in out


def test_a_missing_folder_cannot_be_checked(process: Command, tmp_path: Path) -> None:
    code, out, err = process("check", "--knowledge", tmp_path / "gone")
    assert (code, out) == (2, "")
    assert err == f"There is no knowledge folder {tmp_path / 'gone'}. Name another with --knowledge.\n"
    a_file = tmp_path / "a-file"
    a_file.touch()
    assert process("check", "--knowledge", a_file)[0] == 2


def test_a_reader_of_a_log_sees_each_step_once_and_a_program_reads_nothing_but_the_report(
    command: Command, small_folder: Path
) -> None:
    _, _, err = command("check", "--knowledge", small_folder)
    lines = err.splitlines()
    assert lines[0] == "looking at how all questions are understood"
    assert "looking at danger signs" in lines
    assert len(set(lines)) == len(lines) < 10
    for form in ("json", "github"):
        assert command("check", "--format", form, "--knowledge", small_folder)[2] == ""


def test_on_a_terminal_one_line_is_written_again_and_again_and_is_gone_at_the_end() -> None:
    stream = Terminal()
    with Shown(stream, lines=False) as progress:
        progress("danger signs", 0, 4)
        progress("danger signs", 1, 4)
        progress("danger signs", 1, 4)
        progress("golden questions", 0, 2)
    written = stream.getvalue()
    assert "\n" not in written
    shown = [line.rstrip() for line in written.split("\r")]
    assert shown[1:4] == [
        "looking at danger signs: 0%",
        "looking at danger signs: 25%",
        "looking at golden questions: 0%",
    ]
    assert shown[4:] == ["", ""]


def test_an_error_in_a_file_that_nobody_touched_names_the_edit_that_caused_it(
    command: Command, tmp_path: Path
) -> None:
    golden = 'calf:\n  - "calves like wood, what can needles do"\n'
    folder = write_knowledge(tmp_path / "knowledge", {"golden.yaml": golden})
    assert command("check", "--knowledge", folder)[0] == 0
    (folder / "faq" / "cost.yaml").touch()  # saved again as it was: no edit
    pain, calf = folder / "faq" / "pain.yaml", folder / "faq" / "calf.yaml"
    line = '  - "calves like wood, what can needles do"'
    pain.write_text(changed_file("faq/pain.yaml", "ask:", f"ask:\n{line}"), encoding="utf-8")
    calf.write_text(changed_file("faq/calf.yaml", CALVES, "muscle below the knee"), encoding="utf-8")
    code, out, _ = command("check", "--knowledge", folder)
    assert code == 1
    [error] = [line for line in out.splitlines() if "(golden-question)" in line]
    assert "This file is as it was at the last check without an error" in error
    assert "so the cause is an edit of: faq/calf.yaml, faq/pain.yaml." in error

    (folder / "golden.yaml").write_text(f"{golden}# a remark\n", encoding="utf-8")
    _, out, _ = command("check", "--knowledge", folder)
    assert "(golden-question)" in out
    assert "the cause is" not in out, "the file with the error was edited itself"


def test_a_finding_is_explained_by_its_name_and_all_of_them_are_listed(command: Command) -> None:
    code, out, err = command("check", "--explain", "text-cut-at-hash")
    assert (code, err) == (0, "")
    assert out.startswith("text-cut-at-hash: ")
    code, out, _ = command("check", "--explain")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == sorted(RULES)


def test_a_finding_that_is_not_there_gets_the_nearest_name(command: Command) -> None:
    code, out, err = command("check", "--explain", "text-cut-at-hsh")
    assert (code, out) == (2, "")
    assert 'Did you mean "text-cut-at-hash"?' in err


# --- what staff paused in Telegram ------------------------------------------------------------------------


async def _pause(url: str, entry_id: str, *, paused: bool = True) -> None:
    database = Database.open(url)
    await upgrade(database)
    await SqlStaffStore(database).pause(entry_id, Pause(paused, NOON))
    await database.close()


async def test_what_staff_paused_is_a_notice_until_the_file_agrees_or_it_is_resumed(
    command: Command, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("DATA_KEY", "a key of enough characters")
    folder = rich_folder(tmp_path / "knowledge", PRODUCT)

    async def reminders() -> list[str]:
        code, out, err = await asyncio.to_thread(command, "check", "--strict", "--knowledge", folder)
        assert code == 0 and all(line.startswith("looking at") for line in err.splitlines())
        return [line for line in out.splitlines() if "paused-in-telegram" in line]

    assert await reminders() == []
    await _pause(url, "soreness")
    await _pause(url, "gone")
    [line] = await reminders()
    assert "notice" in line and "/resume soreness" in line and '"status: paused"' in line
    await _pause(url, "soreness", paused=False)
    assert await reminders() == []


@pytest.mark.parametrize("content", [None, b"", b"no database"], ids=["missing", "empty", "of another kind"])
def test_a_database_that_is_not_there_or_cannot_be_read_is_passed_over_and_not_made(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None
) -> None:
    file = tmp_path / "data" / "bot.db"
    if content is not None:
        file.parent.mkdir()
        file.write_bytes(content)
    monkeypatch.setenv("DATABASE_URL", str(file))
    code, out, err = command("check", "--knowledge", rich_folder(tmp_path / "knowledge", PRODUCT))
    assert code == 0 and all(line.startswith("looking at") for line in err.splitlines())
    assert "paused-in-telegram" not in out
    assert [path.read_bytes() for path in file.parent.glob("*")] == ([] if content is None else [content])
