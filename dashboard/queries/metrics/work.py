"""How much there is to do for whom: accounts, open cases, how soon somebody acts, what is done."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard import spreads
from dashboard.cohorts import Period
from dashboard.db.counts import EVERYONE, UNASSIGNED, Tally
from dashboard.db.models import StaffMember
from dashboard.db.past import DailyTally
from dashboard.diagnosis import Actor
from dashboard.queries.frames import frame

STRATEGISTS: Final = {
    "strategist_id": "int64",
    "strategist": "str",
    "accounts": "int64",
    "us": "int64",
    "customer": "int64",
    "open": "int64",
    "closed": "int64",
    "first": "Int64",
}
PEOPLE: Final = {
    "name": "str",
    "closed": "int64",
    "acted": "int64",
    "first": "Int64",
    "p90": "Int64",
}


def strategists(session: Session, period: Period) -> pd.DataFrame:
    """What each strategist's accounts ask for, most accounts first: the columns of ``STRATEGISTS``.

    ``accounts``, and those that need ``us`` or the ``customer``, are of now; ``open`` cases are of
    the last full hour; ``closed`` is in the period, and ``first`` the seconds within which somebody
    had acted on half of them. Accounts without strategist have ``UNASSIGNED``.
    """
    number = sa.func.sum(Tally.accounts)
    mine: dict[int, dict[str, int]] = {}
    for scope, actor, accounts in session.execute(
        sa.select(Tally.strategist_id, Tally.actor, number)
        .where(Tally.marketplace_id == "", Tally.strategist_id != EVERYONE)
        .group_by(Tally.strategist_id, Tally.actor)
    ):
        mine.setdefault(scope, {})[actor] = accounts
    names = dict(
        session.execute(
            sa.select(StaffMember.id, StaffMember.name).where(StaffMember.id.in_(list(mine)))
        ).all()
    )
    done, waiting = _done(session, period), _waiting(session)
    rows = [
        (
            scope, names.get(scope, ""), sum(actors.values()), actors.get(Actor.US.value, 0),
            actors.get(Actor.CUSTOMER.value, 0), waiting.get(scope, 0),
            done.get(scope, {}).get("closed", 0),
            _seconds(spreads.percentile(done.get(scope, {}).get("first", {}), 0.5)),
        )
        for scope, actors in mine.items()
    ]  # fmt: skip
    return frame(sorted(rows, key=lambda row: (row[0] == UNASSIGNED, -row[2], row[1])), STRATEGISTS)


def people(session: Session, period: Period) -> pd.DataFrame:
    """Who had the cases that were closed, most first: the columns of ``PEOPLE``.

    ``first`` and ``p90`` are the seconds within which half, and nine of ten, of the ``acted`` had
    been acted on. Cases that nobody had taken have no name.
    """
    by: Mapping[str, Any] = _done(session, period).get(EVERYONE, {}).get("by", {})
    rows = []
    for name, counts in by.items():
        first = counts.get("first", {})
        shares = [_seconds(spreads.percentile(first, share)) for share in (0.5, 0.9)]
        rows.append((name, counts["closed"], sum(first.values()), *shares))
    return frame(sorted(rows, key=lambda row: (not row[0], -row[1], row[0])), PEOPLE)


def _done(session: Session, period: Period) -> dict[int, dict[str, Any]]:
    rows = session.execute(
        sa.select(DailyTally.strategist_id, DailyTally.counts).where(
            DailyTally.kind == "work",
            DailyTally.day >= period.first,
            DailyTally.day < period.end,
        )
    )
    found: dict[int, dict[str, Any]] = {}
    for scope, counts in rows:
        spreads.add(
            found.setdefault(scope, {}),
            {name: value for name, value in counts.items() if name != "open"},
        )
    return found


def _waiting(session: Session) -> dict[int, int]:
    """Open cases by strategist, at the last full hour."""
    last = sa.select(sa.func.max(DailyTally.day)).where(
        DailyTally.kind == "work",
        DailyTally.strategist_id == EVERYONE,
    )
    rows = session.execute(
        sa.select(DailyTally.strategist_id, DailyTally.counts).where(
            DailyTally.kind == "work", DailyTally.day == last.scalar_subquery()
        )
    )
    return {scope: counts.get("open", 0) for scope, counts in rows}


def _seconds(length: timedelta | None) -> int | None:
    return int(length.total_seconds()) if length is not None else None
