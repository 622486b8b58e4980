"""Which danger sign a text resembles, learned from the messages in the red-flag files.

Kernel ridge regression over signs, look-alikes and those harmless phrasings that are nearest to a sign, since
a harmless question is the commonest thing to be mistaken for one. How near a message is to all the other
harmless phrasings is told beside it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from bot.knowledge.model import KnowledgeBase
from bot.text.encoder import Floats
from bot.text.fits import NO_FITS, Fits
from bot.text.ridge import solve
from bot.text.similarity import Similarity
from bot.text.utterance import Part, Preparer
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
        signs: Sequence[tuple[Part, RedFlag]],
        look_alikes: Sequence[Part],
        harmless: Sequence[Part],
        fits: Fits = NO_FITS,
    ) -> None:
        self._flags = tuple(dict.fromkeys(flag for _, flag in signs))
        classes = {flag: column for column, flag in enumerate(self._flags)}
        none = len(classes)
        kinds = ([part for part, _ in signs], list(look_alikes), list(harmless))
        self._vectors = (
            None if any(p.vector is None for kind in kinds for p in kind) else [_vectors(kind) for kind in kinds]
        )
        parts = [*kinds[0], *kinds[1], *self._hardest(kinds[2])]
        labels = np.full(len(parts), none)
        labels[: len(signs)] = [classes[flag] for _, flag in signs]
        self._counts = (len(signs), len(look_alikes))
        self._similarity = Similarity(parts)
        if self._vectors is not None:
            # The same numbers lie in the similarity already: 5 MB less.
            known = (len(signs), len(signs) + len(look_alikes))
            self._vectors[:2] = [
                self._similarity.vectors(slice(0, known[0])),
                self._similarity.vectors(slice(*known)),
            ]
        targets = np.eye(none + 1, dtype=np.float32)[labels]
        weights = np.where(labels == none, _OTHER_WEIGHT, _SIGN_WEIGHT).astype(np.float32)
        self._coefficients = fits.get(
            "signs",
            [[part.repaired for part in parts], labels, self._vectors is None, _REGULARISATION, weights],
            lambda: solve(self._similarity.gram(), targets, weights, regularisation=_REGULARISATION),
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
        harmless = [phrase for entry in knowledge.published for phrase in entry.ask] + [*knowledge.off_topic]
        sign_parts = preparer.phrases([message for message, _ in signs])
        return cls(
            [(part, flag) for part, (_, flag) in zip(sign_parts, signs, strict=True)],
            preparer.phrases(look_alikes),
            preparer.phrases(harmless),
            preparer.fits,
        )

    def judge(self, parts: Sequence[Part]) -> list[Resemblance]:
        """Return what each of ``parts`` resembles."""
        if not self._flags:
            return [Resemblance(-1.0, (), 0.0, 0.0, (0.0, 0.0, 0.0)) for _ in parts]
        similarities = self._similarity.to(parts)
        scores = similarities @ self._coefficients
        return [
            self._resemblance(row, near, part) for row, near, part in zip(scores, similarities, parts, strict=True)
        ]

    def _resemblance(self, row: Floats, near: Floats, part: Part) -> Resemblance:
        signs, look_alikes = self._counts
        order = np.argsort(-row[:-1], kind="stable")
        meaning = (0.0, 0.0, 0.0)
        if self._vectors is not None and part.vector is not None:
            of_signs, of_look_alikes, of_harmless = (_nearest(kind @ part.vector) for kind in self._vectors)
            meaning = (of_signs, of_look_alikes, of_harmless)
        return Resemblance(
            score=float(row[:-1].sum() - row[-1]),
            best=tuple((self._flags[i], float(row[i])) for i in order),
            to_signs=_nearest(near[:signs]),
            to_look_alikes=_nearest(near[signs : signs + look_alikes]),
            meaning=meaning,
        )

    def _hardest(self, harmless: Sequence[Part]) -> list[Part]:
        """Return the harmless phrasings nearest to a sign in meaning; without vectors, evenly spread ones."""
        if len(harmless) <= _MOST_HARMLESS:
            return list(harmless)
        if self._vectors is None or not len(self._vectors[0]):
            return list(harmless)[:: len(harmless) // _MOST_HARMLESS + 1]
        of_signs, _, of_harmless = self._vectors
        near = np.concatenate(
            [_top(of_harmless[rows] @ of_signs.T).mean(axis=1) for rows in _blocks(len(of_harmless))]
        )
        hardest = np.sort(np.argsort(-near, kind="stable")[:_MOST_HARMLESS])
        return [harmless[i] for i in hardest]


def _vectors(parts: Sequence[Part]) -> Floats:
    return np.array([part.vector for part in parts], dtype=np.float32).reshape(len(parts), -1)


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
