"""What the clinic's people were told stays told."""

import asyncio

from bot.storage.database import Database
from bot.storage.told import Told
from tests.support.fakes import Clock


async def test_of_all_who_tell_of_something_one_is_the_first(
    database: Database, second: Database, clock: Clock
) -> None:
    keepers = [Told(each, clock) for each in (database, second)]
    assert sorted(await asyncio.gather(*(keeper.first("it") for keeper in keepers))) == [False, True]
    assert not await Told(second).first("it")
    assert await keepers[0].first("something else")
