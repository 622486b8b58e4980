"""Take a message apart into the questions it asks, as far as its form tells."""

import re

from bot.text.sentences import split_sentences

_STARTER = (
    r"(?:how|how's|hows|what|what's|whats|when|when's|whens|where|where's|wheres|why|who|which|can|could|should|shall|do|does|did|is|are|am|was|will|would|may"
    r"|any|if so)"
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
_QUESTION = re.compile(rf"^{_STARTER}\b", re.IGNORECASE)
_FEWEST_WORDS = 2


def split_questions(text: str) -> list[str]:
    """Return the parts of ``text`` that each ask something, in order; a single one when nothing tells them apart.

    A statement belongs to the question after it ("I take blood thinners, can I have it?"), and to the one
    before it when none follows.
    """
    pieces = [piece.strip() for sentence in split_sentences(text) for piece in _JOINT.split(sentence)]
    questions: list[str] = []
    story = ""
    for piece in (p for p in pieces if p.strip(" .,;:!?-")):
        whole = f"{story}, {piece}" if story else piece
        if _asks(piece):
            questions.append(whole)
            story = ""
        else:
            story = whole
    if story and questions:
        questions[-1] = f"{questions[-1]}, {story}"
    return questions if len(questions) > 1 else [text]


def _asks(piece: str) -> bool:
    bare = _LEAD_IN.sub("", piece)
    return _QUESTION.match(bare) is not None and bare.count(" ") + 1 >= _FEWEST_WORDS
