"""``diff``: what an edit changes, between folders and git revisions."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.cli.diff import DiffCode
from bot.storage.database import Database
from bot.storage.ids import Hasher
from bot.storage.protocol import Speaker
from bot.storage.sql_store import SqlStore
from tests.cli.conftest import Command
from tests.support.fakes import Clock
from tests.support.knowledge import QUESTION, changed_file, write_knowledge

REWORDED = changed_file("faq/pain.yaml", "A short sting", "A brief sting")
STRANGE = "qwobble frimp zantic"
LEARNED = changed_file("faq/pain.yaml", '- "painful or not?"', f'- "painful or not?"\n  - "{STRANGE}"')
GOLDEN = f'pain:\n  - "{QUESTION}"\n'
PAUSED = changed_file("faq/pain.yaml", "menu: session", "menu: session\nstatus: paused")
NO_SIGN = changed_file("red_flags/chest.yaml", '  - "sharp chest pain since the needling"\n', "").replace(
    "  - [chest, bad]\n", ""
)
SIGN = "sharp chest pain since the needling"


@pytest.fixture
def never_built(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail where a model is loaded."""

    def refuse(*_: object) -> None:
        raise AssertionError("a mind was built")

    monkeypatch.setattr("bot.cli.diff.build_mind", refuse)


@pytest.fixture
def repository(tmp_path: Path) -> Callable[..., Path]:
    """Commit states of the small folder, one after the other, and return the repository."""

    def commit(*states: dict[str, str | bytes | None]) -> Path:
        root = tmp_path / "clone"
        root.mkdir()
        git = ["git", "-C", str(root), "-c", "user.name=A", "-c", "user.email=a@example.org"]
        subprocess.run([*git, "init", "--quiet"], check=True)
        for changes in states:
            write_knowledge(root / "knowledge", changes)
            subprocess.run([*git, "add", "."], check=True)
            subprocess.run([*git, "commit", "--quiet", "--message", "x"], check=True)
        return root

    return commit


def report(command: Command, *arguments: str | Path) -> tuple[int, dict[str, list[dict[str, object]]]]:
    code, out, _ = command("diff", *arguments, "--format", "json")
    return code, json.loads(out)


@pytest.mark.usefixtures("never_built")
def test_equal_folders_are_told_so_at_once_without_a_model(
    command: Command, small_folder: Path, tmp_path: Path
) -> None:
    same = write_knowledge(tmp_path / "same")
    code, out, err = command("diff", small_folder, same)
    assert (code, err) == (DiffCode.NONE, "")
    assert "equal in everything" in out
    # A remark changes a file and nothing that is known.
    (same / "golden.yaml").write_text("# nothing yet\n", encoding="utf-8")
    assert command("diff", small_folder, same)[0] == DiffCode.NONE


def test_a_reworded_answer_is_shown_and_costs_no_message_its_answer(
    command: Command, small_folder: Path, tmp_path: Path
) -> None:
    new = write_knowledge(tmp_path / "new", {"faq/pain.yaml": REWORDED})
    code, found = report(command, small_folder, new)
    assert code == DiffCode.SOME
    assert found["changes"] == []
    [answer] = found["answers"]
    assert (answer["name"], answer["change"]) == ("pain", "changed")
    assert "A brief sting" in str(answer["will_look"])


def test_a_new_phrasing_tells_what_it_got_before_and_that_it_is_answered_now(
    command: Command, small_folder: Path, tmp_path: Path
) -> None:
    new = write_knowledge(tmp_path / "new", {"faq/pain.yaml": LEARNED})
    code, found = report(command, small_folder, new)
    assert code == DiffCode.SOME
    [change] = [change for change in found["changes"] if change["text"] == STRANGE]
    assert change["was"] == {"outcome": "fallback", "ids": [], "level": None}
    assert change["now"] == {"outcome": "answer", "ids": ["pain"], "level": None}
    assert change["effect"] == "better"
    # What was said once is kept: no model is loaded again, and all is told as before.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bot.cli.diff.build_mind", lambda *_: pytest.fail("a mind was built"))
        assert report(command, small_folder, new) == (code, found)


def test_a_golden_question_that_gets_worse_has_an_exit_code_of_its_own(command: Command, tmp_path: Path) -> None:
    old = write_knowledge(tmp_path / "old", {"golden.yaml": GOLDEN})
    hurt = [line for line in changed_file("faq/pain.yaml", "menu", "menu").splitlines() if line.startswith("  - ")]
    other = changed_file("faq/bruise.yaml", "ask:\n", "ask:\n" + "\n".join(hurt) + "\n")
    kept = changed_file("faq/pain.yaml", "\n".join(hurt), '  - "sting"')
    new = write_knowledge(
        tmp_path / "new", {"golden.yaml": GOLDEN, "faq/pain.yaml": kept, "faq/bruise.yaml": other}
    )
    code, out, err = command("diff", old, new)
    assert code == DiffCode.WORSE
    assert f"GOLDEN QUESTION WORSE: {QUESTION}" in out
    assert "messages asked" in err


def test_a_danger_sign_that_is_lost_has_that_exit_code_too(
    command: Command, small_folder: Path, tmp_path: Path
) -> None:
    new = write_knowledge(tmp_path / "new", {"red_flags/chest.yaml": NO_SIGN, "faq/pain.yaml": PAUSED})
    code, found = report(command, small_folder, new)
    assert code == DiffCode.WORSE
    [change] = [change for change in found["changes"] if change["text"] == SIGN]
    assert (change["effect"], change["kind"], change["entry"]) == ("danger sign worse", "danger sign", "chest")
    assert {"name": "pain", "change": "paused", "looked": [], "will_look": []} in found["answers"]


def test_revisions_and_folders_that_hold_the_knowledge_can_be_named(
    command: Command, repository: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = repository({}, {"faq/pain.yaml": REWORDED})
    monkeypatch.chdir(root)
    knowledge = ("--knowledge", "knowledge")
    for new in (("HEAD",), (".",), (root / "knowledge",), ()):
        code, found = report(command, "HEAD~1", *new, *knowledge)
        assert code == DiffCode.SOME
        assert [answer["name"] for answer in found["answers"]] == ["pain"]
    assert command("diff", *knowledge)[0] == DiffCode.NONE  # nothing since the last commit


def test_markdown_has_a_table_and_the_answer_as_it_will_look(
    command: Command, small_folder: Path, tmp_path: Path
) -> None:
    new = write_knowledge(tmp_path / "new", {"faq/pain.yaml": LEARNED.replace("A short sting", "A brief sting")})
    code, out, _ = command("diff", small_folder, new, "--format", "markdown")
    assert code == DiffCode.SOME
    assert f"| pain | better, phrasing | {STRANGE} | no answer | pain |" in out
    assert "> A brief sting and a dull ache are usual." in out


@pytest.mark.usefixtures("never_built")
def test_what_cannot_be_compared_is_said_in_plain_words_with_exit_code_3(
    command: Command, repository: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    root = repository({}, {"faq/pain.yaml": changed_file("faq/pain.yaml", "answer:", "answr:")})
    monkeypatch.chdir(root)
    knowledge = ("--knowledge", "knowledge")

    def refused(*arguments: str | Path) -> str:
        code, out, err = command("diff", *arguments, *knowledge)
        assert (code, out) == (DiffCode.CANNOT_RUN, "")
        assert "Traceback" not in err
        return err

    assert "v9 is neither a folder nor a git revision that is here" in refused("v9", ".")
    assert "is a file" in refused("HEAD", "knowledge/faq/pain.yaml")
    assert 'Did you mean "answer"?' in (said := refused("HEAD~1", "HEAD"))
    assert "in HEAD hold 1 error" in said
    assert "/diff-" not in said
    assert "--output=x is neither" in command("diff", *knowledge, "--", "--output=x", ".")[2]
    assert not Path("x").exists()
    monkeypatch.chdir(tmp_path)
    outside = write_knowledge(tmp_path / "outside")
    assert "lies in no git repository" in command("diff", "HEAD", ".", "--knowledge", outside)[2]


@pytest.fixture
async def kept(database: Database, url: str, hasher: Hasher, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """A question that a runner lets the clinic read, in the database that the command is told of."""
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("DATA_KEY", "another key of enough bytes")
    await SqlStore(database, hasher, clock).keep_question(Speaker("1", "1"), STRANGE)


@pytest.mark.usefixtures("kept")
def test_a_question_that_runners_let_the_clinic_read_is_asked_and_kept_nowhere_else(
    command: Command, small_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CACHE_DIR", str(tmp_path / "cache"))
    new = write_knowledge(tmp_path / "new", {"faq/pain.yaml": LEARNED})
    found = report(command, small_folder, new)[1]
    assert {"kept question", "phrasing"} == {
        change["kind"] for change in found["changes"] if change["text"] == STRANGE
    }
    again = report(command, small_folder, new)[1]
    assert again == found
    # Of a phrasing that only one version holds, that one need not be asked: the old one keeps one answer more.
    kept = [len(json.loads(file.read_bytes())) for file in (tmp_path / "cache").rglob("answers/*.json")]
    assert max(kept) - min(kept) == 1
