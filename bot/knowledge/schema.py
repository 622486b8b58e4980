"""JSON Schemas of the knowledge files for editors, made from the model so that they cannot disagree.

``python -m bot.knowledge.schema`` writes them; a test compares them. VS Code with the extension "YAML"
(redhat.vscode-yaml) then completes field names and underlines mistakes while somebody types.
"""

import json
import types
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from datetime import date
from enum import Enum
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

from bot.knowledge import parts
from bot.knowledge.danger import LONGEST_SCREENING
from bot.knowledge.model import (
    OWN_FOLDER,
    Certification,
    Clinic,
    Entry,
    GoldenTalk,
    Level,
    MenuSection,
    OtherLanguage,
    Practice,
    Source,
    Therapist,
)
from bot.knowledge.texts import LONGEST_TEXT, TEXT_KEYS

Schema = dict[str, Any]

FOLDER = OWN_FOLDER.parent / ".vscode"
_TEXT: Schema = {"type": ["string", "number", "boolean", "null"]}
"""What the bot reads as the text that was typed: 10:30, no and 020 too."""
_LIST: Schema = {"type": "array", "items": _TEXT}
_YES_NO: Schema = {"enum": ["yes", "no", True, False]}
_DATE: Schema = {"type": ["string", "null"], "pattern": r"^(\d{4}-\d{2}-\d{2})?$"}
_LONGEST: Mapping[tuple[type, str], int] = {
    (Entry, "title"): parts.LONGEST_TITLE,
    (Entry, "subject"): parts.LONGEST_TITLE,
    (Entry, "see_therapist_if"): parts.LONGEST_LIMIT,
    (Entry, "without_clinic"): parts.LONGEST_LIMIT,
    (MenuSection, "title"): parts.LONGEST_TITLE,
}
_SETTINGS_HEAD = (
    "// Made by python -m bot.knowledge.schema: VS Code checks the knowledge files while they are typed.\n"
)


def files() -> dict[Path, str]:
    """Return each schema's path, and that of the settings that name its files, with what it must hold."""
    schemas: dict[str, tuple[str, Schema]] = {
        "answer": ("faq/*.yaml", _fields(Entry, without=("id",), note=_TEXT)),
        "danger-signs": ("red_flags/*.yaml", _danger_signs()),
        "danger-words": ("red_flag_words/*.yaml", _danger_words()),
        "other-language": ("other_languages/*.yaml", _other_language()),
        "clinic": ("clinic.yaml", _clinic()),
        "texts": ("texts.yaml", _texts()),
        "menu": ("menu.yaml", _named(_fields(MenuSection, without=("id",)))),
        "sources": ("sources.yaml", _named(_fields(Source, without=("key",), grade={"enum": list(parts.GRADES)}))),
        "lists": ("{synonyms,off_topic,follow_ups,cries,messages}.yaml", _named(_LIST)),
        "golden": ("golden.yaml", _golden()),
    }
    made = {FOLDER / f"{name}.schema.json": _json(schema) for name, (_, schema) in schemas.items()}
    mapped = {f"./.vscode/{name}.schema.json": _globs(pattern) for name, (pattern, _) in schemas.items()}
    made[FOLDER / "settings.json"] = _SETTINGS_HEAD + _json({"yaml.schemas": mapped, "files.encoding": "utf8"})
    return made


def _globs(pattern: str) -> list[str]:
    names = pattern.strip("{").partition("}")
    stems = names[0].split(",") if names[1] else [""]
    return [f"knowledge/{stem}{names[2] if names[1] else pattern}" for stem in stems]


def _fields(part: type, *, without: tuple[str, ...] = (), **others: Schema) -> Schema:
    """Return the schema of a group of fields as the model has them; ``others`` are added or stand in."""
    hints = get_type_hints(part)
    own = [field for field in fields(part) if field.name not in without]
    properties = {
        field.name: others.get(field.name) or _limited(part, field.name, _of(hints[field.name])) for field in own
    }
    return _group({**properties, **others}, [field.name for field in own if _is_required(field)])


def _is_required(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _limited(part: type, name: str, schema: Schema) -> Schema:
    longest = _LONGEST.get((part, name))
    return schema if longest is None else {**schema, "maxLength": longest}


def _of(hint: Any) -> Schema:
    """Return the schema of one field by its type in the model."""
    if get_origin(hint) in (Union, types.UnionType):
        [inner] = [kind for kind in get_args(hint) if kind is not type(None)]
        return _of(inner) if inner is date else {"enum": [*_of(inner)["enum"], "", None]}
    if hint is bool:
        return _YES_NO
    if hint is date:
        return _DATE
    if isinstance(hint, type) and issubclass(hint, Enum):
        return {"enum": [member.value for member in hint]}
    if get_origin(hint) is tuple and get_args(hint)[0] is str:
        return _LIST
    return _TEXT


def _group(properties: Mapping[str, Schema], required: list[str]) -> Schema:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": required,
        "additionalProperties": False,
    }


def _named(schema: Schema) -> Schema:
    return {"type": "object", "additionalProperties": schema}


def _level() -> Schema:
    return {"enum": [level.name for level in reversed(Level)]}


def _danger_signs() -> Schema:
    title = {**_TEXT, "maxLength": parts.LONGEST_TITLE}
    both = {"level": _level(), "signs": _LIST, "reply": _TEXT, "together": _rows()}
    raised = _group(both, ["level", "signs"])
    own = {"title": title, "look_alikes": _LIST, "note": _TEXT, "raised": raised, "words": _named(_LIST)}
    screening = {**_TEXT, "maxLength": LONGEST_SCREENING}
    reviewed = {"reviewed_by": _TEXT, "reviewed_on": _DATE, "review_again_on": _DATE}
    return _group({**both, **own, "screening": screening, **reviewed}, ["title", "level", "reply", "signs"])


def _danger_words() -> Schema:
    raised = _group({"together": _rows()}, [])
    return _group({"words": _named(_LIST), "together": _rows(), "raised": raised}, [])


def _rows() -> Schema:
    return {"type": "array", "items": {"anyOf": [_LIST, _TEXT]}}


def _other_language() -> Schema:
    rows = _named(_rows())
    lists = {"words": _named(_LIST), "signs": _named(_LIST), "together": rows, "raised": rows, "common": _TEXT}
    return _fields(OtherLanguage, without=("code",), **lists)


def _golden() -> Schema:
    after = {"anyOf": [_LIST, _TEXT]}
    talks = {"type": "array", "items": _fields(GoldenTalk, after=after)}
    return {**_named(_LIST), "properties": {parts.TALKS: talks}}


def _clinic() -> Schema:
    lines = {"anyOf": [_LIST, _TEXT]}
    https: Schema = {**_TEXT, "pattern": "^(https://\\S+)?$"}
    place = _fields(Practice, coordinates=_TEXT, hours=lines)
    therapist = _fields(
        Therapist,
        certification=_fields(Certification, check=https),
        places={"type": "array", "items": place},
        languages=lines,
        treats=lines,
        booking={**_TEXT, "pattern": "^((https://|tel:|mailto:)\\S+)?$"},
        hours=lines,
    )
    return _fields(
        Clinic,
        therapists={"type": "array", "items": therapist},
        hours=lines,
        prices=lines,
        emergency_numbers=lines,
        crisis_lines=lines,
    )


def _texts() -> Schema:
    def wordings(key: str) -> Schema:
        text = {**_TEXT, "maxLength": LONGEST_TEXT[key]} if key in LONGEST_TEXT else _TEXT
        return {"anyOf": [text, {"type": "array", "items": text}]}

    return _group({key: wordings(key) for key in TEXT_KEYS}, [])


def _json(value: Schema) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for path, content in files().items():
        path.write_text(content, encoding="utf-8")
