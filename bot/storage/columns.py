"""Values in the form in which both databases take them."""

from datetime import UTC, date, datetime


def utc_day(now: float) -> date:
    """Return the UTC day of ``now``, Unix time."""
    return datetime.fromtimestamp(now, UTC).date()


def storable(text: str) -> str:
    """Return ``text`` without what a database refuses: NUL (PostgreSQL) and halves of characters (both)."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
