"""What is remembered of a chat between two messages: codes and times, never text."""

import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from bot.knowledge.model import Level
from bot.triage.rules import PLANNED, Idea, RedFlag
from bot.understanding.context import NO_CONTEXT, Context

IDEAS_LAST = 30 * 60
"""Seconds after which what somebody mentioned no longer completes a danger sign."""
CONTEXT_LASTS = 30 * 60
"""Seconds for which a message may lean on what was talked about."""
FLAG_LASTS = 24 * 60 * 60
"""Seconds for which a danger sign colours the conversation."""
SUPPORT_LASTS = 30 * 60
"""Seconds after an answer that stands alone for which every reply leads to care and support."""
CAUTIONS_LAST = 30 * 60
"""Seconds for which a caution, such as a blood thinner, stays in mind after it was last told of or answered."""
PLACE_LASTS = 30 * 60
"""Seconds for which the question where somebody is waits for a town, and a shown directory takes one."""
ASKING_LASTS = 10 * 60
"""Seconds for which the bot waits for a question that is to be passed on to the clinic."""
SCREENING_LASTS = 30 * 60
"""Seconds for which the question about a danger sign waits for its answer."""
_MOST_IDEAS = 40
_MOST_CAUTIONS = 3
_MOST_HELD = 10
_MOST_PICTURES = 10
"""As many as Telegram takes in one album."""
_MOST_ALBUMS = 5


@dataclass(frozen=True)
class Alarm:
    """A danger sign somebody told of: when, and how many urgent replies it has had."""

    group: str | None
    level: Level
    since: int
    replies: int = 1
    proved: bool = True
    """Whether a listed sign, a word combination or the person's own word stands behind it, or a guess alone."""

    @property
    def flag(self) -> RedFlag:
        """The flag itself."""
        return RedFlag(self.group, self.level)

    @property
    def may_calm(self) -> bool:
        """Whether the person may say that none of it applies: never after a plan, means or tablets taken."""
        if self.flag == PLANNED:
            return False
        return self.replies > 1 or not self.proved


@dataclass(frozen=True)
class Pending:
    """What a message would have been answered with, had it not been asked about: ids, or nothing for a fallback."""

    entries: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    body_part: str = ""
    foreign: bool = False
    language: str = ""
    """The code of the language, where ``foreign``."""
    message: int = 0
    """The number of the message, so that what comes after can refer to it."""
    to_clinic: bool = False
    """Whether it was meant for the clinic: it is then not answered."""


@dataclass(frozen=True)
class Screening:
    """An open question about a danger sign: of which group, asked at which turn, how often, until when."""

    group: str | None
    level: Level
    turn: int
    until: int
    pending: Pending = Pending()
    asked: int = 1

    @classmethod
    def begun(cls, flag: RedFlag, turn: int, now: float, pending: Pending) -> "Screening":
        """Return the question as it is first asked."""
        return cls(flag.group, flag.level, turn, int(now) + SCREENING_LASTS, pending)

    @property
    def flag(self) -> RedFlag:
        """What is asked about."""
        return RedFlag(self.group, self.level)

    @property
    def argument(self) -> str:
        """What its buttons carry, so that a tap on an older question settles nothing.

        Turns begin anew when somebody has had all that is kept deleted; the time tells such questions apart.
        """
        return f"{self.group or 'unknown'}.{self.turn}.{self.until:x}"


@dataclass(frozen=True)
class Conversation:
    """One chat.

    ``turn`` counts replies, so that wordings rotate. ``ideas`` are the parts of danger signs mentioned so far,
    until ``ideas_until``. ``question`` is the entry that an urgent reply kept from being answered. ``context``
    is what the chat was about, until ``context_until``, its cautions until ``cautions_until``. ``in_doubt``:
    whether the last reply may not have arrived. ``screening`` is the question about a danger sign that is open.
    Until ``support_until`` replies lead to care and support, and to no therapist. Until ``asking_until`` what is
    typed next is a question for the clinic.
    """

    turn: int = 0
    ideas: tuple[Idea, ...] = ()
    ideas_until: int = 0
    alarm: Alarm | None = None
    question: str = ""
    context: Context = NO_CONTEXT
    context_until: int = 0
    cautions_until: int = 0
    in_doubt: bool = False
    screening: Screening | None = None
    support_until: int = 0
    place_until: int = 0
    """Until when a town is waited for; it stays until the buttons of that question are gone too."""
    directory_until: int = 0
    """Until when a listed town may be typed, since the last reply led through the directory of therapists."""
    asking_until: int = 0
    held: tuple[int, ...] = ()
    """Numbers of messages for the clinic that a danger sign kept back: whether to pass them on is to be asked."""
    albums: tuple[tuple[str, tuple[int, ...]], ...] = ()
    """The last albums of photos: the id of each, and the numbers of its messages."""
    last_asked: int = 0
    """A check number of what was typed last, too short to tell what it was: a question that is handled once more
    after a kill is no further question about its own answer."""

    def at(self, now: float) -> "Conversation":
        """Return the conversation as it stands at ``now``, a Unix time: what is over is forgotten."""
        current = self
        if now >= self.ideas_until:
            current = replace(current, ideas=(), ideas_until=0)
        if now >= self.context_until:
            current = replace(current, context=Context(cautions=self.context.cautions), context_until=0)
        if now >= self.cautions_until:
            current = replace(current, context=replace(current.context, cautions=()), cautions_until=0)
        if self.alarm is not None and now >= self.alarm.since + FLAG_LASTS:
            current = replace(current, alarm=None, question="")
        if self.screening is not None and now >= self.screening.until:
            current = current.settled()
        if now >= self.support_until:
            current = replace(current, support_until=0)
        if now >= self.asking_until:
            current = replace(current, asking_until=0)
        return current

    def next(self) -> "Conversation":
        """Return the conversation after one more reply."""
        return replace(self, turn=self.turn + 1, in_doubt=False)

    def mentioning(self, ideas: Iterable[Idea], now: float) -> "Conversation":
        """Return the conversation with further ideas noted."""
        fresh = sorted(set(ideas))
        if not fresh:
            return self
        kept = [idea for idea in self.ideas if idea not in fresh]
        return replace(self, ideas=tuple([*kept, *fresh][-_MOST_IDEAS:]), ideas_until=int(now) + IDEAS_LAST)

    def about(
        self,
        now: float,
        *,
        answered: Sequence[str] = (),
        offered: Sequence[str] = (),
        body_part: str = "",
        cautions: Sequence[str] = (),
    ) -> "Conversation":
        """Return the conversation after a reply that answered some entries or offered some.

        ``cautions``: those of them that stay in mind. Several answers, and choices, may be picked from in words
        afterwards ("the second one").
        """
        earlier = self.context
        context = Context(
            topic=answered[-1] if answered else earlier.topic,
            body_part=body_part or earlier.body_part,
            offered=tuple(offered) or (tuple(answered) if len(answered) > 1 else earlier.offered),
            choosing=bool(offered),
            cautions=earlier.cautions,
        )
        return replace(self, context=context, context_until=int(now) + CONTEXT_LASTS).cautioned(cautions, now)

    def cautioned(self, entry_ids: Sequence[str], now: float) -> "Conversation":
        """Return the conversation with the cautions ``entry_ids`` in mind."""
        if not entry_ids:
            return self
        kept = [entry_id for entry_id in self.context.cautions if entry_id not in entry_ids]
        context = replace(self.context, cautions=tuple([*kept, *entry_ids][-_MOST_CAUTIONS:]))
        return replace(self, context=context, cautions_until=int(now) + CAUTIONS_LAST)

    def supported(self, now: float) -> "Conversation":
        """Return the conversation after an answer that stands alone."""
        return replace(self, support_until=int(now) + SUPPORT_LASTS)

    def repeats(self, text: str) -> bool:
        """Return whether ``text`` is, most likely, what was typed last."""
        return self.last_asked == _check_number(text)

    def asked(self, text: str) -> "Conversation":
        """Return the conversation after ``text`` was typed."""
        return replace(self, last_asked=_check_number(text))

    def asking_place(self, now: float) -> "Conversation":
        """Return the conversation after the question where somebody is."""
        return replace(self, place_until=int(now) + PLACE_LASTS)

    def place_settled(self) -> "Conversation":
        """Return the conversation after that question was answered, or left."""
        return replace(self, place_until=0)

    def in_directory(self, now: float, *, shown: bool) -> "Conversation":
        """Return the conversation after a reply, in which the directory of therapists was ``shown`` or not."""
        return replace(self, directory_until=int(now) + PLACE_LASTS if shown else 0)

    def screened(self, screening: Screening) -> "Conversation":
        """Return the conversation with a question open."""
        return replace(self, screening=screening)

    def awaiting(self, message: int, *, to_clinic: bool) -> "Conversation":
        """Return the conversation with the open question about a danger sign, if there is one, kept beside
        ``message``, which began it.
        """
        screening = self.screening
        if screening is None or not message or screening.pending.message:
            return self
        pending = replace(screening.pending, message=message, to_clinic=to_clinic)
        return replace(self, screening=replace(screening, pending=pending))

    def holding(self, message: int) -> "Conversation":
        """Return the conversation with ``message``, meant for the clinic, held back."""
        held = (*(one for one in self.held if one != message), message)
        return replace(self, held=held[-_MOST_HELD:]) if message else self

    def pictured(self, album: str, message: int) -> "Conversation":
        """Return the conversation with the picture ``message`` of an ``album`` noted."""
        before = self.pictures(album)
        pictures = before if message in before else (*before, message)[:_MOST_PICTURES]
        others = (known for known in self.albums if known[0] != album)
        return replace(self, albums=(*others, (album, pictures))[-_MOST_ALBUMS:])

    def pictures(self, album: str) -> tuple[int, ...]:
        """Return the messages noted of an ``album``, the first one first; none where it is not known any more."""
        return dict(self.albums).get(album, ())

    def begins_album(self, message: int) -> bool:
        """Return whether ``message`` is the first picture of an album."""
        return any(pictures[:1] == (message,) for _, pictures in self.albums)

    def offered(self) -> "Conversation":
        """Return the conversation after it was asked whether to pass on what was held back."""
        return replace(self, held=())

    def changed(self, message: int) -> "Conversation":
        """Return the conversation after ``message`` was changed: what was asked about it, or held back, is over."""
        conversation = replace(self, held=tuple(one for one in self.held if one != message))
        of_another = self.screening is not None and message and self.screening.pending.message not in (0, message)
        return conversation if of_another else conversation.settled()

    def asking(self, now: float) -> "Conversation":
        """Return the conversation in which what is typed next is a question for the clinic."""
        return replace(self, asking_until=int(now) + ASKING_LASTS)

    def not_asking(self) -> "Conversation":
        """Return the conversation in which it is no more."""
        return replace(self, asking_until=0)

    def settled(self) -> "Conversation":
        """Return the conversation without an open question."""
        return replace(self, screening=None)

    def denied(self, group: str | None) -> "Conversation":
        """Return the conversation after the person said that no sign of ``group`` is there; ``None``: of none."""
        left = tuple(idea for idea in self.ideas if group is not None and idea[0] != group)
        return replace(self.settled(), ideas=left, ideas_until=self.ideas_until if left else 0)

    def alarmed(self, flag: RedFlag, now: float, question: str, *, proved: bool = True) -> "Conversation":
        """Return the conversation after an urgent reply about ``flag``; a known alarm never gets milder.

        Nothing talked about before is carried past it.
        """
        replies = 1
        if self.alarm is not None:
            replies += self.alarm.replies
            proved = proved or self.alarm.proved
            if self.alarm.level > flag.level or self.alarm.flag == PLANNED:  # never covered by another sign
                flag = self.alarm.flag
        alarm = Alarm(flag.group, flag.level, int(now), replies, proved)
        return replace(self, alarm=alarm, question=question, context=NO_CONTEXT, context_until=0, cautions_until=0)

    def pressed(self, question: str) -> "Conversation":
        """Return the conversation after the urgent text was said again, to a question about needling or running.

        The 24 hours still run from the danger sign itself.
        """
        assert self.alarm is not None
        return replace(self, alarm=replace(self.alarm, replies=self.alarm.replies + 1), question=question)

    def calmed(self) -> "Conversation":
        """Return the conversation after the person said that none of it applies."""
        return replace(self, alarm=None, question="", ideas=(), ideas_until=0)

    def doubtful(self) -> "Conversation":
        """Return the conversation when it cannot be known whether the last reply arrived."""
        return replace(self, in_doubt=True)

    def to_codes(self) -> str:
        """Return the conversation as the short string that a store keeps."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def from_codes(cls, codes: str) -> "Conversation":
        """Return the conversation kept as ``codes``; a fresh one when they cannot be read."""
        try:
            kept: dict[str, Any] = json.loads(codes)
            alarm, screening = kept.get("alarm"), kept.get("screening")
            context = kept.get("context") or {}
            return cls(
                turn=int(kept["turn"]),
                ideas=tuple((str(group), str(name)) for group, name in kept.get("ideas", ())),
                ideas_until=int(kept.get("ideas_until", 0)),
                alarm=_alarm(alarm) if alarm else None,
                question=str(kept.get("question", "")),
                context=Context(
                    topic=str(context.get("topic", "")),
                    body_part=str(context.get("body_part", "")),
                    offered=tuple(str(entry_id) for entry_id in context.get("offered", ())),
                    choosing=bool(context.get("choosing")),
                    cautions=tuple(str(entry_id) for entry_id in context.get("cautions", ())),
                ),
                context_until=int(kept.get("context_until", 0)),
                cautions_until=int(kept.get("cautions_until", 0)),
                in_doubt=bool(kept.get("in_doubt")),
                screening=_screening(screening) if screening else None,
                support_until=int(kept.get("support_until", 0)),
                place_until=int(kept.get("place_until", 0)),
                directory_until=int(kept.get("directory_until", 0)),
                asking_until=int(kept.get("asking_until", 0)),
                held=tuple(int(message) for message in kept.get("held", ())),
                albums=tuple((str(album), tuple(map(int, pictures))) for album, pictures in kept.get("albums", ())),
                last_asked=int(kept.get("last_asked", 0)),
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            return cls()


def _check_number(text: str) -> int:
    """Return a number from 1 to 65,536 that is the same for the same text."""
    return zlib.crc32(text.encode("utf-8", "surrogatepass")) % 0x10000 + 1


def _alarm(kept: dict[str, Any]) -> Alarm:
    level, proved = Level(kept["level"]), bool(kept.get("proved", True))
    return Alarm(kept["group"], level, int(kept["since"]), int(kept["replies"]), proved)


def _screening(kept: dict[str, Any]) -> Screening:
    pending = kept["pending"]
    return Screening(
        kept["group"],
        Level(kept["level"]),
        int(kept["turn"]),
        int(kept["until"]),
        Pending(
            tuple(str(entry_id) for entry_id in pending["entries"]),
            tuple(str(entry_id) for entry_id in pending["choices"]),
            str(pending["body_part"]),
            bool(pending["foreign"]),
            str(pending.get("language", "")),
            int(pending.get("message", 0)),
            bool(pending.get("to_clinic")),
        ),
        int(kept["asked"]),
    )
