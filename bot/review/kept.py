"""What the gate finds in the phrasings, kept from check to check by all that it depends on."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path

import numpy as np

from bot.knowledge.model import KnowledgeBase, Level
from bot.text.likeness.arrays import Floats
from bot.triage import gate
from bot.triage.gate import Band, Finding
from bot.triage.rules import RedFlag
from bot.understanding.mind import Mind

_NO_FLAG, _NO_GROUP = -1, -2


def kept_findings(mind: Mind, texts: Sequence[str], judge: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    """Yield band and flag of what ``judge`` finds in ``texts``, or of what it found at an earlier check.

    An edit of answers changes nothing that the gate looks at, so a check after it need not ask again.
    """
    known = mind.knowledge
    groups = [*known.red_flags]
    inputs = [mind.preparer.book.fingerprint, *_seen_by_gate(known), gate.settings(), _code(), [*texts]]
    rows = mind.preparer.fits.get("asked", inputs, lambda: _table(judge(), groups))
    mind.preparer.fits.prune()
    for band, group, level in rows.astype(int).tolist():
        flag = None if group == _NO_FLAG else RedFlag(None if group == _NO_GROUP else groups[group], Level(level))
        yield Finding(Band(band), flag, frozenset())


def _seen_by_gate(known: KnowledgeBase) -> Iterator[object]:
    """Yield what the gate looks at beside the phrases of the book."""
    yield from (known.red_flags, known.languages, known.synonyms, known.off_topic, known.near_signs)
    yield [(entry.id, entry.ask, entry.not_about) for entry in known.published]


def _table(found: Iterable[Finding], groups: Sequence[str]) -> Floats:
    rows = [(each.band, *_numbers(each.flag, groups)) for each in found]
    return np.array(rows, dtype=np.float32).reshape(-1, 3)


def _numbers(flag: RedFlag | None, groups: Sequence[str]) -> tuple[int, int]:
    if flag is None:
        return _NO_FLAG, 0
    return _NO_GROUP if flag.group is None else groups.index(flag.group), flag.level


@cache
def _code() -> str:
    """Return a hash of this program: another one may judge otherwise."""
    digest = hashlib.blake2b(digest_size=16)
    for path in sorted(Path(gate.__file__).parents[1].rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
