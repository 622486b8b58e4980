"""Take a message apart into the questions it asks, as far as its form tells."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.text.sentences import split_sentences

_STARTER = (
    r"(?:how|how's|hows|what|what's|whats|when|when's|whens|where|where's|wheres|why|who|which|can|could|should|shall"
    r"|do|does|did|is|are|am|was|will|would|may|any|if so)"
)
_JOINT = re.compile(
    rf"""
    \s*[,;:]?\s+(?:oh\s+)?(?:and|n|plus|also|&|\+)\s+(?:also\s+|then\s+|oh\s+|by\s+the\s+way\s+)?(?={_STARTER}\b)
    | \s*,\s*(?:also\s+)?(?={_STARTER}\b)
    | \s+/\s+
    | \s*[,;]\s*(?:and|also|plus|oh\s+and|and\s+also)\s+
    | \s*:\s+
    | \?+\s*
    """,
    re.IGNORECASE | re.VERBOSE,
)
_LEAD_IN = re.compile(
    r"^(?:(?:and|also|plus|oh|ok|okay|so|but|then|hi|hello|hey|hiya|please|thanks|btw|by the way|another thing"
    r"|secondly|firstly|first|second|or)\b[ ,.:;!-]*)+",
    re.IGNORECASE,
)
_ADDS = re.compile(
    r"(?:^|\b)(?:also|plus|oh\s+and|another thing|one more thing|btw|by the way|secondly)\b", re.IGNORECASE
)
"""Words that begin something new, so that a statement before them is a question of its own."""
_QUESTION = re.compile(rf"^{_STARTER}\b", re.IGNORECASE)
_FEWEST_WORDS = 2
_WISHES = re.compile(
    r"\?|\b(?:should i|shall i|can i|could i|is it|would it|would (?:dry )?needling"
    r"|worth (?:it|a|trying)|any(?:one|body)|wonder(?:ed|ing)?|thoughts|advice|ok to|safe to|good idea"
    r"|recommend|what (?:do|should)|how (?:long|much|many|soon|often|do)|help with|want to know|tell me"
    r"|no idea (?:if|whether|what|how))\b"
)
"""Words by which a sentence asks although it does not begin as a question."""


@dataclass(frozen=True)
class _Piece:
    text: str
    adds: bool
    """Whether it was added to what came before, as by "also"."""
    marked: bool
    """Whether a question mark ends it."""


def split_questions(text: str) -> list[str]:
    """Return the parts of ``text`` that each ask something, in order; a single one when nothing tells them apart.

    A statement belongs to the question after it ("I take blood thinners, can I have it?"), and to the one
    before it when none follows. It stands for itself when the next one is added to it ("I am scared of needles.
    Also, what does it cost?").
    """
    questions: list[str] = []
    story = ""
    for piece in (piece for sentence in split_sentences(text) for piece in _pieces(sentence)):
        if piece.adds and _words(story) > _FEWEST_WORDS:
            questions.append(story)
            story = ""
        whole = f"{story}, {piece.text}" if story else _LEAD_IN.sub("", piece.text) or piece.text
        if _asks(piece):
            questions.append(whole)
            story = ""
        else:
            story = whole
    if story and questions:
        questions[-1] = f"{questions[-1]}, {story}"
    return questions if len(questions) > 1 else [text]


def asks(sentence: str) -> bool:
    """Return whether ``sentence``, in lower case, asks for something, rather than telling the story before it."""
    return _QUESTION.match(_LEAD_IN.sub("", sentence)) is not None or _WISHES.search(sentence) is not None


def _pieces(sentence: str) -> Iterator[_Piece]:
    start, joint = 0, ""
    ends = [(match.start(), match.end(), match[0]) for match in _JOINT.finditer(sentence)]
    for end, after, following in [*ends, (len(sentence), len(sentence), "")]:
        text = sentence[start:end].strip()
        if text.strip(" .,;:!?-"):
            adds = _ADDS.search(joint) is not None or _ADDS.match(text) is not None
            yield _Piece(text, adds, "?" in following)
        start, joint = after, following


def _asks(piece: _Piece) -> bool:
    bare = _LEAD_IN.sub("", piece.text)
    if piece.adds and piece.marked:
        return True  # "Also the hamstring?"
    return _QUESTION.match(bare) is not None and _words(bare) >= _FEWEST_WORDS


def _words(text: str) -> int:
    return len(text.split())
