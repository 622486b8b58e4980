"""Read a whole knowledge folder: everything that is wrong with it at once, or a knowledge base."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from bot.knowledge import clinic, danger, misplaced, own_words, parts, references, yaml_reader
from bot.knowledge.fields import did_you_mean
from bot.knowledge.findings import Findings, Places
from bot.knowledge.languages import other_language
from bot.knowledge.manifest import SHIPPED
from bot.knowledge.model import OWN_FOLDER, Clinic, Entry, KnowledgeBase, OtherLanguage, RedFlagGroup
from bot.knowledge.near_signs import near_signs
from bot.knowledge.problems import Place, Problem, Severity, has_errors
from bot.knowledge.yaml_reader import MappingNode

T = TypeVar("T")

_COMES_OF_IT = frozenset(
    {"missing-field", "no-menu", "no-sources", "unused-words", "empty-section", "raised-level"}
)
"""What is said of a file to which something is missing, and which a mistake of form may have taken away."""

_NEVER_EMPTY = ("texts.yaml", "menu.yaml", "sources.yaml", "faq/", "red_flags/", "other_languages/")
_OWN_PARTS = ("golden.yaml", "messages.yaml", "off_topic.yaml", "synonyms.yaml", "follow_ups.yaml", "cries.yaml")
"""What the project's own folder must have; another folder may go without, or borrows."""


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
    written = reader.folder("faq", parts.entry)
    entries = {entry_id: entry for entry_id, entry in written.items() if not parts.is_unfilled(entry)}
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
        clinic=reader.file("clinic.yaml", clinic.clinic, default=Clinic()),
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
    found.problems.extend((*misplaced.in_root(folder), *misplaced.copies(folder)))
    _check_example(knowledge, reader, found)
    # A name of an unreadable file is known all the same: one mistake gives one finding.
    ids, groups = {*reader.names("faq"), *written}, {*reader.names("red_flags"), *red_flags}
    references.check(knowledge, ids, groups, found, written.keys() - entries.keys())
    references.check_look_alikes(knowledge, found)
    if reader.origin("menu.yaml") == reader.origin("faq"):
        references.check_sections(knowledge, found)
    problems = tuple(sorted(_without_consequences(found.problems, reader.broken)))
    return Loaded(None if has_errors(list(problems)) else knowledge, problems, found.places)


class _Reader:
    def __init__(self, folder: Path, fallback: Path, found: Findings) -> None:
        self._folder = folder
        self._fallback = fallback
        self._found = found
        self.broken: dict[Place, Problem] = {}
        """Where files could not be read as they are and were read as they are meant."""

    def origin(self, part: str) -> Path:
        """Return the folder that ``part`` is read from."""
        return self._folder if (self._folder / part).exists() else self._fallback

    def file(self, name: str, read: Callable[[MappingNode, Findings], T], *, default: T) -> T:
        path = self.origin(name) / name
        if not path.exists():
            self._tell_missing(name)
            return default
        mapping = self._mapping(path, name)
        if mapping is not None and (stray := misplaced.wrong_folder(name, mapping.fields)) is not None:
            self._found.problems.append(stray)
            mapping = None
        return default if mapping is None else read(mapping, self._found)

    def lists(self, name: str) -> dict[str, tuple[str, ...]]:
        nothing: dict[str, tuple[str, ...]] = {}
        return self.file(name, lambda node, found: parts.lists_by_key(node, name, found), default=nothing)

    def names(self, part: str) -> set[str]:
        """Return the names of the files of a folder, whether they can be read or not."""
        return {path.stem for path in (self.origin(part) / part).glob("[!_.]*.yaml")}

    def folder(
        self, name: str, read_one: Callable[[str, MappingNode, Findings], T], *, needed: bool = True
    ) -> dict[str, T]:
        result = {}
        for path in self._files(name):
            place = f"{name}/{path.name}"
            mapping = self._mapping(path, place)
            if mapping is not None and (stray := misplaced.wrong_folder(place, mapping.fields)) is not None:
                self._found.problems.append(stray)
            elif mapping is not None:
                result[path.stem] = read_one(path.stem, mapping, self._found)
        if needed and not result and not any(p.place.file.startswith(f"{name}/") for p in self._found.problems):
            self._found.error(
                Place(name),
                "empty-folder",
                f'There is no readable file in "{name}/". Was it renamed, were its files deleted? Put them back.',
            )
        return result

    def languages(self) -> dict[str, OtherLanguage]:
        """Return the other languages: a folder may have none of them."""
        return self.folder("other_languages", other_language, needed=False)

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
            lent = lender.file("texts.yaml", own_words.texts, default={})
            # What a broken file may have meant is for findings alone; nobody gets to read it.
            lent = {} if lender.broken else lent
        missing = [key for key, wordings in lent.items() if wordings and key not in node.fields]
        if missing:
            self._lent(
                "texts.yaml",
                f"Missing here: {', '.join(missing)}. Copy them to reword them.",
            )
        return own_words.texts(node, found, {key: lent[key] for key in missing})

    def _red_flag_group(self, group_id: str, node: MappingNode, found: Findings) -> RedFlagGroup:
        name = f"red_flag_words/{group_id}.yaml"
        path, own = self.origin(name) / name, (self._folder / name).exists()
        inline = danger.combinations_in(node)
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
            if words is not None and (stray := misplaced.wrong_folder(name, words.fields)) is not None:
                self._found.problems.append(stray)
            elif words is not None:
                node = danger.joined(group_id, node, words, found)
        return danger.red_flag_group(group_id, node, found)

    def _files(self, name: str) -> list[Path]:
        """Return the files of a part that are to be read; those whose name keeps them out are told of."""
        files, problems = misplaced.files(self.origin(name) / name, name)
        self._found.problems.extend(problems)
        return files

    def _mapping(self, path: Path, name: str) -> MappingNode | None:
        node, problems = yaml_reader.read(path, name, mended=True)
        self._found.problems.extend(problems)
        if node is not None:
            # A field that stands twice is the one error with which a file can be read as it is.
            errors = [p for p in problems if p.severity is Severity.ERROR and p.rule != "repeated-field"]
            self.broken.update({problem.place: problem for problem in errors})
        if node is None and not problems and name.startswith(_NEVER_EMPTY):
            remedy = "Fill it in: _EXAMPLE.yaml shows how." if name.startswith("faq/") else "Put back what it held."
            self._found.error(Place(name), "empty-file", f"The file is empty, or holds only remarks. {remedy}")
            return None
        return None if node is None and problems else parts.as_mapping(node, name, self._found)

    def _tell_missing(self, name: str) -> None:
        """Tell that neither the folder nor the lender has a file, unless one lies there under another name."""
        wanted = name in _NEVER_EMPTY or (name in _OWN_PARTS and self._folder == self._fallback)
        if wanted and not misplaced.stand_in(self._folder, name):
            self._found.error(
                Place(name), "missing-file", f"{name} is missing. Was it renamed or deleted? Put it back."
            )

    def example(self) -> Entry | None:
        """Return the answer that shows how to write one."""
        path = self.origin(misplaced.EXAMPLE) / misplaced.EXAMPLE
        node = yaml_reader.read(path, misplaced.EXAMPLE)[0] if path.exists() else None
        return parts.entry(misplaced.EXAMPLE, node, Findings()) if isinstance(node, MappingNode) else None

    def _exists(self, name: str) -> bool:
        return (self.origin(name) / name).exists()

    def _lent(self, name: str, remark: str) -> None:
        """Tell that something missing in the folder comes from the project's own knowledge."""
        self._found.problems.append(
            Problem(Place(name), Severity.NOTICE, "lent", f"Lent from the project's own knowledge. {remark}")
        )


def _without_consequences(problems: Iterable[Problem], broken: Mapping[Place, Problem]) -> Iterator[Problem]:
    """Yield ``problems`` without those that come of reading a ``broken`` line as it may be meant."""
    lines = {(place.file, place.line) for place in broken}
    files = {place.file for place in broken}
    files |= {file.replace("red_flags/", "red_flag_words/") for file in files}
    for problem in problems:
        guessed = (problem.place.file, problem.place.line) in lines and problem not in broken.values()
        if not guessed and not (problem.place.file in files and problem.rule in _COMES_OF_IT):
            yield problem


def _check_example(knowledge: KnowledgeBase, reader: _Reader, found: Findings) -> None:
    """Report what was left of the example in an answer that was written over it."""
    example = reader.example()
    if example is None:
        return
    asked = set(example.ask)
    for entry in knowledge.entries.values():
        left = [name for name in ("title", "answer", "see_therapist_if") if _same(entry, example, name)]
        places = [(f'"{name}"', found.places[(entry.id, f"field {name}")]) for name in left]
        places += [('a line of "ask"', found.places[(entry.id, text)]) for text in entry.ask if text in asked]
        for what, place in places:
            found.error(
                place,
                "example-text",
                f'entry "{entry.id}": {what} is still that of _EXAMPLE.yaml. Write your own, or delete it.',
            )


def _same(entry: Entry, example: Entry, name: str) -> bool:
    return bool(getattr(entry, name)) and getattr(entry, name) == getattr(example, name)
