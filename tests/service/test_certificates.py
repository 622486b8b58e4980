"""The clinic's people hear once of a certification that has run out, or soon will."""

from dataclasses import replace
from datetime import date, timedelta

from bot.clinic.directory import SOON
from bot.knowledge.model import Certification, Clinic, Therapist
from bot.service.certificates import tell_of_certificates
from bot.storage.database import Database
from bot.storage.leader import leading
from tests.support.therapists import BEN, TODAY

ENDS = TODAY + timedelta(30)
ADA = Therapist("Ada Byrne", certification=Certification("HCPC", valid_until=ENDS))
CLINIC = Clinic(therapists=(ADA, BEN))


class Staff:
    """Somebody who is told."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    async def tell(self, text: str) -> None:
        self.heard.append(text)

    async def hears(self, database: Database, today: date, clinic: Clinic = CLINIC) -> list[str]:
        """Return what they are told on the day ``today``."""
        before = len(self.heard)
        await tell_of_certificates(database, clinic, today, self.tell)
        return self.heard[before:]


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


async def test_while_another_process_looks_nothing_is_told(file_database: Database) -> None:
    async with leading(file_database, "certificates") as mine:
        assert mine
        assert await Staff().hears(file_database, TODAY) == []
    assert len(await Staff().hears(file_database, TODAY)) == 1
