"""What people dictate or say in emoji, put into the words and marks that they mean."""

import re
import unicodedata

_MARKS = {
    "comma": ",",
    "full stop": ".",
    "question mark": "?",
    "exclamation mark": "!",
    "exclamation point": "!",
    "new line": "\n",
    "new paragraph": "\n",
}
_SPOKEN_MARK = re.compile(rf"\s*\b({'|'.join(_MARKS)})\b", re.IGNORECASE)
_PERIOD = re.compile(
    r"\s+period\b(?=\s+(?:i|i'm|im|it|so|and|but|can|when|is|does|my|also|then)\b|\s*$)", re.IGNORECASE
)
"""A full stop where other marks are spoken too: else it is what women have."""
_FILLERS = re.compile(r"\b(?:u+h+|u+h*m+|e+r+m+|e+rr+|h+m+)\b[ ,.…]*", re.IGNORECASE)
_ENGLISH = re.compile(r"\b(?:the|my|and|i|i'm|it)\b", re.IGNORECASE)
"""Words without which "um" may be one of German or Portuguese."""

BLEEDING, LUNGS = "🩸", "🫁"
_DISTRESS = frozenset("😰😨😱😥😓😟😧😦😖😣😩😫🥵🥶😵😢😭🆘🚨")
_THANKS = frozenset("👍🙏👌❤🤝🙌💪🥰😘🫶")
_GOODBYE = frozenset("👋")
_CALLS_FOR_HELP = frozenset("🚑🆘🚨")


def in_words(text: str) -> str:
    """Return ``text`` with spoken marks as marks, fillers left out, and the emoji that speak as words."""
    return _emoji(_dictated(text))


def speaks_of_bleeding(text: str) -> bool:
    """Return whether ``text`` shows blood."""
    return BLEEDING in text


def speaks_of_breath(text: str) -> bool:
    """Return whether ``text`` shows lungs and distress."""
    return LUNGS in text and not _DISTRESS.isdisjoint(text)


def _dictated(text: str) -> str:
    marked, spoken = _SPOKEN_MARK.subn(lambda match: _MARKS[match[1].lower()], text)
    if spoken:
        text = _PERIOD.sub(".", marked)
    bare = _FILLERS.sub("", text) if _ENGLISH.search(text) else text
    return bare if bare.strip() else text


def _emoji(text: str) -> str:
    if any(character.isalnum() for character in text):
        return re.sub(f"{BLEEDING}+", " bleeding ", text)
    said = {character for character in text if unicodedata.category(character) == "So"}
    if said and said <= _THANKS | _GOODBYE:
        return "bye" if said <= _GOODBYE else "thanks"
    return "help" if said & _CALLS_FOR_HELP else text
