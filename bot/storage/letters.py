"""Letters to the staff chat: numbered in the order they are put, by whoever holds ``Lock.OUTBOX``."""

from collections.abc import Sequence

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.columns import storable
from bot.storage.schema import outbox


async def put_letters(
    connection: AsyncConnection, texts: Sequence[str], now: float, *, handoff: str = "", copied: int = 0
) -> int:
    """Put ``texts`` behind what waits, and return the number of the last; ``copied`` goes beside the first."""
    last: int = await connection.scalar(select(func.max(outbox.c.id))) or 0
    rows = [
        {
            "id": last + number,
            "body": storable(text),
            "put": now,
            "worker": "",
            "leased_until": 0.0,
            "handoff": handoff,
            "copied": copied if number == 1 else 0,
        }
        for number, text in enumerate(texts, 1)
    ]
    if rows:
        await connection.execute(insert(outbox), rows)
    return last + len(rows)
