"""Accounts that break and recover, as the product itself would have it."""

from datetime import datetime

import sqlalchemy as sa

from dashboard import clock
from dashboard.actions import assess, tallies
from dashboard.db.engine import transaction
from dashboard.db.models import Account, AccountChannel, Grant, Stream
from dashboard.status import Headline

BROKEN = Headline.NEEDS_RECONNECT
STUCK = Headline.STUCK
HEALTHY = Headline.HEALTHY


def turn(headline: Headline, *account_ids: int, now: datetime | None = None) -> None:
    """Change the facts of accounts so that they get this headline."""
    at = now or clock.now()
    with (
        transaction() as session,
        tallies.tallied(session) as deltas,
        assess.changing(session, deltas, sorted(account_ids), at),
    ):
        used = sa.select(AccountChannel.grant_id).where(AccountChannel.account_id.in_(account_ids))
        refused = at if headline is BROKEN else None
        session.execute(sa.update(Grant).where(Grant.id.in_(used)).values(refused_at=refused))
        seen = sa.update(Account).where(Account.id.in_(account_ids))
        session.execute(seen.values(observed_at=at))
        failed = headline is STUCK
        state = {"state": "failed", "failure": "sync_failing"} if failed else {"state": "idle"}
        synced = sa.update(Stream).where(Stream.account_id.in_(account_ids))
        session.execute(synced.values({"failure": None, "last_success_at": at} | state))
