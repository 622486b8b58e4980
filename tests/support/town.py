"""All that outlives a bot process: a Telegram, a database, a port; and what was said there."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import httpx
from sqlalchemy import text

from bot.knowledge.model import KnowledgeBase
from bot.storage.database import Database
from tests.support import updates
from tests.support.bot_api import TOKEN
from tests.support.faulty_api import FaultyApi, Postman
from tests.support.knowledge import DOUBT, QUESTIONS, shown
from tests.support.patience import PATIENCE
from tests.support.process import BotProcess, free_port
from tests.support.updates import Json

PUBLIC_URL = "https://bot.example"
METRICS_TOKEN = "opens-the-metrics"


class Town:
    """A Telegram, a database and a port: all that outlives a bot process. ``polling`` bots have no port."""

    def __init__(self, api: FaultyApi, url: str, database: str, knowledge: Path, folder: Path, mode: str) -> None:
        self.api = api
        self.database = database
        self.mode = mode
        self.port = free_port()
        self._folder = folder
        self._variables = {
            "TELEGRAM_BOT_TOKEN": TOKEN,
            "TELEGRAM_API_URL": url,
            "KNOWLEDGE_DIR": str(knowledge),
            "DATABASE_URL": database,
            "DATA_KEY": "a-key-of-the-tests-own",
            "METRICS_TOKEN": METRICS_TOKEN,
        }

    def bot(self, *, port: int | None = None, quick: bool = False, **variables: str) -> BotProcess:
        """Start a bot; ``quick``: one that does not wait minutes between two looks."""
        mode = {"PUBLIC_URL": PUBLIC_URL, "PORT": str(port or self.port)} if self.mode == "webhook" else {}
        command = ("tests.support.quick_bot",) if quick else ("bot", "run")
        return BotProcess(self._folder, command=command, **{**self._variables, **mode, **variables})

    def deliver(self, asked: Sequence[Json], *, times: int = 1) -> Postman:
        """Let Telegram hand out ``asked``, each ``times`` times."""
        postman = Postman(self.api, self.port, times=times)
        if self.mode == "webhook":
            postman.deliver(asked)
        else:
            for update in asked:
                for _ in range(times):
                    self.api.push(update)
        return postman

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Ask the bot over HTTP."""
        return httpx.get(f"http://127.0.0.1:{self.port}{path}", headers=headers, timeout=PATIENCE)

    def a_minute_passes(self) -> None:
        """Let the claims of a process that is no more run out."""
        asyncio.run(self._end_claims())

    async def _end_claims(self) -> None:
        database = Database.open(self.database)
        async with database.writing() as connection:
            for table in ("inbox", "outbox"):
                await connection.execute(text(f"UPDATE {table} SET leased_until = 0"))
        await database.close()

    def waiting(self) -> set[int]:
        """Return the numbers of the updates that the database keeps to be handled."""
        return asyncio.run(self._waiting())

    async def _waiting(self) -> set[int]:
        database = Database.open(self.database)
        async with database.reading() as connection:
            found = set(await connection.scalars(text("SELECT update_id FROM inbox WHERE reason = ''")))
        await database.close()
        return found

    def wait_until_answered(self, chats: int, each: int = 2, *, missing: int = 0) -> None:
        """Wait until each of ``chats`` got ``each`` different answers; ``missing`` of all may stay out."""
        api = self.api

        def got() -> dict[object, set[str]]:
            found: dict[object, set[str]] = defaultdict(set)
            for call in api.sent:
                found[call.params["chat_id"]].add(undoubted(call.shown)[:20])
            return found

        try:
            api.wait_until(
                lambda: sum(map(len, got().values())) >= chats * each - missing,
                f"{chats} × {each} different answers",
            )
        except AssertionError as error:
            short = {chat: texts for chat, texts in got().items() if len(texts) < each}
            raise AssertionError(f"{error}\nToo few in {short}; still stored: {self.waiting()}") from None


def question(text: str, chat: int) -> Json:
    """Return an update in which somebody asks just now: the person of a private chat, or anybody in a group."""
    person = {**updates.RUNNER, "id": abs(chat)}
    return updates.message(text, chat_id=chat, **{"from": person})


def undoubted(text: str) -> str:
    """Return a message as it would be without the word that the one before may be missing."""
    return text.removeprefix(DOUBT).lstrip()


def answers(api: FaultyApi, knowledge: KnowledgeBase) -> dict[int, list[str]]:
    """Return which entries each chat was sent, in order, whether or not below the word that one may be missing."""
    sent: dict[int, list[str]] = defaultdict(list)
    for call in api.sent:
        text = undoubted(call.shown)
        entry = next(e for e in QUESTIONS.values() if text.startswith(shown(knowledge.entries[e])))
        sent[int(call.params["chat_id"])].append(entry)
    return sent
