"""``gaps`` and ``stats``: the same as in Telegram, on the command line."""

from pathlib import Path

import pytest
import yaml

from bot.knowledge.loader import load
from bot.storage.database import Database
from bot.storage.ids import Hasher
from bot.storage.protocol import Speaker
from bot.storage.sql_store import SqlStore
from tests.cli.conftest import Command
from tests.support.knowledge import write_knowledge

ODD = 'is "it": safe?\x85\x1b[31m #yes – {a}'


@pytest.fixture
def address(file_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", str(file_database.file))


@pytest.fixture
async def kept(file_database: Database, hasher: Hasher, address: None) -> None:
    store = SqlStore(file_database, hasher)
    for person in ("1", "2"):
        await store.keep_question(Speaker(person, person), "where can I park my car?")
    await store.keep_question(Speaker("1", "1"), ODD)


@pytest.mark.usefixtures("kept")
def test_gaps_are_listed_without_commands_for_the_terminal(command: Command, small_folder: Path) -> None:
    code, out, err = command("gaps", "--knowledge", small_folder)
    assert (code, err) == (0, "")
    assert out.startswith("2 gaps in the answers") and "1. Asked 2 times" in out and "\x1b" not in out


@pytest.mark.usefixtures("kept")
def test_the_export_is_yaml_with_lines_and_files_that_load(
    command: Command, small_folder: Path, tmp_path: Path
) -> None:
    code, out, err = command("gaps", "export", "--knowledge", small_folder)
    assert (code, err) == (0, "")
    parking, odd = yaml.safe_load(out)
    assert '\n      title: "where can I park my car?"\n' in out  # to be copied as it is
    assert (parking["asked"], parking["questions"]) == (2, ["where can I park my car?"])
    assert yaml.safe_load(parking["add"]["lines"]) == parking["questions"]
    assert len(parking["add"]["to one of"]) == 3
    assert odd["questions"] == ['is "it": safe?\n[31m #yes – {a}']
    assert yaml.safe_load(odd["add"]["lines"]) == ['is "it": safe? [31m #yes – {a}']
    files = {gap["or write"]["file"]: gap["or write"]["text"] for gap in (parking, odd)}
    assert len(files) == 2
    filled = {name: text.replace("answer: |", "answer: |\n  Yes.") for name, text in files.items()}
    problems = load(write_knowledge(tmp_path / "new", filled)).problems
    assert [p for p in problems if p.place.file in files and p.rule != "no-sources"] == []


@pytest.mark.usefixtures("address")
def test_without_questions_there_is_no_gap(command: Command, small_folder: Path) -> None:
    assert (
        command("gaps", "--knowledge", small_folder)[1] == "No question is kept at present that the answers lack.\n"
    )
    assert command("gaps", "export", "--knowledge", small_folder)[1] == "[]\n"


@pytest.mark.usefixtures("address")
def test_stats_are_printed(command: Command, small_folder: Path) -> None:
    code, out, err = command("stats", "--days", "3", "--knowledge", small_folder)
    assert (code, err) == (0, "")
    assert out.startswith("The last 3 days") and "Questions: 0" in out
