"""``doctor``: what it finds and advises, over real HTTP and real databases; and that it changes nothing at all."""

import asyncio
import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.engine import make_url

from bot.knowledge.version import Version
from bot.settings import Settings
from bot.storage.database import Database
from bot.storage.ids import data_key
from bot.storage.migrations import STEPS, upgrade
from bot.storage.protocol import Pause
from bot.storage.sql_staff import SqlStaffStore
from bot.storage.versions import KeptVersions
from bot.text.likeness.encoder import Encoder
from bot.tg.token import webhook_path
from tests.cli.conftest import Command
from tests.support import updates
from tests.support.bot_api import TOKEN, ApiHandler, BotApi, BotApiServer
from tests.support.fakes import NOON, Clock
from tests.support.knowledge import changed_file, write_knowledge
from tests.support.postgres import PostgresServer
from tests.support.updates import Json

KEY = "a key of enough characters"
PUBLIC = "https://bot.example"
OURS = PUBLIC + webhook_path(TOKEN)
CURRENT = f"schema version {len(STEPS)}"
MB = 1024**2


@dataclass
class Finding:
    """What the command printed of one thing."""

    name: str
    good: bool
    said: str
    remedy: str = ""


def read(output: str) -> list[Finding]:
    """Return the findings in what the command printed."""
    found: list[Finding] = []
    for line in output.splitlines():
        if line.startswith(" "):
            found[-1].remedy += line.strip().removeprefix("→ ") + "\n"
        else:
            mark, name, said = line.split(maxsplit=2)
            found.append(Finding(name, {"ok": True, "BAD": False}[mark], said))
    return found


def listing(folder: Path) -> dict[str, tuple[int, int]]:
    """Return sizes and times of change of all that is in ``folder``, and of the folder."""
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in (folder, *folder.rglob("*"))}


class Doctor:
    """Runs the command where all is in order but for what a test says."""

    def __init__(
        self, command: Command, patch: pytest.MonkeyPatch, api: BotApi, knowledge: Path, folder: Path
    ) -> None:
        self.api = api
        self.file = folder / "data" / "bot.db"
        self.folder = folder
        self._command = command
        self._patch = patch
        self._knowledge = knowledge

    def set(self, **variables: str | Path) -> None:
        """Set environment variables."""
        for name, value in variables.items():
            self._patch.setenv(name, str(value))

    def memory(self, cgroup: str, meminfo: str) -> None:
        """Let the system tell this of its memory."""
        folder = self.folder / "system"
        folder.mkdir(exist_ok=True)
        for name, file, content in (("_CGROUP", "memory.max", cgroup), ("_MEMINFO", "meminfo", meminfo)):
            (folder / file).write_text(content)
            self._patch.setattr(f"bot.ops.memory.{name}", folder if name == "_CGROUP" else folder / file)

    def telegram_is_ahead(self, seconds: float) -> None:
        """Set Telegram's clock."""
        self.telegram_tells_time(formatdate(NOON + seconds, usegmt=True))

    def telegram_tells_time(self, date: str) -> None:
        """Let Telegram's answers have this date."""
        self._patch.setattr(ApiHandler, "date_time_string", lambda _: date)

    def look(self, knowledge: Path | None = None) -> list[Finding]:
        """Return what it finds. Whatever that is, nothing is written, and neither token nor password shown."""
        before = listing(self.folder)
        code, out, err = self._command("doctor", "--knowledge", knowledge or self._knowledge)
        assert listing(self.folder) == before
        assert {call.method for call in self.api.calls} <= {"getMe", "getWebhookInfo"}
        assert err == ""
        assert [secret for secret in (TOKEN, TOKEN.split(":")[1], "5ecret") if secret in out] == []
        found = read(out)
        assert code == (0 if all(finding.good for finding in found) else 1)
        assert all(finding.good or finding.remedy or finding.name == "setting" for finding in found)
        return found

    def bad(self, knowledge: Path | None = None) -> Finding:
        """Return the one finding that is not good."""
        [bad] = [finding for finding in self.look(knowledge) if not finding.good]
        return bad

    def good(self, name: str) -> Finding:
        """Return the finding ``name``; all of them are good."""
        found = self.look()
        assert all(finding.good for finding in found), found
        [finding] = [finding for finding in found if finding.name == name]
        return finding


@pytest.fixture
def doctor(
    command: Command, monkeypatch: pytest.MonkeyPatch, small_folder: Path, tmp_path: Path, encoder: Encoder
) -> Iterator[Doctor]:
    with BotApiServer() as server:
        doctor = Doctor(command, monkeypatch, server.api, small_folder, tmp_path)
        doctor.set(TELEGRAM_BOT_TOKEN=TOKEN, TELEGRAM_API_URL=server.url)
        doctor.set(DATABASE_URL=doctor.file, CACHE_DIR=tmp_path / "cache")
        doctor.memory("max\n", "MemTotal: 8192000 kB\n")
        monkeypatch.setattr("bot.cli.doctor.load_encoder", lambda: encoder)  # loaded once for all tests
        monkeypatch.setattr("bot.cli.doctor.now", Clock())
        doctor.telegram_is_ahead(0)
        yield doctor


def test_before_the_first_start_all_is_in_order_and_nothing_is_made(doctor: Doctor) -> None:
    found = doctor.look()
    names = [finding.name for finding in found if finding.name != "clinic"]
    assert names == ["token", "webhook", "clock", "database", "cache", "knowledge", "encoder", "memory"]
    assert all(finding.good for finding in found), found
    assert not doctor.file.parent.exists()
    assert not (doctor.folder / "cache").exists()


def test_a_process_makes_nothing_anywhere_either(process: Command, small_folder: Path, tmp_path: Path) -> None:
    # On a machine with little memory, that is another line that is bad.
    code, out, err = process("doctor", "--knowledge", small_folder, DATABASE_URL=str(tmp_path / "data" / "bot.db"))
    assert (code, err) == (1, "")
    assert [finding.name for finding in read(out) if not finding.good and finding.name != "memory"] == ["token"]
    assert list(tmp_path.iterdir()) == []


def test_a_terminal_without_utf_8_is_told_the_remedies_too(process: Command, small_folder: Path) -> None:
    variables = {"PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    _, out, err = process("doctor", "--knowledge", small_folder, **variables)
    assert err == ""
    assert "Get one from @BotFather" in out


# --- Telegram -----------------------------------------------------------------------


def test_the_token_is_told_by_the_bots_name(doctor: Doctor) -> None:
    assert doctor.good("token").said == f"it belongs to @{updates.BOT_NAME}"


@pytest.mark.parametrize("token", ["", "5ecret"])
def test_where_to_get_a_token_is_told_when_there_is_none(doctor: Doctor, token: str) -> None:
    doctor.set(TELEGRAM_BOT_TOKEN=token)
    bad = doctor.bad()
    assert bad.name == "token"
    assert "Get one from @BotFather" in bad.remedy
    assert doctor.api.calls == []


def test_a_refused_token_is_to_be_copied_again(doctor: Doctor) -> None:
    doctor.set(TELEGRAM_BOT_TOKEN=TOKEN.replace("A", "B"))
    bad = doctor.bad()
    assert (bad.name, bad.said) == ("token", "Telegram refuses it")
    assert "Copy it again" in bad.remedy


@pytest.mark.parametrize("address", ["http://127.0.0.1:9", "http://127.0.0.1:port"])
def test_a_telegram_that_cannot_be_reached_hides_nothing_else(doctor: Doctor, address: str) -> None:
    doctor.set(TELEGRAM_API_URL=address)
    bad = doctor.bad()
    assert bad.name == "token"
    assert "cannot be reached" in bad.said
    assert "TELEGRAM_API_URL" in bad.remedy


@pytest.mark.parametrize("body", [b"<html>It works!</html>", b"[]", b'{"status": "up"}'])
def test_a_server_that_is_not_telegrams_is_told_from_it(doctor: Doctor, body: bytes) -> None:
    doctor.api.fail_next("getMe", 200, body=body)
    bad = doctor.bad()
    assert bad.name == "token"
    assert "TELEGRAM_API_URL" in bad.remedy


@pytest.mark.parametrize(("method", "name"), [("getMe", "token"), ("getWebhookInfo", "webhook")])
def test_an_error_of_telegrams_own_is_no_reason_for_another_token(doctor: Doctor, method: str, name: str) -> None:
    doctor.api.fail_next(method, 500)
    bad = doctor.bad()
    assert bad.name == name
    assert "500" in bad.said
    assert bad.remedy == "Look again in a minute.\n"


@pytest.mark.parametrize(
    ("public", "hook", "said"),
    [
        ("", "", "none, messages are fetched; 1 waiting"),
        (PUBLIC, OURS, "ours; 1 waiting"),
        (PUBLIC, "", f"none is set; the next start sets it to {PUBLIC}/…"),
        (PUBLIC, "https://old.example", f"it points to another address; the next start sets it to {PUBLIC}/…"),
        ("", OURS, "it points to another address; without PUBLIC_URL the next start removes it and fetches"),
    ],
)
def test_where_messages_go_and_what_the_next_start_does_about_it_is_told(
    doctor: Doctor, public: str, hook: str, said: str
) -> None:
    doctor.set(PUBLIC_URL=public)
    doctor.api.webhook = {"url": hook}
    doctor.api.push_message("does it hurt?")
    assert doctor.good("webhook").said == said
    assert doctor.api.pending == 1


def test_why_telegram_could_not_deliver_is_told(doctor: Doctor) -> None:
    doctor.set(PUBLIC_URL=PUBLIC)
    info = {"url": OURS, "pending_update_count": 9, "last_error_message": "Connection refused"}
    doctor.api.fail_next("getWebhookInfo", 200, body=json.dumps({"ok": True, "result": info}).encode())
    bad = doctor.bad()
    assert (bad.name, bad.said) == ("webhook", "last delivery failed: Connection refused")
    assert "PUBLIC_URL" in bad.remedy


@pytest.mark.parametrize("ahead", [0, 60, -60])
def test_a_clock_that_is_nearly_right_will_do(doctor: Doctor, ahead: int) -> None:
    doctor.telegram_is_ahead(ahead)
    assert doctor.good("clock").said == f"{abs(ahead)} s from Telegram's"


@pytest.mark.parametrize("ahead", [61, -61, 86_400 * 365])
def test_a_clock_that_is_wrong_is_to_be_set(doctor: Doctor, ahead: int) -> None:
    doctor.telegram_is_ahead(ahead)
    bad = doctor.bad()
    assert (bad.name, bad.said) == ("clock", f"{abs(ahead)} s from Telegram's")
    assert "NTP" in bad.remedy


@pytest.mark.parametrize("date", ["", "noon"])
def test_without_telegrams_time_the_clock_is_not_judged(doctor: Doctor, date: str) -> None:
    doctor.telegram_tells_time(date)
    assert "no time to compare" in doctor.good("clock").said


# --- database ------------------------------------------------------------------------


async def test_an_up_to_date_database_in_use_is_in_order(doctor: Doctor, url: str, database: Database) -> None:
    doctor.set(DATABASE_URL=url, DATA_KEY=KEY)
    found = await asyncio.to_thread(doctor.good, "database")
    assert found.said.endswith(CURRENT)
    assert str(database.file or "PostgreSQL") in found.said


async def test_an_older_database_is_left_to_the_next_start(doctor: Doctor, url: str, database: Database) -> None:
    async with database.writing() as connection:
        await connection.execute(text("DELETE FROM schema_version"))
    doctor.set(DATABASE_URL=url, DATA_KEY=KEY)
    found = await asyncio.to_thread(doctor.good, "database")
    assert found.said.endswith(f"schema version 0 of {len(STEPS)}: the next start brings it up to date")
    async with database.reading() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM schema_version")) == 0


async def test_a_newer_database_is_told_with_what_to_do(doctor: Doctor, url: str, database: Database) -> None:
    async with database.writing() as connection:
        await connection.execute(text("INSERT INTO schema_version VALUES (99)"))
    doctor.set(DATABASE_URL=url, DATA_KEY=KEY)
    bad = await asyncio.to_thread(doctor.bad)
    assert bad.name == "database"
    assert "newer release" in bad.said
    assert f"schema version 99, this release knows {len(STEPS)}. Start the newer release" in bad.remedy


async def test_an_empty_postgresql_database_stays_empty(doctor: Doctor, postgres: PostgresServer) -> None:
    url = await postgres.fresh_database()
    doctor.set(DATABASE_URL=url, DATA_KEY=KEY)
    found = await asyncio.to_thread(doctor.good, "database")
    assert "the next start brings it up to date" in found.said
    database = Database.open(url)
    async with database.reading() as connection:
        assert await connection.run_sync(lambda plain: inspect(plain).get_table_names()) == []
    await database.close()


def test_an_empty_file_stays_empty(doctor: Doctor) -> None:
    doctor.file.parent.mkdir()
    doctor.file.touch()
    assert "the next start brings it up to date" in doctor.good("database").said


@pytest.mark.parametrize("ended", ["stopped", "killed"])
async def test_a_file_is_read_with_what_its_journal_holds(doctor: Doctor, tmp_path: Path, ended: str) -> None:
    live = Database.open(tmp_path / "live" / "bot.db")
    await upgrade(live)
    if ended == "stopped":
        await live.close()
    shutil.copytree(tmp_path / "live", doctor.file.parent)  # as a power cut would leave it
    await live.close()
    assert len(list(doctor.file.parent.iterdir())) == (1 if ended == "stopped" else 3)
    found = await asyncio.to_thread(doctor.good, "database")
    assert found.said.endswith(CURRENT)


def make_folder(file: Path) -> None:
    file.mkdir()


def make_text(file: Path) -> None:
    file.write_text("not a database " * 100)


def make_damaged(file: Path) -> None:
    with closing(sqlite3.connect(file)) as database:
        database.execute("CREATE TABLE schema_version (version INTEGER)")
        database.commit()
    content = bytearray(file.read_bytes())
    content[100:110] = b"\xff" * 10  # where the list of tables begins
    file.write_bytes(content)


@pytest.mark.parametrize(
    ("make", "remedy"),
    [
        (make_folder, "See that it is a file"),
        (make_text, "The file is of another kind"),
        (make_damaged, "The file is damaged"),
    ],
)
def test_what_is_no_database_file_is_told(doctor: Doctor, make: Callable[[Path], None], remedy: str) -> None:
    doctor.file.parent.mkdir()
    make(doctor.file)
    bad = doctor.bad()
    assert bad.name == "database"
    assert str(doctor.file) in bad.said
    assert remedy in bad.remedy


def test_a_file_that_cannot_be_made_is_told(doctor: Doctor) -> None:
    doctor.file.parent.touch()
    bad = doctor.bad()
    assert (bad.name, bad.said) == ("database", f"SQLite file {doctor.file}, which cannot be made")
    assert "Set DATABASE_URL to a file in a folder" in bad.remedy


@pytest.mark.parametrize("closed", ["bot.db", "."])
def test_a_file_that_cannot_be_written_to_is_told(doctor: Doctor, closed: str) -> None:
    doctor.file.parent.mkdir()
    doctor.file.touch()
    path = doctor.file.parent / closed
    path.chmod(0o500)
    if os.access(path, os.W_OK):
        pytest.skip("root may write everything")
    bad = doctor.bad()
    path.chmod(0o700)
    assert (bad.name, bad.said) == ("database", f"SQLite file {doctor.file}, which can be read but not written to")


@pytest.mark.parametrize(
    ("change", "remedy"),
    [
        ({"password": "5ecret"}, "User or password is wrong"),
        ({"username": "nobody"}, "User or password is wrong"),
        ({"database": "nothing"}, "The server has no database of this name"),
        ({"port": 9}, "Nothing answers at the host and port"),
        ({"port": 65_536}, "from 1 to 65535"),
        ({"host": "db..example"}, "not the name of a machine"),
        ({"query": {"sslmode": "require"}}, "The server refuses encryption"),
    ],
    ids=str,
)
def test_why_a_postgresql_server_cannot_be_used_is_told_with_what_to_do(
    doctor: Doctor, postgres: PostgresServer, change: Json, remedy: str
) -> None:
    url = make_url(postgres.url).set(**change)
    doctor.set(DATABASE_URL=url.render_as_string(hide_password=False), DATA_KEY=KEY)
    bad = doctor.bad()
    assert bad.name == "database"
    assert remedy in bad.remedy
    assert [secret for secret in (url.password, make_url(postgres.url).password) if str(secret) in bad.remedy] == []


@pytest.mark.parametrize(
    "hindrance", ["DROP SCHEMA public", "ALTER DATABASE {name} SET default_transaction_read_only = on"]
)
async def test_a_postgresql_database_that_takes_no_tables_is_told(
    doctor: Doctor, postgres: PostgresServer, hindrance: str
) -> None:
    url = await postgres.fresh_database()
    database = Database.open(url)
    async with database.writing() as connection:
        await connection.execute(text(hindrance.format(name=make_url(url).database)))
    await database.close()
    doctor.set(DATABASE_URL=url, DATA_KEY=KEY)
    bad = await asyncio.to_thread(doctor.bad)
    assert bad.name == "database"
    assert "GRANT CREATE" in bad.remedy


@pytest.mark.parametrize("address", ["mysql://me:5ecret@db.example/bot", "postgres://me:5ecret@db:port/bot"])
def test_an_address_of_no_known_form_is_told(doctor: Doctor, address: str) -> None:
    doctor.set(DATABASE_URL=address, DATA_KEY=KEY)
    bad = doctor.bad()
    assert bad.name == "database"
    assert "postgresql://user:password@host:5432/name" in bad.remedy


def test_a_key_that_is_too_short_is_told(doctor: Doctor) -> None:
    doctor.set(DATA_KEY="5ecret")
    bad = doctor.bad()
    assert bad.name == "key"
    assert "at least 16 random characters" in bad.remedy


def test_a_damaged_key_file_is_told(doctor: Doctor) -> None:
    data_key(doctor.file)
    assert [finding for finding in doctor.look() if finding.name == "key"] == []
    key = doctor.file.with_name("data.key")
    key.write_text("5ecret")
    bad = doctor.bad()
    assert bad.name == "key"
    assert f"{key} is damaged" in bad.remedy


@pytest.mark.parametrize("named", [False, True])
def test_a_file_on_a_host_that_may_wipe_its_disk_is_told_unless_it_was_chosen(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch, named: bool
) -> None:
    monkeypatch.setattr("bot.cli.doctor.DEFAULT_DATABASE", doctor.file)
    doctor.set(DYNO="web.1", DATABASE_URL=doctor.file if named else "")
    disk = doctor.good("disk") if named else doctor.bad()
    assert disk.name == "disk"
    assert "wipe its disk" in disk.said


# --- settings, files and the machine --------------------------------------------------


def test_a_setting_that_cannot_be_used_is_told_without_its_value_and_the_rest_is_looked_at(doctor: Doctor) -> None:
    healthy = {finding.name for finding in doctor.look()}
    doctor.set(LOG_LEVEL="5ecret", PORT="5ecret", WEBHOOK_SECRET="5ecret with blanks")
    found = doctor.look()
    bad = [finding for finding in found if not finding.good]
    assert {finding.name for finding in bad} == {"setting"}
    assert [finding.said.partition(":")[0] for finding in bad] == ["PORT", "WEBHOOK_SECRET", "LOG_LEVEL"]
    assert "'DEBUG', 'INFO', 'WARNING' or 'ERROR'" in bad[-1].said
    assert {finding.name for finding in found} == healthy | {"setting"}


@pytest.mark.parametrize(("variable", "name"), [("TELEGRAM_API_URL", "token"), ("PUBLIC_URL", "webhook")])
def test_what_hangs_on_such_a_setting_is_said_to_wait_for_it(doctor: Doctor, variable: str, name: str) -> None:
    doctor.set(**{variable: "gopher://5ecret"})
    setting, waiting = (finding for finding in doctor.look() if not finding.good)
    assert (setting.name, setting.said.partition(":")[0]) == ("setting", variable)
    assert waiting.name == name
    assert waiting.remedy == f"Mend {variable} and look again.\n"


async def test_without_its_key_a_postgresql_database_is_looked_at_all_the_same(
    doctor: Doctor, postgres: PostgresServer
) -> None:
    doctor.set(DATABASE_URL=await postgres.fresh_database(), PACING="5ecret")
    found = await asyncio.to_thread(doctor.look)
    bad = [finding for finding in found if not finding.good]
    assert [finding.said.split(":")[0] for finding in bad[:1]] == ["PACING"]
    assert [finding.said.split(".")[0] for finding in bad[1:]] == [
        "DATA_KEY must be set together with DATABASE_URL"
    ]
    assert "PostgreSQL" in next(finding.said for finding in found if finding.name == "database")


def test_variables_that_are_no_text_are_told_and_end_nothing(doctor: Doctor) -> None:
    doctor.set(**dict.fromkeys((name.upper() for name in Settings.model_fields), "\udcff"))  # no UTF-8
    found = doctor.look()
    told = [finding.said.partition(":")[0] for finding in found if finding.name == "setting"]
    wrong = [
        "TELEGRAM_API_URL",
        "PORT",
        "WEBHOOK_SECRET",
        "STAFF_CHAT_ID",
        "ADMIN_USER_IDS",
        "REPOSITORY_URL",
        "PREVIEW_TOKEN",
        "PACING",
        "WRONG_ANSWER_BUDGET",
        "LOG_LEVEL",
        "LOG_FORMAT",
    ]
    assert told == wrong
    assert [finding.good for finding in found if finding.name == "key"] == [False]
    assert found[-1].name == "memory"


def test_a_cache_that_cannot_be_written_to_is_told_with_its_price(doctor: Doctor) -> None:
    (doctor.folder / "file").touch()
    doctor.set(CACHE_DIR=doctor.folder / "file" / "cache")
    bad = doctor.bad()
    assert bad.name == "cache"
    assert "each start then takes minutes" in bad.said
    assert "Set CACHE_DIR to a folder" in bad.remedy


def test_a_cache_that_is_there_is_in_order(doctor: Doctor) -> None:
    (doctor.folder / "cache").mkdir()
    assert str(doctor.folder / "cache") in doctor.good("cache").said


def test_knowledge_with_errors_is_told_with_every_place(doctor: Doctor, tmp_path: Path) -> None:
    broken = write_knowledge(
        tmp_path / "broken",
        {f"faq/{name}.yaml": changed_file(f"faq/{name}.yaml", "answer:", "answr:") for name in ("calf", "pain")},
    )
    bad = doctor.bad(broken)
    assert bad.name == "knowledge"
    assert "faq/calf.yaml" in bad.remedy
    assert "faq/pain.yaml" in bad.remedy


def test_a_knowledge_folder_that_is_not_there_is_told(doctor: Doctor, tmp_path: Path) -> None:
    bad = doctor.bad(tmp_path / "gone")
    assert bad.name == "knowledge"
    assert "There is no knowledge folder" in bad.remedy


def test_a_clinic_without_phone_or_booking_page_is_mentioned(doctor: Doctor, tmp_path: Path) -> None:
    silent = write_knowledge(tmp_path / "silent", {"clinic.yaml": 'name: "The clinic"\n'})
    calling = write_knowledge(tmp_path / "calling", {"clinic.yaml": 'phone: "+353 1 234 5678"\n'})
    assert [[f.good for f in doctor.look(folder) if f.name == "clinic"] for folder in (silent, calling)] == [
        [True],
        [],
    ]


def test_a_missing_encoder_is_told(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.cli.doctor.load_encoder", lambda: None)
    bad = doctor.bad()
    assert bad.name == "encoder"
    assert "make install" in bad.remedy


@pytest.mark.parametrize(
    ("cgroup", "meminfo", "megabytes"),
    [
        ("max\n", "MemTotal:  471040 kB\nMemFree: 1 kB\n", 460),
        (f"{512 * MB}\n", "MemTotal: 8192000 kB\n", 512),
        (f"{9000 * MB}\n", "MemTotal: 8192000 kB\n", 8000),
        (f"{512 * MB}\n", "", 512),
    ],
)
def test_the_memory_told_is_what_is_left_of_the_machine(
    doctor: Doctor, cgroup: str, meminfo: str, megabytes: int
) -> None:
    doctor.memory(cgroup, meminfo)
    assert doctor.good("memory").said.startswith(f"{megabytes} MB may be used; ")
    assert "up to 460 MB" in doctor.good("memory").said


@pytest.mark.parametrize(
    ("cgroup", "meminfo"), [(f"{460 * MB - 1}\n", "MemTotal: 8192000 kB\n"), ("max\n", "MemTotal: 471039 kB\n")]
)
def test_too_little_memory_is_told_with_what_is_needed_and_what_to_do(
    doctor: Doctor, cgroup: str, meminfo: str
) -> None:
    doctor.memory(cgroup, meminfo)
    bad = doctor.bad()
    assert bad.name == "memory"
    assert bad.said.startswith("459 MB may be used; ")
    assert "up to 460 MB" in bad.said
    assert "at least 512 MB" in bad.remedy
    assert "raise the limit" in bad.remedy


@pytest.mark.parametrize(("cgroup", "meminfo"), [("max\n", ""), ("", "MemFree: 1 kB\n"), ("\xff", "\xff")])
def test_where_the_system_tells_no_memory_it_is_not_judged(doctor: Doctor, cgroup: str, meminfo: str) -> None:
    doctor.memory(cgroup, meminfo)
    assert "memory" not in {finding.name for finding in doctor.look()}


# --- the version of the knowledge -------------------------------------------------------------------


def keeping(doctor: Doctor, *, good: str = "", refused: str = "") -> None:
    """Let the database keep these versions, as a bot that ran left them."""

    async def keep() -> None:
        database = Database.open(doctor.file)
        await upgrade(database)
        kept = KeptVersions(database, Clock())
        if good:
            await kept.keep(good, "files")
        if refused:
            await kept.refuse(refused)
        await database.close()

    asyncio.run(keep())


def test_nothing_is_said_of_versions_while_the_files_are_what_answers(doctor: Doctor, small_folder: Path) -> None:
    keeping(doctor, good=Version.read(small_folder).fingerprint, refused="another")
    assert "version" not in {finding.name for finding in doctor.look()}


def test_that_the_database_answers_for_files_that_were_refused_is_told_with_what_to_do(
    doctor: Doctor, small_folder: Path
) -> None:
    keeping(doctor, good="earlier", refused=Version.read(small_folder).fingerprint)
    bad = doctor.bad()
    assert bad.name == "version"
    assert "the version of 2026-01-09 12:00 UTC, which the database keeps" in bad.said
    assert "bot judge" in bad.remedy


def test_an_edit_that_is_still_to_be_judged_is_no_fault(doctor: Doctor) -> None:
    keeping(doctor, good="earlier", refused="another")
    assert "are taken once they are judged good" in doctor.good("version").said


async def test_what_staff_paused_is_told(doctor: Doctor, url: str, database: Database) -> None:
    doctor.set(DATABASE_URL=url, DATA_KEY=KEY)
    for entry_id, paused in (("pain", True), ("calf", True), ("cost", False)):
        await SqlStaffStore(database).pause(entry_id, Pause(paused, NOON))
    finding = await asyncio.to_thread(doctor.good, "paused")
    assert finding.said.endswith(": calf, pain")
