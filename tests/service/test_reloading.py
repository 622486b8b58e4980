"""Answers follow the knowledge files, and a broken edit never takes the last good answers down.

The real process over a Bot API of the tests' own. No test sleeps: each waits for an answer, a log line or an exit.
"""

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bot.storage.database import Database
from bot.storage.versions import KeptVersions
from tests.support.bot_api import TOKEN, BotApi, BotApiServer
from tests.support.knowledge import QUESTION, changed_file, write_knowledge
from tests.support.patience import PATIENCE
from tests.support.postgres import PostgresServer, postgres_server
from tests.support.process import BotProcess
from tests.support.ways import SQLITE, databases

PAIN = "faq/pain.yaml"
OLD, NEW, NEWER = "A short sting", "A tiny sting", "A faint sting"
PREVIEW_TOKEN = "a token of some length"
QUICK = ("tests.support.quick_bot",)


def saying(words: str) -> str:
    """Return the file of the answer about pain, beginning with ``words``."""
    return changed_file(PAIN, OLD, words)


BROKEN = saying(NEWER).replace("menu: session", "menu: nowhere")


def preview_state(address: str) -> str:
    """Return what the preview of the running bot says of the files."""
    with httpx.Client(base_url=address, timeout=PATIENCE, headers={"Origin": address}) as http:
        http.post("/preview/enter", data={"token": PREVIEW_TOKEN})
        return http.get("/preview/state").text


class House:
    """A clinic's machine: its knowledge folder, its database and its Telegram."""

    def __init__(self, api: BotApi, url: str, folder: Path, database: str) -> None:
        self.api = api
        self.knowledge = write_knowledge(folder / "knowledge")
        self.cache = folder / "cache"
        self._folder = folder
        self._url = url
        self._database = database

    def bot(self, **settings: str) -> BotProcess:
        """Start a bot that looks at the folder all the time."""
        return BotProcess(
            self._folder,
            command=QUICK,
            TELEGRAM_BOT_TOKEN=TOKEN,
            TELEGRAM_API_URL=self._url,
            KNOWLEDGE_DIR=str(self.knowledge),
            DATABASE_URL=self._database,
            DATA_KEY="a-key-of-the-tests-own",
            CACHE_DIR=str(self.cache),
            **settings,
        )

    def save(self, text: str, name: str = PAIN) -> None:
        """Save a file as an editor does: whole."""
        beside = self.knowledge / f".{Path(name).name}"
        beside.write_text(text, encoding="utf-8")
        beside.replace(self.knowledge / name)

    def answer(self) -> str:
        """Ask about pain and return the answer."""
        before = len(self.api.sent)
        self.api.push_message(QUESTION)
        return self.api.wait_for_messages(before + 1)[before].shown

    def kept(self) -> str:
        """Return the fingerprint of the version in the database."""
        return asyncio.run(self._kept())

    async def _kept(self) -> str:
        database = Database.open(self._database)
        kept = await KeptVersions(database).good()
        await database.close()
        assert kept is not None
        return kept.fingerprint


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    with postgres_server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return str(tmp_path / "bot.db")
    server: PostgresServer = request.getfixturevalue("postgres")
    return asyncio.run(server.fresh_database())


@pytest.fixture
def house(tmp_path: Path, database: str) -> Iterator[House]:
    with BotApiServer() as server:
        yield House(server.api, server.url, tmp_path, database)


@databases(SQLITE)
def test_an_edit_is_live_a_broken_one_is_not_even_after_a_restart_on_a_wiped_disk_and_a_mended_one_is(
    house: House,
) -> None:
    with house.bot(PORT="0", PREVIEW_TOKEN=PREVIEW_TOKEN) as bot:
        bot.wait_for("ready")
        assert OLD in house.answer()
        bot.wait_for("knowledge kept")
        first = house.kept()
        house.save(saying(NEW))
        bot.wait_for("knowledge reloaded")
        assert NEW in house.answer()
        house.save(BROKEN)
        line = bot.wait_for("knowledge refused")
        assert "faq/pain.yaml:2 unknown-section" in line
        assert "faq/pain.yaml, line 2:" in preview_state(f"http://127.0.0.1:{bot.port}")
        assert NEW in house.answer()
        assert bot.stop() == 0
        assert "Traceback" not in bot.log
    shutil.rmtree(house.cache)
    with house.bot() as bot:
        bot.wait_for("ready")
        assert NEW in house.answer()
        assert house.kept() != first
        house.save(saying(NEWER))
        bot.wait_for("knowledge reloaded")
        assert NEWER in house.answer()
        assert bot.stop() == 0
    assert list(house.cache.glob("judge-*")) == []
