"""What goes back to a person, before any chat program's formatting."""

from dataclasses import dataclass
from enum import StrEnum

from bot.knowledge.markup import Block, plain
from bot.knowledge.model import Level

MAX_CODE_BYTES = 64
"""Telegram refuses longer callback data."""


class Outcome(StrEnum):
    """What became of an utterance."""

    ANSWER = "answer"
    CHOICES = "choices"
    FALLBACK = "fallback"
    RED_FLAG = "red_flag"


class Action(StrEnum):
    """What a button asks for; the part of its code before the colon."""

    ENTRY = "entry"
    SECTION = "section"
    TOPICS = "topics"
    THERAPIST = "therapist"
    NONE_OF_THESE = "none"
    NONE_APPLIES = "calm"


@dataclass(frozen=True)
class Button:
    """A button; ``code`` is an action, with its argument after a colon where it has one."""

    label: str
    code: str


@dataclass(frozen=True)
class Reply:
    """One reply, as one or more messages. Built by the ``Composer`` alone, which adds the referral.

    ``buttons`` stand in rows under the last message.
    """

    outcome: Outcome
    messages: tuple[tuple[Block, ...], ...]
    buttons: tuple[tuple[Button, ...], ...] = ()
    entries: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    red_flag: str | None = None
    level: Level | None = None
    confidence: float = 0.0

    @property
    def texts(self) -> list[str]:
        """The messages as a person reads them, without tags."""
        return [plain(message) for message in self.messages]


def code(action: Action, argument: str = "") -> str:
    """Return the code of a button."""
    return f"{action}:{argument}" if argument else str(action)
