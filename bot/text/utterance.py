"""One text a person sent, prepared once for everything that looks at it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.knowledge.model import KnowledgeBase
from bot.text.normalise import Normalised, normalise
from bot.text.repair import WordRepairer
from bot.text.sentences import split_sentences

LONGEST = 4096
"""Characters looked at; Telegram sends no longer message, other sources may."""


@dataclass(frozen=True)
class Part:
    """A text in the two forms that are compared: as typed, and with its words mended."""

    normalised: Normalised
    repaired: Normalised


@dataclass(frozen=True)
class Utterance:
    """A message: as a whole, and sentence by sentence (one sentence at least, unless it is empty)."""

    whole: Part
    sentences: tuple[Part, ...]

    @property
    def is_empty(self) -> bool:
        """Whether there is no word in it."""
        return not self.whole.repaired


class Preparer:
    """Turns raw text into an ``Utterance`` with the knowledge base's own words."""

    def __init__(self, repairer: WordRepairer, synonyms: Mapping[str, str]) -> None:
        self._repairer = repairer
        # A variant such as "pt" → "physio"; longer variants first, so that the most specific one wins.
        plain = {" ".join(normalise(variant).split()): normalise(word) for variant, word in synonyms.items()}
        self._synonyms = plain
        self._pattern = (
            re.compile(
                r"(?<!\w)(?:"
                + "|".join(re.escape(v) for v in sorted(plain, key=lambda v: (-len(v), v)))
                + r")(?!\w)"
            )
            if plain
            else None
        )

    @classmethod
    def for_knowledge(cls, knowledge: KnowledgeBase, correct: Iterable[str] = ()) -> "Preparer":
        """Return a preparer that knows every word of ``knowledge``; ``correct``: other words to leave alone."""
        return cls(WordRepairer.from_texts(vocabulary_texts(knowledge), correct), knowledge.synonyms)

    def prepare(self, text: str) -> Utterance:
        """Return ``text`` ready to be compared; only its first 4,096 characters are looked at."""
        cut = text[:LONGEST]
        whole = self.part(cut)
        sentences = tuple(part for part in map(self.part, split_sentences(cut)) if part.repaired)
        return Utterance(whole, sentences)

    def part(self, text: str) -> Part:
        """Return one text in both forms, without splitting it."""
        normalised = normalise(text)
        repaired = self._repairer.repair(self._canonical(normalised))
        return Part(normalised, self._canonical(repaired))

    def _canonical(self, text: Normalised) -> Normalised:
        if self._pattern is None:
            return text
        return Normalised(self._pattern.sub(lambda match: self._synonyms[match[0]], text))


def vocabulary_texts(knowledge: KnowledgeBase) -> Iterable[str]:
    """Yield every text whose words count as known: phrasings, danger signs, synonyms, off-topic examples."""
    for entry in knowledge.published:
        yield from entry.ask
        yield from entry.not_about
    for group in knowledge.red_flags.values():
        for signs in group.signs:
            yield from signs.messages
        for wordings in group.words.values():
            yield from wordings
        yield from group.look_alikes
    for variant, word in knowledge.synonyms.items():
        yield variant
        yield word
    yield from knowledge.off_topic
