"""One character of a knowledge file damaged at random, and what came of it."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from random import Random

from rapidfuzz.distance import Levenshtein

from bot.knowledge.loader import Loaded, load
from bot.knowledge.markup import BulletList, Paragraph, parse, plain
from bot.knowledge.problems import Severity, has_errors

SIGNS = "\"'“”’#:;,-–—•*&!|>%@`?[]{}()\\/ \t\n\u00a0\u200b\u2028\u000b=~<_.aeiostm5"
TYPO = 4
"""Characters by which a text may differ after one key: a "- " that is one no more takes its line break along."""


@dataclass(frozen=True)
class Damage:
    """One key pressed, or one character gone, in ``file``; ``line`` is where, from 1."""

    file: str
    line: int
    text: str
    what: str


def damage(folder: Path, seed: int) -> Damage:
    """Return the damage that belongs to ``seed``; files are drawn by the square root of their size."""
    draw = Random(seed)
    paths = [path for path in sorted(folder.rglob("*.yaml")) if not path.name.startswith("_")]
    path = draw.choices(paths, [path.stat().st_size ** 0.5 for path in paths])[0]
    text = path.read_text(encoding="utf-8")
    at = draw.randrange(len(text))
    kind = draw.choice(("delete", "insert", "replace"))
    sign = "" if kind == "delete" else draw.choice(SIGNS)
    spoilt = text[:at] + sign + text[at + (kind != "insert") :]
    what = f"{kind} {text[at]!r} {sign!r} in {text[max(0, at - 20) : at + 20]!r}"
    return Damage(path.relative_to(folder).as_posix(), text.count("\n", 0, at) + 1, spoilt, what)


def leaves(part: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text of a knowledge base with where it belongs."""
    if isinstance(part, tuple) and part and isinstance(part[0], Paragraph | BulletList):
        yield path, plain(part)
    elif is_dataclass(part):
        for field in fields(part):
            if field.name not in ("near_signs", "key"):  # a source repeats the key that it stands under
                yield from leaves(getattr(part, field.name), f"{path}.{field.name}")
    elif path == ".synonyms" and isinstance(part, Mapping):
        yield from ((f"{path} of", str(canonical)) for canonical in {*part.values()})
        yield from ((path, str(variant)) for variant in part)
    elif isinstance(part, Mapping):
        for key, value in part.items():
            if not is_dataclass(value):  # else it is the value's own id
                yield f"{path} keys", str(key)
            yield from leaves(value, f"{path}.{key}" if path in (".entries", ".red_flags") else path)
    elif isinstance(part, tuple | list | set):
        for value in part:
            yield from leaves(value, path)
    else:
        yield path, plain(parse(str(part))) if path == ".texts" else str(part)


@dataclass(frozen=True)
class Outcome:
    """What came of a damage: ``refused`` with how many lines off, ``said``, ``same``, ``typo`` or ``silent``."""

    kind: str
    lines_off: int = 0
    detail: str = ""


ELSEWHERE = 10_000
"""Lines off of a finding in another file."""


def judge(before: Loaded, folder: Path, spoilt: Damage, fallback: Path) -> Outcome:
    """Write the damage into ``folder``, load it, put the file right again and say what came of it."""
    path = folder / spoilt.file
    sound = path.read_bytes()
    path.write_bytes(spoilt.text.encode())
    try:
        after = load(folder, fallback=fallback)
    finally:
        path.write_bytes(sound)
    return _outcome(before, after, spoilt)


def _outcome(before: Loaded, after: Loaded, spoilt: Damage) -> Outcome:
    known = set(before.problems)
    found = [p for p in after.problems if p not in known and p.severity is not Severity.NOTICE]
    if has_errors(found):
        first = found[0]
        off = abs(first.place.line - spoilt.line) if first.place.file == spoilt.file else ELSEWHERE
        return Outcome("refused", off, f"{first.place.file}:{first.place.line} {first.rule}")
    if found:
        return Outcome("said")
    assert before.knowledge is not None and after.knowledge is not None
    old, new = Counter(leaves(before.knowledge)), Counter(leaves(after.knowledge))
    gone, come = list((old - new).elements()), list((new - old).elements())
    if not gone and not come:
        return Outcome("same")
    if len(gone) == len(come) == 1 and Levenshtein.distance(gone[0][1], come[0][1]) <= TYPO:
        return Outcome("typo")
    return Outcome("silent", detail=f"{gone[:3]} -> {come[:3]}")
