"""The last good version of the knowledge outlives the disk, and a refusal is news once."""

import asyncio

from bot.storage.database import Database
from bot.storage.versions import Judged, KeptVersion, KeptVersions, versions_in
from tests.support.fakes import Clock


async def test_the_last_good_version_is_kept_and_no_other(
    database: Database, second: Database, clock: Clock
) -> None:
    kept = KeptVersions(database, clock)
    assert await kept.good() is None
    for name in ("first", "second"):
        await kept.keep(name, f"files of the {name}" * 100_000)
        clock.now += 60
    assert await KeptVersions(second).good() == KeptVersion(
        "second", clock.now - 60, "files of the second" * 100_000
    )
    async with second.reading() as connection:
        assert await connection.run_sync(versions_in) == {Judged.GOOD: KeptVersion("second", clock.now - 60)}


async def test_a_version_kept_again_stays_of_the_time_it_was_first_good(database: Database, clock: Clock) -> None:
    kept, since = KeptVersions(database, clock), clock.now
    for _ in range(2):
        await kept.keep("it", "files")
        clock.now += 60
    good = await kept.good()
    assert good is not None
    assert good.at == since


async def test_of_all_who_refuse_a_version_one_hears_that_it_is_news(database: Database, second: Database) -> None:
    keepers = [KeptVersions(each) for each in (database, second)]
    assert sorted(await asyncio.gather(*(keeper.refuse("bad") for keeper in keepers))) == [False, True]
    assert await keepers[0].refuse("worse")
    assert not await keepers[1].refuse("worse")


async def test_a_refusal_leaves_the_good_one_alone(database: Database) -> None:
    kept = KeptVersions(database)
    await kept.keep("good", "files")
    await kept.refuse("bad")
    good = await kept.good()
    assert good is not None
    assert (good.fingerprint, good.packed) == ("good", "files")
