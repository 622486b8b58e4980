"""Words of any language, reduced to what people type on any keyboard: no accents, no case."""

import re
import unicodedata

from bot.text.normalise import Normalised

_HAN = "\u3400-\u9fff"
_DEVANAGARI_MARKS = "\u0900-\u0903\u093a-\u094f"
_TOKEN = re.compile(rf"[{_HAN}]|(?:(?![{_HAN}])(?:[^\W_]|[{_DEVANAGARI_MARKS}]))+|[,;:.!?()。、،؛؟।]")
_NUKTA = "\u093c"
_ALIKE = str.maketrans(
    {"ł": "l", "ı": "i", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe", "ة": "ه", "ى": "ي", "ـ": "", "ँ": "ं", "ß": "ss"}
)
MARKS = frozenset(",;:.!?()。、،؛؟।")
"""Punctuation, each a token of its own."""


def fold(text: Normalised) -> str:
    """Return ``text`` without accents and vowel points; Devanagari keeps its vowels, which are letters there."""
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(c for c in decomposed if unicodedata.category(c) != "Mn" or _is_vowel(c)).translate(_ALIKE)


def tokens(text: Normalised) -> list[str]:
    """Return the folded words and punctuation marks of ``text``; a Chinese character is a word, "l'air" is two."""
    return _TOKEN.findall(fold(text))


def _is_vowel(character: str) -> bool:
    return "\u0900" <= character <= "\u097f" and character != _NUKTA
