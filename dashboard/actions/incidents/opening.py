"""An incident begins, is looked into, and ends; what it held up is due again."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard import clock
from dashboard.actions.events import record
from dashboard.actions.incidents.seeing import Open, Seen
from dashboard.db.dialects import among
from dashboard.db.engine import exclusive, transaction
from dashboard.db.models import AccountChannel, Grant, Stream
from dashboard.db.syncing import Incident
from dashboard.roles import SWITCHBOARD

ROUND: Final = timedelta(seconds=50)
"""How long ago the last round of probes must be: each minute has one, of one worker."""
PACE: Final = 10
"""So many consents and streams a second are due again after an incident."""
SOON: Final = 30.0
"""Seconds within which few of them are."""
BATCH: Final = 1000


def open_one(seen: Seen, now: datetime, *, ours: bool) -> bool:
    """Open an incident, unless it is open already.

    Args:
        seen: what it was recognised by.
        now: aware UTC.
        ours: whether we must mend it.

    Returns:
        Whether this call has opened it.
    """
    with transaction() as session:
        exclusive(session, "incidents")
        if session.scalar(sa.select(Incident.id).where(*_here(seen)).limit(1)) is not None:
            return False
        session.add(
            Incident(
                channel=seen.channel, region=seen.region, outcome=seen.outcome, ours=ours,
                opened_at=now, customers=seen.customers, share=seen.share,
            )
        )  # fmt: skip
        _record(session, "incident_opened", seen, now, customers=seen.customers,
                share_of_checks=f"{seen.share:.0%}")  # fmt: skip
    return True


def grow(incident: Open, customers: int, share: float) -> None:
    """Keep the highest numbers seen of an incident."""
    with transaction() as session:
        session.execute(
            sa.update(Incident)
            .where(
                Incident.id == incident.id,
                sa.or_(Incident.customers < customers, Incident.share < share),
            )
            .values(
                customers=sa.case((Incident.customers < customers, customers),
                                  else_=Incident.customers),
                share=sa.case((Incident.share < share, share), else_=Incident.share),
            )
        )  # fmt: skip


def begin_round(incident: Open, probes: int, now: datetime) -> bool:
    """Take the next round of so many probes of an incident, unless another worker has it."""
    with transaction() as session:
        free = sa.or_(Incident.probed_at.is_(None), Incident.probed_at <= now - ROUND)
        mine = (Incident.id == incident.id, Incident.closed_at.is_(None), free)
        taken = (
            sa.update(Incident)
            .where(*mine)
            .values(probed_at=now, probes=Incident.probes + probes)
            .returning(Incident.id)
        )
        return session.scalar(taken) is not None


def close(incident: Open, why: str, now: datetime) -> bool:
    """End an incident; whether this call has."""
    with transaction() as session:
        ended = session.execute(
            sa.update(Incident)
            .where(Incident.id == incident.id, Incident.closed_at.is_(None))
            .values(closed_at=now)
            .returning(Incident.customers)
        ).one_or_none()
        if ended is None:
            return False
        lasted = clock.spoken(now - incident.opened_at)
        _record(session, "incident_closed", incident, now, customers=ended.customers,
                lasted=lasted, because=why)  # fmt: skip
    return True


def release(grant_ids: Sequence[int], channel: str, now: datetime) -> None:
    """Have the consents that an incident held up checked again, and their streams synced, spread.

    Whatever this does not come to is due by itself within the hour.
    """
    for start in range(0, len(grant_ids), BATCH):
        some = grant_ids[start:][:BATCH]
        with transaction() as session:
            # What somebody is storing just now gets its due time from them.
            ids = session.scalars(
                sa.select(Grant.id)
                .where(among(session, Grant.id, some), Grant.refresh_token.is_not(None))
                .with_for_update(skip_locked=True)
            ).all()
            later = {Grant: list(ids), Stream: _failed_streams(session, ids, channel)}
            for model, chosen in later.items():
                _spread(session, model, chosen, len(grant_ids), now)


def _failed_streams(session: Session, grant_ids: Sequence[int], channel: str) -> list[int]:
    using = sa.select(AccountChannel.account_id).where(
        among(session, AccountChannel.grant_id, grant_ids), AccountChannel.channel == channel
    )
    failed = (Stream.account_id.in_(using), Stream.channel == channel, Stream.failures > 0)
    # Those that are being synced, or looked at, are seen to by whoever does so.
    chosen = sa.select(Stream.id).where(*failed, Stream.lease.is_(None)).order_by(Stream.id)
    return list(session.scalars(chosen.with_for_update(skip_locked=True)))


def _spread(session: Session, model: Any, ids: Sequence[int], of: int, now: datetime) -> None:
    """Move due times forward, never back."""
    if not ids:
        return
    due, within = (model.check_due_at if model is Grant else model.due_at), max(SOON, of / PACE)
    moments = [
        {"the_id": each, "moment": now + timedelta(seconds=random.uniform(0, within))}  # noqa: S311
        for each in ids
    ]
    session.connection().execute(
        sa.update(model)
        .where(model.id == sa.bindparam("the_id"), due > sa.bindparam("moment"))
        .values({due.key: sa.bindparam("moment")}),
        moments,
    )


def _here(which: Seen | Open) -> list[sa.ColumnElement[bool]]:
    return [
        Incident.channel == which.channel, Incident.region == which.region,
        Incident.outcome == which.outcome, Incident.closed_at.is_(None),
    ]  # fmt: skip


def _record(session: Session, kind: str, which: Seen | Open, now: datetime, **more: Any) -> None:
    details = {"channel": which.channel, "region": which.region, "failure": which.outcome} | more
    record(session, SWITCHBOARD, kind, now, **details)
