"""What the bot keeps of people and how it is asked for: the protocol and the values that cross it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from bot.errors import BotError

CODES_KEPT = 48 * 3600.0
"""Seconds without a message after which a conversation's codes go; after 24 hours they mean nothing any more."""
SET_ASIDE_KEPT = 3600.0
"""Seconds for which an update that nobody can read is kept, for whoever looks into it."""
REMEMBERED = 48 * 3600.0
"""Seconds for which an update id is known, twice as long as Telegram delivers it again."""
OUTBOX_KEPT = 7 * 86_400.0
"""Seconds after which a message to the staff chat that could not be sent is no news any more."""
MOST_UNSENT = 1_000
"""Messages to the staff chat that wait; with more, the oldest go."""

Occurrence = tuple[str, str]
"""What happened and to what, such as ``("answer", "run-after")`` or ``("fallback", "")``."""


class StoreError(BotError):
    """The store cannot be used at present, or not with these settings.

    ``cause`` is the type of the error behind it, for logs; that error's text may quote what a person wrote.
    """

    def __init__(self, message: str, cause: str = "") -> None:
        super().__init__(message)
        self.cause = cause or type(self).__name__


@dataclass(frozen=True)
class Speaker:
    """Who speaks where: ids as the messenger gives them, ``"terminal"`` for both in a terminal."""

    person: str
    chat: str


@dataclass(frozen=True)
class Rating:
    """What was said of an entry, and by how many."""

    entry_id: str
    verdict: str
    reason: str
    count: int


@dataclass(frozen=True)
class KeptQuestion:
    """A question kept with consent; ``day`` is the UTC day it was asked first, ``count`` how many people did.

    ``last`` is the day it was asked last, ``None`` where that is the same.
    """

    day: date
    text: str
    count: int = 1
    last: date | None = None

    @property
    def id(self) -> str:
        """64 hexadecimal digits, always the same ones for the same text."""
        return hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True)
class Held:
    """All that is kept of one person, but for messages until they are answered."""

    conversations: tuple[str, ...] = ()
    ratings: tuple[Rating, ...] = ()
    questions: tuple[KeptQuestion, ...] = ()


class Store(Protocol):
    """Keeps what outlives a message. Every method may raise ``StoreError``."""

    async def conversation(self, speaker: Speaker) -> str:
        """Return the codes last recorded for ``speaker``, or ``""``. Each person of a group has their own."""

    async def record(self, speaker: Speaker, codes: str, events: Sequence[Occurrence]) -> None:
        """Keep ``codes`` in place of the earlier ones and count ``events`` under today's UTC day, or do neither."""

    async def rate(self, speaker: Speaker, entry_id: str, verdict: str, reason: str = "") -> None:
        """Keep what ``speaker`` thinks of an entry; their latest word on an entry counts."""

    async def ratings(self, since: date = date.min, until: date = date.max) -> Sequence[Rating]:
        """Return what people said last from the UTC day ``since`` to ``until``, equal words counted together.

        Sorted by entry, verdict and reason.
        """

    async def counts(self, since: date, until: date = date.max) -> Mapping[Occurrence, int]:
        """Return how often each event happened from the UTC day ``since`` to ``until``, both counted in."""

    async def keep_question(self, speaker: Speaker, text: str) -> None:
        """Keep ``text``, once for each person. Only to be called when the person agreed to it."""

    async def questions(self) -> Sequence[KeptQuestion]:
        """Return the kept questions, the oldest day first, equal ones counted together, without who asked."""

    async def settle_question(self, question_id: str) -> bool:
        """Delete the question with this id for everybody who asked it; return whether it was kept."""

    async def held(self, person: str) -> Held:
        """Return all that is kept of ``person``."""

    async def forget(self, person: str) -> None:
        """Delete all that is kept of ``person``, all of it or, with an error, nothing.

        What waits to be answered is not touched: it is deleted once it is.
        """


@dataclass(frozen=True)
class Pause:
    """Whether an entry is kept from runners, ``since`` when, a Unix time; or was let back to them then."""

    paused: bool
    since: float


@dataclass(frozen=True)
class StaffState:
    """What the store knows of the staff's orders: pauses by entry, and the staff chat.

    ``chat`` is its id of today, ``None`` when nothing was heard of it. ``lost``: whether the admins were told that
    nothing can be sent there.
    """

    pauses: Mapping[str, Pause]
    chat: int | None = None
    lost: bool = False


@dataclass(frozen=True)
class Letter:
    """A message to the staff chat that waits."""

    id: int
    text: str


class StaffStore(Protocol):
    """Keeps what the clinic's people ordered, and what they are to be told. Every method may raise ``StoreError``.

    ``configured`` is the staff chat as the settings name it, whatever became of it.
    """

    async def state(self, configured: int | None) -> StaffState:
        """Return all but the messages."""

    async def pause(self, entry_id: str, pause: Pause) -> None:
        """Keep ``pause`` as the latest word on an entry."""

    async def move(self, configured: int, chat: int) -> None:
        """Keep that the staff chat has the id ``chat`` from now on."""

    async def lose(self, configured: int, *, lost: bool) -> bool:
        """Keep whether the staff chat is lost; return whether that is news, to one of several who ask at once."""

    async def put(self, texts: Sequence[str]) -> None:
        """Let ``texts`` wait, in this order, behind those that wait already."""

    async def put_once(self, name: str, texts: Sequence[str]) -> bool:
        """Do as ``put`` and note ``name``, unless it was noted before; return whether it was done.

        Of several who do so at once one does it. Without ``texts`` the name alone is kept.
        """

    async def was_put(self, name: str) -> bool:
        """Return whether something was put under ``name``."""

    async def claim(self, worker: str, *, lease: float, alone: bool) -> Sequence[Letter]:
        """Return the oldest messages that wait, for ``lease`` seconds this worker's; none while another has some.

        ``alone``: no other worker lives, so what another has was left behind.
        """

    async def sent(self, worker: str, letters: Sequence[Letter]) -> None:
        """Delete what ``worker`` claimed and has sent."""

    async def release(self, worker: str) -> None:
        """Let go of what ``worker`` claimed."""
