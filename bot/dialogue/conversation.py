"""What is remembered of a chat between two messages: codes and times, never text."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

from bot.knowledge.model import Level
from bot.triage.rules import Idea, RedFlag

IDEAS_LAST = 30 * 60
"""Seconds after which what somebody mentioned no longer completes a danger sign."""
FLAG_LASTS = 24 * 60 * 60
"""Seconds for which a danger sign colours the conversation (K2c of the safety facts)."""
_MOST_IDEAS = 40


@dataclass(frozen=True)
class Alarm:
    """A danger sign somebody told of: when, and how many urgent replies it has had."""

    group: str | None
    level: Level
    since: int
    replies: int = 1

    @property
    def flag(self) -> RedFlag:
        """The flag itself."""
        return RedFlag(self.group, self.level)


@dataclass(frozen=True)
class Conversation:
    """One chat.

    ``turn`` counts replies, so that wordings rotate. ``ideas`` are the parts of danger signs mentioned so far,
    until ``ideas_until``. ``question`` is the entry that an urgent reply kept from being answered.
    """

    turn: int = 0
    ideas: tuple[Idea, ...] = ()
    ideas_until: int = 0
    alarm: Alarm | None = None
    question: str = ""

    def at(self, now: float) -> "Conversation":
        """Return the conversation as it stands at ``now``, a Unix time: what is over is forgotten."""
        current = self
        if now >= self.ideas_until:
            current = replace(current, ideas=(), ideas_until=0)
        if self.alarm is not None and now >= self.alarm.since + FLAG_LASTS:
            current = replace(current, alarm=None, question="")
        return current

    def next(self) -> "Conversation":
        """Return the conversation after one more reply."""
        return replace(self, turn=self.turn + 1)

    def mentioning(self, ideas: Iterable[Idea], now: float) -> "Conversation":
        """Return the conversation with further ideas noted."""
        fresh = sorted(set(ideas))
        if not fresh:
            return self
        kept = [idea for idea in self.ideas if idea not in fresh]
        return replace(self, ideas=tuple([*kept, *fresh][-_MOST_IDEAS:]), ideas_until=int(now) + IDEAS_LAST)

    def alarmed(self, flag: RedFlag, now: float, question: str) -> "Conversation":
        """Return the conversation after an urgent reply about ``flag``; a known alarm never gets milder."""
        replies = 1
        if self.alarm is not None:
            replies += self.alarm.replies
            if self.alarm.level > flag.level:
                flag = self.alarm.flag
        return replace(self, alarm=Alarm(flag.group, flag.level, int(now), replies), question=question)

    def pressed(self, question: str) -> "Conversation":
        """Return the conversation after the urgent text was said again, to a question about needling or running.

        The 24 hours still run from the danger sign itself.
        """
        assert self.alarm is not None
        return replace(self, alarm=replace(self.alarm, replies=self.alarm.replies + 1), question=question)

    def calmed(self) -> "Conversation":
        """Return the conversation after the person said that none of it applies."""
        return replace(self, alarm=None, question="", ideas=(), ideas_until=0)

    def to_codes(self) -> str:
        """Return the conversation as the short string that a store keeps."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def from_codes(cls, codes: str) -> "Conversation":
        """Return the conversation kept as ``codes``; a fresh one when they cannot be read."""
        try:
            kept: dict[str, Any] = json.loads(codes)
            alarm = kept.get("alarm")
            return cls(
                turn=int(kept["turn"]),
                ideas=tuple((str(group), str(name)) for group, name in kept.get("ideas", ())),
                ideas_until=int(kept.get("ideas_until", 0)),
                alarm=Alarm(alarm["group"], Level(alarm["level"]), int(alarm["since"]), int(alarm["replies"]))
                if alarm
                else None,
                question=str(kept.get("question", "")),
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            return cls()
