"""Which worker syncs which stream: a claim is a lease on it.

A lease is extended as rows arrive, and ends by itself should its worker die: another then takes
the stream up. The queue only carries tickets; one that is lost is found due again.
"""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard import clock
from dashboard.actions import assess, onboarding, tallies
from dashboard.actions.turns import in_turn
from dashboard.db.bulk import take_free
from dashboard.db.dialects import among, lapsed, through_index
from dashboard.db.engine import reading, transaction
from dashboard.db.history import SyncRun
from dashboard.db.models import Account, AccountChannel, AccountMarketplace, Grant, Stream
from dashboard.diagnosis import Channel, Reason
from dashboard.marketplaces import Region
from dashboard.status import AccountType

LEASE: Final = timedelta(minutes=10)
"""How long a sync may take between two signs of life before another worker takes it up."""
QUEUED: Final = timedelta(minutes=10)
"""How long a sync may wait in the queue before it is found anew."""
WINDOW: Final = 20
"""Of how many times as many due streams those are chosen that are put into the queue."""
PARKED: Final = timedelta(days=1)
"""How long a stream rests that cannot be synced, unless it is resumed or connected before."""
LAPSES: Final = 5
"""A sync whose worker died so often in a row is given up: it may be what kills them."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A sync that is in the queue: whoever shows the ticket may do it."""

    stream_id: int
    lease: str


@dataclass(frozen=True, slots=True)
class Claim:
    """A stream that this worker alone syncs, and what it takes to do so.

    ``began_at`` marks what arrives in this run; ``failures`` are those in a row before it.
    """

    stream_id: int
    lease: str
    run_id: int
    began_at: datetime
    failures: int
    channel: Channel
    marketplace_id: str
    profile_id: str | None
    account_id: int
    organization_id: int
    type: AccountType
    region: Region
    merchant_id: str | None
    grant_id: int
    identity: str
    consented_at: datetime


def usable() -> sa.ColumnElement[bool]:
    """Whether the stream of the query around it can be synced: in use, and with a consent."""
    return sa.exists().where(
        Account.id == Stream.account_id,
        Account.paused_at.is_(None),
        Account.disconnected_at.is_(None),
        AccountChannel.account_id == Stream.account_id,
        AccountChannel.channel == Stream.channel,
        Grant.id == AccountChannel.grant_id,
        Grant.refresh_token.is_not(None),
        Grant.refused_at.is_(None),
    )


def free(now: datetime) -> sa.ColumnElement[bool]:
    """Whether nobody works on a stream, nor has it in the queue."""
    return lapsed(Stream.leased_until, now, max(LEASE, QUEUED))


def find_due(limit: int, now: datetime | None = None, *, asked: bool = False) -> list[Ticket]:
    """Claim syncs that are due, for the queue; organizations take turns.

    Several may look at the same time: each sync is claimed by one of them.

    Args:
        limit: how many at most.
        now: aware UTC; the present unless given.
        asked: those only that a person waits for.
    """
    moment = now or clock.now()
    since = Stream.asked_at if asked else Stream.due_at
    due = sa.select(Stream.id, Stream.account_id, since.label("since")).where(
        Stream.due_at <= moment, free(moment)
    )
    if asked:
        due = through_index(due.where(since.is_not(None)), Stream, "ix_streams_asked_at")
    oldest = due.order_by(since).limit(limit * WINDOW).subquery()
    owned = (
        sa.select(oldest.c.id, Account.organization_id)
        .join(Account, Account.id == oldest.c.account_id)
        .order_by(oldest.c.since, oldest.c.id)
    )
    with reading() as session:
        chosen = in_turn(session.execute(owned))[:limit]
    if not chosen:
        return []
    # One name for all of them: together with the stream's id it is one ticket.
    lease = secrets.token_hex(8)
    with transaction() as session:
        # Those that somebody is changing are found next time: nobody waits for anybody.
        still = among(session, Stream.id, chosen) & free(moment)
        held = {"lease": lease, "leased_until": moment + QUEUED}
        taken = take_free(session, Stream, still, held)
    return [Ticket(each, lease) for each in chosen if each in taken]


def claim(stream_id: int, ticket: str | None = None, now: datetime | None = None) -> Claim | None:
    """Claim one sync, to be done at once.

    Args:
        stream_id: the stream.
        ticket: the lease of a sync that was in the queue.
        now: aware UTC; the present unless given.

    Returns:
        ``None`` if it is not there to be done: somebody else does it, it was done already, or the
        stream cannot be synced at present, and then rests for a while.
    """
    # Finer than seconds, so that no two runs of a stream bear the same mark.
    began_at = now or datetime.now(UTC)
    moment = began_at.replace(microsecond=0)
    mine = free(moment) if ticket is None else Stream.lease == ticket
    due = (Stream.id == stream_id, Stream.due_at <= began_at, mine)
    with transaction() as session:
        known = session.execute(sa.select(Stream.account_id, Stream.last_success_at).where(*due))
        if (stream := known.one_or_none()) is None:
            return None
        account_id = stream.account_id
        with (
            tallies.tallied(session) as deltas,
            assess.changing(session, deltas, [account_id], moment),
        ):
            lease = secrets.token_hex(8)
            held = {"lease": lease, "leased_until": moment + LEASE, "progressed_at": moment}
            held["asked_at"] = None
            # A sync that fails for good is said to do so until it succeeds.
            state = sa.case((Stream.state == "failed", "failed"), else_="running")
            if not _changed(session, *due, usable(), state=state, **held):
                _park(session, *due, now=moment)
                return None
            if _bury(session, stream_id, moment) and _kills(session, stream_id):
                _give_up(session, stream_id)
                return None
            run = SyncRun(stream_id=stream_id, started_at=began_at, outcome="running")
            session.add(run)
            session.flush()
            if stream.last_success_at is None:
                onboarding.sync_began(session, account_id, moment)
            return _claimed(session, stream_id, lease, run.id, began_at)


def _changed(session: Session, *which: sa.ColumnElement[bool], **values: Any) -> bool:
    """Change these streams; whether there were any."""
    changed = sa.update(Stream).where(*which).values(**values).returning(Stream.id)
    return bool(session.scalars(changed).all())


def _park(session: Session, *due: sa.ColumnElement[bool], now: datetime) -> None:
    """Have a stream rest that cannot be synced: its account or its consent is out of use."""
    state = sa.case((Stream.state == "failed", "failed"), else_="idle")
    released = {"due_at": now + PARKED, "lease": None, "leased_until": None, "asked_at": None}
    parked = sa.update(Stream).where(*due).values(state=state, **released).returning(Stream.id)
    for stream_id in session.scalars(parked).all():
        _bury(session, stream_id, now)


def _bury(session: Session, stream_id: int, now: datetime) -> bool:
    """End the run of a worker that died, which is a failure too; whether there was one."""
    ended = session.scalars(
        sa.update(SyncRun)
        .where(SyncRun.stream_id == stream_id, SyncRun.outcome == "running")
        .values(outcome="failed", finished_at=now, reason=Reason.SYNC_STALLED.value)
        .returning(SyncRun.id)
    ).all()
    return bool(ended) and _changed(session, Stream.id == stream_id, failures=Stream.failures + 1)


def _kills(session: Session, stream_id: int) -> bool:
    newest = session.scalars(
        sa.select(SyncRun.reason)
        .where(SyncRun.stream_id == stream_id)
        .order_by(SyncRun.started_at.desc())
        .limit(LAPSES)
    ).all()
    return len(newest) == LAPSES and set(newest) == {Reason.SYNC_STALLED.value}


def _give_up(session: Session, stream_id: int) -> None:
    """Leave a sync to people: it is done again when one of them asks for it."""
    released = {"due_at": None, "lease": None, "leased_until": None}
    failure = Reason.SYNC_STALLED.value
    _changed(session, Stream.id == stream_id, state="failed", failure=failure, **released)


def _claimed(
    session: Session, stream_id: int, lease: str, run_id: int, began_at: datetime
) -> Claim:
    row = session.execute(
        sa.select(
            Stream.failures, Stream.channel, Stream.marketplace_id, Stream.account_id,
            AccountMarketplace.profile_id, Account.organization_id, Account.type, Account.region,
            Account.merchant_id, AccountChannel.grant_id, Grant.identity, Grant.consented_at,
        )
        .join(Account, Account.id == Stream.account_id)
        .join(
            AccountChannel,
            (AccountChannel.account_id == Account.id) & (AccountChannel.channel == Stream.channel),
        )
        .join(Grant, Grant.id == AccountChannel.grant_id)
        .outerjoin(
            AccountMarketplace,
            (AccountMarketplace.account_id == Account.id)
            & (AccountMarketplace.marketplace_id == Stream.marketplace_id),
        )
        .where(Stream.id == stream_id)
    ).one()  # fmt: skip
    known = dict(row._mapping) | {
        "channel": Channel(row.channel), "type": AccountType(row.type),
        "region": Region(row.region),
    }  # fmt: skip
    return Claim(stream_id=stream_id, lease=lease, run_id=run_id, began_at=began_at, **known)
