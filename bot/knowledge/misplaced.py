"""Files that are not read because of where they lie or what they are called, each with where it belongs."""

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from rapidfuzz import fuzz

from bot.knowledge.problems import Place, Problem, Severity

PARTS = (
    *("texts.yaml", "menu.yaml", "sources.yaml", "clinic.yaml", "synonyms.yaml", "off_topic.yaml", "golden.yaml"),
    *("messages.yaml", "follow_ups.yaml", "cries.yaml"),
)
"""The files that lie in the knowledge folder itself."""
FOLDERS = ("faq", "red_flags", "red_flag_words", "other_languages")
_COMPARED = ("faq", "red_flags", "other_languages")
EXAMPLE = "_EXAMPLE.yaml"
LOST = "lost-answer"
"""The finding on an answer that is not read: the files can be served without it, and yet must not pass as sound."""
_KINDS: Mapping[str, tuple[str, frozenset[str]]] = {
    "faq/": ("an answer", frozenset({"ask", "answer"})),
    "red_flags/": ("a group of danger signs", frozenset({"level", "signs"})),
    "red_flag_words/": ("the words of danger signs", frozenset({"words", "together"})),
    "other_languages/": ("about another language", frozenset({"emergency", "common"})),
    "texts.yaml": ("the bot's own sentences", frozenset({"start", "fallback"})),
    "clinic.yaml": ("about the clinic", frozenset({"booking", "hours", "prices"})),
    "off_topic.yaml": ("messages off the topic", frozenset({"near", "far"})),
    "cries.yaml": ("calls for help", frozenset({"cry", "unknown"})),
    "synonyms.yaml": ("runners' words", frozenset({"dry needling", "needling"})),
    "menu.yaml": ("the menu", frozenset({"small-talk", "basics"})),
    "sources.yaml": ("the list of sources", frozenset({"product", "custom"})),
}
"""Folder or file → what it holds, and the fields that show it: two at least, since one may be anybody's word."""
_BY_ANSWER = ("golden.yaml", "messages.yaml")
"""Files whose fields are the names of a folder's own answers: these may be called anything."""
_TYPED = (
    "yml",
    "txt",
    "json",
    "yaml",
    "yamll",
    "yalm",
    "ymal",
    "text",
    "docx",
    "doc",
    "odt",
    "rtf",
    "md",
    "html",
    "htm",
    "pages",
)
"""Endings of what may be meant for the bot; others, such as a picture's, are not its business."""
_DANGER = ("red_flag", "other_languages", "cries")
"""How the names of files begin that hold danger signs."""
_WORD = ("docx", "doc", "odt", "rtf", "html", "htm", "pages")
_ANSWER = (re.compile(r"^ *ask *:", re.MULTILINE), re.compile(r"^ *answer *:", re.MULTILINE))
"""What stands in a file that somebody wrote as an answer, and in no stray note."""
_HEAD = 100_000
"""Characters in which it would stand."""
_ALIKE = 80
"""RapidFuzz ratio from which "text" or "menus" is the name of a part misspelt."""


def stem(name: str) -> str:
    """Return a file's name without what stands for its kind: "texts" for "Texts.YAML.txt"."""
    bare = name.strip()
    while "." in bare.strip(".") and bare.rpartition(".")[2].strip().lower() in _TYPED:
        bare = bare.rpartition(".")[0].strip()
    return bare


def stand_in(folder: Path, part: str) -> str:
    """Return the name of the file in ``folder`` that is meant to be the missing ``part``, or nothing."""
    if not folder.is_dir() or (folder / part).exists():
        return ""
    own = Path(part).stem
    for path in sorted(folder.iterdir()):
        if path.name in PARTS or not _is_meant(path) or path.suffix.strip()[1:].lower() in ("md", "py"):
            continue
        if fuzz.ratio(stem(path.name).casefold(), own) >= _ALIKE and path.is_file():
            return path.name
    return ""


def in_root(folder: Path) -> Iterator[Problem]:
    """Yield the findings about the knowledge folder itself, where only its parts are read."""
    instead = {stand_in(folder, part): part for part in PARTS}
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.name in (*PARTS, *FOLDERS, EXAMPLE, "README.md") or not _is_meant(path):
            continue
        if path.is_dir():
            yield from _folder_in_root(path)
        elif path.name in instead:
            part = instead[path.name]
            yield Problem(
                Place(path.name),
                Severity.ERROR,
                "wrong-name",
                f'This file is not read, and {part} is missing. Rename it to "{part}".',
            )
        elif (part := f"{stem(path.name).casefold()}.yaml") in PARTS:
            yield _ignored(path, "", f"{part} is read instead. Delete one of the two.")
        elif not path.name.casefold().startswith("readme"):
            yield _ignored(path, "", f'Only answers in "faq/" are. Move it to "faq/{_right_name(path.name)}".')


def files(root: Path, name: str) -> tuple[list[Path], list[Problem]]:
    """Return the files of the folder ``name`` that are to be read, and the findings about the others in it."""
    read, problems = [], []
    for path in sorted(root.iterdir()) if root.is_dir() else ():
        place = f"{name}/{path.name}"
        if path.name == EXAMPLE:
            continue
        if path.name.startswith("_") and path.suffix == ".yaml":
            remedy = "Names that start with _ are left out. Take the _ away when it is ready."
            problems.append(Problem(Place(place), Severity.NOTICE, "left-out", f"This file is not read. {remedy}"))
        elif not _is_meant(path):
            continue
        elif path.is_dir():
            if any(path.rglob("*.y*ml")):
                problems.append(_ignored(path, f"{name}/", f'Move its files to "{name}/" itself.'))
        elif path.suffix == ".yaml" and path.is_file():
            read.append(path)
        elif path.suffix.strip()[1:].lower() in (*_TYPED, ""):
            problems.append(_ignored(path, f"{name}/", _remedy(path)))
    return read, problems


def wrong_folder(place: str, names: Iterable[str]) -> Problem | None:
    """Return the finding about a file that holds what belongs elsewhere, as an answer among the danger signs."""
    folder, slash, file = place.rpartition("/")
    own, has = folder + slash or file, set(names)
    if own in _BY_ANSWER:
        return None
    right = next((name for name, (_, marks) in _KINDS.items() if marks <= has), own)
    if right == own or (own in _KINDS and _KINDS[own][1] & has):
        return None
    if slash and right.endswith("/"):
        message = f'This file is {_KINDS[right][0]} and lies in "{folder}/". Move it to "{right}{file}".'
    else:
        message = (
            f'This file holds what belongs into "{right}": {_KINDS[right][0]}. Was it saved under the wrong name? '
            "Put back what this file held before, from an earlier version."
        )
    return Problem(Place(place), Severity.ERROR, "wrong-folder", message)


def copies(folder: Path) -> Iterator[Problem]:
    """Yield the files that hold exactly what another one of the folder holds: it was saved under two names."""
    first: dict[bytes, str] = {}
    for name in _COMPARED:
        for path in sorted((folder / name).glob("[!_.]*.yaml")):
            with contextlib.suppress(OSError):
                content = path.read_bytes()
                place = f"{name}/{path.name}"
                other = first.setdefault(content, place)
                if other != place and content.strip():
                    message = (
                        f"This file and {other} hold the same. One of them was saved under the wrong name: put "
                        "back what it held before, from an earlier version, or delete it."
                    )
                    severity = Severity.ERROR if place.startswith(_DANGER) else Severity.WARNING
                    yield Problem(Place(place), severity, "same-file", message)


def _folder_in_root(path: Path) -> Iterator[Problem]:
    right = next((name for name in FOLDERS if fuzz.ratio(path.name.casefold(), name) >= _ALIKE), "")
    if right and not (path.parent / right).exists():
        yield Problem(
            Place(path.name),
            Severity.ERROR,
            "wrong-name",
            f'Nothing in this folder is read, and "{right}" is missing. Rename it to "{right}", in small letters.',
        )
    elif any(path.rglob("*.y*ml")) and not (right and path.samefile(path.parent / right)):
        yield _ignored(
            path, "", f'Only the folders {", ".join(FOLDERS)} are. Move its files to "{right or "faq"}/".'
        )


def _is_meant(path: Path) -> bool:
    """Return whether somebody meant the file for the bot: not the leavings of an editor or of the system."""
    return not path.name.startswith((".", "_", "~")) and not path.name.endswith("~")


def _remedy(path: Path) -> str:
    right = _right_name(path.name)
    if path.suffix.strip()[1:].lower() in _WORD:
        return f'Copy its text into a plain text file called "{right}".'
    if (path.parent / right).exists() and not path.samefile(path.parent / right):
        return f'"{right}" is read instead. Delete one of the two.'
    return f'Rename it to "{right}".'


def _right_name(name: str) -> str:
    return f"{stem(name)}.yaml"


def _ignored(path: Path, folder: str, remedy: str) -> Problem:
    """Return the finding about a file or folder that is not read; ``folder`` is the part it lies in."""
    place = f"{folder}{path.name}"
    what = "folder" if path.is_dir() else "file"
    # A danger sign that nobody looks for is worse than a bot that does not start.
    if place.startswith(_DANGER):
        return Problem(Place(place), Severity.ERROR, "ignored-file", f"This {what} is not read. {remedy}")
    lost = "ignored-file"
    if any(is_answer(file) for file in ([path] if path.is_file() else sorted(path.rglob("*")))):
        lost, what = LOST, f"{what} holds an answer, and it"
    return Problem(Place(place), Severity.WARNING, lost, f"This {what} is not read. {remedy}")


def is_answer(path: Path) -> bool:
    """Return whether a file that is not read was written to be an answer."""
    with contextlib.suppress(OSError, UnicodeDecodeError), path.open(encoding="utf-8-sig") as file:
        head = file.read(_HEAD)
        return all(mark.search(head) for mark in _ANSWER)
    return False
