"""What the clinic's people were told and are not to be told again."""

import time
from collections.abc import Callable

from bot.storage.columns import storable
from bot.storage.database import Database
from bot.storage.schema import told


class Told:
    """Outlives the process, and is shared by all of them."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        """``clock`` returns Unix time."""
        self._database = database
        self._clock = clock

    async def first(self, what: str) -> bool:
        """Note that ``what`` is told; return whether it never was: of several who ask at once one hears so.

        Raise ``StoreError`` when the database cannot be used.
        """
        insert = self._database.insert(told).values(what=storable(what), at=self._clock())
        noted = insert.on_conflict_do_nothing(index_elements=["what"]).returning(told.c.what)
        async with self._database.writing() as connection:
            return await connection.scalar(noted) is not None
