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
"""Pieces of news for the staff chat that wait; with more, the oldest go. What runners wrote is not among them."""
HANDOFF_KEPT = 14 * 86_400.0
"""Seconds without a word after which a conversation with a therapist is over."""

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

    ``last`` is the day it was asked last, ``None`` where that is the same; ``digest`` is the id of the text that is
    kept, where ``text`` is not that any more.
    """

    day: date
    text: str
    count: int = 1
    last: date | None = None
    digest: str = ""

    @property
    def id(self) -> str:
        """64 hexadecimal digits, always the same ones for the same text that is kept."""
        return self.digest or hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True)
class Held:
    """All that is kept of one person, but for messages until they are answered."""

    conversations: tuple[str, ...] = ()
    ratings: tuple[Rating, ...] = ()
    questions: tuple[KeptQuestion, ...] = ()
    handoffs: int = 0
    """Conversations with the clinic's therapists that are not over: none, or one."""


class Store(Protocol):
    """Keeps what outlives a message. Every method may raise ``StoreError``."""

    async def conversation(self, speaker: Speaker) -> str:
        """Return the codes last recorded for ``speaker``, or ``""``. Each person of a group has their own."""

    async def record(self, speaker: Speaker, codes: str, events: Sequence[Occurrence]) -> None:
        """Keep ``codes`` in place of the earlier ones and count ``events`` under today's UTC day, or do neither."""

    async def rate(self, speaker: Speaker, entry_id: str, verdict: str, reason: str = "") -> None:
        """Keep what ``speaker`` thinks of an entry; their latest word on an entry counts."""

    async def waits(self, since: date, until: date) -> Sequence[float | None]:
        """Return how many seconds each question handed to the clinic on these UTC days waited for its first answer;
        ``None`` where none has come.
        """

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
    """A message to the staff chat that waits.

    ``handoff``: the conversation with a runner that it belongs to; it then goes alone, so that it can be answered.
    ``copied``: the number of a message of the runner's, such as a photo, that it brings a copy of.
    """

    id: int
    text: str
    handoff: str = ""
    copied: int = 0


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

    async def sent(self, worker: str, letters: Sequence[Letter], message: int = 0, chat: int = 0) -> None:
        """Delete what ``worker`` claimed and has sent.

        ``message``: the number that a letter of a conversation with a runner got in the staff chat ``chat``.
        """

    async def release(self, worker: str) -> None:
        """Let go of what ``worker`` claimed."""


@dataclass(frozen=True)
class Handoff:
    """A conversation between a runner and the clinic's therapists, without a word of it; times are Unix times or 0.

    ``runner`` is the chat of the runner, 0 once it is over, and ``passed`` the numbers of their messages that were
    passed on, each with the check number of its words as the clinic has them: "7:1a2b 9:3c"; ``relayed`` are those
    of the therapists, as the runner has them, "?" behind what Telegram did not confirm, "+" before that behind a
    picture whose words did not follow yet. ``waiting``: since when
    they wait for an answer; ``answered``: when they got the first. ``helper``: who answered last, as a hash.
    ``message`` and ``topic``: where in the staff chat it goes on; -1 is a message whose number means nothing any
    more, since the chat has moved.
    """

    ref: str
    runner: int
    passed: str
    opened: float
    waiting: float
    answered: float
    closed: float
    helper: str
    message: int
    topic: int
    relayed: str

    @property
    def is_open(self) -> bool:
        """Whether it goes on."""
        return not self.closed

    def has_passed_on(self, message: int) -> bool:
        """Return whether the runner's ``message`` was passed on, in these words or others."""
        return any(one.startswith(f"{message}:") for one in self.passed.split())

    def has_relayed(self, message: int) -> bool:
        """Return whether the runner was sent a therapist's ``message``, in these words or others."""
        return any(one.startswith(f"{message}:") for one in self.relayed.split())


@dataclass(frozen=True)
class Handover:
    """What a runner lets the clinic read: ``texts``, a message each, the first of them beside a copy of the message
    ``copied``, if one is named. ``message`` is the number of the runner's message and ``check`` a check number of
    what it says: the same is not passed on twice. ``changed`` is what stands in place of ``texts`` where the
    message was passed on before and said something else.
    """

    texts: Sequence[str]
    message: int = 0
    check: int = 0
    changed: Sequence[str] = ()
    copied: int = 0


class HandoffStore(Protocol):
    """Keeps who talks with whom, and what is on its way to the clinic. Every method may raise ``StoreError``."""

    async def of_person(self, person: str) -> Handoff | None:
        """Return the open conversation of ``person``; there is one at most."""

    async def find(self, ref: str) -> Handoff | None:
        """Return a conversation by its ``ref``; nothing for one that was never begun, or is long over."""

    async def pass_on(
        self, speaker: Speaker, handover: Handover, ref: str, further: Sequence[Handover] = ()
    ) -> Handoff:
        """Put ``handover`` on its way, and what is ``further`` with it, in the open conversation of ``speaker`` or
        in a new one that is called ``ref``: all of it or, with an error, nothing.
        """

    async def pass_along(self, speaker: Speaker, handover: Handover, first: int) -> bool:
        """Put ``handover`` on its way where the message ``first`` was passed on in the open conversation of
        ``speaker``; return whether it was.
        """

    async def answer(self, ref: str, helper: str, topic: int, relayed: str = "") -> None:
        """Note that ``helper``, an id, has answered, in this ``topic`` of the staff chat; 0 is none.

        ``relayed``: their message, as ``Handoff`` names it, which the runner was sent.
        """

    async def say(self, ref: str, notice: str) -> None:
        """Put ``notice`` on its way to the staff chat, as something about the conversation ``ref``."""

    async def moved(self, chat: int, notice: str) -> int:
        """Let each open conversation that went on in another chat go on in the staff chat ``chat``, where
        ``notice`` begins it anew; return how many there were.
        """

    async def first_aside(self, person: str) -> bool:
        """Return whether a therapist has written to ``person``, in a conversation that goes on, and this was not
        asked before; it is noted that it was.
        """

    async def close(self, ref: str, notice: str = "", *, drop: bool = False) -> bool:
        """End a conversation and forget whose it was; return whether it was open.

        ``notice`` tells the staff chat, unless it has heard nothing of that conversation. ``drop``: what was not
        sent of it yet is deleted.
        """

    async def silent(self, before: float) -> Mapping[Handoff, bool]:
        """Return the open conversations in which nobody has written since ``before``, and of each whether something
        of it was never sent.
        """

    async def remind(self, before: float, notice: str) -> int:
        """Remind the staff chat by ``notice`` of every runner who has waited since ``before``, once each."""

    async def stranded(self) -> Sequence[Handoff]:
        """Return the conversations of which something is still to be sent, and whose runners were not told so."""

    async def tell(self, ref: str) -> bool:
        """Note that the runner is told that the clinic cannot be reached; return whether that is news, to one of
        several who ask at once.
        """

    def hashed(self, person: str) -> str:
        """Return ``person``, an id, as ``Handoff.helper`` names them."""
