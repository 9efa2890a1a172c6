"""How syncs go: how far one is, and how it ended.

Amazon is asked between these transactions, each of which first makes sure that the claim on the
stream still holds.
"""

import random
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard import clock
from dashboard.actions import assess, onboarding, tallies
from dashboard.actions.claims import LEASE, Claim
from dashboard.actions.events import record
from dashboard.actions.forecasting import counting
from dashboard.db.engine import transaction
from dashboard.db.history import SyncRun
from dashboard.db.models import Account, AccountChannel, Stream
from dashboard.diagnosis import Reason
from dashboard.errors import LeaseLost
from dashboard.roles import SWITCHBOARD
from dashboard.settings import settings


def progress(session: Session, claimed: Claim, rows: int, now: datetime | None = None) -> None:
    """Say in the open transaction that so many rows have arrived; the lease is extended.

    Raises:
        LeaseLost: another worker has taken up the stream; nothing may be stored.
    """
    moment = now or clock.now()
    _held(session, claimed, progressed_at=moment, leased_until=moment + LEASE)
    session.execute(
        sa.update(SyncRun).where(SyncRun.id == claimed.run_id).values(rows=SyncRun.rows + rows)
    )


def succeed(claimed: Claim, now: datetime | None = None) -> None:
    """Finish a sync that is complete; the account is set up once all its streams have one.

    Raises:
        LeaseLost: another worker has taken up the stream; nothing is stored.
    """
    moment = now or clock.now()
    with (
        transaction() as session,
        tallies.tallied(session) as deltas,
        assess.changing(session, deltas, [claimed.account_id], moment),
    ):
        first = session.scalar(
            sa.select(Stream.last_success_at.is_(None)).where(Stream.id == claimed.stream_id)
        )
        _held(
            session, claimed, lease=None, leased_until=None, state="idle", failure=None,
            failures=0, throttled=False, progressed_at=moment, risky_from=None,
            last_success_at=moment, due_at=moment + every(),
        )  # fmt: skip
        _end(session, claimed, moment, "succeeded", None)
        if first:
            counting.count(session, claimed.account_id, claimed.channel.value, moment)
        session.execute(
            sa.update(Account).where(Account.id == claimed.account_id).values(observed_at=moment)
        )
        if _set_up(session, claimed.account_id, moment):
            about = {"organization_id": claimed.organization_id, "account_id": claimed.account_id}
            record(session, SWITCHBOARD, "setup_completed", moment, **about)
            onboarding.went_live(session, claimed.account_id, moment)


def fail(
    claimed: Claim,
    due_at: datetime,
    reason: Reason | None,
    *,
    given_up: Reason | None = None,
    throttled: bool = False,
    now: datetime | None = None,
) -> None:
    """Finish a sync that has failed.

    Args:
        claimed: as ``claim`` gave it.
        due_at: when to try again.
        reason: why it failed, for its history.
        given_up: why it is said to fail for good; it is tried again all the same.
        throttled: Amazon asks us to call less often.
        now: aware UTC; the present unless given.

    Raises:
        LeaseLost: another worker has taken up the stream; nothing is stored.
    """
    moment = now or clock.now()
    # What was given up before stays so until it succeeds.
    state = "failed" if given_up else sa.case((Stream.state == "failed", "failed"), else_="idle")
    known = {"failure": given_up.value} if given_up else {}
    with (
        transaction() as session,
        tallies.tallied(session) as deltas,
        assess.changing(session, deltas, [claimed.account_id], moment),
    ):
        _held(
            session, claimed, lease=None, leased_until=None, state=state, due_at=due_at,
            failures=Stream.failures + 1, throttled=throttled, **known,
        )  # fmt: skip
        _end(session, claimed, moment, "failed", reason)


def give_back(claimed: Claim, now: datetime | None = None) -> None:
    """Let go of a sync because the worker is told to stop: it is due at once, and never was.

    What has arrived stays, and arrives again. Nothing happens if another has taken it up.
    """
    moment = now or clock.now()
    mine = (Stream.id == claimed.stream_id, Stream.lease == claimed.lease)
    state = sa.case((Stream.state == "failed", "failed"), else_="queued")
    with (
        transaction() as session,
        tallies.tallied(session) as deltas,
        assess.changing(session, deltas, [claimed.account_id], moment),
    ):
        released = session.scalar(
            sa.update(Stream)
            .where(*mine)
            .values(lease=None, leased_until=None, state=state, due_at=moment)
            .returning(Stream.id)
        )
        if released is not None:
            session.execute(sa.delete(SyncRun).where(SyncRun.id == claimed.run_id))


def every() -> timedelta:
    """How long after a success a stream is synced again: four times within the promise."""
    quarter = timedelta(hours=settings().freshness_hours) / 4
    return quarter * random.uniform(0.8, 1.2)  # noqa: S311 - spreads work, keeps no secret


def _held(session: Session, claimed: Claim, **values: Any) -> None:
    """Change the stream, if it is still this worker's."""
    changed = session.scalar(
        sa.update(Stream)
        .where(Stream.id == claimed.stream_id, Stream.lease == claimed.lease)
        .values(**values)
        .returning(Stream.id)
    )
    if changed is None:
        raise LeaseLost("Another worker has taken up this sync.")


def _end(
    session: Session, claimed: Claim, now: datetime, outcome: str, reason: Reason | None
) -> None:
    session.execute(
        sa.update(SyncRun)
        .where(SyncRun.id == claimed.run_id)
        .values(outcome=outcome, finished_at=now, reason=reason.value if reason else None)
    )


def _set_up(session: Session, account_id: int, now: datetime) -> bool:
    """Note that all required streams of the account have succeeded, if that is new."""
    waiting = (
        sa.select(AccountChannel.account_id)
        .outerjoin(
            Stream,
            (Stream.account_id == AccountChannel.account_id)
            & (Stream.channel == AccountChannel.channel),
        )
        .where(
            AccountChannel.account_id == account_id, AccountChannel.required,
            sa.or_(AccountChannel.grant_id.is_(None), Stream.last_success_at.is_(None)),
        )
    )  # fmt: skip
    done = session.scalar(
        sa.update(Account)
        .where(Account.id == account_id, Account.setup_completed_at.is_(None), ~waiting.exists())
        .values(setup_completed_at=now)
        .returning(Account.id)
    )
    return done is not None
