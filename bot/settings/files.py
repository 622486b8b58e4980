"""The files that hosts and people read about settings, made from ``Settings`` so that they cannot disagree.

``python -m bot.settings.files`` writes them; a test compares them.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from bot.settings import DEFAULT_DATABASE, PROJECT, Settings

_BEGIN = "<!-- settings: made by python -m bot.settings.files -->"
_END = "<!-- end of settings -->"
_NOT_SET_BY_HAND = frozenset({"host", "pacing"})
_SECRETS_MADE_BY_HOST = frozenset({"DATA_KEY", "WEBHOOK_SECRET", "METRICS_TOKEN"})
_HOST_SETS = frozenset({"PORT", "DATABASE_URL"})
_NOTES = {
    "TELEGRAM_API_URL": "https://api.telegram.org",
    "DATABASE_URL": f"`{DEFAULT_DATABASE.relative_to(PROJECT)}`",
}


def files() -> dict[Path, str]:
    """Return each file's path and what it must hold; the README with its table brought up to date."""
    readme = PROJECT / "README.md"
    return {
        PROJECT / ".env.example": _env_example(),
        PROJECT / "app.json": _app_json(),
        PROJECT / "render.yaml": _render_yaml(),
        readme: _with_table(readme.read_text(encoding="utf-8")),
    }


def _settings() -> Iterator[tuple[str, FieldInfo]]:
    for name, field in Settings.model_fields.items():
        if name not in _NOT_SET_BY_HAND:
            yield name.upper(), field


def _default(field: FieldInfo) -> str:
    value: Any = field.default
    if isinstance(value, SecretStr) or value in (None, ()):
        return ""
    if isinstance(value, Path):
        return str(value.relative_to(PROJECT)) if value.is_relative_to(PROJECT) else str(value)
    return str(getattr(value, "value", value))


def _env_example() -> str:
    lines = ["# Copy to .env and fill in; what stays commented keeps its default."]
    for name, field in _settings():
        value = _default(field)
        mark = "" if name == "TELEGRAM_BOT_TOKEN" else "#"
        lines += ["", f"# {field.description}", f"{mark}{name}={value}"]
    return "\n".join(lines) + "\n"


def _app_json() -> str:
    env: dict[str, object] = {}
    for name, field in _settings():
        if name in _HOST_SETS:
            continue
        if name == "TELEGRAM_BOT_TOKEN":
            env[name] = {"description": field.description, "required": True}
        elif name in _SECRETS_MADE_BY_HOST:
            env[name] = {"description": field.description, "generator": "secret"}
        else:
            env[name] = {"description": field.description, "required": False}
    content = {
        "name": "Dry needling FAQ bot",
        "description": "A Telegram bot that answers runners' questions about dry needling.",
        "env": env,
        "formation": {"web": {"quantity": 1, "size": "basic"}},
        "addons": ["heroku-postgresql:essential-0"],
    }
    return json.dumps(content, indent=2) + "\n"


def _render_yaml() -> str:
    generated = "".join(
        f"      - key: {name}\n        generateValue: true\n" for name in ("DATA_KEY", "METRICS_TOKEN")
    )
    return f"""# One web service and its database. Made by python -m bot.settings.files.
services:
  - type: web
    name: dry-needling-faq-bot
    runtime: python
    plan: starter
    buildCommand: pip install uv && uv sync --locked --no-dev
    startCommand: .venv/bin/python -m bot run
    preDeployCommand: .venv/bin/python -m bot db upgrade
    healthCheckPath: /healthz
    envVars:
      - key: TELEGRAM_BOT_TOKEN
        sync: false
{generated}      - key: DATABASE_URL
        fromDatabase:
          name: dry-needling-faq-bot
          property: connectionString
databases:
  - name: dry-needling-faq-bot
    plan: basic-256mb
"""


def _with_table(readme: str) -> str:
    rows = [
        f"| `{name}` | {_NOTES.get(name) or (f'`{value}`' if (value := _default(field)) else '')} "
        f"| {field.description} |"
        for name, field in _settings()
    ]
    table = "\n".join(["| variable | default | meaning |", "|---|---|---|", *rows])
    before, _, rest = readme.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return f"{before}{_BEGIN}\n{table}\n{_END}{after}"


if __name__ == "__main__":
    for path, content in files().items():
        path.write_text(content, encoding="utf-8")
