"""How many updates are worked on at once: few, since they share two cores; those that only wait do not count."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from contextvars import ContextVar

WORKING = 4
"""Most replies a second were measured with 4: 350, with 8 240, with 16 170, with 256 95 (python-telegram-bot 22.8,
two cores)."""

SENDING = 8
"""How many may send at once after a wait: as much as is in doubt when the process is killed."""

HURRYING = 2
"""Places beside those, for what may tell of a danger sign: it waits for no question, not even where Telegram
answers nobody."""

_held: ContextVar["Place | None"] = ContextVar("held", default=None)


class Stopping(Exception):
    """The bot stops: what only waits is left to the next start."""


class Place:
    """One update's place: among those at work, and after its first wait among those that send."""

    def __init__(self, slots: "Slots", held: asyncio.Semaphore, sending: asyncio.Semaphore) -> None:
        """``held`` is one of the semaphores of ``slots``, and held already."""
        self._slots = slots
        self._held: asyncio.Semaphore | None = held
        self._sending = sending
        self.on_the_wire = False
        """Whether a message was begun to be sent, and Telegram has not answered."""
        self.about_to_write = False

    @property
    def may_send(self) -> bool:
        """Whether a message may still be begun."""
        return not self._slots.closed

    def give_up(self) -> None:
        """Let another update have it."""
        if self._held is not None:
            self._held.release()
            self._held = None

    async def wait(self, seconds: float) -> None:
        """Sleep without it, then hold one among those that send; raise ``Stopping`` when the bot stops."""
        self.give_up()
        await self._slots.sleep(seconds)
        # Only sending is left. Queued up again behind those that have not begun, the answers of a crowd would all
        # be due at once in the end, and break the limits they waited for.
        await self._sending.acquire()
        self._held = self._sending


class Slots:
    """A semaphore whose holders let go when they wait for Telegram's limits."""

    def __init__(self, working: int = WORKING, sending: int = SENDING, hurrying: int = HURRYING) -> None:
        self._working = asyncio.Semaphore(working)
        self._hurrying = asyncio.Semaphore(hurrying)
        self._sending = asyncio.Semaphore(sending)
        self._hurry = asyncio.Event()
        self.closed = False
        """Whether no message may be begun any more."""

    @property
    def busy(self) -> bool:
        """Whether whoever comes now has to wait."""
        return self._working.locked()

    @contextlib.asynccontextmanager
    async def taken(self, *, hurries: bool = False) -> AsyncIterator[Place]:
        """Hold a place; ``hurries``: one of those beside the usual ones."""
        places = self._hurrying if hurries else self._working
        await places.acquire()
        place = Place(self, places, places if hurries else self._sending)
        token = _held.set(place)
        try:
            yield place
        finally:
            _held.reset(token)
            place.give_up()

    async def pause(self, seconds: float) -> None:
        """Rest after a failure, without a place; raise ``Stopping`` when the bot stops."""
        await self.sleep(seconds)

    async def sleep(self, seconds: float) -> None:
        """Sleep; raise ``Stopping`` when the bot stops."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._hurry.wait()
        if self._hurry.is_set():
            raise Stopping

    def hurry(self) -> None:
        """End all waiting, now and from now on, with ``Stopping``."""
        self._hurry.set()

    def close(self) -> None:
        """Let no message be begun from now on: what is on the wire is waited for, and nothing joins it."""
        self.closed = True


@contextlib.contextmanager
def on_the_wire() -> Iterator[None]:
    """Note, while the block lasts, that a message of the update in hand is being sent.

    Raise ``Stopping`` when it is too late to begin one.
    """
    place = _held.get()
    if place is None:
        yield
        return
    if not place.may_send:
        raise Stopping
    place.on_the_wire = True
    try:
        yield
    except asyncio.CancelledError:
        raise  # broken off by a stop, the message stays in doubt
    except BaseException:
        place.on_the_wire = place.about_to_write = False
        raise
    place.on_the_wire = place.about_to_write = False


def about_to_write() -> None:
    """Note that nothing of the message in hand is written yet: a stop now leaves no doubt, it is sent again.

    For whoever can tell (see ``bot/tg/bot.py``); without it a message is on the wire from the call on.
    """
    place = _held.get()
    if place is not None and place.on_the_wire:
        place.on_the_wire, place.about_to_write = False, True


def writing() -> None:
    """Note that the first byte of the message in hand goes out now."""
    place = _held.get()
    if place is not None and place.about_to_write:
        place.on_the_wire, place.about_to_write = True, False


def in_doubt() -> bool:
    """Return whether the message in hand was broken off on the wire, so that nobody knows whether it arrived."""
    place = _held.get()
    return place is not None and place.on_the_wire


def send_again() -> None:
    """Leave the update in hand to the next start, although its message may have arrived."""
    place = _held.get()
    if place is not None:
        place.on_the_wire = False


async def wait(seconds: float) -> None:
    """Sleep; whoever holds a place gives it up. Raise ``Stopping`` when the bot stops."""
    place = _held.get()
    if place is None:
        await asyncio.sleep(seconds)
    else:
        await place.wait(seconds)
