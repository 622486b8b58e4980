"""What was asked and what came back: how often, when, and in which order within a chat."""

import asyncio
import statistics
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.support.updates import Json


@dataclass
class Asked:
    """An update that gets an answer, and when answers to it came."""

    update_id: int
    chat_id: int
    message_id: int
    pushed: float
    answers: list[float] = field(default_factory=list)


class Ledger:
    """Told of every update pushed and every answer received.

    An answer that quotes a message, as in groups, belongs to that message; one that does not, to the oldest message
    of its chat without an answer, or to the last one where all have theirs. So a scenario that counts exactly
    asks in groups, or once in each private chat. ``replies`` of several messages count once when they quote.
    """

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.sends = 0
        self.strays = 0
        """Messages to chats in which nothing was asked."""
        self._open = 0
        self._changed = asyncio.Event()
        self._chats: defaultdict[int, list[Asked]] = defaultdict(list)
        self._messages: dict[tuple[int, int], Asked] = {}
        self._queries: dict[str, Asked] = {}

    def ask(self, update: Json) -> None:
        """Note an update to be answered, as pushed now."""
        content = next(value for key, value in update.items() if key != "update_id")
        message = content.get("message", content)
        entry = Asked(update["update_id"], message["chat"]["id"], message["message_id"], time.monotonic())
        self.asked.append(entry)
        self._open += 1
        if "callback_query" in update:
            self._queries[content["id"]] = entry
        else:
            self._chats[entry.chat_id].append(entry)
            self._messages[entry.chat_id, entry.message_id] = entry

    def sent(self, params: Json) -> None:
        """Note a message the bot sent."""
        chat_id = int(params["chat_id"])
        self.sends += 1
        quoted = (params.get("reply_parameters") or {}).get("message_id")
        entry = self._messages.get((chat_id, quoted)) if quoted is not None else None
        if entry is None:
            entries = self._chats.get(chat_id)
            if not entries:
                self.strays += 1
                return
            if chat_id < 0:
                return  # the second message of a reply whose first one quoted
            entry = next((e for e in entries if not e.answers), entries[-1])
        self._answer(entry)

    def tapped(self, query_id: str) -> None:
        """Note that the bot answered a tap."""
        if query_id in self._queries:
            self._answer(self._queries[query_id])

    def _answer(self, entry: Asked) -> None:
        if not entry.answers:
            self._open -= 1
        entry.answers.append(time.monotonic())
        self._changed.set()

    # --- what became of it --------------------------------------------------------------------

    async def answered(self, count: int | None = None, *, within: float) -> bool:
        """Wait until ``count`` updates, or all, have an answer; return whether that was so in time."""
        try:
            async with asyncio.timeout(within):
                while (self._open > 0) if count is None else (len(self.asked) - self._open < count):
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return False
        return True

    @property
    def unanswered(self) -> list[Asked]:
        return [entry for entry in self.asked if not entry.answers]

    @property
    def twice(self) -> list[Asked]:
        return [entry for entry in self.asked if len(entry.answers) > 1]

    @property
    def out_of_order(self) -> int:
        """How many were first answered after a later message of their chat."""
        return sum(sum(_overtaken(entries)) for entries in self._chats.values())

    @property
    def waits(self) -> list[float]:
        """Seconds from push to first answer."""
        return [entry.answers[0] - entry.pushed for entry in self.asked if entry.answers]

    @property
    def span(self) -> float:
        """Seconds from the first push to the last first answer."""
        ends = [entry.answers[0] for entry in self.asked if entry.answers]
        return max(ends) - min(entry.pushed for entry in self.asked) if ends else 0.0


def _overtaken(entries: list[Asked]) -> Iterator[bool]:
    latest = 0.0
    for entry in entries:
        if entry.answers:
            yield entry.answers[0] < latest
            latest = max(latest, entry.answers[0])


def percentile(values: list[float], share: int) -> float:
    """Return the value that ``share`` per cent stay below; 0 for none."""
    return statistics.quantiles(values, n=100, method="inclusive")[share - 1] if len(values) > 1 else sum(values)
