"""Who makes a check: claimed by a lease, which ends by itself should that worker die."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.actions.checking.holding import put_off
from dashboard.actions.checking.subjects import using
from dashboard.actions.checking.task import Task, Ticket
from dashboard.actions.turns import in_turn
from dashboard.clock import now as present
from dashboard.db.bulk import take_free
from dashboard.db.dialects import among, lapsed, through_index
from dashboard.db.engine import lock_rows, reading, transaction, writing
from dashboard.db.models import Account, AccountChannel, Grant
from dashboard.db.syncing import Incident
from dashboard.diagnosis import Channel

LEASE: Final = timedelta(minutes=5)
"""How long a check may take before another worker takes it up."""
QUEUED: Final = timedelta(minutes=10)
"""How long a check may wait in the queue before it is found anew."""
WINDOW: Final = 5
"""Of how many times as many due checks those are chosen that are put into the queue."""


def find_due(limit: int, now: datetime | None = None, *, asked: bool = False) -> list[Ticket]:
    """Claim checks that are due, for the queue; organizations take turns.

    Several may look at the same time: each check is claimed by one of them.

    Args:
        limit: how many at most.
        now: aware UTC; the present unless given.
        asked: those only that a person waits for.
    """
    moment = now or present()
    since = Grant.asked_at if asked else Grant.check_due_at
    due = sa.select(Grant.id, since.label("since")).where(
        Grant.check_due_at <= moment, _free(moment)
    )
    if asked:
        due = through_index(due.where(since.is_not(None)), Grant, "ix_grants_asked_at")
    oldest = due.order_by(since).limit(limit * WINDOW).subquery()
    owned = (
        sa.select(oldest.c.id, sa.func.min(Account.organization_id))
        .outerjoin(AccountChannel, AccountChannel.grant_id == oldest.c.id)
        .outerjoin(Account, Account.id == AccountChannel.account_id)
        .group_by(oldest.c.id, oldest.c.since)
        .order_by(oldest.c.since, oldest.c.id)
    )
    with reading() as session:
        waiting = in_turn(session.execute(owned))
    if not waiting:
        return []
    with transaction() as session:
        held = frozenset() if asked else put_off(session, waiting, moment)
        return _take(session, [each for each in waiting if each not in held][:limit], moment)


def take(grant_ids: Sequence[int], limit: int, now: datetime) -> list[Ticket]:
    """Claim the first of these checks for the queue, due or not, but for those nobody can make.

    Args:
        grant_ids: the consents, in the order in which they are wanted.
        limit: how many at most.
        now: aware UTC.
    """
    with transaction() as session:
        able = sa.select(Grant.id).where(
            among(session, Grant.id, grant_ids), _free(now),
            Grant.refresh_token.is_not(None), Grant.refused_at.is_(None),
        )  # fmt: skip
        found = set(session.scalars(able))
        return _take(session, [each for each in grant_ids if each in found][:limit], now)


def _take(session: Session, grant_ids: Sequence[int], now: datetime) -> list[Ticket]:
    """Claim these checks for the queue, as far as nobody has them."""
    # One name for all of them: together with the grant's id it is one ticket.
    lease = secrets.token_hex(8)
    # Those that somebody is changing are found next time: nobody waits for anybody.
    still = among(session, Grant.id, grant_ids) & _free(now)
    taken = take_free(session, Grant, still, {"lease": lease, "leased_until": now + QUEUED})
    return [Ticket(each, lease) for each in grant_ids if each in taken]


def claim(grant_id: int, ticket: str | None = None, now: datetime | None = None) -> Task | None:
    """Claim one check, to be made at once.

    Args:
        grant_id: the consent.
        ticket: the lease of a check that was in the queue.
        now: aware UTC; the present unless given.

    Returns:
        ``None`` if it is not there to be made: somebody else makes it, or it was made already.
    """
    return next(iter(claim_all([grant_id], ticket, now)), None)


def claim_all(
    grant_ids: Sequence[int], ticket: str | None = None, now: datetime | None = None
) -> list[Task]:
    """Claim some checks, to be made at once, one after the other.

    Args:
        grant_ids: the consents.
        ticket: the lease of checks that were in the queue.
        now: aware UTC; the present unless given.

    Returns:
        Those that are there to be made, in the order given.
    """
    moment = now or present()
    lease = secrets.token_hex(8)
    mine = Grant.id.in_(grant_ids)
    with writing() as connection:
        if len(grant_ids) > 1:
            lock_rows(connection, sa.select(Grant.id).where(mine).order_by(Grant.id))
        rows = connection.execute(
            sa.update(Grant)
            .where(mine, _free(moment) if ticket is None else Grant.lease == ticket)
            .values(lease=lease, leased_until=moment + LEASE, asked_at=None)
            .returning(
                Grant.id, Grant.channel, Grant.version, Grant.identity, Grant.consented_at,
                Grant.refused_at, Grant.doubted_at, Grant.failures,
            )
        ).all()  # fmt: skip
        if not rows:
            return []
        claimed = {each.id: each for each in rows}
        subjects = using(connection, list(claimed))
        incidents = _incidents(connection)
    return [
        Task(
            row.id, lease, Channel(row.channel), row.version, row.identity, row.consented_at,
            row.refused_at is not None, row.doubted_at, row.failures,
            tuple(subjects.get(row.id, ())), incidents.get(row.channel, frozenset()),
        )
        for each in grant_ids
        if (row := claimed.get(each)) is not None
    ]  # fmt: skip


def _incidents(connection: sa.Connection) -> dict[str, frozenset[tuple[str, str]]]:
    """The open incidents of each channel: by region and outcome."""
    found: dict[str, set[tuple[str, str]]] = {}
    open_ones = sa.select(Incident.channel, Incident.region, Incident.outcome)
    for channel, region, outcome in connection.execute(
        open_ones.where(Incident.closed_at.is_(None))
    ):
        found.setdefault(channel, set()).add((region, outcome))
    return {channel: frozenset(known) for channel, known in found.items()}


def give_back(task: Task, due_at: datetime) -> None:
    """Let go of a check that came to nothing; it is due again at a moment."""
    with transaction() as session:
        session.execute(
            sa.update(Grant)
            .where(Grant.id == task.grant_id, Grant.lease == task.lease)
            .values(lease=None, leased_until=None, check_due_at=_again_at(due_at))
        )


def _again_at(due_at: datetime) -> sa.ColumnElement[datetime | None]:
    """When a consent is due after a check: at once, if it was asked for again meanwhile."""
    return sa.case((Grant.asked_at.is_not(None), Grant.check_due_at), else_=due_at)


def suspect(grant_id: int) -> None:
    """Have a consent checked soon: whoever used it was refused."""
    now = present()
    with transaction() as session:
        session.execute(
            sa.update(Grant)
            .where(
                Grant.id == grant_id, Grant.refused_at.is_(None), Grant.doubted_at.is_(None),
                sa.or_(Grant.check_due_at.is_(None), Grant.check_due_at > now),
            )
            .values(check_due_at=now)
        )  # fmt: skip


def _free(now: datetime) -> sa.ColumnElement[bool]:
    """Whether nobody checks a consent, nor has it in the queue."""
    return lapsed(Grant.leased_until, now, max(LEASE, QUEUED))
