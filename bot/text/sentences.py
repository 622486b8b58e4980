"""Split a message into sentences, the unit that is judged for danger signs and for questions."""

import re

_END = re.compile(r"(?<=[.!?…])[\s\"')\]]+|\n+|(?<=[a-z]{2})\.(?=[A-Z])|\s+[-–—]\s+|;\s+")
LONGEST_SENTENCE = 400
"""Characters. A text without full stops is cut into pieces of this size, at blanks, so that a sign
in the last of 4,000 characters is looked at as closely as one in the first."""
_OVERLAP = 60


def split_sentences(text: str) -> list[str]:
    """Return the sentences of ``text`` in order, without surrounding blanks; never an empty one."""
    pieces = [piece.strip() for piece in _END.split(text)]
    return [part for piece in pieces if piece for part in _cut(piece)]


def _cut(sentence: str) -> list[str]:
    parts = []
    while len(sentence) > LONGEST_SENTENCE:
        cut = sentence.rfind(" ", LONGEST_SENTENCE // 2, LONGEST_SENTENCE)
        if cut < 0:
            cut = LONGEST_SENTENCE
        parts.append(sentence[:cut].strip())
        # The pieces overlap: a sign that straddles the cut would otherwise stand in neither.
        restart = sentence.find(" ", cut - _OVERLAP, cut)
        sentence = sentence[restart if restart > 0 else cut :].strip()
    parts.append(sentence)
    return [part for part in parts if part]
