"""Whether the bot hears what people send: told by facts, not by the process being there."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

STALE = 300.0
"""Seconds without a word from Telegram after which a bot that fetches counts as deaf."""


@dataclass
class Health:
    """What the parts know of their own state; ``clock`` counts seconds and never goes back."""

    clock: Callable[[], float] = time.monotonic
    knowledge_loaded: bool = False
    stopping: bool = False
    _heard: float = field(init=False)
    _webhook_ours: bool | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self._heard = self.clock()

    def heard(self) -> None:
        """Note that Telegram was reached: updates were fetched, or the webhook looked at."""
        self._heard = self.clock()

    def webhook_is_ours(self, ours: bool) -> None:
        """Note what Telegram says of the webhook."""
        self.heard()
        self._webhook_ours = ours

    @property
    def deaf(self) -> bool:
        """Whether nothing was heard of Telegram for too long, or messages go elsewhere."""
        return self._webhook_ours is False or self.clock() - self._heard > STALE

    @property
    def alive(self) -> bool:
        """Whether questions are heard and answered."""
        return self.knowledge_loaded and not self.deaf and not self.stopping
