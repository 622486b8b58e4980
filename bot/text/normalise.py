"""One normal form for everything that is compared, and the words in it."""

import re
import unicodedata
from typing import NewType

from bot.text.alike import joined, unmasked, without_overlays

Normalised = NewType("Normalised", str)
"""Text that went through ``normalise``. RapidFuzz compares what it is given, so it must be given this."""

_APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "`": "'", "´": "'", "“": '"', "”": '"'})
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_STRETCHED = re.compile(r"([^\W\d_])\1{2,}")
_CONTROLS = dict.fromkeys((*range(32), 127), " ")


def normalise(text: str) -> Normalised:
    """Return ``text`` in lower case, in NFKC, without invisible characters, blanks folded, look-alikes read.

    A letter typed three or more times in a row is kept twice ("soooo" → "soo"), since no
    English word has three. Idempotent. Text without a visible character becomes ``""``.
    """
    if text.isascii():  # as nearly all text is; the way below gives the same, six times slower
        visible = unmasked(text.replace("`", "'")).lower().translate(_CONTROLS)
    else:
        composed = unmasked(unicodedata.normalize("NFKC", text).translate(_APOSTROPHES))
        # casefold can bring back what NFKC composed (such as "ǰ"), so NFKC comes once more.
        folded = without_overlays(unicodedata.normalize("NFKC", composed.casefold()))
        visible = "".join(_visible(character) for character in folded)
    return Normalised(_STRETCHED.sub(r"\1\1", joined(" ".join(visible.split()))))


def words(text: Normalised) -> list[str]:
    """Return the words of ``text``; an apostrophe inside a word belongs to it."""
    return _WORD.findall(text)


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    if category in ("Cf", "Cs", "Co", "Cn"):
        return ""
    if category in ("Cc", "Zl", "Zp"):
        return " "
    return character
