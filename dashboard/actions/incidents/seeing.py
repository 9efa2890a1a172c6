"""What the checks of the last minutes say: read in bounded scans, of however many accounts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.actions.checking.task import OK
from dashboard.db.engine import reading
from dashboard.db.syncing import Check, Incident

Key = tuple[str, str, str]
"""Channel, region and class of error."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One class of error in one channel and region over some minutes.

    ``customers`` and ``consents`` fail with it, as their newest checks say; ``checked`` consents
    were looked at there in all.
    """

    channel: str
    region: str
    outcome: str
    customers: int
    consents: int
    checked: int

    @property
    def key(self) -> Key:
        """Of which incident it would be."""
        return self.channel, self.region, self.outcome

    @property
    def share(self) -> float:
        """Of the consents that were looked at there, how many fail with it: from 0 to 1."""
        return self.consents / self.checked


@dataclass(frozen=True, slots=True)
class Open:
    """An open incident; what is of it was seen from ``since`` on."""

    id: int
    channel: str
    region: str
    outcome: str
    ours: bool
    opened_at: datetime
    since: datetime
    customers: int
    probed_at: datetime | None

    @property
    def key(self) -> Key:
        """Its channel, region and class."""
        return self.channel, self.region, self.outcome


@dataclass(frozen=True, slots=True)
class Trials:
    """The consents that failed in an incident, as their newest checks say.

    ``failing`` are the ids of those that still do, longest unseen first; ``newest`` says of each
    that works again or still fails which it is, newest first.
    """

    affected: int
    customers: int
    failing: tuple[int, ...]
    newest: tuple[bool, ...]
    heard_at: datetime | None


def open_ones(session: Session, window: timedelta) -> list[Open]:
    """All open incidents, the oldest first."""
    rows = session.scalars(
        sa.select(Incident).where(Incident.closed_at.is_(None)).order_by(Incident.id)
    )
    return [
        Open(
            each.id, each.channel, each.region, each.outcome, each.ours, each.opened_at,
            each.opened_at - window, each.customers, each.probed_at,
        )
        for each in rows
    ]  # fmt: skip


def sights(now: datetime, window: timedelta) -> list[Seen]:
    """Count what fails how, in each channel and region, since ``window`` ago.

    What belonged to an incident that is over by now is not counted again.
    """
    start = now - window
    with reading() as session:
        found = _sights(session, start)
        ended = (
            sa.select(
                Incident.channel, Incident.region, Incident.outcome,
                sa.func.max(Incident.closed_at).label("closed_at"),
            )
            .where(Incident.closed_at > start)
            .group_by(Incident.channel, Incident.region, Incident.outcome)
        )  # fmt: skip
        for row in session.execute(ended).all():
            key: Key = row.channel, row.region, row.outcome
            if found.pop(key, None) and (again := _sights(session, row.closed_at).get(key)):
                found[key] = again
    return list(found.values())


def trials(session: Session, incident: Open) -> Trials:
    """Look at everyone who has failed in an incident."""
    there = (
        Check.channel == incident.channel, Check.region == incident.region,
        Check.at >= incident.since,
    )  # fmt: skip
    failed = sa.select(Check.grant_id).where(*there, Check.outcome == incident.outcome)
    rows = session.execute(
        _newest(*there, Check.grant_id.in_(failed), by=[Check.grant_id]).order_by(
            Check.at, Check.id
        )
    ).all()
    whose = sa.select(sa.func.count(Check.organization_id.distinct())).where(
        *there, Check.outcome == incident.outcome
    )
    proofs = [row for row in rows if row.outcome in {incident.outcome, OK}]
    return Trials(
        affected=len(rows),
        customers=session.scalar(whose) or 0,
        failing=tuple(row.grant_id for row in rows if row.outcome == incident.outcome),
        newest=tuple(row.outcome == OK for row in reversed(proofs)),
        heard_at=rows[-1].at if rows else None,
    )


def _sights(session: Session, start: datetime) -> dict[Key, Seen]:
    """What fails since a moment; most consents do not, and are only counted."""
    each = (Check.channel, Check.region, Check.grant_id, Check.organization_id)
    lately = Check.at > start
    failed = sa.select(Check.grant_id).where(lately, Check.outcome != OK)
    newest = _newest(lately, Check.grant_id.in_(failed), by=each).subquery()
    kinds = (newest.c.channel, newest.c.region, newest.c.outcome)
    counted = (
        sa.select(
            *kinds,
            sa.func.count(newest.c.organization_id.distinct()).label("customers"),
            sa.func.count(newest.c.grant_id.distinct()).label("consents"),
        )
        .where(newest.c.outcome != OK)
        .group_by(*kinds)
    )
    rows = session.execute(counted).all()
    if not rows:
        return {}
    places = (Check.channel, Check.region)
    checked = {
        (channel, region): number
        for channel, region, number in session.execute(
            sa.select(*places, sa.func.count(Check.grant_id.distinct()))
            .where(lately)
            .group_by(*places)
        )
    }
    return {
        (row.channel, row.region, row.outcome): Seen(
            row.channel, row.region, row.outcome, row.customers, row.consents,
            checked[row.channel, row.region],
        )
        for row in rows
    }  # fmt: skip


def _newest(*which: sa.ColumnElement[bool], by: Sequence[Any]) -> sa.Select[Any]:
    """Of the checks that meet a condition, the newest of those that are alike."""
    newest = sa.select(sa.func.max(Check.id)).where(*which).group_by(*by)
    return sa.select(*Check.__table__.c).where(Check.id.in_(newest))
