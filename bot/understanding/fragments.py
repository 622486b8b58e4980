"""Messages that begin something and say nothing yet: "and now", "ok so", "hello??"."""

from bot.text.normalise import normalise, words

_LEADING_ON = frozenset("and so but then wait hang anyway anyways also anyone anybody there again now".split())
"""Words one of which makes a fragment: a lone "ok" or "hello" says what it says."""
_EMPTY = _LEADING_ON | frozenset(
    "ok okay k well right yeah just like um uh er hm hi hey hello you are on hold sec second a one me".split()
)
_MOST_WORDS = 4


def is_fragment(text: str) -> bool:
    """Return whether ``text`` has no word of its own that could be answered."""
    said = words(normalise(text))
    if not said or len(said) > _MOST_WORDS or not _EMPTY.issuperset(said):
        return False
    return not _LEADING_ON.isdisjoint(said) or (said == ["hello"] and "??" in text)
