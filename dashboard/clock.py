"""The time, and how people say it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def now() -> datetime:
    """The present moment: aware, UTC, whole seconds (the precision in which status changes)."""
    return datetime.now(UTC).replace(microsecond=0)


def is_time_zone(name: str) -> bool:
    """Whether a time zone has this name."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def spoken(age: timedelta) -> str:
    """Say a length of time in the unit a person would: ``45 s``, ``12 min``, ``3 h``, ``5 d``.

    Two days and less are said in hours, because the promises to customers are in hours. Negative
    lengths are said as ``0 s``.
    """
    seconds = max(0, int(age.total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min"
    if seconds <= 48 * 3600:
        return f"{seconds // 3600} h"
    return f"{seconds // 86400} d"
