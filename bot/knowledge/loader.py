"""Read a whole knowledge folder: everything that is wrong with it at once, or a knowledge base."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from bot.knowledge import parts, yaml_reader
from bot.knowledge.fields import did_you_mean
from bot.knowledge.model import OUT_OF_SCOPE, OWN_FOLDER, Clinic, KnowledgeBase
from bot.knowledge.parts import Findings, Places
from bot.knowledge.problems import Place, Problem, Severity, has_errors
from bot.knowledge.yaml_reader import MappingNode

T = TypeVar("T")

_SHORT_LIST = 15
"""More names than this would drown the finding they are meant to explain."""


@dataclass(frozen=True)
class Loaded:
    """The outcome of reading a folder: ``knowledge`` is ``None`` exactly when a problem is an error."""

    knowledge: KnowledgeBase | None
    problems: tuple[Problem, ...]
    places: Places


def load(folder: Path, *, fallback: Path = OWN_FOLDER) -> Loaded:
    """Read ``folder``; parts it lacks come from ``fallback``.

    Golden questions are never borrowed for another folder's entries: they would ask for ids
    that are not there. No exception is raised for anything the files hold.
    """
    found = Findings()
    reader = _Reader(folder, fallback, found)
    entries = reader.folder("faq", parts.entry)
    red_flags = reader.folder("red_flags", parts.red_flag_group)
    off_topic = reader.lists("off_topic.yaml")
    # Questions about the project's own entries mean nothing beside another folder's entries.
    golden, messages = (
        reader.lists(name) if reader.origin(name) == reader.origin("faq") else {}
        for name in ("golden.yaml", "messages.yaml")
    )
    knowledge = KnowledgeBase(
        entries=entries,
        red_flags=red_flags,
        sources=reader.file("sources.yaml", parts.sources, default={}),
        texts=reader.file("texts.yaml", parts.texts, default={}),
        menu=reader.file("menu.yaml", parts.menu, default=()),
        clinic=reader.file("clinic.yaml", parts.clinic, default=Clinic()),
        synonyms=reader.file("synonyms.yaml", parts.synonyms, default={}),
        off_topic=tuple(text for texts in off_topic.values() for text in texts),
        golden=golden,
        messages=messages,
    )
    _check_references(knowledge, reader, found)
    problems = tuple(sorted(found.problems))
    return Loaded(None if has_errors(list(problems)) else knowledge, problems, found.places)


class _Reader:
    def __init__(self, folder: Path, fallback: Path, found: Findings) -> None:
        self._folder = folder
        self._fallback = fallback
        self._found = found

    def origin(self, part: str) -> Path:
        """Return the folder that ``part`` is read from."""
        return self._folder if (self._folder / part).exists() else self._fallback

    def file(self, name: str, read: Callable[[MappingNode, Findings], T], *, default: T) -> T:
        path = self.origin(name) / name
        if not path.exists():
            return default
        node, problems = yaml_reader.read(path, name)
        self._found.problems.extend(problems)
        if has_errors(problems) and node is None:
            return default
        mapping = parts.as_mapping(node, name, self._found)
        return default if mapping is None else read(mapping, self._found)

    def lists(self, name: str) -> dict[str, tuple[str, ...]]:
        nothing: dict[str, tuple[str, ...]] = {}
        return self.file(name, lambda node, found: parts.lists_by_key(node, name, found), default=nothing)

    def folder(self, name: str, read_one: Callable[[str, MappingNode, Findings], T]) -> dict[str, T]:
        root = self.origin(name) / name
        result = {}
        paths = sorted(root.iterdir()) if root.is_dir() else []
        for path in paths:
            if path.name.startswith(("_", ".")) or not path.is_file():
                continue
            place = Place(f"{name}/{path.name}")
            if path.suffix != ".yaml":
                if path.suffix in (".yml", ".txt", ".json") or not path.suffix:
                    self._found.problems.append(
                        Problem(
                            place,
                            Severity.WARNING,
                            "ignored-file",
                            f'This file is not read. Rename it to "{path.stem}.yaml".',
                        )
                    )
                continue
            node, problems = yaml_reader.read(path, place.file)
            self._found.problems.extend(problems)
            if node is None and problems:
                continue
            mapping = parts.as_mapping(node, place.file, self._found)
            if mapping is not None:
                result[path.stem] = read_one(path.stem, mapping, self._found)
        if not result and not any(p.place.file.startswith(f"{name}/") for p in self._found.problems):
            self._found.error(Place(name), "empty-folder", f'There is no readable file in "{name}/".')
        return result


def _check_references(knowledge: KnowledgeBase, reader: _Reader, found: Findings) -> None:
    sections = [section.id for section in knowledge.menu]
    # An id of an unreadable file is known all the same: one mistake gives one finding.
    files = (reader.origin("faq") / "faq").glob("[!_.]*.yaml")
    ids = {path.stem for path in files} | set(knowledge.entries)
    for entry in knowledge.entries.values():
        for rule, name, values, known in (
            ("unknown-entry", "related", entry.related, ids),
            ("unknown-source", "sources", entry.sources, set(knowledge.sources)),
            ("unknown-section", "menu", (entry.menu,) if entry.menu else (), set(sections)),
        ):
            for value in values:
                if value not in known:
                    found.error(
                        found.places[(f"{entry.id} {name}", value)],
                        rule,
                        f'entry "{entry.id}": "{value}" in "{name}" does not exist.'
                        + (did_you_mean(value, known) or _short_list(known)),
                    )
    for file, questions_of in (("golden.yaml", knowledge.golden), ("messages.yaml", knowledge.messages)):
        for entry_id, questions in questions_of.items():
            if entry_id not in ids and entry_id != OUT_OF_SCOPE and questions:
                found.error(
                    found.places[(f"{file} {entry_id}", questions[0])],
                    "unknown-entry",
                    f'{file}: there is no entry "{entry_id}".{did_you_mean(entry_id, ids)}',
                )


def _short_list(known: Collection[str]) -> str:
    return f" There are: {', '.join(sorted(known))}." if len(known) <= _SHORT_LIST else ""
