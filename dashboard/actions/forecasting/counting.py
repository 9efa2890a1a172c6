"""Counting how long a first sync took, once, in the transaction in which it ends."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.db.bulk import upsert
from dashboard.db.forecasting import FirstSyncLength
from dashboard.db.history import StatusSpell
from dashboard.db.models import Account, Stream
from dashboard.status import Headline

QUARTER: Final = timedelta(minutes=15)
MOST: Final = timedelta(days=14) // QUARTER
"""Quarter hours beyond which lengths are not told apart."""
INTERRUPTED: Final = tuple(
    each.value
    for each in (
        Headline.PAUSED, Headline.DISCONNECTED, Headline.NEEDS_RECONNECT, Headline.NEEDS_PERMISSION,
    )
)  # fmt: skip
"""Headlines under which nothing could be synced, so that lengths say nothing of syncing."""


def quarters(length: timedelta) -> int:
    """A length in quarter hours, begun ones counted as whole; at least one, at most ``MOST``."""
    return min(max(-(-length // QUARTER), 1), MOST)


def count(session: Session, account_id: int, channel: str, now: datetime) -> None:
    """Count the first sync of a channel that has just ended, in the open transaction.

    To be called when a stream has succeeded for the first time. Nothing is counted while another
    of the channel's marketplaces waits for its first success, nor if syncing was interrupted.
    """
    added_at, waiting = session.execute(
        sa.select(
            sa.func.max(Stream.added_at),
            sa.func.count(sa.case((Stream.last_success_at.is_(None), 1))),
        ).where(Stream.account_id == account_id, Stream.channel == channel)
    ).one()
    if waiting or interrupted(session, {account_id: added_at}):
        return
    region = session.scalar(sa.select(Account.region).where(Account.id == account_id))
    row = {
        "channel": channel, "region": region, "began_on": added_at.date(),
        "quarters": quarters(now - added_at), "syncs": 1,
    }  # fmt: skip
    upsert(session, FirstSyncLength, [row], add=["syncs"])


def interrupted(session: Session, since: Mapping[int, datetime]) -> set[int]:
    """Which accounts could not be synced at some time since a moment of each."""
    spells = session.execute(
        sa.select(StatusSpell.account_id, StatusSpell.ended_at).where(
            StatusSpell.account_id.in_(since), StatusSpell.headline.in_(INTERRUPTED)
        )
    )
    return {
        row.account_id
        for row in spells
        if row.ended_at is None or row.ended_at > since[row.account_id]
    }
