"""What the clinic's people have ordered, as this process knows it: what is paused, and where their chat is."""

import time
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, date, datetime

from bot.clinic.outbox import Outbox
from bot.clinic.rights import Rights
from bot.storage.protocol import Pause, StaffState, StaffStore, StoreError


class Desk:
    """Obeys at once, and keeps the order in the store, from which every other process learns of it.

    With the store away the last known state stays, and what was ordered meanwhile is written down when it is back.
    """

    def __init__(
        self,
        store: StaffStore,
        rights: Rights,
        pause: Callable[[Collection[str]], None],
        clock: Callable[[], float] = time.time,
        reload: Callable[[], None] | None = None,
    ) -> None:
        """``pause`` lets this process answer none of these entries; ``clock`` returns Unix time.

        ``reload`` lets it look at the knowledge files at once, and put into the outbox what comes of it.
        """
        self.reload = reload
        self.rights = rights
        self.outbox = Outbox(store, wanted=rights.staff_chat is not None)
        """Where news for the clinic's people goes."""
        self.lost = False
        """Whether the admins were told that the staff chat cannot be reached."""
        self.configured = rights.staff_chat
        self._store = store
        self._let_pause = pause
        self._clock = clock
        self._pauses: dict[str, Pause] = {}
        self._unsaved: dict[str, Pause] = {}
        self._moved_unsaved = False

    def today(self) -> date:
        """Return the present UTC day."""
        return datetime.fromtimestamp(self._clock(), UTC).date()

    @property
    def paused(self) -> Mapping[str, float]:
        """The paused entries, each with the Unix time since which."""
        return {entry_id: pause.since for entry_id, pause in self._pauses.items() if pause.paused}

    async def pause(self, entry_id: str) -> bool:
        """Keep an entry from runners; return whether the store knows of it, and so all other processes soon."""
        return await self._order(entry_id, Pause(True, self._clock()))

    async def resume(self, entry_id: str) -> bool:
        """Let runners have an entry again; returns the same."""
        return await self._order(entry_id, Pause(False, self._clock()))

    async def refresh(self) -> None:
        """Write down what could not be written, then do what other processes were told."""
        try:
            await self._save()
            state = await self._store.state(self.configured)
        except StoreError:
            return  # whoever writes there tells of it
        self._take(state)

    async def moved(self, chat: int) -> None:
        """Follow the staff chat to its new id."""
        self.rights, self.lost, self._moved_unsaved = self.rights.moved(chat), False, True
        await self.refresh()

    async def lose(self, *, lost: bool) -> bool:
        """Note whether the staff chat cannot be reached; return whether that is news.

        Raise ``StoreError`` where it cannot be known whether another process told of it.
        """
        if self.configured is None:
            return False
        news = await self._store.lose(self.configured, lost=lost)
        self.lost = lost
        return news

    async def _order(self, entry_id: str, pause: Pause) -> bool:
        self._unsaved[entry_id] = pause
        self._use({**self._pauses, entry_id: pause})
        await self.refresh()
        return entry_id not in self._unsaved

    async def _save(self) -> None:
        for entry_id, pause in list(self._unsaved.items()):
            await self._store.pause(entry_id, pause)
            if self._unsaved.get(entry_id) == pause:
                del self._unsaved[entry_id]
        if self._moved_unsaved and self.configured is not None and self.rights.staff_chat is not None:
            await self._store.move(self.configured, self.rights.staff_chat)
            self._moved_unsaved = False

    def _take(self, state: StaffState) -> None:
        # A row that is gone was lost with its database, since none is ever deleted: the answer stays paused.
        for entry_id in self._pauses.keys() - state.pauses.keys():
            self._unsaved.setdefault(entry_id, self._pauses[entry_id])
        # Of two words on one entry the later one counts: the store may have been asked before the latest order.
        known = {**state.pauses, **self._unsaved}
        for entry_id, pause in self._pauses.items():
            if entry_id in known and pause.since > known[entry_id].since:
                known[entry_id] = pause
        self._use(known)
        self.lost = state.lost
        if state.chat is not None and not self._moved_unsaved:
            self.rights = self.rights.moved(state.chat)

    def _use(self, pauses: Mapping[str, Pause]) -> None:
        before = self.paused.keys()
        self._pauses = dict(pauses)
        if self.paused.keys() != before:
            self._let_pause(frozenset(self.paused))
