"""What takes all phrasings together to see: those taken for a danger sign, and those that get another answer.

What is found is kept from check to check by all that it depends on: an edit of answers changes nothing of it.
"""

import hashlib
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import numpy as np

from bot.knowledge.findings import Places
from bot.knowledge.model import KnowledgeBase, Level
from bot.knowledge.problems import Place, Problem, Severity
from bot.review import rivals
from bot.review.progress import Progress
from bot.review.rivals import Asked, Rival, Rivals
from bot.text.likeness.arrays import Floats
from bot.triage import gate
from bot.triage.gate import Band
from bot.triage.rules import RedFlag
from bot.understanding.mind import Mind

_NO_FLAG, _NO_GROUP = -1, -2
_TOGETHER = 64
"""Phrasings that are looked at together."""


def findings(mind: Mind, places: Places, progress: Progress) -> Iterator[Problem]:
    """Yield what is wrong with the phrasings of ``mind``, judged together."""
    known = mind.knowledge
    asked = [
        (entry.id, phrase)
        for entry in known.published
        for phrase in known.teaching_phrases(entry)  # a danger sign in an "ask" list is told of already
    ]
    groups = [*known.red_flags]
    inputs = [mind.preparer.book.fingerprint, *_looked_at(known), gate.settings(), _code(), asked]
    rows = mind.preparer.fits.get("asked", inputs, lambda: _judged(mind, asked, groups, progress))
    mind.preparer.fits.prune()
    found: list[Rival] = []
    for (entry_id, phrase), row in zip(asked, rows.tolist(), strict=True):
        band, group, level, lead, nearest, cosine, twin = row
        found.append(Rival(lead, int(nearest), cosine, int(twin)))
        if int(group) != _NO_FLAG:
            flag = RedFlag(None if int(group) == _NO_GROUP else groups[int(group)], Level(int(level)))
            yield flagged(places[(entry_id, phrase)], entry_id, phrase, Band(int(band)), flag)
    yield from rivals.findings(asked, found, known, places, lambda phrase: mind.preparer.unshipped([phrase]) > 0)


def flagged(place: Place, entry_id: str, phrase: str, band: Band, flag: RedFlag) -> Problem:
    """Return the finding on ``phrase``, a question for ``entry_id`` in which ``flag`` is found."""
    group = f'the danger sign "{flag.group}"' if flag.group else "a danger sign"
    remedy = 'Reword it, or put a line like it into "look_alikes" of the red flag.'
    if band is Band.ALARM:
        said = f'entry "{entry_id}": "{phrase}" is taken for {group}. {remedy}'
        return Problem(place, Severity.ERROR, "false-alarm", said)
    said = f'entry "{entry_id}": whoever writes "{phrase}" is first asked about {group}. {remedy}'
    return Problem(place, Severity.WARNING, "asked-first", said)


def _looked_at(known: KnowledgeBase) -> Iterator[object]:
    """Yield what is looked at beside the phrases of the book."""
    yield from (known.red_flags, known.languages, known.synonyms, known.off_topic, known.near_signs)
    yield [(entry.id, entry.ask, entry.not_about) for entry in known.published]


def _judged(mind: Mind, asked: Asked, groups: Sequence[str], progress: Progress) -> Floats:
    """Return a row for each phrasing: band, group and level of the flag, and its ``Rival``."""
    prepare, others = mind.preparer, Rivals(asked, mind.preparer)
    rows: list[tuple[float, ...]] = []
    for start in range(0, len(asked), _TOGETHER):
        progress("all questions", start, len(asked))
        block = prepare.compared([prepare.said(phrase) for _, phrase in asked[start : start + _TOGETHER]])
        for number, (utterance, found) in enumerate(zip(block, mind.gate.examine_all(block), strict=True), start):
            rival = others.of(number, utterance.whole.likeness)
            told = (rival.lead, rival.nearest, rival.cosine, rival.twin)
            rows.append((found.band, *_numbers(found.flag, groups), *told))
    return np.array(rows, dtype=np.float32).reshape(-1, 7)


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
