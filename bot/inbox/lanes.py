"""What this process has in hand: updates by chat, each chat's in order."""

import asyncio
from bisect import insort
from collections.abc import Iterator

from bot.inbox.protocol import Put, Waiting


class Row:
    """An update in hand.

    ``stored``: it lies on the disk. ``received`` ends once Telegram may be told so: it is stored, or its answer is
    out. ``storing`` is the attempt to store it that goes on meanwhile, ``failures`` counts attempts to answer it.
    """

    def __init__(self, waiting: Waiting, person: str = "", *, stored: bool) -> None:
        self.waiting = waiting
        self.person = person
        self.stored = stored
        self.received: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.storing: asyncio.Task[Put] | None = None
        self.failures = 0
        if stored:
            self.confirm()

    def confirm(self) -> None:
        """Let Telegram be told that the update was received."""
        if not self.received.done():
            self.received.set_result(None)


class Lanes:
    """The rows in hand, by lane. A lane's first row is the one being worked on, and keeps its place."""

    def __init__(self) -> None:
        self._lanes: dict[str, list[Row]] = {}
        self._rows: dict[int, Row] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(list(self._rows.values()))

    def get(self, update_id: int) -> Row | None:
        """Return the row of an update, if it is in hand."""
        return self._rows.get(update_id)

    def is_first(self, row: Row) -> bool:
        """Return whether ``row`` is being worked on."""
        return self._lanes.get(row.waiting.lane, [])[:1] == [row]

    def has_unstored(self, lane: str) -> bool:
        """Return whether a row of ``lane`` is in hand that does not lie on the disk."""
        return any(not row.stored for row in self._lanes.get(lane, ()))

    def add(self, row: Row) -> bool:
        """Take a row in hand, by its number behind the first of its lane; return whether it is the first itself."""
        self._rows[row.waiting.update_id] = row
        lane = self._lanes.setdefault(row.waiting.lane, [])
        insort(lane, row, lo=min(1, len(lane)), key=lambda other: other.waiting.update_id)
        return len(lane) == 1

    def remove(self, row: Row) -> Row | None:
        """Let a row go; return which one of its lane comes first now."""
        self._rows.pop(row.waiting.update_id, None)
        lane = self._lanes.get(row.waiting.lane, [])
        if row in lane:
            lane.remove(row)
        if lane:
            return lane[0]
        self._lanes.pop(row.waiting.lane, None)
        return None
