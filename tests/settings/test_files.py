"""The files that hosts read agree with the settings."""

import json
import re
from pathlib import Path

import pytest
import yaml

from bot.cli import COMMANDS
from bot.settings import PROJECT, Settings
from bot.settings.files import files

FILES = files()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_file_is_as_the_settings_make_it(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == FILES[path], "run: python -m bot.settings.files"


def test_every_setting_that_people_may_set_stands_in_the_example() -> None:
    named = set(re.findall(r"^#?([A-Z_]+)=", (PROJECT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE))
    assert named == {name.upper() for name in Settings.model_fields} - {"HOST", "PACING"}


def test_hosts_start_commands_that_exist() -> None:
    lines = (PROJECT / "Procfile").read_text(encoding="utf-8").splitlines()
    started = dict(line.split(": ", 1) for line in lines)
    assert set(started) == {"web", "worker", "release"}
    render = yaml.safe_load((PROJECT / "render.yaml").read_text(encoding="utf-8"))["services"][0]
    commands = [*started.values(), render["startCommand"], render["preDeployCommand"]]
    for command in commands:
        words = command.split()
        assert words[0].endswith("python") and words[1:3] == ["-m", "bot"], command
        assert words[3] in COMMANDS


def test_no_secret_is_asked_for_twice_or_given_a_default() -> None:
    env = json.loads((PROJECT / "app.json").read_text(encoding="utf-8"))["env"]
    assert env["TELEGRAM_BOT_TOKEN"]["required"] is True
    assert env["DATA_KEY"] == {"description": env["DATA_KEY"]["description"], "generator": "secret"}
    assert not [name for name, field in env.items() if "value" in field]
