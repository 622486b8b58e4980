"""From a ranking to one of three outcomes: answer, ask which, or fall back."""

from collections.abc import Sequence
from dataclasses import dataclass

MAX_CHOICES = 3
DEFAULT_WRONG_BUDGET = 0.02
"""Share of the messages about the subject that may get a wrong answer."""
MARGIN = 0.15
"""Least lead of an answer over the next candidate, for folders whose threshold is low; with the project's own a
sure answer leaves no rival so close."""


_FAR_LESS = 20
"""How many times less likely than the first a choice is that is left out."""


@dataclass(frozen=True)
class Candidate:
    """An entry and the probability, from 0 to 1, that it is the one meant."""

    entry_id: str
    confidence: float


@dataclass(frozen=True)
class Thresholds:
    """Least confidence to answer, and least summed confidence of the best three to offer them."""

    answer: float
    choices: float


@dataclass(frozen=True)
class Answer:
    """One entry fits; ``runner_up`` is the next one, when there is any."""

    best: Candidate
    runner_up: Candidate | None = None


@dataclass(frozen=True)
class Choices:
    """Two or three entries may fit; a person should say which."""

    candidates: tuple[Candidate, ...]


@dataclass(frozen=True)
class Fallback:
    """Nothing fits."""


Decision = Answer | Choices | Fallback


def decide(ranking: Sequence[Candidate], *, thresholds: Thresholds) -> Decision:
    """Choose between answering, asking back and falling back.

    ``ranking`` is sorted, the most confident first. Two candidates within ``MARGIN`` are tied even when both
    are strong: a wrong answer about a needle costs more than one extra tap. A lone candidate that is not sure
    enough for an answer is still offered as a choice, since "None of these" stands beside it.
    """
    if not ranking:
        return Fallback()
    best = ranking[0]
    runner_up = ranking[1] if len(ranking) > 1 else None
    tied = runner_up is not None and best.confidence - runner_up.confidence < MARGIN
    if best.confidence >= thresholds.answer and not tied:
        return Answer(best, runner_up)
    top = tuple(ranking[:MAX_CHOICES])
    if sum(candidate.confidence for candidate in top) >= thresholds.choices:
        # A third choice that is far less likely than the first only makes the list longer to read.
        return Choices(tuple(c for c in top if c.confidence >= best.confidence / _FAR_LESS))
    return Fallback()
