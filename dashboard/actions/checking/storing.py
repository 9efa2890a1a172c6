"""What a check found: stored for all accounts on the consent, with everything derived of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.actions import assess, tallies
from dashboard.actions.checking.task import OK, Result, Stand, Task
from dashboard.actions.events import record
from dashboard.clock import now as present
from dashboard.db.bulk import insert_many, update_many
from dashboard.db.engine import transaction, writing
from dashboard.db.models import Account, AccountChannel, Grant
from dashboard.db.syncing import Check, Incident
from dashboard.diagnosis import CUSTOMERS, Reason
from dashboard.roles import SWITCHBOARD
from dashboard.status import Headline

KEPT: Final = timedelta(days=1)
"""How long it is kept what came of a check."""


def store(task: Task, result: Result, now: datetime | None = None) -> bool:
    """Store what a check found, with everything derived of it.

    Returns:
        Whether it was stored; not if the consent was replaced or taken up by another meanwhile.
    """
    return task.grant_id in store_all([(task, result)], now)


def store_all(done: Sequence[tuple[Task, Result]], now: datetime | None = None) -> set[int]:
    """Store what several checks found.

    Most found everything as it was, which changes no status: these are stored together.

    Returns:
        The consents of those that were stored, as in ``store``.
    """
    moment = now or present()
    same = {task.grant_id: (task, result) for task, result in done if _is_same(task, result)}
    stored, steady = _store_same(list(same.values()), moment) if same else (set(), set())
    for task, result in done:
        if task.grant_id not in steady and _store_one(task, result, moment):
            stored.add(task.grant_id)
    return stored


def forget(now: datetime | None = None) -> None:
    """Throw away what came of checks that are older than a day, but for what an incident is."""
    here = sa.exists().where(
        Incident.closed_at.is_(None), Incident.channel == Check.channel,
        Incident.region == Check.region, Incident.outcome == Check.outcome,
    )  # fmt: skip
    with transaction() as session:
        session.execute(sa.delete(Check).where(Check.at < (now or present()) - KEPT, ~here))


def _is_same(task: Task, result: Result) -> bool:
    """Whether a check found everything as it was before."""
    before = {each.account_id: each.stand for each in task.subjects}
    return result.refused is task.refused and all(
        stand == before[account_id] for account_id, stand in result.stands.items()
    )


def _store_same(done: Sequence[tuple[Task, Result]], now: datetime) -> tuple[set[int], set[int]]:
    """Store checks that found everything as it was.

    Returns:
        The consents of those that were stored; and of those with which nothing is left to do: in
        the others' accounts something changes by time, if only because they were heard of.
    """
    ids = sorted({account_id for _, result in done for account_id in result.stands})
    with writing() as connection:
        steady = _steady(connection, ids, now)
        quiet = [each for each in done if steady >= set(each[1].stands)]
        held = _held(connection, [task for task, _ in quiet])
        kept = [each for each in quiet if each[0].grant_id in held]
        heard = {account_id for _, result in kept for account_id in result.stands}
        connection.execute(
            sa.update(Account).where(Account.id.in_(sorted(heard))).values(observed_at=now)
        )
        update_many(connection, Grant, [_finished(*each, held, now) for each in kept])
        update_many(
            connection, AccountChannel,
            [
                {
                    "account_id": account_id, "channel": task.channel.value,
                    "grant_id": task.grant_id, "checked_at": now,
                }
                for task, result in kept
                for account_id in result.stands
            ],
            keys=("account_id", "channel", "grant_id"),
        )  # fmt: skip
        insert_many(connection, Check, [row for each in kept for row in _checks(*each, now)])
    return set(held), {task.grant_id for task, _ in quiet}


def _steady(connection: sa.Connection, account_ids: Sequence[int], now: datetime) -> set[int]:
    """Of these accounts, now locked, those whose status does not change by being heard of.

    That ends Unknown, and puts off when it turns so: a stored moment that is too early costs one
    look of the sweep, but one that has come is to be seen to first.
    """
    steady = (
        sa.select(Account.id)
        .where(
            Account.id.in_(account_ids), Account.headline != Headline.UNKNOWN.value,
            sa.or_(Account.changes_at.is_(None), Account.changes_at > now),
        )
        .order_by(Account.id)
        .with_for_update(key_share=True)
    )  # fmt: skip
    return set(connection.scalars(steady))


def _store_one(task: Task, result: Result, now: datetime) -> bool:
    """Store a check after which an account stands otherwise, or may."""
    touched = set(result.stands)
    with transaction() as session, tallies.tallied(session) as deltas:
        if result.refused is not task.refused:
            # Whoever began to use the consent meanwhile is concerned as well.
            using = sa.select(AccountChannel.account_id)
            touched |= set(session.scalars(using.where(AccountChannel.grant_id == task.grant_id)))
        with assess.changing(session, deltas, sorted(touched), now):
            held = _held(session.connection(), [task])
            if not held:
                return False
            update_many(session, Grant, [_finished(task, result, held, now)])
            _stands(session, task, result, now)
            insert_many(session, Check, _checks(task, result, now))
    return True


def _held(connection: sa.Connection, tasks: Sequence[Task]) -> dict[int, Any]:
    """The consents, now locked, that are still those that were looked at, by whoever did."""
    rows = connection.execute(
        sa.select(
            Grant.id, Grant.version, Grant.lease, Grant.refused_at, Grant.asked_at,
            Grant.check_due_at,
        )
        .where(Grant.id.in_([each.grant_id for each in tasks]))
        .order_by(Grant.id)
        .with_for_update(key_share=True)
    )  # fmt: skip
    leases = {each.grant_id: (each.version, each.lease) for each in tasks}
    return {each.id: each for each in rows if leases[each.id] == (each.version, each.lease)}


def _finished(task: Task, result: Result, held: Mapping[int, Any], now: datetime) -> dict[str, Any]:
    """What is stored of a consent to let go of it, with what is known of it now."""
    before = held[task.grant_id]
    return {
        "id": task.grant_id, "lease": None, "leased_until": None, "failures": result.failures,
        "doubted_at": result.doubted_at,
        # The first confirmation counts: a dead consent is tried again and again.
        "refused_at": (before.refused_at or now) if result.refused else None,
        "check_due_at": before.check_due_at if before.asked_at else result.due_at,
    }  # fmt: skip


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
    """One row for each region and organization that the consent serves.

    None where all that fails there was known to: it says nothing of how Amazon does at present.
    """
    served = {(each.wanted.region, each.organization_id) for each in task.subjects}
    hopeful = {
        (each.wanted.region, each.organization_id)
        for each in task.subjects
        if not task.refused and each.stand.problem not in CUSTOMERS
    }
    return [
        {
            "at": now, "grant_id": task.grant_id, "organization_id": organization_id,
            "channel": task.channel.value, "region": region.value,
            "outcome": outcome,
        }
        for region, organization_id in sorted(served)
        if (outcome := result.outcomes.get(region)) is not None
        if outcome == OK or (region, organization_id) in hopeful
    ]  # fmt: skip
