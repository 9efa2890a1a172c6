"""How the connections fared: headlines over time, what went wrong, how soon it was put right."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import pandas as pd
from sqlalchemy.orm import Session

from dashboard import spreads
from dashboard.cohorts import Grain, Period
from dashboard.queries.frames import frame
from dashboard.queries.metrics.scope import Scope, of_days
from dashboard.status import SEVERITY, Headline

HEADLINES: Final = {"day": "datetime64[us]", "headline": "str", "accounts": "int64"}
TROUBLES: Final = {"week": "datetime64[us]", "reason": "str", "accounts": "int64"}
DAILY: Final = 100
"""Days up to which every day is shown; of longer periods, one a week."""


@dataclass(frozen=True, slots=True)
class Sums:
    """What a period adds up to.

    ``detected`` and ``reconnected`` are how often a lost connection was noticed and made again, the
    seconds are how long that took in all. ``made``, ``opened`` and ``done`` are of the links to
    reconnect.
    """

    detected: int
    detected_seconds: int
    reconnected: int
    reconnected_seconds: int
    made: int
    opened: int
    done: int

    @property
    def to_detect(self) -> timedelta | None:
        """How long a loss went unnoticed, on average: since the last sync that worked."""
        return timedelta(seconds=self.detected_seconds / self.detected) if self.detected else None

    @property
    def to_reconnect(self) -> timedelta | None:
        """How long it took until a lost connection worked again, on average."""
        if not self.reconnected:
            return None
        return timedelta(seconds=self.reconnected_seconds / self.reconnected)


def headlines(session: Session, scope: Scope, period: Period) -> pd.DataFrame:
    """Count accounts by headline at the last known hour of each day (of each week, if long).

    Returns:
        One row per day and headline that an account had: the columns of ``HEADLINES``, by day and
        urgency.
    """
    every = 1 if period.days <= DAILY else 7
    last = period.end - timedelta(days=1)
    days = [last - timedelta(days=back) for back in range(0, period.days, every)]
    found: dict[date, dict[str, int]] = {}
    for day, counts in of_days(session, scope, "headline", days):
        spreads.add(
            found.setdefault(day, {}), {headline: hours[-1] for headline, hours in counts.items()}
        )
    order = sorted(SEVERITY, key=lambda each: SEVERITY[each])
    return frame(
        (
            (day, each.value, counts[each.value])
            for day, counts in found.items()
            for each in order
            if counts.get(each.value)
        ),
        HEADLINES,
    )


def troubles(session: Session, scope: Scope, period: Period) -> pd.DataFrame:
    """Count how often accounts got into trouble, by week and reason, the oldest week first.

    Returns:
        The columns of ``TROUBLES``; ``reason`` is a headline where it has none.
    """
    found: dict[date, dict[str, int]] = {}
    for day, counts in of_days(session, scope, "trouble", _each(period)):
        spreads.add(found.setdefault(Grain.WEEK.first(day), {}), counts.get("entered", {}))
    return frame(
        (
            (week, reason, number)
            for week, counts in sorted(found.items())
            for reason, number in sorted(counts.items(), key=lambda item: -item[1])
        ),
        TROUBLES,
    )


def sums(session: Session, scope: Scope, period: Period) -> Sums:
    """What the period adds up to."""
    took: dict[str, Any] = {}
    for _, counts in of_days(session, scope, "trouble", _each(period)):
        spreads.add(took, {name: value for name, value in counts.items() if name != "entered"})
    links: dict[str, int] = {}
    for _, counts in of_days(session, scope, "links", _each(period)):
        spreads.add(links, counts)
    detected, reconnected = took.get("detected", {}), took.get("reconnected", {})
    return Sums(
        detected.get("times", 0), detected.get("seconds", 0),
        reconnected.get("times", 0), reconnected.get("seconds", 0),
        links.get("made", 0), links.get("opened", 0), links.get("done", 0),
    )  # fmt: skip


def healthy(known: pd.DataFrame) -> pd.DataFrame:
    """The share of accounts in use that is healthy, day by day. Pure.

    Args:
        known: the columns of ``HEADLINES``.

    Returns:
        Columns ``day`` and ``share`` (0 to 1), oldest first.
    """
    idle = [Headline.PAUSED.value, Headline.DISCONNECTED.value]
    used = known[~known["headline"].isin(idle)]
    whole = used.groupby("day")["accounts"].sum()
    well = used[used["headline"] == Headline.HEALTHY.value].groupby("day")["accounts"].sum()
    share = (well.reindex(whole.index, fill_value=0) / whole).rename("share")
    return share.reset_index()


def _each(period: Period) -> list[date]:
    return [period.first + timedelta(days=each) for each in range(period.days)]
