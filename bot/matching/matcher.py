"""The matcher: fitted from a knowledge base at load, then asked for a ranking and a decision."""

from collections.abc import Callable, Collection, Sequence
from copy import copy
from functools import cache

import numpy as np
from numpy.typing import NDArray

from bot.knowledge.model import OUT_OF_SCOPE, KnowledgeBase
from bot.matching.calibration import Calibration, Sample, calibrate, candidates
from bot.matching.coverage import Coverage
from bot.matching.decision import DEFAULT_WRONG_BUDGET, Candidate, Choices, Decision, decide
from bot.matching.examples import Examples
from bot.matching.scorer import FIT_SETTINGS, Scorer, Scores, fit, held_out
from bot.text.likeness.arrays import Gram
from bot.text.likeness.utterance import Preparer, Utterance
from bot.text.normalise import Normalised, words
from bot.text.questions import asks

_SHORTEST_SENTENCE = 3
"""Words; a shorter sentence ("Hi there", "Thanks!") says too little to be ranked by itself."""


_STORY = 48
"""Words of a message that is as long as any."""
_ENOUGH_MESSAGES = 200
"""With fewer, a budget of 2 % would rest on three messages or less."""


class Matcher:
    """Ranks the entries for an utterance and decides what to do. Immutable once built."""

    def __init__(
        self,
        examples: Examples,
        preparer: Preparer,
        messages: Sequence[tuple[str, int]] = (),
        *,
        wrong_budget: float = DEFAULT_WRONG_BUDGET,
        small_talk: Collection[str] = (),
    ) -> None:
        """``messages``: texts with their classes, not learned from, that show how sure one may be.

        ``small_talk``: entries that are never one choice among others.
        """
        self._entry_ids = examples.entry_ids
        self._small_talk = frozenset(small_talk)
        self._paused: Collection[str] = ()
        self._rows = examples.book_rows
        learned = examples.counter_start
        self._coverage = Coverage(examples.phrases[:learned], examples.labels[:learned], examples.classes)

        @cache
        def gram() -> Gram:  # large, and not needed at all when the fits are found on disk
            return preparer.book.gram(self._rows)

        inputs = [preparer.book.fingerprint, self._rows, examples.labels, learned, FIT_SETTINGS]
        coefficients = preparer.fits.get("entries", inputs, lambda: fit(examples, gram()))
        self._scorer = Scorer.over(examples, coefficients)
        labels, unseen = self._unseen(examples, preparer, messages, gram)
        scores = Scores.from_table(preparer.fits.get("sample", [*inputs, messages], lambda: unseen().to_table()))
        self._calibration = calibrate(
            Sample(scores, labels, as_sent=len(messages) >= _ENOUGH_MESSAGES), wrong_budget=wrong_budget
        )

    @classmethod
    def for_knowledge(
        cls, knowledge: KnowledgeBase, preparer: Preparer, *, wrong_budget: float = DEFAULT_WRONG_BUDGET
    ) -> "Matcher":
        """Fit a matcher on the phrases of ``knowledge``, with sentence vectors if ``preparer`` has them."""
        examples = Examples.from_knowledge(knowledge, preparer)
        classes = {entry_id: label for label, entry_id in enumerate((*examples.entry_ids, OUT_OF_SCOPE))}
        messages = [
            (message, classes[entry_id])
            for entry_id, texts in knowledge.messages.items()
            if entry_id in classes
            for message in texts
        ]
        small_talk = [entry.id for entry in knowledge.published if knowledge.is_small_talk(entry)]
        return cls(examples, preparer, messages, wrong_budget=wrong_budget, small_talk=small_talk)

    @property
    def calibration(self) -> Calibration:
        """The thresholds and what they cost on held-out phrases."""
        return self._calibration

    def without(self, entry_ids: Collection[str]) -> "Matcher":
        """Return a matcher that ranks all but these entries.

        They still take their share of the confidence: who asks for one of them is not sure to mean another.
        """
        fewer = copy(self)
        fewer._paused = frozenset(entry_ids)
        return fewer

    def rank(self, utterance: Utterance) -> list[Candidate]:
        """Return all entries, the most confident first; none for an utterance without words.

        A story with the question at its end must not drown it: the sentence that fits an entry best counts beside
        the whole message, and one that asks more than those that tell.
        """
        if utterance.is_empty or not self._entry_ids:
            return []
        ranking = candidates(self._scores(utterance), 0, self._calibration, self._entry_ids)
        return [candidate for candidate in ranking if candidate.entry_id not in self._paused]

    def decide(self, ranking: Sequence[Candidate]) -> Decision:
        """Return what to do about ``ranking`` with the thresholds found at load.

        "Goodbye" or "Thank you" is no choice beside an entry about the subject: whoever is unsure about a sore leg
        did not mean that.
        """
        decision = decide(ranking, thresholds=self._calibration.thresholds)
        if isinstance(decision, Choices):
            subject = tuple(c for c in decision.candidates if c.entry_id not in self._small_talk)
            return Choices(subject or decision.candidates)
        return decision

    def _scores(self, utterance: Utterance) -> Scores:
        parts = [utterance.whole]
        if len(utterance.sentences) > 1:
            parts += [s for s in utterance.sentences if s.repaired.count(" ") + 1 >= _SHORTEST_SENTENCE]
        covered = self._coverage.shares(utterance.whole.repaired)[None]
        similarities = np.array([part.likeness.similarities[self._rows] for part in parts])
        scores = self._scorer.score(
            similarities, covered, np.repeat(length_of(utterance.whole.repaired), len(parts))
        )
        return scores.mixed([asks(part.repaired) for part in parts[1:]]) if len(parts) > 1 else scores

    def _unseen(
        self,
        examples: Examples,
        preparer: Preparer,
        messages: Sequence[tuple[str, int]],
        gram: Callable[[], Gram],
    ) -> tuple[NDArray[np.int64], Callable[[], Scores]]:
        """Return what to calibrate on: the messages where there are enough, else held-out phrases.

        Phrases are written to be as different as possible, so held out they are harder than what people
        send: confidences from them are too low, by some 15 points on the project's own knowledge.
        """
        if len(messages) >= _ENOUGH_MESSAGES:
            labels = np.array([label for _, label in messages], dtype=np.int64)
            groups = [[text] for text, _ in messages]
            return labels, lambda: Scores.stacked(
                [
                    self._scores(ready.prepare(messages[place][0]))
                    for place, ready in preparer.rehearsals(groups, None)
                ]
            )
        labels = examples.labels[: examples.counter_start]

        def held_out_scores() -> Scores:
            covered = [
                self._coverage.shares(phrase, own=int(label))
                for phrase, label in zip(examples.phrases, labels, strict=False)
            ]
            lengths = np.array([length_of(phrase) for phrase in examples.phrases[: len(labels)]], dtype=np.float32)
            table = np.array(covered, dtype=np.float32).reshape(-1, examples.classes)
            return held_out(examples, gram(), table, lengths)

        return labels, held_out_scores


def length_of(text: Normalised) -> np.float32:
    """Return how long ``text`` is: 0 for a word, 1 for a story of ``_STORY`` words and more."""
    return np.float32(np.log(max(1, min(_STORY, len(words(text))))) / np.log(_STORY))
