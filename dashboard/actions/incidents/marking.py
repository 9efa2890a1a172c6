"""Whom an incident touches: said to wait for Amazon, and not held against them.

Checks made during an incident know of it and mark their accounts themselves. Here it is done for
those that failed before it was recognised, or whose check was on its way just then.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.actions import assess, tallies
from dashboard.actions.claims import Claim
from dashboard.actions.events import record
from dashboard.actions.incidents.seeing import Open
from dashboard.db.dialects import among
from dashboard.db.engine import reading, transaction
from dashboard.db.models import Account, AccountChannel, Grant
from dashboard.db.syncing import Check, Incident
from dashboard.diagnosis import PERMISSION, RECONNECT, Reason
from dashboard.roles import SWITCHBOARD

BATCH: Final = 500
"""Accounts in one transaction: others wait for them no longer than that takes."""
EARLIER: Final = timedelta(minutes=30)
"""How long before the first sight of an incident what is believed since may have begun: a refusal
is believed when it has lasted for so long (``sync.retry``)."""
DEAD: Final = "GrantRefused"
KNOWN: Final = tuple(each.value for each in sorted(PERMISSION | RECONNECT))
"""Problems that are the customer's, and stay so if they began before the incident."""


def mark(incident: Open, grant_ids: Sequence[int], now: datetime) -> int:
    """Mark the accounts that fail in an incident of Amazon's.

    A doubt that arose with it is forgotten, and so is what came to be believed by the same
    failures: it is looked at anew when the incident is over.

    Args:
        incident: the incident.
        grant_ids: the consents that fail in it.
        now: aware UTC.

    Returns:
        How many accounts were marked.
    """
    marked = 0
    for start in range(0, len(grant_ids), BATCH):
        some = grant_ids[start:][:BATCH]
        with reading() as session:
            ids = _touched(session, incident, some)
        if not ids:
            continue
        with transaction() as session, tallies.tallied(session) as deltas:
            dead = _wrongly_dead(session, incident, some)
            using = sa.select(AccountChannel.account_id).where(AccountChannel.grant_id.in_(dead))
            everyone = sorted({*ids, *session.scalars(using)})
            with assess.changing(session, deltas, everyone, now):
                marked += _mark(session, incident, ids, now)
                session.execute(
                    sa.update(Grant)
                    .where(Grant.id.in_(dead))
                    .values(refused_at=None, doubted_at=None)
                )
    return marked


def note_sync(claimed: Claim, outcome: str, now: datetime) -> bool:
    """Note a sync that failed as many do in an open incident.

    Args:
        claimed: the sync.
        outcome: the class of its error.
        now: aware UTC.

    Returns:
        Whether such an incident is open: the failure is not the account's.
    """
    with reading() as session:
        found = session.execute(
            sa.select(*Incident.__table__.c).where(
                Incident.closed_at.is_(None), Incident.channel == claimed.channel.value,
                Incident.region == claimed.region.value, Incident.outcome == outcome,
            )
        ).one_or_none()  # fmt: skip
    if found is None:
        return False
    incident = Open(
        found.id, found.channel, found.region, outcome, found.ours, found.opened_at,
        found.opened_at, found.customers, found.probed_at,
    )  # fmt: skip
    with transaction() as session:
        session.add(
            Check(
                at=now, grant_id=claimed.grant_id, organization_id=claimed.organization_id,
                channel=found.channel, region=found.region, outcome=outcome,
            )
        )  # fmt: skip
    if not incident.ours:
        mark(incident, [claimed.grant_id], now)
    return True


def _touched(session: Session, incident: Open, grant_ids: Sequence[int]) -> list[int]:
    return list(
        session.scalars(
            sa.select(AccountChannel.account_id)
            .join(Account, Account.id == AccountChannel.account_id)
            .where(among(session, AccountChannel.grant_id, grant_ids), *_markable(incident))
        )
    )


def _markable(incident: Open) -> list[sa.ColumnElement[bool]]:
    """An account in use there whose channel is not marked, nor was broken before."""
    lately = AccountChannel.problem_since >= incident.since - EARLIER
    return [
        AccountChannel.channel == incident.channel,
        Account.region == incident.region,
        Account.paused_at.is_(None),
        Account.disconnected_at.is_(None),
        AccountChannel.incident.is_(False),
        sa.or_(AccountChannel.problem.is_(None), AccountChannel.problem.not_in(KNOWN), lately),
    ]


def _wrongly_dead(session: Session, incident: Open, grant_ids: Collection[int]) -> list[int]:
    """Consents that were taken for dead by refusals that were the incident's."""
    if incident.outcome != DEAD:
        return []
    lately = sa.or_(Grant.refused_at.is_(None), Grant.refused_at >= incident.since)
    doubted = sa.or_(Grant.refused_at.is_not(None), Grant.doubted_at.is_not(None))
    chosen = sa.select(Grant.id).where(among(session, Grant.id, grant_ids), lately, doubted)
    return list(session.scalars(chosen))


def _mark(session: Session, incident: Open, ids: Sequence[int], now: datetime) -> int:
    rows = session.execute(
        sa.select(AccountChannel, Account.organization_id)
        .join(Account, Account.id == AccountChannel.account_id)
        .where(Account.id.in_(ids), *_markable(incident))
    ).all()
    for row, organization_id in rows:
        about = {"organization_id": organization_id, "account_id": row.account_id}
        record(session, SWITCHBOARD, "problem_found", now, **about, channel=row.channel,
               reason=Reason.AMAZON_OUTAGE.value)  # fmt: skip
        row.problem_since = row.doubted_at or now
        row.problem, row.incident = Reason.AMAZON_OUTAGE.value, True
        row.doubt, row.doubted_at, row.doubts = None, None, 0
    return len(rows)
