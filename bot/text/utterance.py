"""One text a person sent, prepared once for everything that looks at it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from bot.knowledge.model import KnowledgeBase
from bot.text.encoder import Encoder, Floats
from bot.text.fits import Fits
from bot.text.normalise import Normalised, normalise, words
from bot.text.repair import WordRepairer
from bot.text.sentences import split_sentences
from bot.text.vectors import PhraseVectors

LONGEST = 20_000
"""Characters looked at, sentence by sentence. Telegram sends at most 4,096; other sources may send more."""
LONGEST_WHOLE = 4096


@dataclass(frozen=True)
class Part:
    """A text in the forms that are compared: as typed, with its words mended, and as a sentence vector.

    ``vector`` has shape (384,), is that of the mended words, and is ``None`` where there is no encoder.
    """

    normalised: Normalised
    repaired: Normalised
    vector: Floats | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Utterance:
    """A message: as a whole (its first 4,096 characters), and by its sentences that have words."""

    whole: Part
    sentences: tuple[Part, ...]

    @property
    def is_empty(self) -> bool:
        """Whether there is no word in it."""
        return not self.sentences


class Preparer:
    """Turns raw text into an ``Utterance`` with the knowledge base's own words."""

    def __init__(
        self,
        repairer: WordRepairer,
        synonyms: Mapping[str, str],
        encoder: Encoder | None = None,
        cache: Path | None = None,
    ) -> None:
        """``cache``: the folder in which phrase vectors are kept; none are kept without it."""
        self._repairer = repairer
        self._encoder = encoder
        self._phrases = PhraseVectors(encoder, cache) if encoder else None
        self.fits = Fits(cache)
        # A variant such as "pt" → "physio"; longer variants first, so that the most specific one wins.
        plain = {normalise(variant): normalise(word) for variant, word in synonyms.items()}
        # The canonical wording stands for itself, so that "achilles tendon" is not made of "achilles" twice.
        plain |= {word: word for word in plain.values() if word not in plain}
        plain.pop(Normalised(""), None)
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
    def for_knowledge(
        cls, knowledge: KnowledgeBase, encoder: Encoder | None = None, cache: Path | None = None
    ) -> "Preparer":
        """Return a preparer that knows every word of ``knowledge``, and of English with an ``encoder``."""
        correct = encoder.words() if encoder else ()
        return cls(
            WordRepairer.from_texts(vocabulary_texts(knowledge), correct), knowledge.synonyms, encoder, cache
        )

    def part(self, text: str) -> Part:
        """Return one text, not split and without a vector."""
        normalised = normalise(text)
        repaired = self._repairer.repair(self._canonical(normalised))
        return Part(normalised, self._canonical(repaired))

    def prepare(self, text: str) -> Utterance:
        """Return ``text`` ready to be compared; only its first 20,000 characters are looked at."""
        whole = self.part(text[:LONGEST_WHOLE])
        sentences = [part for part in map(self.part, split_sentences(text[:LONGEST])) if words(part.repaired)]
        if len(sentences) == 1:
            sentences = [whole]
        if self._encoder is not None:
            texts = list(dict.fromkeys(part.repaired for part in (whole, *sentences)))
            vectors = dict(zip(texts, self._encoder.encode(texts), strict=True))
            whole, *sentences = (replace(p, vector=vectors[p.repaired]) for p in (whole, *sentences))
        return Utterance(whole, tuple(sentences))

    def phrases(self, texts: Sequence[str]) -> list[Part]:
        """Return many phrases in all forms, none split; their vectors are kept for the next start."""
        parts = [self.part(text) for text in texts]
        if self._phrases is None:
            return parts
        vectors = self._phrases.vectors([part.repaired for part in parts])
        return [replace(part, vector=vector) for part, vector in zip(parts, vectors, strict=True)]

    def tidy_cache(self) -> None:
        """Write the vectors of the phrases seen so far to the cache and drop from it what was not asked for."""
        if self._phrases is not None:
            self._phrases.save()
        self.fits.prune()

    def _canonical(self, text: Normalised) -> Normalised:
        if self._pattern is None:
            return text
        return Normalised(self._pattern.sub(lambda match: self._synonyms[Normalised(match[0])], text))


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
