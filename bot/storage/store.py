"""The store protocol, and the store in memory that the terminal commands use."""

from collections import OrderedDict
from typing import Protocol

MOST_CHATS = 10_000
"""Conversations kept in memory; the one silent for longest goes first."""


class Store(Protocol):
    """Keeps a short string of codes for each chat, never text that a person typed."""

    async def conversation(self, chat: str) -> str:
        """Return the codes last saved for ``chat``, or ``""``."""

    async def save_conversation(self, chat: str, codes: str) -> None:
        """Keep ``codes`` for ``chat`` in place of the earlier ones."""


class MemoryStore:
    """A store that ends with the process."""

    def __init__(self, most_chats: int = MOST_CHATS) -> None:
        self._conversations: OrderedDict[str, str] = OrderedDict()
        self._most_chats = most_chats

    async def conversation(self, chat: str) -> str:
        """See ``Store``."""
        return self._conversations.get(chat, "")

    async def save_conversation(self, chat: str, codes: str) -> None:
        """See ``Store``."""
        self._conversations[chat] = codes
        self._conversations.move_to_end(chat)
        while len(self._conversations) > self._most_chats:
            self._conversations.popitem(last=False)
