"""The tables as the code uses them; ``migrations`` makes them.

Persons, chats and lanes are hashes throughout. The raw ``body`` of an update is the one column that names anybody,
and its row is gone once the update is handled; and ``runner``, the chat of somebody who talks with a therapist, is
0 once that is over. ``staff_chat`` holds the number of the clinic's own group.
"""

from sqlalchemy import BigInteger, Column, Date, Float, Index, Integer, MetaData, Table, Text

metadata = MetaData()

conversations = Table(
    "conversations",
    metadata,
    Column("person", Text, primary_key=True),
    Column("chat", Text, primary_key=True),
    Column("codes", Text, nullable=False),
    Column("touched", Float(53), nullable=False),
)
counters = Table(
    "counters",
    metadata,
    Column("day", Date, primary_key=True),
    Column("what", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("count", BigInteger, nullable=False),
)
ratings = Table(
    "ratings",
    metadata,
    Column("person", Text, primary_key=True),
    Column("entry_id", Text, primary_key=True),
    Column("verdict", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("day", Date, nullable=False),
)
questions = Table(
    "questions",
    metadata,
    Column("person", Text, primary_key=True),
    Column("digest", Text, primary_key=True),  # of the text, which may be too long for an index
    Column("text", Text, nullable=False),
    Column("day", Date, nullable=False),
)
inbox = Table(
    "inbox",
    metadata,
    Column("update_id", BigInteger, primary_key=True, autoincrement=False),
    Column("lane", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("received", Float(53), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("worker", Text, nullable=False),
    Column("leased_until", Float(53), nullable=False),
    Column("reason", Text, nullable=False),  # "" while the update may be claimed
    Column("set_aside_at", Float(53), nullable=False),
)
waiting = inbox.c.reason == ""
# In the database this index is a partial one; to say so here would load PostgreSQL's dialect beside SQLite's, 3 MB.
Index("inbox_lanes", inbox.c.lane, inbox.c.update_id, inbox.c.leased_until)
Index("inbox_persons", inbox.c.person)
ledger = Table(
    "ledger",
    metadata,
    Column("update_id", BigInteger, primary_key=True, autoincrement=False),
    Column("seen", Float(53), nullable=False),
)
Index("ledger_seen", ledger.c.seen)
leases = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("leased_until", Float(53), nullable=False),
)
knowledge_versions = Table(
    "knowledge_versions",
    metadata,
    Column("name", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("files", Text, nullable=False),  # packed; text, since the two databases name bytes differently
    Column("at", Float(53), nullable=False),
)
pauses = Table(
    "pauses",
    metadata,
    Column("entry_id", Text, primary_key=True),
    Column("paused", Integer, nullable=False),  # 0 once resumed: a row that is missing was lost, and says nothing
    Column("since", Float(53), nullable=False),
)
staff_chat = Table(
    "staff_chat",
    metadata,
    Column("configured", BigInteger, primary_key=True, autoincrement=False),
    Column("chat", BigInteger, nullable=False),
    Column("lost", Integer, nullable=False),
)
told = Table(
    "told",
    metadata,
    Column("what", Text, primary_key=True),
    Column("at", Float(53), nullable=False),
)
outbox = Table(
    "outbox",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False),
    Column("put", Float(53), nullable=False),
    Column("worker", Text, nullable=False),
    Column("leased_until", Float(53), nullable=False),
    Column("handoff", Text, nullable=False, server_default=""),  # "" for news, which goes with other news
    Column("copied", BigInteger, nullable=False, server_default="0"),  # a message of the runner's, or 0
)
handoffs = Table(
    "handoffs",
    metadata,
    Column("ref", Text, primary_key=True),
    Column("person", Text, nullable=False),  # "" once it is over
    Column("runner", BigInteger, nullable=False),  # 0 once it is over
    Column("passed", Text, nullable=False),  # see ``Handoff``
    Column("opened", Float(53), nullable=False),
    Column("waiting", Float(53), nullable=False),
    Column("answered", Float(53), nullable=False),
    Column("closed", Float(53), nullable=False),
    Column("touched", Float(53), nullable=False),
    Column("helper", Text, nullable=False),
    Column("aside", Integer, nullable=False),  # 1 while it is to be said that only replies reach the clinic
    Column("reminded", Integer, nullable=False),
    Column("told", Integer, nullable=False),
    Column("message", BigInteger, nullable=False),
    Column("topic", BigInteger, nullable=False),
    Column("relayed", Text, nullable=False, server_default=""),  # see ``Handoff``
    Column("chat", BigInteger, nullable=False, server_default="0"),  # that of ``message``, 0 where not known
)
Index("handoffs_person", handoffs.c.person)
