"""The parts of each answer, and the one that answers a second question about it."""

from bot.knowledge.markup import Block, passages, plain
from bot.knowledge.model import Entry, KnowledgeBase
from bot.text.likeness.utterance import Heard, Preparer

Passage = tuple[Block, ...]


def passages_of(entry: Entry) -> tuple[Passage, ...]:
    """Return the parts of an answer that can be read alone, those about when to have it looked at last."""
    return (*passages(entry.answer), *passages(entry.see_therapist_if))


class Passages:
    """Knows the parts of all published answers; holds no state of its own."""

    def __init__(self, knowledge: KnowledgeBase, preparer: Preparer) -> None:
        self._parts = {entry.id: passages_of(entry) for entry in knowledge.published}
        texts = [plain(part) for parts in self._parts.values() for part in parts]
        self._book = preparer.booklet(texts, "passages")

    def answering(self, heard: Heard, entry_id: str) -> Passage:
        return ()
