"""Whole messages of a few words in which somebody calls for help, or names one thing that may be a danger sign."""

from collections.abc import Iterator, Sequence

from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.knowledge.model import CRY, UNKNOWN_GROUP, KnowledgeBase
from bot.text.folding import MARKS, tokens
from bot.text.normalise import Normalised, normalise
from bot.triage.rules import UNKNOWN, RedFlag

_ENGLISH = ""
_PADDING = frozenset(
    """
    please pls plz now right asap quick quickly omg oh god guys hi hello hey um uh so really very i im am m is it
    its s feel feeling feels a an just bit my me here think
    """.split()
)
"""Words that make no other cry of a cry: "pls help me now!!"."""
_MOST_WORDS = 8
_AND_MORE = "*"
"""At the end of a cry: some words may follow, as in "send an ambulance to the track"."""
_SHORTEST_SLIP, _LONGEST = 7, 60
"""Characters of a cry that may have one slip of the pen."""


class Cries:
    """Knows the cries of ``knowledge`` in every language. Immutable once built."""

    def __init__(self, knowledge: KnowledgeBase) -> None:
        self._cries: dict[tuple[str, ...], str] = {}
        for code, language in knowledge.languages.items():
            self._cries.update((_bare(cry), code) for cry in language.cries)
        self._cries.update((_bare(cry), _ENGLISH) for cry in knowledge.cries.get(CRY, ()))
        self._openings = tuple(_bare(cry) for cry in knowledge.cries.get(CRY, ()) if cry.endswith(_AND_MORE))
        self._spelt = {" ".join(said): code for said, code in self._cries.items()}
        self._asked = dict(_asked(knowledge))

    def language(self, text: Normalised) -> str | None:
        """Return the code of the language in which ``text`` is a cry for help, ``""`` for English, else nothing."""
        said = _bare(text)
        if said in self._cries or not said:
            return self._cries.get(said)
        if len(said) <= _MOST_WORDS and any(said[: len(opening)] == opening for opening in self._openings):
            return _ENGLISH
        spelt = " ".join(said)
        if not _SHORTEST_SLIP <= len(spelt) <= _LONGEST:
            return None
        near = process.extractOne(spelt, self._spelt.keys(), scorer=OSA.distance, score_cutoff=1)
        return self._spelt[near[0]] if near is not None else None

    def asked_about(self, text: Normalised) -> RedFlag | None:
        """Return what is to be asked about when ``text`` is one thing that may be a danger sign."""
        return self._asked.get(_bare(text))


def _asked(knowledge: KnowledgeBase) -> Iterator[tuple[tuple[str, ...], RedFlag]]:
    for group_id, listed in knowledge.cries.items():
        if group_id == CRY:
            continue
        flag = UNKNOWN if group_id == UNKNOWN_GROUP else RedFlag.of(knowledge.red_flags[group_id])
        yield from ((_bare(text), flag) for text in listed)


def _bare(text: str) -> tuple[str, ...]:
    """Return the words of ``text`` without padding; with it where nothing else is there, or it is long."""
    said = [token for token in tokens(normalise(text)) if token not in MARKS]
    left = [word for word in said if word not in _PADDING]
    return _once(left if left and len(said) <= _MOST_WORDS else said)


def _once(said: Sequence[str]) -> tuple[str, ...]:
    """Return ``said`` without repetition: "help help help", "this is bad, this is really bad"."""
    for length in range(1, len(said) // 2 + 1):
        once, rest = divmod(len(said), length)
        if not rest and list(said[:length]) * once == list(said):
            return tuple(said[:length])
    return tuple(said)
