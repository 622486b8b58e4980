"""Record in the files that a clinician has checked them."""

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

from bot.errors import CannotRunError
from bot.knowledge.fields import did_you_mean
from bot.knowledge.loader import Loaded
from bot.knowledge.plausible import is_no_name
from bot.knowledge.problems import Severity
from bot.knowledge.writing import Rewrite, rewrite
from bot.knowledge.yaml_reader import MappingNode, Scalar, read
from bot.review.table import FIELDS

_SIGNATURE = ("reviewed_by", "reviewed_on", "review_again_on")
_ORDERS: Mapping[str, tuple[str, ...]] = {
    "faq": FIELDS,
    "red_flags": ("title", "level", "reply", "screening", "note", *_SIGNATURE),
    "other_languages": ("name", "emergency", "today", "crisis", "notice", *_SIGNATURE),
}
"""Folder → the order of the fields of its files, as far as it takes to find the place for a signature."""


def files_named(folder: Path, names: Iterable[str]) -> list[str]:
    """Return the file of each answer, danger group or language that ``names`` give by id or by file.

    Raises ``CannotRunError`` that names every one that is not there.
    """
    there = [f"{part}/{path.name}" for part in _ORDERS for path in sorted((folder / part).glob("[!_.]*.yaml"))]
    by_id: dict[str, list[str]] = {}
    for file in there:
        by_id.setdefault(file.partition("/")[2].removesuffix(".yaml"), []).append(file)
    found: dict[str, None] = {}
    refused = []
    for name in names:
        wanted = name.removesuffix(".yaml")
        meant = [file for file in there if file == f"{wanted}.yaml"] or by_id.get(wanted, [])
        if len(meant) == 1:
            found[meant[0]] = None
        elif meant:
            refused.append(f'"{name}" may be {" or ".join(meant)}. Name the file.')
        else:
            hint = did_you_mean(wanted, by_id)
            refused.append(f'There is no answer, danger group or language "{name}".{hint}')
    if refused:
        raise CannotRunError("\n".join([*refused, "Nothing was recorded."]))
    return list(found)


def signed(
    folder: Path, loaded: Loaded, files: Iterable[str], by: str, on: date, again: date | None, today: date
) -> dict[str, Rewrite]:
    """Return ``files`` with the signature ``by``, ``on`` and the day of the next review, not written yet.

    Without ``again`` a day of the next review that is still to come stays, and one that has passed goes. Raises
    ``CannotRunError`` for dates that cannot be and for files with errors, in the loader's words.
    """
    if is_no_name(by) or not any(map(str.isalpha, by)):
        raise CannotRunError(f'"{by}" is no name. Type who checked it: --by "Dr Jane Byrne, physiotherapist"')
    if on > today:
        raise CannotRunError(f"{on} is a day yet to come (today is {today}). Type the day of the review.")
    if again is not None and again <= on:
        raise CannotRunError(f"--again {again} is not after the review of {on}. Type a later day.")
    files = list(files)
    errors = [p for p in loaded.problems if p.severity is Severity.ERROR and p.place.file in files]
    if errors:
        lines = [f"{p.place}: {p.message}" for p in errors]
        raise CannotRunError("\n".join([*lines, "Mend this first. Nothing was recorded."]))
    made = {}
    for file in files:
        fields = {"reviewed_by": " ".join(by.split()), "reviewed_on": on.isoformat()}
        if again is not None:
            fields["review_again_on"] = again.isoformat()
        elif (planned := _planned(folder, file)) is not None and planned <= on:
            fields["review_again_on"] = ""
        made[file] = rewrite(folder, file, fields, _ORDERS[file.partition("/")[0]])
    return made


def _planned(folder: Path, file: str) -> date | None:
    node, _ = read(folder / file, file)
    value = node.fields.get("review_again_on") if isinstance(node, MappingNode) else None
    text = value[1].text.strip() if value is not None and isinstance(value[1], Scalar) else ""
    return date.fromisoformat(text) if text else None
