"""When what Amazon gave us lapses: sellers' consents by span of time, and our own clients' secrets.

Pure: moments in, spans out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Final

from dashboard.diagnosis import Channel

ROTATION: Final = timedelta(days=180)
"""How long a Login with Amazon client secret is good for (SP-API, "Rotating your credentials")."""
SOON: Final = timedelta(days=30)
"""How long before its end a secret is to be changed."""
MONTHS: Final = 12
"""Months shown after this one."""


class Within(StrEnum):
    """Spans of time in which consents lapse, as they stand in the address."""

    OVERDUE = "overdue"
    DAYS_7 = "7"
    DAYS_14 = "14"
    DAYS_30 = "30"
    DAYS_90 = "90"

    @property
    def words(self) -> str:
        """The span in words."""
        return "Overdue" if self is Within.OVERDUE else f"Within {self.value} days"


@dataclass(frozen=True, slots=True)
class Span:
    """Moments from ``start`` up to but not at ``end``, both aware UTC, and the span in words."""

    words: str
    start: datetime
    end: datetime

    def days(self) -> tuple[date, date]:
        """The UTC days from the first to the last that it touches."""
        return self.start.date(), (self.end - timedelta(microseconds=1)).date()


EVER: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""Before any consent."""


def within(chosen: Within, now: datetime) -> Span:
    """A span from today on, in whole UTC days; what is overdue lapsed before today."""
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if chosen is Within.OVERDUE:
        return Span("overdue", EVER, today)
    return Span(f"within {chosen.value} days", today, today + timedelta(days=int(chosen) + 1))


def month(name: str, now: datetime) -> Span | None:
    """The month of a name such as ``2026-11``, if it is one of those that are shown."""
    return next((each for each in months(now) if f"{each.start:%Y-%m}" == name), None)


def months(now: datetime) -> list[Span]:
    """This month and those after it, a year in all."""
    found = []
    first = datetime(now.year, now.month, 1, tzinfo=UTC)
    for _ in range(MONTHS + 1):
        following = (first + timedelta(days=32)).replace(day=1)
        found.append(Span(f"in {first:%B %Y}", first, following))
        first = following
    return found


@dataclass(frozen=True, slots=True)
class ClientSecret:
    """One of our own clients' secrets; ``ends_on`` is unknown where nobody said since when it is.

    ``setting`` is what says so.
    """

    channel: Channel
    setting: str
    since: date | None

    @property
    def ends_on(self) -> date | None:
        """The day by which it must have been changed."""
        return None if self.since is None else self.since + ROTATION

    def days_left(self, today: date) -> int | None:
        """Whole days until then; negative when it is over."""
        return None if self.ends_on is None else (self.ends_on - today).days


def client_secrets(since: Mapping[Channel, date | None]) -> list[ClientSecret]:
    """Our own clients' secrets, of the days since which they are in use."""
    names = {Channel.AAA: "AAA", Channel.SP_API: "SP_API"}
    return [
        ClientSecret(each, f"DASHBOARD_{names[each]}_CLIENT_SECRET_SINCE", since[each])
        for each in Channel
    ]


def warning(secret: ClientSecret, today: date) -> str:
    """What is to be done about a secret, in a sentence; empty while nothing is."""
    left = secret.days_left(today)
    if left is None:
        return (
            f"Amazon ends a client secret after {ROTATION.days} days, and nobody said since when "
            f"that of {secret.channel} is in use: set {secret.setting} to that day, such as "
            "2026-01-31."
        )
    if left > SOON.days:
        return ""
    when = f"in {left} days" if left > 1 else {1: "tomorrow", 0: "today"}.get(left, "now overdue")
    return (
        f"The client secret of {secret.channel} must be changed by {secret.ends_on} ({when}), or "
        f"every call fails: make a new one at Amazon, set it, and set {secret.setting}."
    )
