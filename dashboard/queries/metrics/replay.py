"""How the fleet stood at any past hour."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.db.counts import EVERYONE
from dashboard.db.past import DailyTally
from dashboard.marketplaces import marketplaces
from dashboard.queries.frames import frame
from dashboard.queries.metrics.scope import Scope
from dashboard.status import ACTORS, BROKEN, AgeBand, Headline

COUNTS: Final = {"hour": "int64", "headline": "str", "actor": "str", "accounts": "int64"}
MATRIX: Final = {
    "hour": "int64",
    "region": "str",
    "marketplace_id": "str",
    "accounts": "int64",
    "broken": "int64",
}
AGES: Final = {"hour": "int64", "region": "str", "age_band": "str", "accounts": "int64"}


@dataclass(frozen=True)
class Day:
    """A UTC day, hour by hour: the columns of ``COUNTS``, ``MATRIX`` and ``AGES``.

    ``actor`` is who usually acts on a headline. Hours that nobody noted have no row.
    """

    counts: pd.DataFrame
    matrix: pd.DataFrame
    ages: pd.DataFrame

    def at(self, hour: int) -> "Day":
        """What is known of one hour."""
        return Day(*(each[each["hour"] == hour] for each in (self.counts, self.matrix, self.ages)))


def span(session: Session) -> tuple[datetime, datetime] | None:
    """The first and the last hour that can be replayed; ``None`` before there is one."""
    days = sa.select(sa.func.min(DailyTally.day), sa.func.max(DailyTally.day)).where(
        DailyTally.kind == "headline",
        DailyTally.strategist_id == EVERYONE,
        DailyTally.marketplace_id == "",
    )
    first, last = session.execute(days).one()
    if first is None:
        return None
    hours = session.scalar(
        sa.select(DailyTally.counts)
        .where(
            DailyTally.kind == "headline", DailyTally.strategist_id == EVERYONE,
            DailyTally.marketplace_id == "", DailyTally.day == last,
        )
        .limit(1)
    )  # fmt: skip
    known = len(next(iter((hours or {"": [0]}).values())))
    return _at(first, 0), _at(last, known - 1)


def day(session: Session, scope: Scope, which: date) -> Day:
    """A whole day, so that moving from hour to hour asks nothing more."""
    counts: Counter[tuple[int, str]] = Counter()
    cells: dict[tuple[int, str, str], list[int]] = {}
    for place, region, headline, hour, number in _hours(session, scope, "headline", which):
        if place == scope.marketplace_id:
            counts[hour, headline] += number
        if place:
            cell = cells.setdefault((hour, region, place), [0, 0])
            cell[0] += number
            cell[1] += number if headline in BROKEN else 0
    ages: Counter[tuple[int, str, str]] = Counter()
    for place, region, band, hour, number in _hours(session, scope, "age", which):
        if place == scope.marketplace_id:
            ages[hour, region, band] += number
    return Day(_counts(counts), _matrix(cells), _ages(ages))


def _hours(
    session: Session, scope: Scope, kind: str, which: date
) -> Iterator[tuple[str, str, str, int, int]]:
    """Marketplace (empty: the whole), region, headline or band, hour, number of accounts."""
    known = [scope.marketplace_id] if scope.marketplace_id else ["", *marketplaces()]
    chosen = [
        DailyTally.kind == kind, DailyTally.strategist_id == scope.strategist_id,
        DailyTally.marketplace_id.in_(known), DailyTally.day == which,
    ]  # fmt: skip
    chosen += [DailyTally.region == scope.region] if scope.region else []
    chosen += [DailyTally.type == scope.type] if scope.type else []
    columns = (DailyTally.marketplace_id, DailyTally.region, DailyTally.counts)
    for place, region, counts in session.execute(sa.select(*columns).where(*chosen)):
        for value, hours in counts.items():
            for hour, number in enumerate(hours):
                if number is not None:
                    yield place, region, value, hour, number


def _counts(found: Mapping[tuple[int, str], int]) -> pd.DataFrame:
    rows = (
        (hour, headline, ACTORS[Headline(headline)].value, number)
        for (hour, headline), number in found.items()
        if number
    )
    return frame(rows, COUNTS)


def _matrix(cells: Mapping[tuple[int, str, str], Sequence[int]]) -> pd.DataFrame:
    """The tiles of every hour stand in one order, so that none jumps as the hours pass."""
    most: dict[str, int] = {}
    for (_, _, marketplace_id), (number, _) in cells.items():
        most[marketplace_id] = max(most.get(marketplace_id, 0), number)
    rows = sorted(
        ((*key, number, broken) for key, (number, broken) in cells.items() if number),
        key=lambda row: (row[0], row[1], -most[row[2]], row[2]),
    )
    return frame(rows, MATRIX)


def _ages(found: Mapping[tuple[int, str, str], int]) -> pd.DataFrame:
    order = {band.value: place for place, band in enumerate(AgeBand)}
    rows = sorted(
        (
            (*key, number)
            for key, number in found.items()
            if number and key[2] != AgeBand.NEVER.value
        ),
        key=lambda row: (row[0], order[row[2]], row[1]),
    )
    return frame(rows, AGES)


def _at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(), UTC) + timedelta(hours=hour)
