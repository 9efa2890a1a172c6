"""How customers came aboard: the funnel of a cohort, how long it took, and who waits where."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard import funnels, spreads
from dashboard.cohorts import Grain, Period
from dashboard.db.connecting import Link
from dashboard.db.counts import EVERYONE, UNASSIGNED
from dashboard.db.models import Account, AccountMarketplace, Organization
from dashboard.db.past import Onboarding
from dashboard.milestones import Milestone
from dashboard.queries.frames import MOMENT, frame
from dashboard.queries.metrics.scope import Scope, of_days

LENGTHS: Final = {
    "cohort": "datetime64[us]",
    "measure": "str",
    "samples": "int64",
    "p50": "Int64",
    "p75": "Int64",
    "p90": "Int64",
    "p95": "Int64",
}
WAITING: Final = {
    "account_id": "Int64",
    "account": "str",
    "organization_id": "Int64",
    "organization": "str",
    "email": "str",
    "region": "str",
    "type": "str",
    "invited_at": MOMENT,
    "since": MOMENT,
}
PERCENTILES: Final = {"p50": 0.5, "p75": 0.75, "p90": 0.9, "p95": 0.95}
MEASURES: Final = ("connect", "live")
MOST: Final = 500

Cohorts = Mapping[date, Mapping[str, Any]]
"""The counts of each cohort, as ``actions.past.joining`` has made them, by its first day."""


@dataclass(frozen=True, slots=True)
class Joined:
    """Some cohorts.

    ``whole`` are their counts added up; ``apart`` says of each by itself, oldest first, how many
    were invited and which share of them reached each step (``funnels.shares``).
    """

    whole: Mapping[str, Any]
    apart: Sequence[tuple[date, int, Sequence[float]]]


def joined(session: Session, scope: Scope, period: Period, grain: Grain) -> Joined:
    """The cohorts that a period touches; those without customers are left out."""
    whole: dict[str, Any] = {}
    apart: dict[date, dict[str, Any]] = {}
    for day, counts in _known(session, scope, period, grain):
        spreads.add(whole, counts)
        # How long it took is most of the counts, and wanted of all together only.
        steps = {name: value for name, value in counts.items() if name not in ("took", *MEASURES)}
        spreads.add(apart.setdefault(day, {}), steps)
    known = [(day, its["invited"], funnels.shares(its)) for day, its in apart.items()]
    return Joined(whole, known)


def cohorts(session: Session, scope: Scope, period: Period, grain: Grain) -> Cohorts:
    """The cohorts that a period touches, oldest first; those without customers are left out."""
    found: dict[date, dict[str, Any]] = {}
    for day, counts in _known(session, scope, period, grain):
        spreads.add(found.setdefault(day, {}), counts)
    return found


def before(session: Session, scope: Scope, period: Period, grain: Grain) -> dict[str, Any]:
    """The cohorts before those of a period, added up, but for how long each step took."""
    known = _known(session, scope, period.before(grain), grain)
    return funnels.whole(
        {name: value for name, value in counts.items() if name != "took"} for _, counts in known
    )


def _known(
    session: Session, scope: Scope, period: Period, grain: Grain
) -> Iterator[tuple[date, Mapping[str, Any]]]:
    """The counts of the cohorts that a period touches, in as few rows as there are."""
    kind = grain.kind if scope.region or scope.type else grain.whole
    return of_days(session, scope, kind, period.cohorts(grain))


def lengths(known: Cohorts) -> pd.DataFrame:
    """How long coming aboard took, by cohort. Pure.

    Returns:
        For each cohort and measure that has samples, the columns of ``LENGTHS``. ``connect`` is
        from the invitation to the last consent, ``live`` from there to the first complete sync;
        percentiles are in seconds.
    """
    rows = []
    for day, counts in known.items():
        for measure in MEASURES:
            spread = counts.get(measure, {})
            if spread:
                found = [spreads.percentile(spread, share) for share in PERCENTILES.values()]
                seconds = [int(each.total_seconds()) for each in found if each is not None]
                rows.append((day, measure, sum(spread.values()), *seconds))
    return frame(rows, LENGTHS)


def waiting(
    session: Session, scope: Scope, days: Period, milestone: Milestone, limit: int = MOST
) -> pd.DataFrame:
    """Who waits at a step, those invited last first: the columns of ``WAITING``.

    At the last step these are also those who were live later than promised.

    Args:
        session: an open session; nothing is written.
        scope: whose accounts count.
        days: when they were invited.
        milestone: that they have not reached.
        limit: how many at most.
    """
    held: sa.ColumnElement[bool] = Onboarding.waits_for == milestone.value
    if milestone is Milestone.LIVE:
        held = sa.or_(held, Onboarding.live_at > Onboarding.promised_at)
    owner = sa.func.coalesce(Account.organization_id, Link.organization_id)
    rows = session.execute(
        sa.select(
            Account.id, sa.func.coalesce(Account.name, ""), Organization.id,
            sa.func.coalesce(Organization.name, ""), Onboarding.email,
            sa.func.coalesce(Account.region, ""), sa.func.coalesce(Account.type, ""),
            Onboarding.invited_at, sa.func.coalesce(Onboarding.waits_since, Onboarding.live_at),
        )
        .outerjoin(Account, Account.id == Onboarding.account_id)
        .outerjoin(Link, Link.id == Onboarding.link_id)
        .outerjoin(Organization, Organization.id == owner)
        .where(
            held, Onboarding.void.is_(False), Onboarding.day >= days.first,
            Onboarding.day < days.end, *_within(scope),
        )
        .order_by(Onboarding.day.desc(), Onboarding.id.desc())
        .limit(limit)
    )  # fmt: skip
    return frame(rows, WAITING)


def _within(scope: Scope) -> list[sa.ColumnElement[bool]]:
    """The conditions of a scope; without an account, only the strategist is known."""
    found: list[sa.ColumnElement[bool]] = []
    if scope.strategist_id != EVERYONE:
        owner = sa.func.coalesce(Account.strategist_id, Organization.strategist_id, UNASSIGNED)
        found.append(owner == scope.strategist_id)
    found += [Account.region == scope.region] if scope.region else []
    found += [Account.type == scope.type] if scope.type else []
    if scope.marketplace_id:
        found.append(
            sa.exists().where(
                AccountMarketplace.account_id == Account.id,
                AccountMarketplace.marketplace_id == scope.marketplace_id,
            )
        )
    return found
