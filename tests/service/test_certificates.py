"""The clinic's people hear once of a certification that has run out, or soon will."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.clinic.directory import SOON
from bot.knowledge.model import Certification, Clinic, Therapist
from bot.service.certificates import tell_of_certificates
from bot.storage.database import Database
from bot.storage.sql_staff import SqlStaffStore
from tests.support.fakes import broken
from tests.support.therapists import BEN, TODAY

ENDS = TODAY + timedelta(30)
ADA = Therapist("Ada Byrne", certification=Certification("HCPC", valid_until=ENDS))
CLINIC = Clinic(therapists=(ADA, BEN))


class Staff:
    """Somebody who is told."""

    async def hears(self, database: Database, today: date, clinic: Clinic = CLINIC) -> list[str]:
        """Return what they are told on the day ``today``, by two processes."""
        store = SqlStaffStore(database)
        await asyncio.gather(*(tell_of_certificates(SqlStaffStore(database), clinic, today) for _ in range(2)))
        letters = await store.claim("w", lease=0, alone=True)
        await store.sent("w", letters)
        return [letter.text for letter in letters]


async def test_each_end_is_told_before_and_after_it_once(file_database: Database) -> None:
    staff = Staff()
    assert await staff.hears(file_database, ENDS - timedelta(SOON + 1)) == []
    [soon] = await staff.hears(file_database, TODAY)
    assert "The certification of Ada Byrne ends on 2026-02-08." in soon
    for day in (TODAY, ENDS):
        assert await staff.hears(file_database, day) == []
    [ended] = await staff.hears(file_database, ENDS + timedelta(1))
    assert "The certification of Ada Byrne ended on 2026-02-08" in ended
    assert "no longer shows them to runners" in ended
    assert await Staff().hears(file_database, ENDS + timedelta(400)) == []  # after a restart too


async def test_another_end_of_a_renewed_certification_is_news(file_database: Database) -> None:
    staff = Staff()
    await staff.hears(file_database, TODAY)
    renewed = replace(ADA, certification=Certification("HCPC", valid_until=ENDS + timedelta(365)))
    clinic = Clinic(therapists=(renewed,))
    assert await staff.hears(file_database, TODAY, clinic) == []
    assert len(await staff.hears(file_database, ENDS + timedelta(364), clinic)) == 1


async def test_what_could_not_be_put_for_want_of_the_database_is_told_the_next_time(
    file_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object, **__: object) -> None:
        raise broken()

    with monkeypatch.context() as patched:
        patched.setattr("bot.storage.sql_staff.put_letters", away)
        assert await Staff().hears(file_database, TODAY) == []
    assert len(await Staff().hears(file_database, TODAY)) == 1
