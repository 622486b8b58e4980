"""Mend misspelt words against the words the knowledge base uses."""

import re
from collections import Counter
from collections.abc import Container, Iterable, Mapping
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.text.normalise import Normalised, normalise, words

SHORTEST = 4
"""Words of up to three letters have too many neighbours to be mended safely."""
_PIECES = re.compile(r"([^\W_]+(?:'[^\W_]+)*)?([\W_]*)")
_DIGITS = tuple(str.maketrans("0134578", letters) for letters in ("oieastb", "oleastb"))
"""Digits that stand for letters; a 1 for two of them."""
_SHORTEST_DISGUISED = 3
_PREFIX = re.compile("over|under|pre|post|mid|out|super|ultra|self|inter|multi|semi|anti|non")
_LONG = 8
"""From this length on two slips are mended, below it one."""


class WordRepairer:
    """Replaces unknown words by the nearest known one; known words and numbers stay as they are.

    A word is mended when exactly one slip (insertion, deletion, substitution or swap of two
    neighbours: the optimal string alignment distance) separates it from a known word, two from eight letters
    on. Among equally near words a swap and a kept first letter win, then the more frequent one. Words joined
    ("dryneedling") or split ("achil les") by mistake are mended too, and words with digits for letters ("p4in").
    """

    def __init__(self, vocabulary: Mapping[str, int], correct: Iterable[str] = ()) -> None:
        """``vocabulary``: word → how often the knowledge base uses it; ``correct``: other words to leave alone."""
        self._counts = dict(vocabulary)
        self._known = set(vocabulary) | set(correct)
        self._by_length: dict[int, list[str]] = {}
        for word in sorted(vocabulary):
            if len(word) >= SHORTEST:
                self._by_length.setdefault(len(word), []).append(word)
        self._mend = lru_cache(maxsize=4096)(self._mend_word)

    @classmethod
    def from_texts(cls, texts: Iterable[str], correct: Iterable[str] = ()) -> "WordRepairer":
        """Return a repairer that knows the words of ``texts``."""
        counts = Counter(word for text in texts for word in words(normalise(text)))
        return cls(counts, correct)

    def knows(self, word: str) -> bool:
        """Return whether ``word`` is English, or one of the knowledge base's own."""
        return word in self._known

    def repair(self, text: Normalised, alone: Container[str] = frozenset()) -> Normalised:
        """Return ``text`` with its words mended, but for those that are left ``alone``.

        Everything between the words stays as it was.
        """
        pieces = _PIECES.findall(text)
        mended: list[str] = []
        at = 0
        while at < len(pieces):
            word, gap = pieces[at]
            if gap == " " and at + 1 < len(pieces) and (joined := self._joined(word, pieces[at + 1][0])):
                mended.append(joined + pieces[at + 1][1])
                at += 2
            else:
                mended.append((word if word in alone else self._mend(word)) + gap)
                at += 1
        return Normalised("".join(mended))

    def _joined(self, left: str, right: str) -> str | None:
        """Return the known word that ``left right`` was meant to be, if one half means nothing alone."""
        both = left + right
        if len(both) < SHORTEST + 2 or (left in self._known and right in self._known):
            return None
        return both if both in self._counts else None

    def _mend_word(self, word: str) -> str:
        if not word.isalpha():
            return self._without_digits(word)
        if word in self._known or len(word) < SHORTEST or self._is_compound(word):
            return word
        return self._nearest(word) or self._split(word) or word

    def _is_compound(self, word: str) -> bool:
        """Return whether ``word`` is a known one behind a prefix: "overthinking" is no slip for "overdrinking"."""
        prefix = _PREFIX.match(word)
        return prefix is not None and len(word) - prefix.end() >= SHORTEST and word[prefix.end() :] in self._known

    def _without_digits(self, word: str) -> str:
        """Return the known word that has digits in place of letters in ``word`` ("p4in"), or ``word``.

        A digit in front or at the end is one: "5k", "t12", "4th".
        """
        if len(word) < _SHORTEST_DISGUISED or word in self._known or not (word[0].isalpha() and word[-1].isalpha()):
            return word
        read = [word.translate(digits) for digits in _DIGITS]
        return next((letters for letters in read if letters in self._counts), word)

    def _nearest(self, word: str) -> str | None:
        slips = 1 if len(word) < _LONG else 2
        pool: list[str] = [
            candidate
            for length in range(len(word) - slips, len(word) + slips + 1)
            for candidate in self._by_length.get(length, ())
        ]
        hits = process.extract(word, pool, scorer=OSA.distance, score_cutoff=slips, limit=12)
        found = [(str(candidate), distance) for candidate, distance, _ in hits]
        if not found:
            return None
        return min(found, key=lambda hit: self._preference(word, *hit))[0]

    def _preference(self, word: str, candidate: str, slips: float) -> tuple[float, bool, bool, int, str]:
        swapped = sorted(candidate) == sorted(word)
        return slips, candidate[0] != word[0], not swapped, -self._counts[candidate], candidate

    def _split(self, word: str) -> str | None:
        """Return the two known words that were typed as one, the more frequent pair first."""
        pairs = [
            (word[:cut], word[cut:])
            for cut in range(3, len(word) - 2)
            if word[:cut] in self._counts and word[cut:] in self._counts
        ]
        if not pairs:
            return None
        best = max(pairs, key=lambda pair: min(self._counts[pair[0]], self._counts[pair[1]]))
        return " ".join(best)
