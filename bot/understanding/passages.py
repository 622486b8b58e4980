"""The parts of each answer, and those that answer a second question about it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.knowledge.markup import Block, Paragraph, lines, parts, plain
from bot.knowledge.model import Entry, KnowledgeBase
from bot.text.likeness.arrays import Floats
from bot.text.likeness.utterance import Heard, Preparer
from bot.text.normalise import Normalised

_Part = tuple[Block, ...]

_SPEAKS_OF_IT = 0.05
"""Least likeness of a part that answers a question: below it, on 40 questions put to 15 answers, it was chance."""
_AS_NEAR = 0.75
"""Share of the nearest part's likeness from which another part is shown with it."""
_CLEAR_LINE = 0.15
"""Likeness from which one line of a list says enough: "a normal shower is fine" is no answer about hot baths."""
_MOST_PARTS = 2


@dataclass(frozen=True)
class Passage:
    """A part of an answer; ``found``: it speaks of what was asked, or else only says again what comes first."""

    blocks: _Part
    found: bool


class Passages:
    """Knows the parts of all published answers; holds no state of its own."""

    def __init__(self, knowledge: KnowledgeBase, preparer: Preparer) -> None:
        self._entries = {entry.id: entry for entry in knowledge.published}
        self._starts: dict[str, int] = {}
        texts: list[str] = []
        for entry in knowledge.published:
            self._starts[entry.id] = len(texts)
            texts += texts_of(entry)
        self._book = preparer.booklet(texts, "passages")

    @property
    def texts(self) -> tuple[Normalised, ...]:
        """What messages are compared to."""
        return self._book.phrases

    def answering(self, heard: Heard, entry_id: str) -> Passage | None:
        """Return what of the answer ``entry_id`` speaks of ``heard``, or nothing when all of it should be read.

        A paragraph that begins with a whole sentence in bold is never left out, nor how a caution begins.
        """
        entry = self._entries[entry_id]
        own = _parts(entry)
        start = self._starts[entry_id]
        likeness = self._book.similarities(heard.repaired, heard.vector)[start : start + len(texts_of(entry))]
        weighed = [*_weighed(own, likeness)]
        best = max(weight for weight, _ in weighed)
        chosen = [part if weight >= _AS_NEAR * best else () for weight, part in weighed]
        found = best >= _SPEAKS_OF_IT and sum(map(bool, chosen)) <= _MOST_PARTS
        if not found:
            if entry.caution:  # what it warns of is worth reading twice
                return None
            chosen = [own[0], *(() for _ in own[1:])]
        if entry.caution:
            chosen[0] = own[0]
        kept = [part if _insists(part) else shown for part, shown in zip(own, chosen, strict=True)]
        return Passage(tuple(block for part in kept for block in part), found) if not all(kept) else None


def texts_of(entry: Entry) -> list[str]:
    """Return the texts that questions about an answer are compared to: its paragraphs and its lists' lines."""
    return [plain(line) for part in _parts(entry) for line in lines(part)]


def _parts(entry: Entry) -> list[_Part]:
    return [*parts(entry.answer), *parts(entry.see_therapist_if)]


def _weighed(own: Sequence[_Part], likeness: Floats) -> Iterator[tuple[float, _Part]]:
    """Yield each part with its likeness, cut down to one line where that one alone clearly speaks of the matter."""
    start = 0
    for part in own:
        each = lines(part)
        found = likeness[start : start + len(each)]
        start += len(each)
        nearest = float(found.max())
        clear = nearest >= _CLEAR_LINE and (found >= _AS_NEAR * nearest).sum() == 1
        yield nearest, each[int(found.argmax())] if clear else part


def _insists(part: _Part) -> bool:
    first = part[0].spans[0] if isinstance(part[0], Paragraph) else None
    return first is not None and first.bold and first.text.endswith(".")
