"""Whose past is looked at."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.db.counts import EVERYONE
from dashboard.db.past import DailyTally


@dataclass(frozen=True, slots=True)
class Scope:
    """Which accounts count: a strategist's, of a marketplace, region, type; empty ones are all."""

    strategist_id: int = EVERYONE
    marketplace_id: str = ""
    region: str = ""
    type: str = ""

    def of(self, kind: str, *days: sa.ColumnElement[bool]) -> list[sa.ColumnElement[bool]]:
        """The conditions on a ``DailyTally``."""
        found = [DailyTally.kind == kind, DailyTally.strategist_id == self.strategist_id]
        found += [DailyTally.marketplace_id == self.marketplace_id, *days]
        found += [DailyTally.region == self.region] if self.region else []
        return found + ([DailyTally.type == self.type] if self.type else [])


def of_days(
    session: Session, scope: Scope, kind: str, days: Iterable[date]
) -> Iterator[tuple[date, Mapping[str, Any]]]:
    """The counts of these days: several a day, one for each region and type that are told apart."""
    wanted = sorted(days)
    if not wanted:
        return
    within = DailyTally.day.between(wanted[0], wanted[-1])
    rows = session.execute(
        sa.select(DailyTally.day, DailyTally.counts)
        .where(*scope.of(kind, within, DailyTally.day.in_(wanted)))
        .order_by(DailyTally.day)
    )
    yield from rows
