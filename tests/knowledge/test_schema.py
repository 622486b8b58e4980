"""What editors are told of the knowledge files agrees with what the bot reads."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.knowledge.model import OWN_FOLDER
from bot.knowledge.schema import FOLDER, files

FILES = files()
SETTINGS = json.loads((FOLDER / "settings.json").read_text(encoding="utf-8").partition("\n")[2])


def schema_of(path: Path) -> Any:
    """Return the schema that VS Code uses for a file."""
    own = path.relative_to(OWN_FOLDER.parent)
    [name] = [name for name, patterns in SETTINGS["yaml.schemas"].items() if any(own.match(p) for p in patterns)]
    return json.loads((OWN_FOLDER.parent / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_schema_is_as_the_model_makes_it(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == FILES[path], "run: python -m bot.knowledge.schema"


@pytest.mark.parametrize(
    "path",
    [p for p in sorted(OWN_FOLDER.rglob("*.yaml")) if p.name != "_EXAMPLE.yaml"],
    ids=lambda path: path.name,
)
def test_every_file_has_a_schema_that_knows_its_fields_and_demands_no_other(path: Path) -> None:
    schema = schema_of(path)
    if schema["additionalProperties"] is not False:
        return  # any name may stand there
    held = yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))
    assert set(held) <= set(schema["properties"])
    assert set(schema["required"]) <= set(held)


def test_an_answer_takes_the_words_of_the_model_only() -> None:
    answer = schema_of(OWN_FOLDER / "faq" / "run-after.yaml")
    assert answer["properties"]["status"] == {"enum": ["published", "draft", "paused"]}
    assert set(answer["required"]) == {"title", "ask", "answer"}
    assert answer["additionalProperties"] is False
