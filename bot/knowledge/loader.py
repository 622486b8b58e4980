"""Read a whole knowledge folder: everything that is wrong with it at once, or a knowledge base."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from bot.knowledge import parts, yaml_reader
from bot.knowledge.fields import did_you_mean
from bot.knowledge.languages import other_language
from bot.knowledge.manifest import SHIPPED
from bot.knowledge.model import (
    CRY,
    OUT_OF_SCOPE,
    OWN_FOLDER,
    UNKNOWN_GROUP,
    Clinic,
    Entry,
    KnowledgeBase,
    OtherLanguage,
    RedFlagGroup,
    Status,
)
from bot.knowledge.near_signs import near_signs
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

    Danger groups and texts are lent one by one, with a notice: a folder that was written before one of them was
    added, or from which one was taken out, works as if it had it. Golden questions are never borrowed for another
    folder's entries: they would ask for ids that are not there. No exception is raised for anything the files hold.
    """
    found = Findings()
    reader = _Reader(folder, fallback, found)
    entries = reader.folder("faq", parts.entry)
    red_flags = reader.red_flags()
    off_topic, follow_ups = (reader.lists(name) for name in ("off_topic.yaml", "follow_ups.yaml"))
    # Questions about the project's own entries mean nothing beside another folder's entries.
    own = [reader.origin(name) == reader.origin("faq") for name in ("golden.yaml", "messages.yaml")]
    golden = reader.file("golden.yaml", parts.golden, default=parts.NO_GOLDEN) if own[0] else parts.NO_GOLDEN
    messages = reader.lists("messages.yaml") if own[1] else {}
    harmless = tuple(text for texts in off_topic.values() for text in texts)
    knowledge = KnowledgeBase(
        entries=entries,
        red_flags=red_flags,
        sources=reader.file("sources.yaml", parts.sources, default={}),
        texts=reader.file("texts.yaml", reader.texts, default={}),
        menu=reader.file("menu.yaml", parts.menu, default=()),
        clinic=reader.file("clinic.yaml", parts.clinic, default=Clinic()),
        synonyms=reader.file("synonyms.yaml", parts.synonyms, default={}),
        off_topic=harmless,
        follow_ups=tuple(text for texts in follow_ups.values() for text in texts),
        golden=golden.questions,
        golden_talks=golden.talks,
        messages=messages,
        near_signs=near_signs([*(p for e in entries.values() for p in e.ask), *harmless], red_flags.values()),
        languages=reader.languages(),
        cries=reader.lists("cries.yaml"),
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
        result = {}
        for path in self._files(name):
            mapping = self._mapping(path, f"{name}/{path.name}")
            if mapping is not None:
                result[path.stem] = read_one(path.stem, mapping, self._found)
        if not result and not any(p.place.file.startswith(f"{name}/") for p in self._found.problems):
            self._found.error(Place(name), "empty-folder", f'There is no readable file in "{name}/".')
        return result

    def languages(self) -> dict[str, OtherLanguage]:
        """Return the other languages: a folder may have none of them."""
        result = {}
        for path in self._files("other_languages"):
            mapping = self._mapping(path, f"other_languages/{path.name}")
            if mapping is not None:
                result[path.stem] = other_language(path.stem, mapping, self._found)
        return result

    def red_flags(self) -> dict[str, RedFlagGroup]:
        """Return the danger groups: the folder's own, and those that are shipped and that it lacks."""
        groups = self.folder("red_flags", self._red_flag_group)
        for group_id in SHIPPED if groups else ():
            name = f"red_flags/{group_id}.yaml"
            path = self._fallback / name
            if self.origin("red_flags") == self._fallback or self.origin(name) == self._folder or not path.exists():
                continue
            mapping = self._mapping(path, name)
            if mapping is not None:
                groups[group_id] = self._red_flag_group(group_id, mapping, self._found)
                self._lent(name, "Its danger signs are looked for all the same. Copy the file to edit it.")
        for path in self._files("red_flag_words"):
            if path.stem not in groups and not self._exists(f"red_flags/{path.name}"):
                self._found.error(
                    Place(f"red_flag_words/{path.name}"),
                    "unknown-group",
                    f'There is no danger group "{path.stem}" in "red_flags/".{did_you_mean(path.stem, groups)}',
                )
        return dict(sorted(groups.items()))

    def texts(self, node: MappingNode, found: Findings) -> dict[str, tuple[str, ...]]:
        """Return the bot's own sentences; those that the folder's file does not have are lent."""
        lent: dict[str, tuple[str, ...]] = {}
        if self.origin("texts.yaml") != self._fallback:
            # What is wrong with the lender's file is no finding about this folder.
            lender = _Reader(self._fallback, self._fallback, Findings())
            lent = lender.file("texts.yaml", parts.texts, default={})
        missing = [key for key, wordings in lent.items() if wordings and key not in node.fields]
        if missing:
            self._lent(
                "texts.yaml",
                f"Missing here: {', '.join(missing)}. Copy them to reword them.",
            )
        return parts.texts(node, found, {key: lent[key] for key in missing})

    def _red_flag_group(self, group_id: str, node: MappingNode, found: Findings) -> RedFlagGroup:
        name = f"red_flag_words/{group_id}.yaml"
        path, own = self.origin(name) / name, (self._folder / name).exists()
        inline = parts.combinations_in(node)
        if inline is not None and own:
            found.error(
                inline,
                "words-twice",
                f'red flag "{group_id}": word combinations stand both here and in {name}. Keep those of one file: '
                "move these over there, or delete that file.",
            )
        elif inline is None and path.exists():
            if not own and self.origin(f"red_flags/{group_id}.yaml") != self._fallback:
                self._lent(name, "Its word combinations are used. Copy the file to edit it.")
            words = self._mapping(path, name)
            if words is not None:
                node = parts.joined(group_id, node, words, found)
        return parts.red_flag_group(group_id, node, found)

    def _files(self, name: str) -> Iterator[Path]:
        """Yield the files of a part that are to be read, and warn of those whose name keeps them out."""
        root = self.origin(name) / name
        for path in sorted(root.iterdir()) if root.is_dir() else []:
            if path.name.startswith(("_", ".")) or not path.is_file():
                continue
            if path.suffix == ".yaml":
                yield path
            elif path.suffix in (".yml", ".txt", ".json") or not path.suffix:
                self._found.problems.append(
                    Problem(
                        Place(f"{name}/{path.name}"),
                        Severity.WARNING,
                        "ignored-file",
                        f'This file is not read. Rename it to "{path.stem}.yaml".',
                    )
                )

    def _mapping(self, path: Path, name: str) -> MappingNode | None:
        node, problems = yaml_reader.read(path, name)
        self._found.problems.extend(problems)
        return None if node is None and problems else parts.as_mapping(node, name, self._found)

    def _exists(self, name: str) -> bool:
        return (self.origin(name) / name).exists()

    def _lent(self, name: str, remark: str) -> None:
        """Tell that something missing in the folder comes from the project's own knowledge."""
        self._found.problems.append(
            Problem(Place(name), Severity.NOTICE, "lent", f"Lent from the project's own knowledge. {remark}")
        )


def _check_references(knowledge: KnowledgeBase, reader: _Reader, found: Findings) -> None:
    sections = [section.id for section in knowledge.menu]
    # An id of an unreadable file is known all the same: one mistake gives one finding.
    files = (reader.origin("faq") / "faq").glob("[!_.]*.yaml")
    ids = {path.stem for path in files} | set(knowledge.entries)
    groups = {path.stem for path in (reader.origin("red_flags") / "red_flags").glob("[!_.]*.yaml")}
    groups |= set(knowledge.red_flags)
    for entry in knowledge.entries.values():
        for rule, name, values, known in (
            ("unknown-entry", "related", entry.related, ids),
            ("unknown-entry", "part_of", (entry.part_of,) if entry.part_of else (), ids),
            ("unknown-source", "sources", entry.sources, set(knowledge.sources)),
            ("unknown-group", "lists_signs", entry.lists_signs, groups),
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
        _check_topic(entry, knowledge, found)
    for name, group_id in _groups_named(knowledge):
        if group_id not in groups:
            hint = did_you_mean(group_id, groups)
            found.error(Place(name), "unknown-group", f'{name}: there is no danger group "{group_id}".{hint}')
    for file, questions_of in (("golden.yaml", knowledge.golden), ("messages.yaml", knowledge.messages)):
        for entry_id, questions in questions_of.items():
            if entry_id not in ids and entry_id != OUT_OF_SCOPE and questions:
                found.error(
                    found.places[(f"{file} {entry_id}", questions[0])],
                    "unknown-entry",
                    f'{file}: there is no entry "{entry_id}".{did_you_mean(entry_id, ids)}',
                )

    for talk in knowledge.golden_talks:
        if talk.gets not in ids | groups:
            found.error(
                found.places[(f"golden.yaml {parts.TALKS}", talk.ask)],
                "unknown-entry",
                f'golden.yaml: there is no entry or danger group "{talk.gets}".'
                + did_you_mean(talk.gets, ids | groups),
            )


def _check_topic(entry: Entry, knowledge: KnowledgeBase, found: Findings) -> None:
    topic = knowledge.entries.get(entry.part_of)
    if topic is None:
        return  # told of already, as an unknown entry or an unreadable file
    if topic.part_of:
        remedy = (
            f'names itself in "part_of". Leave that line empty, or name the topic "{entry.id}" belongs to.'
            if topic is entry
            else f'"{topic.id}" in "part_of" is itself a part of "{topic.part_of}". Name "{topic.part_of}" instead.'
        )
    elif entry.status is Status.PUBLISHED and topic.status is not Status.PUBLISHED:
        remedy = f'"{topic.id}" in "part_of" is not published. Publish it, or leave "part_of" empty.'
    else:
        return
    found.error(found.places[(f"{entry.id} part_of", topic.id)], "bad-topic", f'entry "{entry.id}": {remedy}')


def _groups_named(knowledge: KnowledgeBase) -> Iterator[tuple[str, str]]:
    """Yield the danger groups named outside of their own files, each below the file that names it."""
    yield from (("cries.yaml", group) for group in knowledge.cries if group not in (CRY, UNKNOWN_GROUP))
    for code, language in knowledge.languages.items():
        for group in dict.fromkeys((*language.together, *language.raised, *language.signs)):
            yield f"other_languages/{code}.yaml", group


def _short_list(known: Collection[str]) -> str:
    return f" There are: {', '.join(sorted(known))}." if len(known) <= _SHORT_LIST else ""
