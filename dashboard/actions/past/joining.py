"""How far the customers invited on a day have come, and how long it took them.

A day is counted whole when anything about its customers has changed: their number bounds the cost.
Weeks and months are sums of days, so that a year is read in a dozen rows.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard import spreads
from dashboard.actions.past import places
from dashboard.actions.past.places import Counts, Place
from dashboard.cohorts import Grain
from dashboard.db.bulk import take_free
from dashboard.db.connecting import Link
from dashboard.db.counts import EVERYONE, UNASSIGNED
from dashboard.db.engine import exclusive, reading, transaction
from dashboard.db.models import Organization
from dashboard.db.past import Onboarding
from dashboard.milestones import Milestone

DAY: Final = "joined day"
SOME: Final = 5000
MARGIN: Final = timedelta(minutes=1)
"""How long ago a step must have been taken to be surely in the database."""


def due(now: datetime, most: int) -> list[date]:
    """The days of which something has changed since they were counted, some of them."""
    with reading() as session:
        days = sa.select(Onboarding.day).where(Onboarding.due_at <= now).distinct()
        return list(session.scalars(days.order_by(Onboarding.day.desc()).limit(most)))


def count(day: date, now: datetime) -> None:
    """Count a day's customers; they stay due until ``settle``."""
    with transaction() as session:
        exclusive(session, "past")
        found: dict[Place, Counts] = {}
        rows = session.execute(
            sa.select(*Onboarding.__table__.c)
            .where(Onboarding.day == day, Onboarding.void.is_(False))
            .order_by(Onboarding.id),
            execution_options={"yield_per": SOME},
        )
        for some in rows.partitions(SOME):
            where = _places(session, some)
            for row in some:
                counts = counted(row, now)
                for place in where[row.id]:
                    spreads.add(found.setdefault(place, {}), counts)
        places.replace(session, DAY, day, found)


def settle(days: Iterable[date], now: datetime) -> None:
    """Say when the customers of days that were counted are to be counted again.

    Those who have only just taken a step stay due: it may not have been seen yet.
    """
    open_ = sa.and_(Onboarding.live_at.is_(None), Onboarding.promised_at > now)
    for day in days:
        with transaction() as session:
            which = sa.and_(Onboarding.day == day, Onboarding.due_at <= now - MARGIN)
            later = {"due_at": sa.case((open_, Onboarding.promised_at))}
            take_free(session, Onboarding, which, later)


def sum_up(days: Iterable[date]) -> None:
    """Add up the weeks and months of these days anew."""
    counted = set(days)
    for grain in Grain:
        for first in sorted({grain.first(each) for each in counted}):
            with transaction() as session:
                exclusive(session, "past")
                found: dict[Place, Counts] = {}
                for place, counts in _days(session, first, grain.after(first)):
                    spreads.add(found.setdefault(place, {}), counts)
                places.replace(session, grain.kind, first, found)
                places.replace(session, grain.whole, first, _together(found))


def counted(row: Any, now: datetime) -> Counts:
    """What one customer adds to the counts. Pure.

    Args:
        row: with the columns of ``Onboarding``.
        now: aware UTC.

    Returns:
        ``invited``: 1. ``waiting``: by milestone that is next and day since when, 1; of those who
        only have to become live, ``pending`` or, after what was promised, ``overdue``. ``in_time``
        or ``late``: those who are live. ``took``: by milestone, the band of how long it took since
        the one before; ``connect`` and ``live``: of how long it took from the invitation to the
        last consent, and from there to the first complete sync.
    """
    moments = {each: at for each in Milestone if (at := getattr(row, f"{each}_at")) is not None}
    found: Counts = {"invited": 1}
    if row.waits_for == Milestone.LIVE and row.promised_at is not None:
        found["pending" if now < row.promised_at else "overdue"] = 1
    elif row.waits_for:
        found["waiting"] = {row.waits_for: {row.waits_since.date().isoformat(): 1}}
    reached = sorted(moments.items(), key=lambda item: (item[1], list(Milestone).index(item[0])))
    for (_, before), (milestone, at) in pairwise(reached):
        found.setdefault("took", {})[str(milestone)] = {spreads.band(at - before): 1}
    if row.connected_at is None:
        return found
    found["connect"] = {spreads.band(row.connected_at - row.invited_at): 1}
    if row.live_at is not None:
        found["live"] = {spreads.band(row.live_at - row.connected_at): 1}
        found["in_time" if row.live_at <= row.promised_at else "late"] = 1
    return found


def _places(session: Session, rows: Collection[Any]) -> dict[int, list[Place]]:
    """Where each customer counts: by the account, or only by the organization's strategist."""
    ids = {row.account_id for row in rows if row.account_id is not None}
    known = places.of_accounts(session, ids)
    links = {row.link_id for row in rows if row.account_id is None}
    owners = _owners(session, links)
    return {
        row.id: known[row.account_id]
        if row.account_id is not None
        else [Place(scope, "", "", "") for scope in (EVERYONE, owners.get(row.link_id, UNASSIGNED))]
        for row in rows
    }


def _owners(session: Session, link_ids: Collection[int | None]) -> Mapping[int | None, int]:
    """The strategist of the organization a link is for, where there is one."""
    rows = session.execute(
        sa.select(Link.id, Organization.strategist_id)
        .join(Organization, Organization.id == Link.organization_id)
        .where(Link.id.in_(link_ids), Organization.strategist_id.is_not(None))
    )
    return {link_id: strategist_id for link_id, strategist_id in rows if strategist_id is not None}


def _together(found: Mapping[Place, Counts]) -> dict[Place, Counts]:
    """The counts of all regions and types: what is asked for most, and most of the reading."""
    whole: dict[Place, Counts] = {}
    for place, counts in found.items():
        spreads.add(whole.setdefault(place._replace(region="", type=""), {}), counts)
    return whole


def _days(session: Session, first: date, end: date) -> Iterator[tuple[Place, Counts]]:
    day = first
    while day < end:
        yield from places.kept(session, DAY, day).items()
        day += timedelta(days=1)
