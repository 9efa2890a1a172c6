"""Streams over time: when each could sync, when it could not, and why."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from dashboard.diagnosis import Channel, Reason


@dataclass(slots=True)
class Span:
    """A time in which a stream could sync; without end if it still can."""

    start: datetime
    end: datetime | None = None


@dataclass(slots=True)
class Stop:
    """A time in which it could not, and why; ``every`` is how often it was tried in vain."""

    start: datetime
    reason: Reason | None
    every: timedelta | None
    end: datetime | None = None


@dataclass(slots=True)
class Lane:
    """One stream: when it could sync, and how it stands now."""

    channel: Channel
    country: str
    added_at: datetime
    first: tuple[datetime, datetime] | None = None
    spans: list[Span] = field(default_factory=list)
    stops: list[Stop] = field(default_factory=list)
    state: str = "idle"
    progressed_at: datetime | None = None
    risky_from: datetime | None = None
    throttled: bool = False
    failure: Reason | None = None

    def close(self, at: datetime, reason: Reason | None, every: timedelta | None) -> None:
        """Syncing stops."""
        self._end(self.spans, at)
        self._end(self.stops, at)
        self.stops.append(Stop(at, reason, every))

    def open(self, at: datetime) -> None:
        """Syncing goes on; a stream that never stopped is left as it is."""
        if any(span.end is None for span in self.spans):
            return
        self._end(self.stops, at)
        self.spans.append(Span(at))

    def _end(self, times: Iterable[Span | Stop], at: datetime) -> None:
        for each in times:
            each.end = each.end or at
