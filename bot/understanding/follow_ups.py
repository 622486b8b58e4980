"""What people say right after an answer, as staff wrote it down, and the words that tell of a caution."""

import re
from collections.abc import Collection, Sequence
from copy import copy
from dataclasses import dataclass

from bot.knowledge.model import Entry, KnowledgeBase
from bot.matching.decision import Candidate
from bot.text.likeness.utterance import Heard, Preparer
from bot.text.normalise import Normalised, normalise
from bot.understanding.context import Context

_CAUTION = 0.15
"""Least likeness to a follow-up of a caution: on some 150 chats follow-ups in other words than the listed ones come
down to that, and new questions stay below 0.1 but for two that are far nearer to their own answer."""
_TOPIC = 0.25
_ANY = 0.4
"""Least likeness where less is at stake: to a follow-up of the last answer; to one of any or of another answer."""
_VAGUE = 0.2
"""Likeness to every phrasing and off-topic example below which a short message is about nothing that it names: nine
of ten follow-ups are, and one of twenty short questions that stand on their own."""
_AGAINST_CLEAR, _AGAINST_UNCLEAR = 0.75, 0.5
"""How alike to a follow-up of a caution a message must be, as a share of its likeness to the phrasings of the entry
that ranks first elsewhere ("can I skip it the day before?" is near both): where that would be answered, or not."""
_BY_FAR = 1.5
"""The same for a follow-up of an answer that was not the last one."""


@dataclass(frozen=True)
class _Told:
    entry_id: str
    words: re.Pattern[str]


class FollowUps:
    """Knows the ``follow_ups`` and ``caution`` lines of all published entries; holds no state of its own."""

    def __init__(self, knowledge: KnowledgeBase, preparer: Preparer) -> None:
        lines = {entry.id: entry.follow_ups for entry in knowledge.published} | {_ANY_ENTRY: knowledge.follow_ups}
        self._book = preparer.booklet((line for own in lines.values() for line in own), "follow-ups")
        self._lines: dict[str, slice] = {}
        start = 0
        for entry_id, own in lines.items():
            self._lines[entry_id] = slice(start, start + len(own))
            start += len(own)
        self._phrasings = {e.id: preparer.rows(knowledge.teaching_phrases(e)) for e in knowledge.published}
        asked = [phrase for entry in knowledge.published for phrase in knowledge.teaching_phrases(entry)]
        self._everything = preparer.rows([*asked, *knowledge.teaching_off_topic])
        self._open = [entry.id for entry in knowledge.published if entry.follow_ups and not entry.caution]
        self._told = [_told(entry) for entry in knowledge.published if entry.caution]

    def without(self, entry_ids: Collection[str]) -> "FollowUps":
        """Return what knows nothing of these entries."""
        fewer = copy(self)
        fewer._phrasings = {i: rows for i, rows in self._phrasings.items() if i not in entry_ids}
        fewer._open = [entry_id for entry_id in self._open if entry_id not in entry_ids]
        fewer._told = [told for told in self._told if told.entry_id not in entry_ids]
        return fewer

    @property
    def texts(self) -> tuple[Normalised, ...]:
        """What messages are compared to."""
        return self._book.phrases

    def cautions_in(self, heard: Heard) -> tuple[str, ...]:
        """Return the cautions that a text tells of, wherever in it."""
        return tuple(
            told.entry_id
            for told in self._told
            if told.words.search(heard.normalised) or told.words.search(heard.repaired)
        )

    def meant(self, heard: Heard, context: Context, otherwise: Sequence[Candidate], *, clear: bool) -> str:
        """Return the entry that ``heard`` follows up on, or ``""`` where it is nothing that people say after one.

        ``otherwise`` is its ranking without the conversation, ``clear``: which would then be answered.
        """
        own = self._own(heard, otherwise)
        likeness = self._book.similarities(heard.repaired, heard.vector)
        topic = context.topic if context.topic in self._phrasings else ""
        cautions = [entry_id for entry_id in reversed(context.cautions) if entry_id in self._phrasings]
        found: list[tuple[float, str]] = []  # of equals the first counts

        def weigh(lines_of: str, entry_id: str, least: float) -> None:
            lines = likeness[self._lines[lines_of]]
            if entry_id and len(lines) and lines.max() >= least:
                found.append((float(lines.max()), entry_id))

        if topic not in cautions:
            weigh(topic or _ANY_ENTRY, topic, max(_TOPIC, own))
        for caution in cautions:
            weigh(caution, caution, max(_CAUTION, own * (_AGAINST_CLEAR if clear else _AGAINST_UNCLEAR)))
        weigh(_ANY_ENTRY, topic, max(_ANY, own))
        return max(found, key=lambda pair: pair[0])[1] if found else ""

    def elsewhere(self, heard: Heard, otherwise: Sequence[Candidate]) -> str:
        """Return the entry whose own follow-ups have ``heard`` among them, whatever was answered last, or ``""``.

        "And when can I run?" is clear enough in any talk; what people say of a caution is not.
        """
        likeness = self._book.similarities(heard.repaired, heard.vector)
        alike = {entry_id: float(likeness[self._lines[entry_id]].max()) for entry_id in self._open}
        nearest = max(alike, key=lambda entry_id: alike[entry_id], default="")
        return nearest if nearest and alike[nearest] >= max(_ANY, _BY_FAR * self._own(heard, otherwise)) else ""

    def is_vague(self, heard: Heard) -> bool:
        """Return whether ``heard`` is alike to nothing that is asked, or known to be off the subject, by itself."""
        return float(heard.likeness.similarities[self._everything].max(initial=0.0)) < _VAGUE

    def _own(self, heard: Heard, ranking: Sequence[Candidate]) -> float:
        """Return how alike ``heard`` is to a phrasing of the entry ranked first."""
        rows = self._phrasings[ranking[0].entry_id] if ranking else ()
        return float(heard.likeness.similarities[rows].max()) if len(rows) else 0.0


_NO_AGE = r"(?<=\d)\s*(?:weeks?|wks?|months?|days?|hours?|minutes?|mins?|k|km|miles?|stone|kg)\b"
"""What makes a number at the end of a caution something else: "I'm 12 weeks pregnant"."""
_ANY_ENTRY = ""
"""Stands in place of an entry's id for what is said after any answer."""


def _told(entry: Entry) -> _Told:
    wordings = "|".join(re.escape(normalise(words)) for words in entry.caution)
    return _Told(entry.id, re.compile(rf"(?<!\w)(?:{wordings})(?!\w)(?!{_NO_AGE})"))
