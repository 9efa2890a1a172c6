"""What time alone does to cases: waits that are over, second checks, snoozes, ranks, incidents."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard import cases
from dashboard.actions.cases import keeping
from dashboard.cases import ACTIVE, Place, Seen
from dashboard.clock import now as present
from dashboard.db.dialects import among
from dashboard.db.engine import transaction
from dashboard.db.models import Account, AccountChannel, Grant
from dashboard.db.syncing import Incident
from dashboard.db.triage import Case
from dashboard.diagnosis import OURS, Actor, Reason
from dashboard.roles import SWITCHBOARD
from dashboard.status import Headline

BATCH: Final = 500
HURRIED: Final = 5_000
"""Cases that one incident has looked at in one minute; the others follow in the next."""
STIRRED: Final = timedelta(days=1)
"""How long after its end an incident's cases are still looked for."""


def mind(now: datetime | None = None) -> int:
    """Look at every case whose time has come.

    Safe to run twice at once: each case is taken by one of the two. It is the clock's work, not a
    person's, so it asks for no role.

    Args:
        now: aware UTC; the present unless given.

    Returns:
        How many cases were looked at.
    """
    moment = now or present()
    with transaction() as session:
        _stir(session, moment)
    done = 0
    while looked_at := _batch(moment):
        done += looked_at
    return done


def _stir(session: Session, now: datetime) -> None:
    """Have cases looked at that an incident has just gathered, or has let go of by ending."""
    for incident in session.execute(
        sa.select(Incident.channel, Incident.region).where(
            Incident.closed_at.is_(None), Incident.ours
        )
    ):
        _hurry(
            session, now, Case.place == Place.QUEUE.value, Case.incident_id.is_(None),
            Case.reason.in_([each.value for each in OURS]),
            Case.channel == incident.channel, Case.region == incident.region,
        )  # fmt: skip
    lies = sa.exists().where(Case.place == Place.INCIDENT.value, Case.incident_id == Incident.id)
    ended = sa.select(Incident.id).where(Incident.closed_at >= now - STIRRED, lies)
    for incident_id in session.scalars(ended).all():
        _hurry(session, now, Case.place == Place.INCIDENT.value, Case.incident_id == incident_id)


def _hurry(session: Session, now: datetime, *which: sa.ColumnElement[bool]) -> None:
    # Whoever holds one of them is looking at it anyway.
    free = sa.select(Case.id).where(*which).limit(HURRIED).with_for_update(skip_locked=True)
    session.execute(
        sa.update(Case).where(Case.id.in_(free)).values(due_at=now),
        execution_options={"synchronize_session": False},
    )


def _batch(now: datetime) -> int:
    """Look at some cases in one transaction; how many they were."""
    with transaction() as session:
        due = session.scalars(
            sa.select(Case)
            .where(Case.due_at <= now)
            .order_by(Case.due_at)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        ).all()
        if not due:
            return 0
        accounts = _accounts(session, due)
        consents = _consents(session, due, accounts)
        sizes = keeping.customer_sizes(session, {each.organization_id for each in due})
        open_ones, terms = keeping.incidents(session), keeping.agreed()
        for case in due:
            account = accounts[case.account_id]
            seen = _seen(account, consents.get(case.account_id))
            if case.snoozed_until is not None and case.snoozed_until <= now:
                case.snoozed_until, case.until_change = None, False
                keeping.told(case, SWITCHBOARD.name, "woke it: its time had come", now)
            case.size = sizes.get(case.organization_id, 1)
            life = cases.follow(keeping.life_of(case), Reason(case.reason), seen, now, terms)
            keeping.show(case, account, seen, open_ones)
            keeping.store(session, case, life, now)
        return len(due)


def _accounts(session: Session, due: Sequence[Case]) -> dict[int, Any]:
    rows = session.execute(
        sa.select(
            Account.id, Account.headline, Account.actor, Account.reason, Account.headline_since,
            Account.observed_at, Account.region, Account.reason_channel,
        ).where(among(session, Account.id, {each.account_id for each in due}))
    )  # fmt: skip
    return {row.id: row for row in rows}


def _consents(
    session: Session, due: Sequence[Case], accounts: dict[int, Any]
) -> dict[int, datetime]:
    """The newest consent of each account whose case may close by it."""
    gone = {
        each.account_id
        for each in due
        if each.state in ACTIVE and accounts[each.account_id].reason != each.reason
    }
    if not gone:
        return {}
    newest = session.execute(
        sa.select(AccountChannel.account_id, sa.func.max(Grant.consented_at))
        .join(Grant, Grant.id == AccountChannel.grant_id)
        .where(among(session, AccountChannel.account_id, gone))
        .group_by(AccountChannel.account_id)
    )
    return {row[0]: row[1] for row in newest}


def _seen(account: Any, consented_at: datetime | None) -> Seen:
    return Seen(
        Headline(account.headline), Actor(account.actor),
        Reason(account.reason) if account.reason else None, account.headline_since,
        reported_at=account.observed_at, consented_at=consented_at,
    )  # fmt: skip
