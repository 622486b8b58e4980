"""Everything that can be set from outside, read once from the environment."""

import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.errors import CannotRunError
from bot.knowledge.model import OWN_FOLDER
from bot.matching.decision import DEFAULT_WRONG_BUDGET

PROJECT = Path(__file__).resolve().parents[2]
DEFAULT_DATABASE = PROJECT / "data" / "bot.db"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_SECRET = re.compile(r"[A-Za-z0-9_-]{0,256}")
_SHORTEST_PREVIEW_TOKEN = 16
_NO_KEY = SecretStr("no key")
"""Too short for a key, so that nothing is ever hashed with it."""


class LogLevel(StrEnum):
    """How much is logged."""

    DEBUG = "DEBUG"
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"


class LogFormat(StrEnum):
    """How a log line looks."""

    TEXT = "text"
    JSON = "json"


class Settings(BaseSettings):
    """The settings; each field is the environment variable of the same name in capitals.

    A file ``.env`` in the working directory is read too; the environment wins.
    """

    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True)

    telegram_bot_token: SecretStr = Field(
        default=SecretStr(""), description="The token from @BotFather; needed by `run` only."
    )
    telegram_api_url: str = Field(
        default="https://api.telegram.org",
        description="Root of the Bot API server; /bot<token>/<method> is added to it.",
    )
    public_url: str = Field(
        default="",
        validation_alias=AliasChoices(
            "PUBLIC_URL", "RENDER_EXTERNAL_URL", "RAILWAY_PUBLIC_DOMAIN", "HEROKU_APP_DEFAULT_DOMAIN_NAME"
        ),
        description="The https address at which Telegram reaches the bot; without it the bot fetches messages.",
    )
    port: int | None = Field(
        default=None, ge=0, le=65535, description="The port for the webhook and the health pages; hosts set it."
    )
    webhook_secret: SecretStr = Field(
        default=SecretStr(""),
        description="What Telegram shows with each update; without it one is derived from the token.",
    )
    database_url: SecretStr = Field(
        default=SecretStr(""),
        description="A PostgreSQL address as hosts hand it out, or the path of a SQLite file; default data/bot.db.",
    )
    data_key: SecretStr = Field(
        default=SecretStr(""),
        description="Keys the hashes of user ids; required with PostgreSQL, else kept beside the SQLite file.",
    )
    staff_chat_id: int | None = Field(
        default=None,
        description="The Telegram chat of the clinic's own people; whoever is in it may give the bot orders.",
    )
    admin_user_ids: Annotated[tuple[int, ...], NoDecode] = Field(
        default=(),
        description="Telegram ids, with commas between, of people who may give the bot orders in private.",
    )
    repository_url: str = Field(
        default="",
        description="The address of the repository with the knowledge files, such as https://github.com/o/r, with "
        "/tree/BRANCH for another branch than main: the staff's links to its editor.",
    )
    metrics_token: SecretStr = Field(
        default=SecretStr(""),
        description="Opens /metrics to whoever sends it as a bearer token; closed without it.",
    )
    preview_token: SecretStr = Field(
        default=SecretStr(""),
        description="Opens /preview to whoever types it there, at least 16 characters; closed without it.",
    )
    pacing: bool = Field(
        default=True, description="Whether Telegram's limits are kept; off only to measure against a test server."
    )
    host: str = Field(
        default="",
        validation_alias=AliasChoices("DYNO", "RENDER_SERVICE_ID", "RAILWAY_SERVICE_ID", "FLY_ALLOC_ID"),
        description="Set by hosts that may wipe the disk; nobody sets it by hand.",
    )
    knowledge_dir: Path = Field(default=OWN_FOLDER, description="The folder with the knowledge files.")
    wrong_answer_budget: float = Field(
        default=DEFAULT_WRONG_BUDGET,
        gt=0,
        lt=0.5,
        description="Share of questions that may get a wrong answer; a smaller one asks back more often.",
    )
    cache_dir: Path = Field(
        default=PROJECT / "data" / "cache",
        description="The folder for what only speeds up the next start; may be deleted at any time.",
    )
    log_level: LogLevel = Field(default=LogLevel.INFO, description="DEBUG, INFO, WARNING or ERROR.")
    log_format: LogFormat = Field(default=LogFormat.TEXT, description="text or json.")

    @field_validator(
        "telegram_bot_token", "webhook_secret", "database_url", "data_key", "metrics_token", "preview_token"
    )
    @classmethod
    def _without_blanks(cls, value: SecretStr) -> SecretStr:
        # Pasted tokens often bring a line end along, and `docker --env-file` keeps quotes that a shell would take.
        text = value.get_secret_value().strip()
        quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "\"'"
        return SecretStr(text[1:-1].strip() if quoted else text)

    @field_validator("staff_chat_id", mode="before")
    @classmethod
    def _chat(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        [*numbers] = _numbers(value)
        if len(numbers) != 1 or numbers[0] == 0:
            raise ValueError("must be one number such as -1001234567890. Write /chatid in that chat to learn it.")
        return numbers[0]

    @field_validator("admin_user_ids", mode="before")
    @classmethod
    def _people(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        numbers = tuple(_numbers(value))
        if any(number <= 0 for number in numbers):
            raise ValueError(
                "must be numbers such as 12345678, 87654321, of people and not of groups. "
                "Write /chatid to the bot to learn yours."
            )
        return numbers

    @field_validator("telegram_api_url")
    @classmethod
    def _without_slash(cls, value: str) -> str:
        value = value.strip()
        if not value.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        if value.startswith("http://") and not _is_here(value):
            raise ValueError("plain http would show the token to everybody on the way; use https://")
        return value.rstrip("/")

    @field_validator("public_url")
    @classmethod
    def _with_scheme(cls, value: str) -> str:
        address = value.strip().rstrip("/")
        if address and "://" not in address:
            address = f"https://{address}"  # some hosts name only the domain
        if address and not address.startswith("https://") and not _is_here(address):
            raise ValueError("must start with https://: Telegram accepts nothing else")
        return address

    @field_validator("repository_url")
    @classmethod
    def _repository(cls, value: str) -> str:
        address = re.split(r"[?#]", value.strip())[0].rstrip("/").removesuffix(".git")
        if address and not address.startswith("https://"):
            raise ValueError("must start with https://, such as https://github.com/o/r")
        return address

    @field_validator("webhook_secret")
    @classmethod
    def _telegram_accepts(cls, value: SecretStr) -> SecretStr:
        if not _SECRET.fullmatch(value.get_secret_value()):
            raise ValueError("may hold at most 256 letters, digits, _ and -")
        return value

    @field_validator("preview_token")
    @classmethod
    def _not_guessed(cls, value: SecretStr) -> SecretStr:
        if 0 < len(value.get_secret_value()) < _SHORTEST_PREVIEW_TOKEN:
            raise ValueError(
                f"must have at least {_SHORTEST_PREVIEW_TOKEN} characters, or it can be guessed. "
                "Make one with: python -c 'import secrets; print(secrets.token_urlsafe(24))'"
            )
        return value

    @model_validator(mode="after")
    def _key_beside_database(self) -> "Settings":
        if self.database_url.get_secret_value().startswith("postgres") and not self.data_key.get_secret_value():
            raise ValueError(
                "DATA_KEY must be set together with DATABASE_URL. Make one with: "
                "python -c 'import secrets; print(secrets.token_hex(32))'"
            )
        return self


def _numbers(text: str) -> Iterator[int]:
    """Yield the numbers of a list; 0 for what is none, and for what no id of Telegram's can be."""
    for word in re.split(r"[\s,;]+", text.strip().strip("\"'").strip()):
        if word:
            yield int(word) if re.fullmatch(r"-?[0-9]{1,18}", word) else 0


def _is_here(address: str) -> bool:
    """Return whether ``address`` is on this machine."""
    try:
        return urlsplit(address).hostname in _LOOPBACK
    except ValueError:
        raise ValueError("is no address that can be read") from None  # the error's own words quote it


def read_settings() -> Settings:
    """Return the settings; raise ``CannotRunError`` naming every variable that cannot be used."""
    settings, wrong = read_usable_settings()
    if wrong:
        raise CannotRunError(
            "Some settings cannot be used. Mend them and start again.\n" + "\n".join(wrong.values())
        )
    return settings


def read_usable_settings() -> tuple[Settings, dict[str, str]]:
    """Return the settings with stand-ins for those that cannot be used, and what is wrong, by variable.

    Stand-ins are defaults. ``DATA_KEY``, which has none where it is required, gets one that nobody may use.
    """
    stand_ins: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    while True:
        try:
            return Settings(**stand_ins), wrong
        except ValidationError as error:
            # The values themselves are left out: one of them is the token.
            for found in error.errors(include_input=False):
                said = found["msg"].removeprefix("Value error, ")
                if found["loc"]:
                    name = str(found["loc"][0])
                    stand_ins[name] = _default(name)
                    wrong[name.upper()] = f"{name.upper()}: {said}"
                else:  # what is asked of two settings together, looked at once each is in order
                    stand_ins["data_key"] = _NO_KEY
                    wrong["DATA_KEY"] = said


def _default(name: str) -> Any:
    """Return the default of the setting that is called ``name`` or comes from the variable ``name``."""
    return next(
        field.default
        for own, field in Settings.model_fields.items()
        if name in (own, *getattr(field.validation_alias, "choices", ()))
    )
