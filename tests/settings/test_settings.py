"""What can be set, what is refused, and that no value is ever quoted."""

from pathlib import Path

import pytest

from bot.errors import CannotRunError
from bot.settings import LogFormat, LogLevel, Settings, read_settings, read_usable_settings
from tests.support.bot_api import TOKEN

POSTGRES = "postgresql://bot:pa55word@db.example:5432/bot"


@pytest.fixture(autouse=True)
def _own_database_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL")


def read(patch: pytest.MonkeyPatch, **variables: str) -> Settings:
    for name, value in variables.items():
        patch.setenv(name, value)
    return read_settings()


def refusal(patch: pytest.MonkeyPatch, **variables: str) -> str:
    with pytest.raises(CannotRunError) as refused:
        read(patch, **variables)
    return str(refused.value)


def test_nothing_has_to_be_set_but_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(monkeypatch)
    assert settings.telegram_api_url == "https://api.telegram.org"
    assert settings.public_url == ""
    assert settings.port is None
    assert settings.log_level is LogLevel.INFO
    assert settings.log_format is LogFormat.TEXT
    assert settings.pacing


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:8081",
        "http://localhost:8081/",
        "http://[::1]:8081",
        "https://api.example",
        "https://a.b/c\n",
    ],
)
def test_a_server_on_this_machine_or_behind_https_is_used(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    assert read(monkeypatch, TELEGRAM_API_URL=address).telegram_api_url == address.strip().rstrip("/")


@pytest.mark.parametrize(
    "address",
    [
        "http://api.telegram.org",
        "http://10.0.0.5:8081",
        "http://127.0.0.1@evil.example",
        "http://127.0.0.1.evil.example",
        "http://evil.example/?127.0.0.1",
        "http://evil.example#@localhost",
        "ftp://127.0.0.1",
        "127.0.0.1:8081",
        "http://[secret]:80",
    ],
)
def test_the_token_is_never_sent_over_plain_http_to_elsewhere(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    said = refusal(monkeypatch, TELEGRAM_API_URL=address)
    assert "TELEGRAM_API_URL: " in said
    assert address not in said
    assert "secret" not in said


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("https://bot.example", "https://bot.example"),
        ("https://bot.example/", "https://bot.example"),
        (" https://bot.example/base/ ", "https://bot.example/base"),
        ("bot.example", "https://bot.example"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
    ],
)
def test_the_public_address_is_https(monkeypatch: pytest.MonkeyPatch, given: str, used: str) -> None:
    assert read(monkeypatch, PUBLIC_URL=given).public_url == used


@pytest.mark.parametrize("address", ["http://bot.example", "ftp://bot.example", "http://[secret]"])
def test_a_public_address_that_telegram_would_refuse_is_refused(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    said = refusal(monkeypatch, PUBLIC_URL=address)
    assert "PUBLIC_URL: " in said
    assert address not in said
    assert "secret" not in said


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("RENDER_EXTERNAL_URL", "https://bot.onrender.example"),
        ("RAILWAY_PUBLIC_DOMAIN", "bot.railway.example"),
        ("HEROKU_APP_DEFAULT_DOMAIN_NAME", "bot.heroku.example"),
    ],
)
def test_hosts_name_the_public_address_and_the_person_has_the_last_word(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    expected = "https://" + value.removeprefix("https://")
    assert read(monkeypatch, **{variable: value}).public_url == expected
    assert read(monkeypatch, PUBLIC_URL="").public_url == expected
    assert read(monkeypatch, PUBLIC_URL="https://own.example").public_url == "https://own.example"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
def test_with_postgresql_the_key_must_be_set(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    address = POSTGRES.replace("postgresql", scheme)
    said = refusal(monkeypatch, DATABASE_URL=address)
    assert "DATA_KEY must be set together with DATABASE_URL" in said
    assert "pa55word" not in said
    assert "DATA_KEY must be set" in refusal(monkeypatch, DATABASE_URL=f" {address}\n", DATA_KEY="  ")
    assert read(monkeypatch, DATABASE_URL=address, DATA_KEY="k" * 32)


def test_with_a_file_the_key_is_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert read(monkeypatch, DATABASE_URL=str(tmp_path / "bot.db"))


@pytest.mark.parametrize("blank", ["\n", " ", "\r\n", "\t"])
def test_secrets_are_pasted_with_blanks(monkeypatch: pytest.MonkeyPatch, blank: str) -> None:
    settings = read(
        monkeypatch,
        TELEGRAM_BOT_TOKEN=TOKEN + blank,
        WEBHOOK_SECRET=f"{blank}abc",
        METRICS_TOKEN=f"m{blank}",
        DATABASE_URL=POSTGRES + blank,
        DATA_KEY=f"key{blank}",
    )
    assert settings.telegram_bot_token.get_secret_value() == TOKEN
    assert settings.webhook_secret.get_secret_value() == "abc"
    assert settings.metrics_token.get_secret_value() == "m"
    assert settings.database_url.get_secret_value() == POSTGRES
    assert settings.data_key.get_secret_value() == "key"


@pytest.mark.parametrize("quote", ['"', "'"])
def test_quotes_that_nobody_took_off_are_no_part_of_a_secret(monkeypatch: pytest.MonkeyPatch, quote: str) -> None:
    settings = read(monkeypatch, TELEGRAM_BOT_TOKEN=f"{quote}{TOKEN}{quote}", DATA_KEY=f"in'the middle{quote}")
    assert settings.telegram_bot_token.get_secret_value() == TOKEN
    assert settings.data_key.get_secret_value() == f"in'the middle{quote}"


@pytest.mark.parametrize("secret", ["with blank", "ümlaut", "a" * 257, "semi;colon"])
def test_a_webhook_secret_that_telegram_would_refuse_is_refused(
    monkeypatch: pytest.MonkeyPatch, secret: str
) -> None:
    said = refusal(monkeypatch, WEBHOOK_SECRET=secret)
    assert "WEBHOOK_SECRET: " in said
    assert secret not in said


def test_all_that_is_wrong_is_named_at_once_and_nothing_is_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = {
        "TELEGRAM_API_URL": "http://api-5ecret.example",
        "PUBLIC_URL": "gopher://public-5ecret.example",
        "PORT": "port-5ecret",
        "WEBHOOK_SECRET": "hook 5ecret",
        "WRONG_ANSWER_BUDGET": "budget-5ecret",
        "LOG_LEVEL": "level-5ecret",
        "LOG_FORMAT": "format-5ecret",
        "PACING": "pacing-5ecret",
        "TELEGRAM_BOT_TOKEN": TOKEN,
    }
    said = refusal(monkeypatch, **wrong)
    lines = said.splitlines()[1:]
    assert sorted(line.partition(":")[0] for line in lines) == sorted(set(wrong) - {"TELEGRAM_BOT_TOKEN"})
    assert "5ecret" not in said
    assert TOKEN not in said


def test_a_preview_token_that_can_be_guessed_is_refused_and_leaves_the_preview_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(CannotRunError, match="PREVIEW_TOKEN: must have at least 16 characters") as refused:
        read(monkeypatch, PREVIEW_TOKEN=" open sesame! \n")
    assert "sesame" not in str(refused.value)
    settings, wrong = read_usable_settings()
    assert "PREVIEW_TOKEN" in wrong and not settings.preview_token.get_secret_value()


def test_secrets_do_not_show_in_print(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(
        monkeypatch, TELEGRAM_BOT_TOKEN=TOKEN, DATABASE_URL=POSTGRES, DATA_KEY="d" * 32, METRICS_TOKEN="m" * 32
    )
    for shown in (repr(settings), str(settings), settings.model_dump_json()):
        assert not [s for s in (TOKEN, "pa55word", "d" * 32, "m" * 32) if s in shown]


@pytest.mark.parametrize("said", ["-1001234567890", " -1001234567890\n", '"-1001234567890"'])
def test_a_staff_chat_is_a_number(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    assert read(monkeypatch, STAFF_CHAT_ID=said).staff_chat_id == -1001234567890


@pytest.mark.parametrize("said", ["@clinic", "https://t.me/+abc", "0", "-100, -200", "9" * 30, "--5", "²"])
def test_what_is_no_chat_is_refused_with_the_way_to_its_number(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    refused = refusal(monkeypatch, STAFF_CHAT_ID=said)
    assert "STAFF_CHAT_ID: must be one number such as -1001234567890. Write /chatid in that chat" in refused
    assert said == "0" or said not in refused


@pytest.mark.parametrize("said", ["11,22", "11, 22", "11 22", " 11;22 ", "'11,22'", "11,22,"])
def test_admins_are_numbers_with_anything_between(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    assert read(monkeypatch, ADMIN_USER_IDS=said).admin_user_ids == (11, 22)


@pytest.mark.parametrize("said", ["@ann", "11, @ann", "-100123", "11.5", "[11]"])
def test_what_is_no_persons_number_is_refused(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    assert "ADMIN_USER_IDS: must be numbers such as 12345678" in refusal(monkeypatch, ADMIN_USER_IDS=said)


def test_without_staff_there_is_nobody_to_obey(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(monkeypatch, STAFF_CHAT_ID="", ADMIN_USER_IDS="")
    assert (settings.staff_chat_id, settings.admin_user_ids) == (None, ())


@pytest.mark.parametrize(
    "said",
    [
        *("https://github.com/o/r", " https://github.com/o/r/ ", "https://github.com/o/r.git"),
        "https://github.com/o/r?tab=readme-ov-file#going-live",
    ],
)
def test_the_repository_is_an_address_to_which_paths_can_be_added(
    monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    monkeypatch.setenv("REPOSITORY_URL", said)
    assert read_settings().repository_url == "https://github.com/o/r"
    monkeypatch.setenv("REPOSITORY_URL", "git@github.com:o/r")
    with pytest.raises(CannotRunError, match="REPOSITORY_URL: must start with https://"):
        read_settings()
