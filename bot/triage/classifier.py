"""Which danger sign a text resembles, learned from the messages in the red-flag files.

Kernel ridge regression with landmarks (the subset-of-regressors form of Nyström's method, Williams and
Seeger 2001): it learns from every phrasing the knowledge base has, since a harmless question is the
commonest thing to be mistaken for a sign, but compares a message with signs, look-alikes and a sample of
the rest only.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from bot.knowledge.model import KnowledgeBase
from bot.text.encoder import Floats
from bot.text.similarity import Similarity
from bot.text.utterance import Part, Preparer
from bot.triage.rules import RedFlag

_REGULARISATION = 0.3
_STABILITY = 1e-3
_SIGN_WEIGHT, _LOOK_ALIKE_WEIGHT, _HARMLESS_WEIGHT = 1.5, 1.5, 0.6
"""With these a sign left out counts as much as a look-alike; the many harmless phrasings count less each."""
_EVERY_HARMLESS = 8
"""Every eighth harmless phrasing becomes a landmark; all of them are learned from."""
_BLOCK = 256
_NEAREST = 3


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
        self, signs: Sequence[tuple[Part, RedFlag]], look_alikes: Sequence[Part], harmless: Sequence[Part]
    ) -> None:
        self._flags = tuple(dict.fromkeys(flag for _, flag in signs))
        classes = {flag: column for column, flag in enumerate(self._flags)}
        none = len(classes)
        parts = [part for part, _ in signs] + [*look_alikes, *harmless]
        labels = np.array([classes[flag] for _, flag in signs] + [none] * (len(look_alikes) + len(harmless)))
        weights = np.repeat(
            np.array([_SIGN_WEIGHT, _LOOK_ALIKE_WEIGHT, _HARMLESS_WEIGHT], dtype=np.float32),
            [len(signs), len(look_alikes), len(harmless)],
        )
        self._counts = (len(signs), len(look_alikes))
        compared = parts[: len(signs) + len(look_alikes)] + list(harmless)[::_EVERY_HARMLESS]
        self._similarity = Similarity(compared)
        self._coefficients = self._fit(parts, labels, weights, none + 1)
        kinds = ([part for part, _ in signs], look_alikes, harmless)
        self._vectors = None if any(p.vector is None for p in parts) else [_vectors(kind) for kind in kinds]

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

    def _fit(self, parts: Sequence[Part], labels: np.ndarray, weights: Floats, classes: int) -> Floats:
        size = self._similarity.size
        if not size:
            return np.zeros((0, classes), dtype=np.float32)
        system = self._similarity.gram()
        system *= np.float32(_REGULARISATION)
        system[np.diag_indices(size)] += np.float32(_STABILITY)
        targets = np.zeros((size, classes), dtype=np.float32)
        for rows in _blocks(len(parts)):
            near = self._similarity.to(parts[rows])
            weighted = near * weights[rows, None]
            system += weighted.T @ near
            truth = np.zeros((len(near), classes), dtype=np.float32)
            truth[np.arange(len(near)), labels[rows]] = 1
            targets += weighted.T @ truth
        coefficients: Floats = np.linalg.solve(system, targets)
        return coefficients


def _vectors(parts: Sequence[Part]) -> Floats:
    return np.array([part.vector for part in parts], dtype=np.float32).reshape(len(parts), -1)


def _nearest(similarities: Floats) -> float:
    return float(np.sort(similarities)[-_NEAREST:].mean()) if similarities.size else 0.0


def _blocks(total: int) -> Iterator[slice]:
    for start in range(0, total, _BLOCK):
        yield slice(start, start + _BLOCK)
