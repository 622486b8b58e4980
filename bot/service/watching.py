"""How the knowledge folder is watched."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Watch:
    """How often the folder is looked at, in seconds, and from when on what is served already may be judged.

    Two looks in a row must find the same before anything is done: half a file is no version.
    """

    every: float = 3.0
    first: float = 30.0
