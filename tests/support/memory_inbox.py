"""The inbox in memory: quick, and simple enough to be seen to be right."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.inbox.protocol import LEASE, MOST_ATTEMPTS, Put, Waiting
from bot.storage.protocol import REMEMBERED


class MemoryInbox:
    """See ``Inbox``. ``aside`` has what was set aside, with the reasons."""

    def __init__(self) -> None:
        self._rows: dict[int, Waiting] = {}
        self._owners: dict[int, tuple[str, float]] = {}
        self._known: dict[int, float] = {}
        self.aside: dict[int, str] = {}

    def lane_key(self, lane: str) -> str:
        """See ``Inbox``."""
        return f"hash of {lane}"

    async def put(self, waiting: Waiting, person: str, worker: str, *, now: float) -> Put:
        """See ``Inbox``."""
        number = waiting.update_id
        if number in self._rows or self._known.get(number, now - REMEMBERED) > now - REMEMBERED:
            return Put.KNOWN
        self._known[number] = now
        others = any(
            row.lane == waiting.lane and not self._is_held(other, now, worker) for other, row in self._rows.items()
        )
        mine = bool(worker) and not others
        self._rows[number] = waiting
        self._owners[number] = (worker, now + LEASE) if mine else ("", 0.0)
        return Put.OURS if mine else Put.LEFT

    async def claim(self, worker: str, *, limit: int, now: float) -> list[Waiting]:
        """See ``Inbox``."""
        busy = {row.lane for number, row in self._rows.items() if self._owners[number][1] > now}
        claimed: list[Waiting] = []
        for number in sorted(self._rows):
            row = self._rows[number]
            if self._owners[number][1] <= now and row.attempts >= MOST_ATTEMPTS:
                self._drop(number, "attempts")
            elif row.lane not in busy and len(claimed) < limit:
                busy.add(row.lane)
                self._rows[number] = replace(row, attempts=row.attempts + 1)
                self._owners[number] = (worker, now + LEASE)
                claimed.append(self._rows[number])
        return claimed

    async def renew(self, worker: str, update_ids: Sequence[int], *, now: float) -> set[int]:
        """See ``Inbox``."""
        for number, (owner, _) in self._owners.items():
            if owner == worker:
                self._owners[number] = (worker, now + LEASE)
        return {number for number in update_ids if self._owners.get(number, ("",))[0] not in ("", worker)}

    async def settle(self, done: Mapping[int, str], *, now: float) -> bool:
        """See ``Inbox``."""
        for number, why in done.items():
            self._known.setdefault(number, now)
            self._drop(number, why)
        return any(until <= now for _, until in self._owners.values())

    async def release(self, worker: str) -> None:
        """See ``Inbox``."""
        for number, (owner, _) in self._owners.items():
            if owner == worker:
                row = self._rows[number]
                self._rows[number] = replace(row, attempts=max(0, row.attempts - 1))
                self._owners[number] = ("", 0.0)

    async def take_over(self, worker: str) -> None:
        """See ``Inbox``."""
        self._owners = {n: held if held[0] == worker else ("", 0.0) for n, held in self._owners.items()}

    async def waiting(self) -> int:
        """See ``Inbox``."""
        return len(self._rows)

    async def clear_traces(self) -> None:
        """See ``Inbox``."""

    def _is_held(self, number: int, now: float, worker: str) -> bool:
        owner, until = self._owners[number]
        return owner == worker and until > now

    def _drop(self, number: int, why: str) -> None:
        if number in self._rows and why:
            self.aside[number] = why
        self._rows.pop(number, None)
        self._owners.pop(number, None)
