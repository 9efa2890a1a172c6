"""Quiet hours: when a route wants to be left alone."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Quiet:
    """From one minute after midnight to another, where a time zone is; it may span midnight.

    Without ``begins`` or ``ends`` there are none, and where both are the same, neither.
    """

    begins: int | None
    ends: int | None
    time_zone: str

    def holds(self, now: datetime) -> bool:
        """Whether it is quiet at this moment; the end is not any more."""
        if self.begins is None or self.ends is None or self.begins == self.ends:
            return False
        local = now.astimezone(ZoneInfo(self.time_zone))
        minute = local.hour * 60 + local.minute
        if self.begins < self.ends:
            return self.begins <= minute < self.ends
        return minute >= self.begins or minute < self.ends

    def __str__(self) -> str:
        """As people say it: ``22:00-07:00 Europe/Berlin``; empty where there are none."""
        if self.begins is None or self.ends is None or self.begins == self.ends:
            return ""
        return f"{_clock(self.begins)}-{_clock(self.ends)} {self.time_zone}"


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
