"""Deletes what is kept no longer."""

from datetime import timedelta

from sqlalchemy import delete, select, update

from bot.storage.columns import utc_day
from bot.storage.database import Database, Lock
from bot.storage.protocol import CODES_KEPT, HANDOFF_KEPT, OUTBOX_KEPT, REMEMBERED, SET_ASIDE_KEPT
from bot.storage.schema import conversations, counters, handoffs, inbox, ledger, outbox, questions, ratings
from bot.storage.sql_handoffs import OVER

_TOLD_WITHIN = 86_400.0
"""Seconds for telling both sides of a conversation that it ends; without a staff chat nobody does."""


async def expire(database: Database, now: float, days: int = 90) -> int:
    """Delete what is too old at ``now``, Unix time, and return the number of rows.

    Counters, ratings, kept questions and the times of past conversations with therapists stay for ``days`` days;
    news for the staff for seven; ids of updates and idle conversations for two, updates set aside for an hour.
    Conversations with therapists end a day after 14 without a word, unless they were ended before.

    Raise ``StoreError`` when that cannot be done.
    """
    first_day = utc_day(now) - timedelta(days=days)
    silent = (handoffs.c.closed == 0, handoffs.c.touched <= now - HANDOFF_KEPT - _TOLD_WITHIN)
    old = (
        delete(ledger).where(ledger.c.seen <= now - REMEMBERED),
        delete(inbox).where(inbox.c.reason != "", inbox.c.set_aside_at <= now - SET_ASIDE_KEPT),
        delete(outbox).where(
            outbox.c.put <= now - OUTBOX_KEPT,
            outbox.c.handoff.not_in(select(handoffs.c.ref).where(handoffs.c.closed == 0)),
        ),
        delete(outbox).where(outbox.c.handoff.in_(select(handoffs.c.ref).where(*silent))),
        update(handoffs).where(*silent).values({**OVER, "closed": now}),
        delete(handoffs).where(handoffs.c.closed > 0, handoffs.c.closed <= now - days * 86_400),
        delete(conversations).where(conversations.c.touched <= now - CODES_KEPT),
        delete(counters).where(counters.c.day < first_day),
        delete(ratings).where(ratings.c.day < first_day),
        delete(questions).where(questions.c.day < first_day),
    )
    gone = 0
    for statement in old:
        # One short transaction each: whoever wants to write meanwhile waits for one table, not for all.
        async with database.writing(Lock.INBOX) as connection:
            gone += (await connection.execute(statement)).rowcount
    await database.clear_traces()
    return gone
