"""Which phrasings already get another answer, or mean the same as one of another answer."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from bot.knowledge.findings import Places
from bot.knowledge.model import KnowledgeBase
from bot.knowledge.problems import Problem, Severity
from bot.text.likeness.arrays import Floats
from bot.text.likeness.phrasebook import Likeness
from bot.text.likeness.utterance import Preparer

FAR_SURER = 0.3
"""How much more alike a phrasing must be to another answer's nearest two than to those of its own. On the 5,500
phrasings of the project, each left out in turn, 3 are: each names the subject of the other answer and nothing else.
With 0.25 there are 4, with 0.2 there are 21, some of which are told apart well by all the others together."""
SAME_MEANING = 0.94
"""Cosine from which two phrasings mean the same to the encoder. Of the project's phrasings 3 pairs reach it ("Is
dry needling safe?", "Is dry needling dangerous?"); with 0.92 there are 8, some with different answers for good."""
NEW_MEANING, NEW_LEAD = 0.87, 0.1
"""Cosine and lead from which a phrasing that was not shipped is told of. Of the project's own, which somebody has
looked at, 13 pairs reach both, most told apart by a part of the body; a new line is for its author to judge."""
_NEAREST = 2
Asked = Sequence[tuple[str, str]]
"""Entry and phrasing."""


@dataclass(frozen=True)
class Rival:
    """Of one phrasing: by how much the nearest phrasings of another answer lead, and the number of the nearest; the
    cosine to the phrasing of another answer nearest in meaning, and its number.
    """

    lead: float
    nearest: int
    cosine: float
    twin: int


class Rivals:
    """Compares each phrasing with all the others, as if it did not stand among those of its own answer."""

    def __init__(self, asked: Asked, preparer: Preparer) -> None:
        self._rows = preparer.rows(phrase for _, phrase in asked)
        entry_ids = [*dict.fromkeys(entry_id for entry_id, _ in asked)]
        numbers = {entry_id: number for number, entry_id in enumerate(entry_ids)}
        self._labels = np.array([numbers[entry_id] for entry_id, _ in asked], dtype=np.int64)
        self._members = [np.flatnonzero(self._labels == number) for number in range(len(entry_ids))]

    def of(self, number: int, likeness: Likeness) -> Rival:
        """Return the rival of phrasing ``number``; none without sentence vectors, or without another answer."""
        if likeness.cosines is None or len(self._members) < 2:
            return Rival(0.0, 0, 0.0, 0)
        own = self._labels[number]
        alike = likeness.similarities[self._rows]
        alike[self._rows == self._rows[number]] = 0.0
        means = np.array([_nearest(alike[members]) for members in self._members])
        others = np.where(self._labels == own, np.float32(0), likeness.cosines[self._rows])
        first = int(np.argmax(np.where(np.arange(len(means)) == own, -1.0, means)))
        members = self._members[first]
        twin = int(others.argmax())
        return Rival(
            float(means[first] - means[own]), int(members[alike[members].argmax()]), float(others[twin]), twin
        )


def findings(
    asked: Asked,
    rivals: Sequence[Rival],
    knowledge: KnowledgeBase,
    places: Places,
    is_new: Callable[[str], bool] = lambda _: False,
) -> Iterator[Problem]:
    """Yield a warning for each phrasing that another answer would get, and for each two that mean the same.

    ``is_new``: whether a phrasing was not shipped; such a one is compared more strictly.
    """
    paired: set[frozenset[int]] = set()
    for number, (rival, (entry_id, phrase)) in enumerate(zip(rivals, asked, strict=True)):
        whose = f'entry "{entry_id}"'
        if rival.lead > FAR_SURER and not _of_one_topic(knowledge, entry_id, asked[rival.nearest][0]):
            other, near = asked[rival.nearest]
            place = places[asked[rival.nearest]]
            yield Problem(
                places[(entry_id, phrase)],
                Severity.WARNING,
                "other-answer",
                f'{whose}: whoever asks like "{phrase}" gets "{other}" ({place.file}:{place.line} "{near}"); only '
                "this very line is answered here. Move it there, or add more lines like it that say what differs.",
            )
        elif _mean_the_same(rival, asked, phrase, is_new) and frozenset((number, rival.twin)) not in paired:
            paired.add(frozenset((number, rival.twin)))
            other, near = asked[rival.twin]
            place = places[asked[rival.twin]]
            if _of_one_topic(knowledge, entry_id, other):
                continue
            wins, loses = (other, entry_id) if rival.lead > 0 else (entry_id, other)
            yield Problem(
                places[(entry_id, phrase)],
                Severity.WARNING,
                "near-duplicate",
                f'{whose}: "{phrase}" means almost the same as {place.file}:{place.line} "{near}". Questions like '
                f'them get "{wins}" rather than "{loses}". Say in one of them what differs, or delete it.',
            )


def _mean_the_same(rival: Rival, asked: Asked, phrase: str, is_new: Callable[[str], bool]) -> bool:
    if rival.cosine >= SAME_MEANING:
        return True
    leads = rival.lead > NEW_LEAD and asked[rival.nearest][0] == asked[rival.twin][0]
    return rival.cosine >= NEW_MEANING and leads and is_new(phrase)


def _of_one_topic(knowledge: KnowledgeBase, one: str, other: str) -> bool:
    parts = {one: knowledge.entries[one].part_of, other: knowledge.entries[other].part_of}
    return parts[one] == other or parts[other] == one


def _nearest(alike: Floats) -> float:
    count = min(_NEAREST, len(alike))
    return float(np.partition(alike, -count)[-count:].mean())
