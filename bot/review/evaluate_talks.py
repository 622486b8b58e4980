"""How well the bot follows conversations, and messages that ask several things."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bot.dialogue.reply import Outcome, Reply
from bot.errors import CannotRunError
from bot.knowledge.model import KnowledgeBase
from bot.review.evaluate import read_table, share

Ask = Callable[[str], Awaitable[Reply]]
"""Sends one message of a conversation and returns the reply."""


@dataclass(frozen=True)
class Turn:
    """A message and what it must get: the entries ``topics``, the danger sign ``red_flag``, or, with neither,
    anything but a danger sign.

    ``stands_alone``: what was talked about before must not play a part.
    """

    text: str
    topics: frozenset[str]
    red_flag: str = ""
    stands_alone: bool = False


@dataclass(frozen=True)
class Talk:
    """A conversation, or a single message that asks one or several things."""

    id: str
    turns: tuple[Turn, ...]


@dataclass(frozen=True)
class TurnVerdict:
    """What one turn got."""

    turn: Turn
    reply: Reply
    entries: frozenset[str]
    """The entries answered, and the topics that they are part of."""
    choices: frozenset[str]
    """The entries offered, likewise."""

    @property
    def answered(self) -> bool:
        """Whether all that was asked was answered, or the danger sign told."""
        if self.turn.red_flag or not self.turn.topics:
            return (self.reply.outcome is Outcome.RED_FLAG) == bool(self.turn.red_flag)
        return self.turn.topics <= self.entries

    @property
    def offered(self) -> bool:
        """Whether a topic asked for is one of the choices."""
        return not self.answered and bool(self.turn.topics & self.choices)

    @property
    def bent(self) -> bool:
        """Whether what was talked about before decided a message that stands on its own."""
        return self.turn.stands_alone and bool(self.reply.follows)

    @property
    def split(self) -> bool:
        """Whether more was answered than was asked."""
        return len(self.reply.entries) > max(1, len(self.turn.topics))


@dataclass(frozen=True)
class TalkReport:
    """The figures; every share is from 0 to 1, of the turns."""

    turns: int
    answered: float
    offered: float
    bent: int
    """Turns that stand on their own and were decided by what came before."""
    false_splits: int


def read_talks(path: Path) -> list[Talk] | None:
    """Return the conversations of a YAML file, or the rows of a CSV file with a column ``topics``.

    A file of another kind gives nothing. Raises ``CannotRunError`` for one that cannot be read.
    """
    if path.suffix in (".yaml", ".yml"):
        return _read_yaml(path)
    table = read_table(path)
    if not table or "topics" not in table[0]:
        return None
    return [Talk("", (Turn(row["text"], frozenset(row["topics"].split("+"))),)) for row in table]


def _read_yaml(path: Path) -> list[Talk]:
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        return [Talk(str(talk["id"]), tuple(_turn(turn) for turn in talk["turns"])) for talk in content]
    except (
        OSError,
        UnicodeDecodeError,
        yaml.YAMLError,
        RecursionError,
        KeyError,
        TypeError,
        AttributeError,
    ) as error:
        raise CannotRunError(
            f"{path} cannot be read as conversations ({type(error).__name__}): it must be a list of "
            '"id" and "turns", each turn with "user" and "topic" or "flag".'
        ) from None


def _turn(turn: dict[str, Any]) -> Turn:
    if "topic" not in turn and "flag" not in turn:
        raise KeyError("topic")
    topics = frozenset(str(turn["topic"]).split("+")) if turn.get("topic") else frozenset()
    return Turn(str(turn["user"]), topics, str(turn.get("flag") or ""), bool(turn.get("stands_alone")))


async def judge_talk(ask: Ask, talk: Talk, knowledge: KnowledgeBase) -> list[TurnVerdict]:
    """Return what each turn of ``talk`` gets, asked in order."""
    verdicts = []
    for turn in talk.turns:
        reply = await ask(turn.text)
        entries, choices = (frozenset(knowledge.with_topics(ids)) for ids in (reply.entries, reply.choices))
        verdicts.append(TurnVerdict(turn, reply, entries, choices))
    return verdicts


def report_talks(verdicts: Sequence[TurnVerdict]) -> TalkReport:
    """Return the figures for ``verdicts``."""
    return TalkReport(
        turns=len(verdicts),
        answered=share(v.answered for v in verdicts),
        offered=share(v.offered for v in verdicts),
        bent=sum(v.bent for v in verdicts),
        false_splits=sum(v.split for v in verdicts),
    )
