"""One text a person sent, prepared once for everything that looks at it."""

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import numpy as np

from bot.knowledge.model import KnowledgeBase, OtherLanguage
from bot.text.language import Languages
from bot.text.likeness.arrays import Floats, Rows
from bot.text.likeness.encoder import Encoder
from bot.text.likeness.fits import Fits
from bot.text.likeness.phrasebook import Likeness, Phrasebook
from bot.text.likeness.shipped import Shipped
from bot.text.likeness.vectors import vectors_of
from bot.text.normalise import Normalised, normalise, words
from bot.text.repair import WordRepairer
from bot.text.sentences import split_sentences

LONGEST = 20_000
"""Characters looked at, sentence by sentence. Telegram sends at most 4,096; other sources may send more."""
LONGEST_WHOLE = 4096
MOST_WINDOWS = 40
"""Texts of one message that are compared beside the whole: each takes the encoder some 20 ms, and a message of
4,096 characters may have a thousand sentences."""
_BRIEF_TOKENS = 16
"""Some 20 ms of encoding, the message and its sentences together."""
_TOGETHER = 64
"""Messages compared at once; each part of them takes 100 kB."""
_BRIEF_CHARACTERS = 400
"""Some 10 ms without an encoder."""


@dataclass(frozen=True)
class Part:
    """A text as typed and with its words mended."""

    normalised: Normalised
    repaired: Normalised


@dataclass(frozen=True)
class Said:
    """A message taken apart: as a whole (its first 4,096 characters), and by its sentences that have words.

    ``sentences`` are at most ``MOST_WINDOWS``: of a longer message, neighbours together. ``alone`` are the mended
    words of each.
    """

    whole: Part
    sentences: tuple[Part, ...]
    alone: tuple[Normalised, ...]
    language: str | None = None
    """What ``Languages`` says of the whole: nothing for English."""


@dataclass(frozen=True)
class Heard(Part):
    """A text that somebody sent, compared with all phrases of the knowledge base by its mended words.

    ``vector`` is its sentence vector, ``None`` where there is no encoder.
    """

    likeness: Likeness = field(compare=False, repr=False)
    vector: Floats | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Utterance(Said):
    """A message taken apart, each part of it compared with all phrases."""

    whole: Heard
    sentences: tuple[Heard, ...]

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
        phrases: Iterable[str] = (),
        shipped: Shipped | None = None,
        languages: Mapping[str, OtherLanguage] | None = None,
    ) -> None:
        """``cache``: the folder in which vectors and fits are kept; ``phrases``: what texts are compared to.

        ``shipped``: vectors and fits of ``encoder`` that need not be computed. ``languages``: those told apart from
        English.
        """
        self._repairer = repairer
        self._encoder = encoder
        self._shipped = shipped
        self._cache = cache
        self._languages = Languages(languages or {}, repairer.knows)
        self.fits = Fits(cache, shipped.fits if shipped else None)
        # A variant such as "pt" → "physio"; longer variants first, so that the most specific one wins.
        plain = {normalise(variant): normalise(word) for variant, word in synonyms.items()}
        # The canonical wording stands for itself, so that "achilles tendon" is not made of "achilles" twice.
        plain |= {word: word for word in plain.values() if word not in plain}
        plain.pop(Normalised(""), None)
        self._synonyms = plain
        self._pattern = _any_of(sorted(plain, key=lambda v: (-len(v), v))) if plain else None
        self._encoded: dict[Normalised, Floats] = {}
        self._rehearsed: dict[str, Utterance] = {}
        mended = {phrase: self.part(phrase).repaired for phrase in phrases}
        unique = {phrase: row for row, phrase in enumerate(dict.fromkeys(mended.values()))}
        self._rows = {phrase: unique[repaired] for phrase, repaired in mended.items()}
        self._known = unique
        if encoder is None:
            self.book = Phrasebook([*unique])
        else:
            vectors = vectors_of([*unique], encoder, cache, shipped)
            self.book = Phrasebook([*unique], vectors, encoder=encoder.fingerprint)

    @classmethod
    def for_knowledge(
        cls,
        knowledge: KnowledgeBase,
        encoder: Encoder | None = None,
        cache: Path | None = None,
        shipped: Shipped | None = None,
    ) -> "Preparer":
        """Return a preparer that knows every word of ``knowledge``, and of English with an ``encoder``."""
        correct = encoder.vocabulary() if encoder else ()
        repairer = WordRepairer.from_texts(vocabulary_texts(knowledge), correct)
        return cls(
            repairer, knowledge.synonyms, encoder, cache, phrases_of(knowledge), shipped, knowledge.languages
        )

    def knows(self, word: str) -> bool:
        """Return whether ``word`` is English, or one of the knowledge base's own."""
        return self._repairer.knows(word)

    def part(self, text: str, foreign: Container[str] = frozenset()) -> Part:
        """Return one text, not split and compared with nothing; ``foreign`` words in it are not mended."""
        normalised = normalise(text)
        repaired = self._repairer.repair(self._canonical(normalised), foreign)
        return Part(normalised, self._canonical(repaired))

    def sentences(self, text: str) -> list[Part]:
        """Return the sentences of ``text`` that have words, compared with nothing."""
        return _with_words(map(self.part, split_sentences(text)))

    def prepare(self, text: str) -> Utterance:
        """Return ``text`` compared with all phrases; only its first 20,000 characters are looked at."""
        if (rehearsed := self._rehearsed.get(text)) is not None:
            return rehearsed
        return self.compared([self.said(text)])[0]

    def rehearsals(self, groups: Sequence[Sequence[str]], name: str | None) -> Iterator[tuple[int, "Preparer"]]:
        """Yield, for each of ``groups`` in order, its place and a preparer that has its texts compared already.

        Texts of many groups are compared at once, in a tenth of the time that each takes alone, and what is no
        phrase is encoded once only; where ``name`` is given its vectors are kept there between runs.
        """
        said = {text: self.said(text) for text in dict.fromkeys(chain.from_iterable(groups))}
        rehearsing = copy(self)
        parts = (part for one in said.values() for part in (one.whole, *one.sentences))
        rehearsing._encoded = self._encode((part.repaired for part in parts), name)
        for start in range(0, len(groups), _TOGETHER):
            block = groups[start : start + _TOGETHER]
            own = list(dict.fromkeys(chain.from_iterable(block)))
            ready = copy(rehearsing)
            ready._rehearsed = dict(zip(own, rehearsing.compared([said[text] for text in own]), strict=True))
            yield from ((start + place, ready) for place in range(len(block)))

    def said(self, text: str) -> Said:
        """Return ``text`` taken apart and compared with nothing; only its first 20,000 characters are looked at."""
        whole = self.part(text[:LONGEST_WHOLE])
        language = self._languages.of(whole.normalised)
        # "dank je" is not made "dark": no danger sign comes of another language's words but by its own list.
        foreign = self._languages.words_in(whole.normalised, language) if language else frozenset()
        if foreign:
            whole = self.part(text[:LONGEST_WHOLE], foreign)
        found = split_sentences(text[:LONGEST])
        bare = text.strip()
        parts = sentences = _with_words(
            whole if sentence == bare else self.part(sentence, foreign) for sentence in found
        )
        if len(found) > MOST_WINDOWS:
            sentences = _with_words(self.part(window, foreign) for window in _windows(found))
        if len(sentences) == 1:
            sentences = [whole]
        return Said(whole, tuple(sentences), tuple(part.repaired for part in parts), language)

    def compared(self, messages: Sequence[Said]) -> list[Utterance]:
        """Return ``messages`` compared with all phrases, some ten times as fast together as one by one."""
        unique = list(dict.fromkeys(p.repaired for said in messages for p in (said.whole, *said.sentences)))
        vectors = self._vectors(unique)
        likeness = dict(zip(unique, self.book.compare(unique, vectors), strict=True))
        rows = dict(zip(unique, vectors if vectors is not None else [None] * len(unique), strict=True))

        def heard(part: Part) -> Heard:
            return Heard(part.normalised, part.repaired, likeness[part.repaired], rows[part.repaired])

        return [
            Utterance(heard(said.whole), tuple(map(heard, said.sentences)), said.alone, said.language)
            for said in messages
        ]

    def _vectors(self, texts: list[Normalised]) -> Floats | None:
        """Return the vectors of ``texts``; those of the book's own phrases, which ``check`` asks for, are there."""
        if self._encoder is None or self.book.vectors is None:
            return None
        known = [self._known.get(text) for text in texts]
        missing = [t for t, row in zip(texts, known, strict=True) if row is None and t not in self._encoded]
        fresh = vectors_of(missing, self._encoder, shipped=self._shipped) if missing else ()
        found = self._encoded | dict(zip(missing, fresh, strict=True))
        return np.array(
            [found[t] if row is None else self.book.vectors[row] for t, row in zip(texts, known, strict=True)]
        )

    def _encode(self, texts: Iterable[Normalised], name: str | None) -> dict[Normalised, Floats]:
        """Return the vectors of those of ``texts`` that are no phrases; ``name`` says where they are kept."""
        if self._encoder is None:
            return {}
        missing = [text for text in dict.fromkeys(texts) if text not in self._known]
        folder = self._cache / name if self._cache and name else None
        return dict(zip(missing, vectors_of(missing, self._encoder, folder, self._shipped), strict=True))

    def booklet(self, texts: Iterable[str], name: str) -> Phrasebook:
        """Return ``texts``, in order, as a small book of their own; ``name`` says where its vectors are kept.

        They are staff's own, so their words are not mended: no edit elsewhere can change them.
        """
        spelt = [self._canonical(normalise(text)) for text in texts]
        if self._encoder is None:
            return Phrasebook(spelt)
        folder = self._cache / name if self._cache else None
        return Phrasebook(spelt, vectors_of(spelt, self._encoder, folder, self._shipped))

    def is_brief(self, text: str) -> bool:
        """Return whether ``text`` is compared so quickly that others may wait for it."""
        if len(text) > _BRIEF_CHARACTERS:
            return False
        return self._encoder is None or self._encoder.tokens(text) <= _BRIEF_TOKENS

    def unshipped(self, texts: Iterable[str], in_booklets: Iterable[Normalised] = ()) -> float:
        """Return which share of all these, from 0 to 1, has no shipped vector and is encoded at a first start."""
        if self._shipped is None:
            return 1.0 if self._encoder else 0.0
        return self._shipped.missing([*(self.part(text).repaired for text in texts), *in_booklets])

    def rows(self, phrases: Iterable[str]) -> Rows:
        """Return where ``phrases`` stand in the book; raise ``KeyError`` for one that was not given."""
        return np.array([self._rows[phrase] for phrase in phrases], dtype=np.int64)

    def mended(self, phrases: Iterable[str]) -> tuple[Normalised, ...]:
        """Return ``phrases`` as they stand in the book; raise ``KeyError`` for one that was not given."""
        return tuple(self.book.phrases[row] for row in self.rows(phrases))

    def nearest(self, heard: Iterable[Heard], phrases: Iterable[str]) -> str:
        """Return which of ``phrases`` is most alike to any of ``heard``, ``""`` where there is none.

        Raises ``KeyError`` for a phrase that is not in the book.
        """
        known = tuple(phrases)
        if not known:
            return ""
        rows = self.rows(known)
        alike = np.max([part.likeness.similarities[rows] for part in heard], axis=0)
        return known[int(np.argmax(alike))]

    def _canonical(self, text: Normalised) -> Normalised:
        if self._pattern is None:
            return text
        return Normalised(self._pattern.sub(lambda match: self._synonyms[Normalised(match[0])], text))


def _any_of(wordings: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern for any of ``wordings`` between other words, the first of several that fit.

    By their first letters: to try all of them at each word takes five times as long.
    """
    by_letter: dict[str, list[str]] = {}
    for wording in wordings:
        by_letter.setdefault(wording[0], []).append(re.escape(wording[1:]))
    letters = (f"{re.escape(letter)}(?:{'|'.join(rest)})" for letter, rest in by_letter.items())
    return re.compile(rf"(?<!\w)(?:{'|'.join(letters)})(?!\w)")


def _with_words(parts: Iterable[Part]) -> list[Part]:
    return [part for part in parts if words(part.repaired)]


def _windows(sentences: Sequence[str]) -> list[str]:
    """Return ``sentences`` with so many neighbours put together that there are at most ``MOST_WINDOWS``."""
    each = -(-len(sentences) // MOST_WINDOWS)  # rounded up
    return [" ".join(sentences[start : start + each]) for start in range(0, len(sentences), each)]


def phrases_of(knowledge: KnowledgeBase) -> Iterable[str]:
    """Yield every text that messages are compared to: phrasings, danger signs, look-alikes, off-topic examples."""
    for entry in knowledge.published:
        yield from entry.ask
        yield from entry.not_about
    for group in knowledge.red_flags.values():
        for signs in group.signs:
            yield from signs.messages
        yield from group.look_alikes
    yield from knowledge.off_topic


def vocabulary_texts(knowledge: KnowledgeBase) -> Iterable[str]:
    """Yield every text whose words count as known: all phrases, the word lists of danger signs, synonyms."""
    yield from phrases_of(knowledge)
    for group in knowledge.red_flags.values():
        for wordings in group.words.values():
            yield from wordings
    for variant, word in knowledge.synonyms.items():
        yield variant
        yield word
