"""``python -m bot`` with a clock that can be moved forward.

Each line on standard input is a number of seconds; a line on standard output says that the clock has moved. Between
such jumps it runs on with real time. The time of day and the loop's own seconds move together, so that whatever was
due meanwhile is due at once.
"""

import selectors
import sys
import time

_QUIET = 0.05
"""Seconds without anything to do after which nothing is in flight that a jump could make look late."""


class _Clock:
    """To be made before anything of the bot is imported: it takes some of its clocks as default arguments."""

    def __init__(self) -> None:
        # time_machine loads pytest where it finds one, and the bot would seem 18 MB heavier than it is.
        sys.modules["pytest"] = None  # type: ignore[assignment]
        import time_machine

        del sys.modules["pytest"]
        self._of_day = time_machine.travel(None, tick=True).start()
        self._running = time.monotonic
        self._ahead = 0.0
        time.monotonic = self._monotonic

    def move(self, seconds: float) -> None:
        self._of_day.shift(seconds)
        self._ahead += seconds

    def _monotonic(self) -> float:
        return self._running() + self._ahead


class _Selector(selectors.DefaultSelector):
    """What the loop waits in. Here alone the clock moves, so never in the middle of a computation."""

    clock: _Clock

    def __init__(self) -> None:
        super().__init__()
        self.register(sys.stdin, selectors.EVENT_READ)
        self._wanted: float | None = None

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        idle = self._wanted is not None and (timeout is None or timeout > _QUIET)
        events = super().select(_QUIET if idle else timeout)
        if idle and not events:
            self._move()
        others = [event for event in events if event[0].fileobj is not sys.stdin]
        if len(others) < len(events):
            self._listen()
        return others

    def _listen(self) -> None:
        line = sys.stdin.readline()
        if line:
            self._wanted = float(line)
        else:
            self.unregister(sys.stdin)

    def _move(self) -> None:
        assert self._wanted is not None
        self.clock.move(self._wanted)
        self._wanted = None
        print("moved", flush=True)


def main() -> int:
    """Run the bot's own program."""
    _Selector.clock = _Clock()
    selectors.DefaultSelector = _Selector  # type: ignore[misc]  # where asyncio looks for it
    from bot.cli import main as bot

    return bot()


if __name__ == "__main__":
    sys.exit(main())
