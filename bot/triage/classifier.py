"""Which danger sign a text resembles, learned from the messages in the red-flag files.

Kernel ridge regression over signs, look-alikes and those harmless phrasings that are nearest to a sign, since
a harmless question is the commonest thing to be mistaken for one. How near a message is to all the other
harmless phrasings is told beside it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from bot.knowledge.model import KnowledgeBase
from bot.text.likeness.arrays import Floats, Rows
from bot.text.likeness.fits import NO_FITS, Fits
from bot.text.likeness.phrasebook import Likeness, Phrasebook
from bot.text.likeness.ridge import solve
from bot.text.likeness.utterance import Heard, Preparer
from bot.triage.rules import RedFlag

_REGULARISATION = 0.3
_SIGN_WEIGHT, _OTHER_WEIGHT = 1.5, 1.0
_MOST_HARMLESS = 2600
"""Harmless phrasings learned from. With 1,200 the gate took 2.0 % of the project's calibration messages for a sign,
with 2,600 it took 0.7 %, with all 5,100 also 0.7 %, for twice the memory."""
_NEAREST = 3
_BLOCK = 256


@dataclass(frozen=True)
class Resemblance:
    """What the classifier sees in one text.

    ``score`` is how much more it is a sign than not, about -1 to 1; ``best`` holds the flags by their score,
    the highest first; ``to_signs`` and ``to_look_alikes`` are the mean similarities to the nearest three of each
    kind, in [0, 1]; ``meaning`` has the mean cosines of the sentence vectors to the nearest three signs,
    look-alikes and harmless phrasings, zeros without vectors.
    """

    score: float
    best: tuple[tuple[RedFlag, float], ...]
    to_signs: float
    to_look_alikes: float
    meaning: tuple[float, float, float]


class SignClassifier:
    """Learns at load; immutable afterwards."""

    def __init__(
        self,
        book: Phrasebook,
        signs: Rows,
        flags: Sequence[RedFlag],
        look_alikes: Rows,
        harmless: Rows,
        fits: Fits = NO_FITS,
    ) -> None:
        """Learn from phrases, named by their rows in ``book``; ``flags`` are those of ``signs``."""
        self._flags = tuple(dict.fromkeys(flags))
        self._kinds = (signs, look_alikes, harmless)
        classes = {flag: column for column, flag in enumerate(self._flags)}
        none = len(classes)
        self._learned = np.concatenate((signs, look_alikes, _hardest(book, harmless, signs)))
        labels = np.full(len(self._learned), none)
        labels[: len(signs)] = [classes[flag] for flag in flags]
        targets = np.eye(none + 1, dtype=np.float32)[labels]
        weights = np.where(labels == none, _OTHER_WEIGHT, _SIGN_WEIGHT).astype(np.float32)
        self._coefficients = fits.get(
            "signs",
            [book.fingerprint, self._learned, labels, _REGULARISATION, weights],
            lambda: solve(book.gram(self._learned), targets, weights, regularisation=_REGULARISATION),
        )

    @classmethod
    def for_knowledge(cls, knowledge: KnowledgeBase, preparer: Preparer) -> "SignClassifier":
        """Learn from the signs and look-alikes, with phrasings and off-topic examples as harmless."""
        signs = [
            (message, RedFlag(group.id, signs.level))
            for group in knowledge.red_flags.values()
            for signs in group.signs
            for message in signs.messages
        ]
        look_alikes = [text for group in knowledge.red_flags.values() for text in group.look_alikes]
        harmless = [phrase for entry in knowledge.published for phrase in knowledge.teaching_phrases(entry)]
        harmless += knowledge.teaching_off_topic
        return cls(
            preparer.book,
            preparer.rows(message for message, _ in signs),
            [flag for _, flag in signs],
            preparer.rows(look_alikes),
            preparer.rows(harmless),
            preparer.fits,
        )

    def judge(self, parts: Sequence[Heard]) -> list[Resemblance]:
        """Return what each of ``parts`` resembles."""
        if not self._flags:
            return [Resemblance(-1.0, (), 0.0, 0.0, (0.0, 0.0, 0.0)) for _ in parts]
        return [self._resemblance(part.likeness) for part in parts]

    def _resemblance(self, likeness: Likeness) -> Resemblance:
        signs, look_alikes, harmless = self._kinds
        scores = likeness.similarities[self._learned] @ self._coefficients
        order = np.argsort(-scores[:-1], kind="stable")
        meaning = (0.0, 0.0, 0.0)
        if likeness.cosines is not None:
            cosines = likeness.cosines
            meaning = (_nearest(cosines[signs]), _nearest(cosines[look_alikes]), _nearest(cosines[harmless]))
        return Resemblance(
            score=float(scores[:-1].sum() - scores[-1]),
            best=tuple((self._flags[i], float(scores[i])) for i in order),
            to_signs=_nearest(likeness.similarities[signs]),
            to_look_alikes=_nearest(likeness.similarities[look_alikes]),
            meaning=meaning,
        )


def _hardest(book: Phrasebook, harmless: Rows, signs: Rows) -> Rows:
    """Return the harmless phrasings nearest to a sign in meaning; without vectors, evenly spread ones."""
    if len(harmless) <= _MOST_HARMLESS:
        return harmless
    if book.vectors is None or not len(signs):
        return harmless[:: len(harmless) // _MOST_HARMLESS + 1]
    of_signs = book.vectors[signs].T
    near = [_top(book.vectors[harmless[rows]] @ of_signs).mean(axis=1) for rows in _blocks(len(harmless))]
    hardest = np.argsort(-np.concatenate(near), kind="stable")[:_MOST_HARMLESS]
    return harmless[np.sort(hardest)]


def _nearest(similarities: Floats) -> float:
    return float(_top(similarities[None]).mean()) if similarities.size else 0.0


def _top(similarities: Floats) -> Floats:
    """Return the ``_NEAREST`` largest of each row, in no order."""
    if similarities.shape[1] <= _NEAREST:
        return similarities
    return np.partition(similarities, -_NEAREST, axis=1)[:, -_NEAREST:]


def _blocks(total: int) -> Iterator[slice]:
    for start in range(0, total, _BLOCK):
        yield slice(start, start + _BLOCK)
