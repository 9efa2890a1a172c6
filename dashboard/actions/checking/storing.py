"""What a check found: stored for all accounts on the consent, with everything derived of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.actions import assess, tallies
from dashboard.actions.checking.claiming import again_at
from dashboard.actions.checking.task import Result, Stand, Task
from dashboard.actions.events import record
from dashboard.clock import now as present
from dashboard.db.engine import insert_many, transaction
from dashboard.db.models import Account, AccountChannel, Grant
from dashboard.db.syncing import Check
from dashboard.diagnosis import Reason
from dashboard.roles import SWITCHBOARD
from dashboard.status import Headline

KEPT: Final = timedelta(days=1)
"""How long it is kept what came of a check."""


def store(task: Task, result: Result, now: datetime | None = None) -> bool:
    """Store what a check found, with everything derived of it.

    Returns:
        Whether it was stored; not if the consent was replaced or taken up by another meanwhile.
    """
    moment, touched = now or present(), set(result.stands)
    if (kept := _unchanged(task, result, moment)) is not None:
        return kept
    with transaction() as session, tallies.tallied(session) as deltas:
        if result.refused is not task.refused:
            # Whoever began to use the consent meanwhile is concerned as well.
            using = sa.select(AccountChannel.account_id)
            touched |= set(session.scalars(using.where(AccountChannel.grant_id == task.grant_id)))
        with assess.changing(session, deltas, sorted(touched), moment):
            if not _finish(session, task, result, moment):
                return False
            _stands(session, task, result, moment)
            insert_many(session, Check, _checks(task, result, moment))
    return True


def forget(now: datetime | None = None) -> None:
    """Throw away what came of checks that are older than a day."""
    with transaction() as session:
        session.execute(sa.delete(Check).where(Check.at < (now or present()) - KEPT))


def _unchanged(task: Task, result: Result, now: datetime) -> bool | None:
    """Store a check that found everything as it was: most do, and none of it changes a status.

    Returns:
        As ``store``; ``None`` if more has to be done.
    """
    before = {each.account_id: each.stand for each in task.subjects}
    if result.refused is not task.refused or any(
        stand != before[account_id] for account_id, stand in result.stands.items()
    ):
        return None
    ids = sorted(result.stands)
    with transaction() as session:
        # Having heard of it ends Unknown, and puts off when it turns so: a stored moment that is
        # too early costs one look of the sweep, but one that has come is to be seen to first.
        steady = session.scalars(
            sa.select(Account.id)
            .where(
                Account.id.in_(ids), Account.headline != Headline.UNKNOWN.value,
                sa.or_(Account.changes_at.is_(None), Account.changes_at > now),
            )
            .order_by(Account.id)
            .with_for_update(key_share=True)
        ).all()  # fmt: skip
        if len(steady) < len(ids):
            return None
        if not _finish(session, task, result, now):
            return False
        session.execute(sa.update(Account).where(Account.id.in_(ids)).values(observed_at=now))
        session.execute(
            sa.update(AccountChannel)
            .where(AccountChannel.account_id.in_(ids), AccountChannel.grant_id == task.grant_id)
            .values(checked_at=now)
        )
        insert_many(session, Check, _checks(task, result, now))
    return True


def _finish(session: Session, task: Task, result: Result, now: datetime) -> bool:
    """Let go of the consent, with what is known of it now; ``False`` if it is another by now."""
    values: dict[str, Any] = {
        "lease": None, "leased_until": None, "check_due_at": again_at(result.due_at),
        "failures": result.failures, "doubted_at": result.doubted_at,
        # The first confirmation counts: a dead consent is tried again and again.
        "refused_at": sa.func.coalesce(Grant.refused_at, now) if result.refused else None,
    }  # fmt: skip
    mine = (Grant.id == task.grant_id, Grant.version == task.version, Grant.lease == task.lease)
    done = sa.update(Grant).where(*mine).values(**values).returning(Grant.id)
    return session.scalar(done) is not None


def _stands(session: Session, task: Task, result: Result, now: datetime) -> None:
    ids = sorted(result.stands)
    rows = session.scalars(
        sa.select(AccountChannel).where(
            AccountChannel.account_id.in_(ids), AccountChannel.grant_id == task.grant_id
        )
    )
    for row in rows:
        _stand(session, task, row, result.stands[row.account_id], now)
    session.execute(sa.update(Account).where(Account.id.in_(ids)).values(observed_at=now))


def _stand(session: Session, task: Task, row: AccountChannel, stand: Stand, now: datetime) -> None:
    """Store how a channel stands; history tells of it only where something has changed."""
    subject = next(each for each in task.subjects if each.account_id == row.account_id)
    before = Reason(row.problem) if row.problem else None
    warned = Reason(row.warning) if row.warning else None
    about = {"organization_id": subject.organization_id, "account_id": row.account_id}
    told: list[tuple[str, Reason]] = []
    if before is not None and stand.problem is None:
        told.append(("problem_solved", before))
    if stand.problem is not None and stand.problem is not before:
        told.append(("problem_found", stand.problem))
    if stand.warning is not None and stand.warning is not warned:
        told.append(("warning_found", stand.warning))
    for kind, reason in told:
        record(session, SWITCHBOARD, kind, now, **about, channel=row.channel, reason=reason.value)
    row.problem = stand.problem.value if stand.problem else None
    row.problem_since, row.incident = stand.problem_since, stand.incident
    row.warning = stand.warning.value if stand.warning else None
    row.doubt = stand.doubt.value if stand.doubt else None
    row.doubted_at, row.doubts, row.checked_at = stand.doubted_at, stand.doubts, now


def _checks(task: Task, result: Result, now: datetime) -> Sequence[Mapping[str, Any]]:
    """One row for each region and organization that the consent serves."""
    served = {(each.wanted.region, each.organization_id) for each in task.subjects}
    return [
        {
            "at": now, "grant_id": task.grant_id, "organization_id": organization_id,
            "channel": task.channel.value, "region": region.value,
            "outcome": result.outcomes[region],
        }
        for region, organization_id in sorted(served)
        if region in result.outcomes
    ]  # fmt: skip
