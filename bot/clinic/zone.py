"""The clinic's clock and calendar."""

from datetime import UTC, date, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def zone_of(timezone: str) -> tzinfo:
    """Return the clinic's time zone, UTC where it named none or a machine does not know it."""
    try:
        return ZoneInfo(timezone) if timezone else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC  # a machine may lack the list of time zones


def day_at(now: float, timezone: str) -> date:
    """Return the day that it is at ``now``, a Unix time, where the clinic is."""
    return datetime.fromtimestamp(now, zone_of(timezone)).date()
