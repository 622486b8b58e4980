"""How far a check is, told to whoever waits for it."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")

Progress = Callable[[str, int, int], None]
"""Is told what is being looked at, how many of it are done, and of how many."""


def silent(what: str, done: int, total: int) -> None:
    """Tell nobody."""


def told(items: Sequence[T], what: str, progress: Progress) -> Iterator[T]:
    """Yield ``items``, and tell ``progress`` before each of them."""
    for done, item in enumerate(items):
        progress(what, done, len(items))
        yield item
