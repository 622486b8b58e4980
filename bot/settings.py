"""Everything that can be set from outside, read once from the environment."""

from enum import StrEnum
from pathlib import Path

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.errors import CannotRunError
from bot.knowledge.loader import OWN_FOLDER
from bot.matching.calibration import DEFAULT_WRONG_BUDGET

PROJECT = Path(__file__).resolve().parents[1]


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

    @field_validator("telegram_bot_token")
    @classmethod
    def _without_blanks(cls, value: SecretStr) -> SecretStr:
        return SecretStr(value.get_secret_value().strip())  # pasted tokens often bring a line end along

    @field_validator("telegram_api_url")
    @classmethod
    def _without_slash(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        return value.rstrip("/")


def read_settings() -> Settings:
    """Return the settings; raise ``CannotRunError`` naming every variable that cannot be used."""
    try:
        return Settings()
    except ValidationError as error:
        # The values themselves are left out: one of them is the token.
        lines = [
            f"{'.'.join(str(part) for part in e['loc']).upper()}: {e['msg'].removeprefix('Value error, ')}"
            for e in error.errors(include_input=False)
        ]
        raise CannotRunError(
            "Some settings cannot be used. Mend them and start again.\n" + "\n".join(lines)
        ) from None
