"""What a start or a check computes, found by starting and checking, and shipped so that neither has to."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bot.knowledge.model import KnowledgeBase
from bot.text.likeness.arrays import Floats, Halves
from bot.text.likeness.encoder import DIMENSIONS, Encoder
from bot.text.likeness.shipped import FOLDER, Shipped, rounded, ship
from bot.understanding.context import NO_CONTEXT
from bot.understanding.mind import Mind


@dataclass(frozen=True)
class Made:
    """What was shipped: how many texts, how many of them newly encoded, and the bytes of all files."""

    texts: int
    encoded: int
    size: int


class Recorder(Encoder):
    """An encoder that keeps all it was asked for, and takes what is shipped already from there."""

    def __init__(self, encoder: Encoder, shipped: Shipped | None) -> None:
        self._inner, self._shipped = encoder, shipped
        self.fingerprint = encoder.fingerprint
        self.found: dict[str, Halves] = {}
        self.encoded = 0

    def encode(self, texts: Sequence[str]) -> Floats:
        """See ``Encoder``."""
        missing = [text for text in dict.fromkeys(texts) if text not in self.found]
        rows = self._shipped.rows(missing) if self._shipped else np.full(len(missing), -1)
        if self._shipped is not None and (rows >= 0).any():
            known = [text for text, row in zip(missing, rows, strict=True) if row >= 0]
            self.found.update(zip(known, self._shipped.vectors(rows[rows >= 0]), strict=True))
        fresh = [text for text, row in zip(missing, rows, strict=True) if row < 0]
        if fresh:
            self.encoded += len(fresh)
            self.found.update(zip(fresh, rounded(self._inner.encode(fresh)), strict=True))
        if not texts:
            return np.zeros((0, DIMENSIONS), dtype=np.float32)
        return np.stack([self.found[text] for text in texts]).astype(np.float32)

    def tokens(self, text: str) -> int:
        """See ``Encoder``."""
        return self._inner.tokens(text)

    def vocabulary(self) -> frozenset[str]:
        """See ``Encoder``."""
        return self._inner.vocabulary()


def make(
    knowledge: KnowledgeBase,
    encoder: Encoder,
    shipped: Shipped | None,
    folder: Path = FOLDER,
    *,
    fingerprint: str = "",
) -> Made:
    """Write into ``folder`` the vectors and fits of ``knowledge``; what is ``shipped`` is not encoded again.

    ``fingerprint`` is that of the files: a start with these very files need not judge them.
    Every text is kept that a start encodes, and every one that a check does: messages and golden questions with
    their sentences and the questions in them. Raises ``ShippedError`` where nothing can be written.
    """
    recorder = Recorder(encoder, shipped)
    with tempfile.TemporaryDirectory() as kept:
        mind = Mind.for_knowledge(knowledge, encoder=recorder, cache=Path(kept))
        for text in _judged(knowledge):
            mind.preparer.prepare(text)
        for text in _understood(knowledge):
            utterance = mind.preparer.prepare(text)
            if not utterance.is_empty:  # taken apart into its questions, whatever the gate thinks of it
                mind.reader.read(utterance, text, NO_CONTEXT)
        texts = [*recorder.found]
        size = ship(
            encoder.fingerprint,
            texts,
            np.stack([recorder.found[text] for text in texts]),
            sorted(Path(kept).glob("*.npy")),
            folder,
            knowledge=fingerprint,
        )
    return Made(len(texts), recorder.encoded, size)


def unshipped(mind: Mind) -> float:
    """Return the share of the texts of ``mind`` that have no shipped vector, from 0 to 1."""
    known = mind.knowledge
    texts = [*mind.preparer.book.phrases, *_understood(known), *_judged(known)]
    return mind.preparer.unshipped(texts, [*mind.reader.follow_ups.texts, *mind.passages.texts])


def _understood(knowledge: KnowledgeBase) -> Iterator[str]:
    """Yield every message of the knowledge that a start or a check understands as if somebody had sent it."""
    for messages in knowledge.messages.values():
        yield from messages
    for questions in knowledge.golden.values():
        yield from questions
    for talk in knowledge.golden_talks:
        yield from (*talk.after, talk.ask)
    yield from knowledge.texts["examples"]


def _judged(knowledge: KnowledgeBase) -> Iterator[str]:
    """Yield every phrase that a check looks for danger signs in."""
    for entry in knowledge.published:
        yield from entry.ask
    for group in knowledge.red_flags.values():
        for signs in group.signs:
            yield from signs.messages
        yield from group.look_alikes
