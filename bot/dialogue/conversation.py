"""What is remembered of a chat between two messages: codes, never text."""

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Conversation:
    """``turn`` counts replies, so that wordings rotate."""

    turn: int = 0

    def next(self) -> "Conversation":
        """Return the conversation after one more reply."""
        return Conversation(self.turn + 1)

    def to_codes(self) -> str:
        """Return the conversation as the short string that a store keeps."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def from_codes(cls, codes: str) -> "Conversation":
        """Return the conversation kept as ``codes``; a fresh one when they cannot be read."""
        try:
            return cls(turn=int(json.loads(codes)["turn"]))
        except (ValueError, KeyError, TypeError):
            return cls()
