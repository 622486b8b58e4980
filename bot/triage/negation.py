"""Which words of a sentence a negation covers.

The idea is that of NegEx (Chapman et al. 2001): a cue opens a scope that runs forward until a
word that turns the sentence ("but", "and my") or a fixed number of words; some cues only look
like one ("no idea", "not only").
"""

from collections.abc import Sequence

CUES = frozenset({"no", "not", "without", "never", "none", "nor", "neither", "zero", "deni", "nothing", "minus"})
_TURNING = frozenset(
    {
        "but", "though", "although", "howev", "except", "yet", "just", "onli", "then", "now", "so", "becaus",
        "sinc", "when", "while", "until", "still", "instead",
        ";", ":", "(", ")", ",",
    }
)  # fmt: skip
_SUBJECTS = frozenset(
    {
        "i", "im", "i'm", "my", "it", "he", "she", "his", "her", "we", "they", "the", "there", "is", "can",
        "could", "should", "feel", "now",
    }
)  # fmt: skip
_OWNERS = frozenset({"my", "his", "her"})
_PREPOSITIONS = frozenset({"in", "on", "of", "with", "at", "around", "to", "from", "for", "and", "or", "near"})
_PSEUDO = frozenset(
    {
        ("no", "idea"), ("no", "doubt"), ("no", "wonder"), ("no", "clue"), ("no", "one"), ("not", "onli"),
        ("not", "sure"), ("not", "just"), ("no", "longer"), ("no", "matter"), ("not", "better"), ("no", "better"),
        ("not", "eas"), ("not", "go"), ("not", "stop"), ("not", "improv"), ("not", "settl"), ("no", "relief"),
        ("don't", "know"), ("don't", "think"), ("no", "i"), ("no", "my"), ("no", "it"), ("not", "normal"),
        ("not", "right"), ("not", "good"), ("no", "apetit"), ("no", "point"), ("not", "ok"),
    }
)  # fmt: skip
_REACH = 7
"""Words a scope may cover: lists such as "no fever, redness or swelling at all" fit."""


def negated(tokens: Sequence[str]) -> list[bool]:
    """Return for each stem of ``tokens`` (as from ``stems``) whether a negation before it covers it."""
    covered = [False] * len(tokens)
    for at, token in enumerate(tokens):
        if not _opens(tokens, at, token):
            continue
        for place in range(at + 1, min(len(tokens), at + 1 + _REACH)):
            if _closes(tokens, place):
                break
            covered[place] = True
    return covered


def _opens(tokens: Sequence[str], at: int, token: str) -> bool:
    if token not in CUES and not token.endswith("n't"):
        return False
    follower = tokens[at + 1] if at + 1 < len(tokens) else ""
    return (token, follower) not in _PSEUDO


def _closes(tokens: Sequence[str], place: int) -> bool:
    token = tokens[place]
    if token == ",":
        # "no fever, redness or swelling" goes on; "no fever, my leg is hot" does not.
        rest = tokens[place + 1 : place + _REACH]
        return not ("or" in rest and not _SUBJECTS.intersection(rest))
    if token == "and":
        return place + 1 < len(tokens) and tokens[place + 1] in _SUBJECTS
    if token in _OWNERS:
        # "not calmed down my calf is hot" turns at "my"; "no pain in my calf" does not.
        return place > 0 and tokens[place - 1] not in _PREPOSITIONS
    return token in _TURNING
