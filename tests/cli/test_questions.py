"""``questions``: what runners let the clinic read, until somebody marks it as done."""

import asyncio
import json
from pathlib import Path

import pytest
from sqlalchemy import inspect

from bot.storage.database import Database
from bot.storage.ids import Hasher
from bot.storage.protocol import Speaker
from bot.storage.sql_store import SqlStore
from tests.cli.conftest import Command
from tests.support.fakes import DAY, Clock

ANN = Speaker("1", "1")
BEN = Speaker("2", "2")
HURT = "does it hurt"
SAFE = "Is it safe?\n\nMy coach says no."
AWKWARD = "\x1b]0;mine\x07 \u202eback\u202c \x9b31m\ttab\rover 🏃‍♀️ n\u00a0b é"
ALIKE = ("can I run 25308 km after needling?", "can I run 44524 km after needling?")
"""Their ids share the first eight digits."""
NONE_KEPT = "No question is kept at present.\n"


@pytest.fixture
def store(
    database: Database,
    url: str,
    hasher: Hasher,
    clock: Clock,
    small_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> SqlStore:
    """The store of the bot whose questions the command reads; nothing tells the command the bot's own key."""
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("DATA_KEY", "another key of enough bytes")
    monkeypatch.setenv("KNOWLEDGE_DIR", str(small_folder))
    return SqlStore(database, hasher, clock)


@pytest.fixture
async def kept(store: SqlStore, clock: Clock) -> None:
    """Two questions; the older one is asked again later."""
    await store.keep_question(ANN, SAFE)
    clock.now += DAY
    for speaker in (ANN, BEN):
        await store.keep_question(speaker, HURT)
    await store.keep_question(BEN, SAFE)
    await store.keep_question(Speaker("3", "3"), SAFE)


@pytest.fixture
async def awkward(store: SqlStore) -> None:
    await store.keep_question(ANN, AWKWARD)


@pytest.fixture
async def alike(store: SqlStore) -> None:
    for text in (*ALIKE, HURT):
        await store.keep_question(ANN, text)


async def tables(url: str) -> list[str]:
    database = Database.open(url)
    async with database.reading() as connection:
        names = await connection.run_sync(lambda plain: inspect(plain).get_table_names())
    await database.close()
    return names


@pytest.mark.usefixtures("kept")
def test_each_question_is_listed_once_the_oldest_first(command: Command) -> None:
    assert command("questions") == (
        0,
        "2026-01-09  f6fc171e  asked by 3 people\n"
        "    Is it safe?\n"
        "\n"
        "    My coach says no.\n"
        "2026-01-10  cbcb8fb8  asked by 2 people\n"
        "    does it hurt\n",
        "",
    )


@pytest.mark.usefixtures("kept")
def test_the_json_list_says_the_same(command: Command) -> None:
    code, out, err = command("questions", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out) == [
        {"id": "f6fc171e", "day": "2026-01-09", "text": SAFE, "asked": 3},
        {"id": "cbcb8fb8", "day": "2026-01-10", "text": HURT, "asked": 2},
    ]


@pytest.mark.usefixtures("awkward")
def test_what_a_question_holds_cannot_command_the_terminal(command: Command) -> None:
    head, *lines = command("questions")[1].splitlines()
    assert head == "2026-01-09  " + head[-8:]
    assert lines == [
        r"    ]0;mine back 31m\ttab",
        "    over 🏃‍♀️ n b é",
    ]
    out = command("questions", "--json")[1]
    assert out.isascii()
    assert out.rstrip("\n").isprintable()
    assert [question["text"] for question in json.loads(out)] == ["]0;mine back 31m\ttab\nover 🏃‍♀️ n b é"]


async def test_what_was_kept_as_it_was_typed_is_masked_and_goes_by_its_id(
    store: SqlStore, command: Command
) -> None:
    await store.keep_question(ANN, "my name is Tom, does it hurt? call 07700 900123")
    [listed] = json.loads((await asyncio.to_thread(command, "questions", "--json"))[1])
    assert listed["text"] == "my name is [name], does it hurt? call [phone]"
    assert (await asyncio.to_thread(command, "questions", "--done", listed["id"]))[0] == 0


@pytest.mark.usefixtures("kept")
def test_knowledge_files_that_cannot_be_read_keep_no_question_from_the_list(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KNOWLEDGE_DIR", str(tmp_path / "nowhere"))
    code, listed, told = command("questions", "--json")
    assert (code, [question["text"] for question in json.loads(listed)]) == (0, [SAFE, HURT])
    assert "cannot be read" in told


@pytest.mark.usefixtures("kept")
def test_what_is_done_is_gone_for_everybody(command: Command) -> None:
    assert command("questions", "--done", "f6fc171e") == (0, "f6fc171e is done.\n", "")
    assert [question["text"] for question in json.loads(command("questions", "--json")[1])] == [HURT]
    assert command("questions", "--done", "CBCB8FB834") == (0, "CBCB8FB834 is done.\n", "")
    assert command("questions") == (0, NONE_KEPT, "")
    assert command("questions", "--json") == (0, "[]\n", "")


@pytest.mark.usefixtures("kept")
def test_an_unknown_id_is_told_and_the_others_are_done(command: Command) -> None:
    assert command("questions", "--done", "cbcb8fb8", "cbcb8fb9", "cb", "f6fc171e") == (
        1,
        "cbcb8fb8 is done.\nf6fc171e is done.\n",
        "There is no question cbcb8fb9. See those that are kept: .venv/bin/python -m bot questions\n"
        "cb is too short. Give all characters of the id as the list shows it.\n",
    )
    assert command("questions")[1] == NONE_KEPT


@pytest.mark.usefixtures("alike")
def test_ids_are_as_long_as_it_takes_to_tell_them_apart(command: Command) -> None:
    listed = json.loads(command("questions", "--json")[1])
    assert {question["id"] for question in listed} == {"704c0ef01", "704c0ef0d", "cbcb8fb83"}
    assert [line.split()[1] for line in command("questions")[1].splitlines()[::2]] == [q["id"] for q in listed]
    code, out, err = command("questions", "--done", "704c0ef0", "704c0ef0d", "cbcb8fb8")
    assert (code, out) == (1, "704c0ef0d is done.\ncbcb8fb8 is done.\n")
    assert err.startswith("704c0ef0 is too short.")
    [left] = json.loads(command("questions", "--json")[1])
    assert "704c0ef01".startswith(left["id"])


async def test_what_is_done_is_not_in_the_file_any_more(
    command: Command, file_database: Database, hasher: Hasher, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert file_database.file is not None
    folder = file_database.file.parent
    monkeypatch.setenv("DATABASE_URL", str(file_database.file))
    await SqlStore(file_database, hasher).keep_question(ANN, HURT)

    def written() -> bytes:
        return b"".join(path.read_bytes() for path in folder.glob("bot.db*"))

    assert HURT.encode() in written()
    assert (await asyncio.to_thread(command, "questions", "--done", "cbcb8fb8"))[0] == 0
    assert HURT.encode() not in written()


def test_a_missing_database_is_told_and_nothing_is_made(process: Command, tmp_path: Path) -> None:
    """Without a token too: the environment holds none."""
    path = tmp_path / "data" / "bot.db"
    missing = f"There is no database file {path} yet.\n"
    address = f"sqlite:///{path}"
    assert process("questions", DATABASE_URL=address) == (0, NONE_KEPT, missing)
    assert process("questions", "--json", DATABASE_URL=address) == (0, "[]\n", missing)
    code, out, err = process("questions", "--done", "cbcb8fb8", DATABASE_URL=address)
    assert (code, out) == (1, "")
    assert err.startswith(missing + "There is no question cbcb8fb8.")
    assert list(tmp_path.iterdir()) == []


def test_a_database_without_tables_is_told_and_gets_none(
    command: Command, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("DATA_KEY", "another key of enough bytes")
    assert asyncio.run(tables(url)) == []  # makes the file
    assert command("questions") == (0, NONE_KEPT, "The database has no tables yet.\n")
    assert asyncio.run(tables(url)) == []


@pytest.mark.parametrize("name", ["notes.txt", "notes.txt/bot.db"])
def test_a_database_that_cannot_be_used_is_told_in_a_sentence(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / "notes.txt").write_text("no database " * 100)
    monkeypatch.setenv("DATABASE_URL", str(tmp_path / name))
    code, out, err = command("questions")
    assert (code, out) == (1, "")
    assert err.startswith(f"The database file {tmp_path / name} cannot be ")
    assert len(err.splitlines()) == 1
