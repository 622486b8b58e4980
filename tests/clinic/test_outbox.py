"""What becomes of news for the staff before it is sent."""

import pytest

from bot.clinic.outbox import LONGEST, Outbox, joined, shortened, units
from bot.storage.database import Database
from tests.support.fakes import Clock, FragileStaff, broken


@pytest.fixture
def store(file_database: Database, clock: Clock) -> FragileStaff:
    return FragileStaff(file_database, clock)


async def kept(store: FragileStaff) -> list[str]:
    return [letter.text for letter in await store.claim("w", lease=0, alone=True)]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["a"], (1, "a")),
        (["a", "b", "c"], (3, "a\n\nb\n\nc")),
        (["a" * (LONGEST - 3), "b", "c"], (2, "a" * (LONGEST - 3) + "\n\nb")),
        (["a" * LONGEST, "b"], (1, "a" * LONGEST)),
        (["🏃" * (LONGEST // 2), "b"], (1, "🏃" * (LONGEST // 2))),
    ],
    ids=["one", "several", "as many as fit", "a full one", "counted as Telegram counts"],
)
def test_what_waits_is_joined_as_far_as_it_fits(texts: list[str], expected: tuple[int, str]) -> None:
    assert joined(texts) == expected


@pytest.mark.parametrize("text", ["a" * 5000, "🏃" * 2049, "a" + "🏃" * 2048, "\ud83d" * 5000])
def test_what_is_too_long_is_cut_with_a_mark_and_between_characters(text: str) -> None:
    cut = shortened(text)
    assert cut.endswith(" […]")
    assert LONGEST - 1 <= units(cut) <= LONGEST
    assert "\ud83c" not in cut


def test_what_fits_is_not_touched() -> None:
    assert shortened("🏃" * (LONGEST // 2)) == "🏃" * (LONGEST // 2)


async def test_news_is_kept_in_the_order_it_came(store: FragileStaff) -> None:
    outbox = Outbox(store, wanted=True)
    for text in ("one", " \n", " two\n"):
        await outbox.put(text)
    assert await kept(store) == ["one", "two"]


async def test_without_a_staff_chat_news_is_let_go(store: FragileStaff) -> None:
    await Outbox(store, wanted=False).put("one")
    assert await kept(store) == []


async def test_with_the_database_away_news_waits_in_memory_and_keeps_its_order(store: FragileStaff) -> None:
    outbox = Outbox(store, wanted=True)
    store.trouble.error = broken()
    await outbox.put("one")
    await outbox.put("two")
    store.trouble.error = None
    await outbox.put("three")
    await outbox.save()
    assert await kept(store) == ["one", "two", "three"]


async def test_in_memory_too_many_push_the_oldest_out(store: FragileStaff) -> None:
    outbox = Outbox(store, wanted=True)
    store.trouble.error = broken()
    for number in range(201):
        await outbox.put(str(number))
    store.trouble.error = None
    await outbox.save()
    assert await kept(store) == [str(number) for number in range(1, 101)]
