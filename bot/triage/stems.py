"""Word stems and punctuation marks: what danger signs are compared by."""

import re
from functools import lru_cache

import snowballstemmer

from bot.text.normalise import Normalised

_TOKEN = re.compile(r"[^\W_]+(?:'[^\W_]+)*|[,;:()]")
_stemmer = snowballstemmer.stemmer("english")


def stems(text: Normalised) -> tuple[str, ...]:
    """Return the stems of the words of ``text`` and its commas, colons and brackets, in order.

    Stems are Snowball's (Porter 2), except for negated verbs, which keep their "n't".
    """
    return tuple(_stem(token) for token in _TOKEN.findall(text))


def places(text: Normalised) -> list[tuple[int, int]]:
    """Return where in ``text`` each of its ``stems`` was taken from: start and end."""
    return [match.span() for match in _TOKEN.finditer(text)]


@lru_cache(maxsize=20_000)
def _stem(token: str) -> str:
    if token.endswith("n't"):
        return token
    stem: str = _stemmer.stemWord(token.removesuffix("'s"))
    return stem
