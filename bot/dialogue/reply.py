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
    SCREENING = "screening"

    @property
    def is_urgent(self) -> bool:
        """Whether a reply of this kind stands alone, waits for nothing and is rather sent twice than not at all."""
        return self in (Outcome.RED_FLAG, Outcome.SCREENING)


class Action(StrEnum):
    """What a button asks for; the part of its code before the colon."""

    ENTRY = "entry"
    SECTION = "section"
    TOPICS = "topics"
    THERAPIST = "therapist"
    NONE_OF_THESE = "none"
    NONE_APPLIES = "calm"
    SCREENING_YES = "yes"
    SCREENING_NO = "no"
    HELPED = "good"
    DID_NOT_HELP = "bad"
    REASON = "why"
    KEEP_QUESTION = "keep"
    KEEP_NOT = "keepnot"
    SOURCES = "sources"
    ASK = "ask"
    SEND = "send"
    HOLD = "hold"
    CLOSE = "close"
    PAUSE = "pause"
    RESUME = "resume"
    GAPS = "gaps"
    GAP_ADD = "gapadd"
    GAP_TO = "gapto"
    GAP_NEW = "gapnew"
    GAP_DROP = "gapdrop"
    GAP_GONE = "gapgone"


class Verdict(StrEnum):
    """What a person thinks of an answer."""

    HELPED = "helped"
    DID_NOT_HELP = "did-not-help"


class Reason(StrEnum):
    """Why an answer did not help; each has a button of its own."""

    OTHER_QUESTION = "other"
    TOO_LITTLE = "little"
    HARD_TO_FOLLOW = "hard"


@dataclass(frozen=True)
class Button:
    """A button; ``code`` is an action, with its argument after a colon where it has one.

    One with a ``url`` opens that instead and has no code.
    """

    label: str
    code: str = ""
    url: str = ""


@dataclass(frozen=True)
class AsksPlace:
    """The labels under the question where somebody is: to send a location, where that helps, and to leave it."""

    share: str
    leave: str


@dataclass(frozen=True)
class Reply:
    """One reply, as one or more messages. Built by the ``Composer`` alone, which adds the referral.

    ``buttons`` stand in rows under the last message. A reply without messages leaves the tapped message as it is:
    only its buttons change, and ``toast`` is shown for a moment, in at most 200 characters.
    """

    outcome: Outcome
    messages: tuple[tuple[Block, ...], ...]
    buttons: tuple[tuple[Button, ...], ...] = ()
    entries: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    red_flag: str | None = None
    level: Level | None = None
    confidence: float = 0.0
    toast: str = ""
    follows: str = ""
    """The entry that the message was taken to follow on from, when the conversation decided."""
    closing: tuple[Block, ...] = ()
    """What each message ends with: who checked it, and the way to care."""
    asks_place: AsksPlace | None = None
    """It asks where the person is: a town or postcode may be typed next, or a location sent."""
    place_settled: bool = False
    """Whether the buttons of that question are to go; one of its messages then has no ``buttons`` under it."""
    about: int = 0
    """The number of the message that its buttons speak of, where that is not the one it answers."""
    passes_on: bool = False
    """Whether it says that the message it answers is passed on to the clinic, which is then still to be done."""
    offers: tuple["Reply", ...] = ()
    """What is asked after it, each ``about`` a message that a danger sign kept back: may it be passed on?"""
    buttons_throughout: bool = False
    """Whether its buttons stand under each of its messages."""

    def has(self, *actions: Action) -> bool:
        """Return whether one of its buttons does one of ``actions``."""
        return any(button.code.partition(":")[0] in actions for row in self.buttons for button in row)

    @property
    def shows_directory(self) -> bool:
        """Whether one of its buttons leads on through the directory of therapists."""
        return any(button.code.startswith(f"{Action.THERAPIST}:") for row in self.buttons for button in row)

    @property
    def texts(self) -> list[str]:
        """The messages as a person reads them, without tags."""
        return [plain(message) for message in self.messages]

    @property
    def subjects(self) -> tuple[str, ...]:
        """What it is about: entries, a danger group, or choices; one empty word for nothing, none for a toast."""
        if not self.messages:
            return ()
        return self.entries or ((self.red_flag,) if self.red_flag else self.choices) or ("",)


def code(action: Action, argument: str = "") -> str:
    """Return the code of a button."""
    return f"{action}:{argument}" if argument else str(action)
