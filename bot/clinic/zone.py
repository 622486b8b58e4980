"""The clinic's clock."""

from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def zone_of(timezone: str) -> tzinfo:
    """Return the clinic's time zone, UTC where it named none or a machine does not know it."""
    try:
        return ZoneInfo(timezone) if timezone else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC  # a machine may lack the list of time zones
