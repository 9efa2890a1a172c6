"""Checks of consents: who makes one, and what of it is stored.

A check is claimed by a lease, so that one worker makes it; the lease ends by itself should that
worker die. Amazon is asked between the transactions. What is found is stored for all accounts on
the consent at once, and only if the consent is still the one that was looked at.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, zip_longest
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.actions import assess, tallies
from dashboard.actions.events import record
from dashboard.clock import now as present
from dashboard.db.engine import among, exclusive, insert_many, reading, transaction
from dashboard.db.models import Account, AccountChannel, AccountMarketplace, Grant
from dashboard.db.syncing import Check, Incident
from dashboard.diagnosis import Channel, Reason
from dashboard.marketplaces import Region
from dashboard.roles import SWITCHBOARD
from dashboard.signals import Wanted
from dashboard.status import AccountType

LEASE: Final = timedelta(minutes=5)
"""How long a check may take before another worker takes it up."""
QUEUED: Final = timedelta(minutes=10)
"""How long a check may wait in the queue before it is found anew."""
KEPT: Final = timedelta(days=1)
"""How long it is kept what came of a check."""
WINDOW: Final = 5
"""Of how many times as many due checks those are chosen that are put into the queue."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A check that is in the queue: whoever shows the ticket may make it."""

    grant_id: int
    lease: str


@dataclass(frozen=True, slots=True)
class Stand:
    """How a channel of an account stands after a check, as in ``AccountChannel``."""

    problem: Reason | None = None
    problem_since: datetime | None = None
    warning: Reason | None = None
    incident: bool = False
    doubt: Reason | None = None
    doubted_at: datetime | None = None
    doubts: int = 0


@dataclass(frozen=True, slots=True)
class Subject:
    """An account that uses the consent, and how its channel stood before the check."""

    account_id: int
    organization_id: int
    wanted: Wanted
    stand: Stand
    checked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Task:
    """A claimed check: the consent as it was then, and the accounts in use that are on it.

    ``incidents`` are the open ones of its channel: by region and outcome.
    """

    grant_id: int
    lease: str
    channel: Channel
    version: int
    identity: str
    consented_at: datetime
    refused: bool
    doubted_at: datetime | None
    failures: int
    subjects: tuple[Subject, ...]
    incidents: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Result:
    """What a check came to.

    ``stands`` are of the accounts about which something is known now; ``outcomes``, by region,
    are ``ok`` or the class of the error. ``refused``: the consent is known to be dead.
    """

    due_at: datetime
    stands: Mapping[int, Stand]
    outcomes: Mapping[Region, str]
    failures: int = 0
    doubted_at: datetime | None = None
    refused: bool = False


def find_due(limit: int, now: datetime | None = None) -> list[Ticket]:
    """Claim checks that are due, for the queue; organizations take turns.

    Several may look at the same time: each check is claimed by one of them.

    Args:
        limit: how many at most.
        now: aware UTC; the present unless given.
    """
    moment = now or present()
    free = sa.or_(Grant.leased_until.is_(None), Grant.leased_until <= moment)
    oldest = (
        sa.select(Grant.id, Grant.check_due_at)
        .where(Grant.check_due_at <= moment, free)
        .order_by(Grant.check_due_at)
        .limit(limit * WINDOW)
        .subquery()
    )
    owned = (
        sa.select(oldest.c.id, sa.func.min(Account.organization_id))
        .outerjoin(AccountChannel, AccountChannel.grant_id == oldest.c.id)
        .outerjoin(Account, Account.id == AccountChannel.account_id)
        .group_by(oldest.c.id, oldest.c.check_due_at)
        .order_by(oldest.c.check_due_at, oldest.c.id)
    )
    # One name for all of them: together with the grant's id it is one ticket.
    lease = secrets.token_hex(8)
    with transaction() as session:
        # One after the other: each finds what those before it left.
        exclusive(session, "find due checks")
        chosen = _in_turn(session.execute(owned))[:limit]
        claimed = set(
            session.scalars(
                sa.update(Grant)
                .where(among(session, Grant.id, chosen), free)
                .values(lease=lease, leased_until=moment + QUEUED)
                .returning(Grant.id)
            )
        )
    return [Ticket(each, lease) for each in chosen if each in claimed]


def claim(grant_id: int, ticket: str | None = None, now: datetime | None = None) -> Task | None:
    """Claim one check, to be made at once.

    Args:
        grant_id: the consent.
        ticket: the lease of a check that was in the queue.
        now: aware UTC; the present unless given.

    Returns:
        ``None`` if it is not there to be made: somebody else makes it, or it was made already.
    """
    moment = now or present()
    free = sa.or_(Grant.leased_until.is_(None), Grant.leased_until <= moment)
    lease = secrets.token_hex(8)
    with transaction() as session:
        row = session.execute(
            sa.update(Grant)
            .where(Grant.id == grant_id, free if ticket is None else Grant.lease == ticket)
            .values(lease=lease, leased_until=moment + LEASE)
            .returning(
                Grant.channel, Grant.version, Grant.identity, Grant.consented_at,
                Grant.refused_at, Grant.doubted_at, Grant.failures,
            )
        ).one_or_none()  # fmt: skip
    if row is None:
        return None
    with reading() as session:
        open_ones = session.execute(
            sa.select(Incident.region, Incident.outcome).where(
                Incident.closed_at.is_(None), Incident.channel == row.channel
            )
        )
        return Task(
            grant_id, lease, Channel(row.channel), row.version, row.identity, row.consented_at,
            row.refused_at is not None, row.doubted_at, row.failures, _subjects(session, grant_id),
            frozenset((each.region, each.outcome) for each in open_ones),
        )  # fmt: skip


def give_back(task: Task, due_at: datetime) -> None:
    """Let go of a check that came to nothing; it is due again at a moment."""
    with transaction() as session:
        session.execute(
            sa.update(Grant)
            .where(Grant.id == task.grant_id, Grant.lease == task.lease)
            .values(lease=None, leased_until=None, check_due_at=due_at)
        )


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


def store(task: Task, result: Result, now: datetime | None = None) -> bool:
    """Store what a check found, with everything derived of it.

    Returns:
        Whether it was stored; not if the consent was replaced or taken up by another meanwhile.
    """
    moment, touched = now or present(), set(result.stands)
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


def _in_turn(rows: Iterable[tuple[int, int | None]]) -> list[int]:
    """Grants in an order in which each organization has its turn, the longest due first."""
    waiting: dict[int | None, list[int]] = {}
    for grant_id, organization_id in rows:
        waiting.setdefault(organization_id, []).append(grant_id)
    rounds = chain.from_iterable(zip_longest(*waiting.values()))
    return [each for each in rounds if each is not None]


def _subjects(session: Session, grant_id: int) -> tuple[Subject, ...]:
    """The accounts on a consent that are in use, those longest unchecked first."""
    rows = session.execute(
        sa.select(Account, AccountChannel)
        .join(AccountChannel, AccountChannel.account_id == Account.id)
        .where(
            AccountChannel.grant_id == grant_id,
            Account.paused_at.is_(None), Account.disconnected_at.is_(None),
        )
        .order_by(AccountChannel.checked_at, Account.id)
    ).all()  # fmt: skip
    places: dict[int, dict[str, str | None]] = {}
    used = sa.select(AccountChannel.account_id).where(AccountChannel.grant_id == grant_id)
    for each in session.scalars(
        sa.select(AccountMarketplace).where(AccountMarketplace.account_id.in_(used))
    ):
        places.setdefault(each.account_id, {})[each.marketplace_id] = each.profile_id
    return tuple(
        Subject(
            account.id,
            account.organization_id,
            Wanted(
                AccountType(account.type), Region(account.region), account.merchant_id,
                places.get(account.id, {}),
            ),
            Stand(
                _reason(channel.problem), channel.problem_since, _reason(channel.warning),
                channel.incident, _reason(channel.doubt), channel.doubted_at, channel.doubts,
            ),
            channel.checked_at,
        )
        for account, channel in rows
    )  # fmt: skip


def _reason(text: str | None) -> Reason | None:
    return Reason(text) if text else None


def _finish(session: Session, task: Task, result: Result, now: datetime) -> bool:
    """Let go of the consent, with what is known of it now; ``False`` if it is another by now."""
    values: dict[str, Any] = {
        "lease": None, "leased_until": None, "check_due_at": result.due_at,
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
    before, warned = _reason(row.problem), _reason(row.warning)
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
