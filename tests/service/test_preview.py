"""The preview of the running bot: opened by its token, answering as to runners, leaving nothing behind."""

import sqlite3
from pathlib import Path

import httpx

from tests.support.bot_api import TOKEN, BotApiServer
from tests.support.knowledge import DANGER, QUESTION
from tests.support.patience import PATIENCE
from tests.support.process import BotProcess

PREVIEW_TOKEN = "a token of some length"
METRICS_TOKEN = "opens-the-metrics"


def test_what_is_typed_there_is_answered_and_neither_stored_nor_counted_nor_logged(
    small_folder: Path, tmp_path: Path
) -> None:
    database = tmp_path / "bot.db"
    with BotApiServer() as server:
        settings = {
            "TELEGRAM_BOT_TOKEN": TOKEN,
            "TELEGRAM_API_URL": server.url,
            "KNOWLEDGE_DIR": str(small_folder),
            "DATABASE_URL": str(database),
            "PORT": "0",
            "PREVIEW_TOKEN": PREVIEW_TOKEN,
            "METRICS_TOKEN": METRICS_TOKEN,
        }
        with BotProcess(tmp_path, **settings) as bot:
            address = f"http://127.0.0.1:{bot.port}"
            bot.wait_for("ready")
            with httpx.Client(base_url=address, timeout=PATIENCE, headers={"Origin": address}) as http:
                assert http.post("/preview/enter", data={"token": "wrong"}).status_code == 403
                assert http.post("/preview/enter", data={"token": PREVIEW_TOKEN}).status_code == 303
                for text in (QUESTION, DANGER):
                    assert http.post("/preview/say", data={"text": text}).status_code == 303
                chat = http.get("/preview").text
                assert "A short sting" in chat and "Call your local emergency number now" in chat
                metrics = http.get("/metrics", headers={"Authorization": f"Bearer {METRICS_TOKEN}"}).text
            assert bot.stop() == 0
        assert not [call for call in server.api.calls if call.method == "sendMessage"]
    assert "bot_replies_total{" not in metrics
    for secret in (PREVIEW_TOKEN, QUESTION, DANGER, "wrong"):
        assert secret not in bot.log
    with sqlite3.connect(database) as kept:
        tables = [name for (name,) in kept.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        filled = {name for name in tables if kept.execute(f'SELECT 1 FROM "{name}" LIMIT 1').fetchone()}
    assert filled.isdisjoint({"conversations", "counters", "ratings", "questions", "inbox"}), filled
