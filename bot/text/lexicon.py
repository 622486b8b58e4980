"""Find listed wordings in the tokens of a text, endings and slips of the pen allowed for."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Generic, TypeVar

from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.text.folding import tokens
from bot.text.normalise import normalise

L = TypeVar("L", bound=Hashable)

_GAP = 2
"""Tokens that may stand between two words of one wording: "krijg bijna geen lucht"."""
_SHORTEST_SLIP = 5
_LONG = 9
"""Letters from which a word may have one slip, and two."""
_SHORTEST_INSIDE = 3


@dataclass(frozen=True)
class Found(Generic[L]):
    """A wording found: its label, and where each of its words stands."""

    label: L
    at: tuple[int, ...]


class Lexicon(Generic[L]):
    """Wordings of one or more words, each with a label. ``word*`` stands for all words that begin so.

    A word of five letters or more that ``is_known`` does not name may have a slip of the pen.
    """

    def __init__(self, is_known: Callable[[str], bool]) -> None:
        self._is_known = is_known
        self._ids: dict[tuple[str, bool, bool], int] = {}
        self._exact: dict[str, list[int]] = {}
        self._prefixes: dict[int, dict[str, list[int]]] = {}
        self._inside: list[tuple[str, int]] = []
        self._wordings: dict[int, list[tuple[tuple[int, ...], L]]] = {}
        self.ids = lru_cache(maxsize=8192)(self._ids_of)

    def add(self, wordings: Iterable[str], label: L, *, inside_words: bool = False) -> None:
        """Add ``wordings``; ``inside_words``: each of their words counts inside a longer one as well."""
        for wording in wordings:
            words = tuple(
                self._id(word, starred, inside_words)
                for piece in wording.split()
                for word, starred in _pieces(piece)
            )
            if words:
                self._wordings.setdefault(words[0], []).append((words, label))

    def find(self, said: Sequence[str]) -> list[Found[L]]:
        """Return every wording in ``said``, tokens as from ``tokens``, in the order of their first words."""
        meant = [self.ids(token) for token in said]
        return [
            Found(label, at)
            for place, ids in enumerate(meant)
            for first in ids
            for words, label in self._wordings.get(first, ())
            if (at := _places(meant, place, words))
        ]

    def _id(self, word: str, starred: bool, inside: bool) -> int:
        inside = inside and len(word) >= _SHORTEST_INSIDE
        key = (word, starred, inside)
        if key not in self._ids:
            number = self._ids[key] = len(self._ids)
            if inside:
                self._inside.append((word, number))
            elif starred:
                self._prefixes.setdefault(len(word), {}).setdefault(word, []).append(number)
            else:
                self._exact.setdefault(word, []).append(number)
        return self._ids[key]

    def _ids_of(self, token: str) -> frozenset[int]:
        found = set(self._exact.get(token, ()))
        for length, prefixes in self._prefixes.items():
            found.update(prefixes.get(token[:length], ()))
        if not token.isascii():
            found.update(number for word, number in self._inside if word in token)
        if not found and len(token) >= _SHORTEST_SLIP and token.isalpha() and not self._is_known(token):
            found.update(self._with_a_slip(token))
        return frozenset(found)

    def _with_a_slip(self, token: str) -> Iterable[int]:
        slips = 1 if len(token) < _LONG else 2
        for word in _near(token, self._exact, slips):
            yield from self._exact[word]
        for length, prefixes in self._prefixes.items():
            if _SHORTEST_SLIP <= length <= len(token) + 1:
                for cut in (length - 1, length, length + 1):
                    for stem in _near(token[:cut], prefixes, 1):
                        yield from prefixes[stem]


def _near(token: str, words: Iterable[str], slips: int) -> Iterable[str]:
    hits = process.extract(token, list(words), scorer=OSA.distance, score_cutoff=slips, limit=None)
    return [word for word, *_ in hits if len(word) >= _SHORTEST_SLIP and word[0] == token[:1]]


def _pieces(piece: str) -> Iterable[tuple[str, bool]]:
    """Yield the folded words of ``piece`` and whether it ends in an asterisk."""
    words = tokens(normalise(piece.replace("*", " ")))
    for place, word in enumerate(words):
        yield word, piece.endswith("*") and place == len(words) - 1


def _places(meant: Sequence[frozenset[int]], start: int, words: Sequence[int]) -> tuple[int, ...]:
    """Return where ``words`` stand from ``start`` on, in their order; nothing where one is missing."""
    at = [start]
    for word in words[1:]:
        reach = range(at[-1] + 1, min(at[-1] + 2 + _GAP, len(meant)))
        place = next((p for p in reach if word in meant[p]), None)
        if place is None:
            return ()
        at.append(place)
    return tuple(at)
