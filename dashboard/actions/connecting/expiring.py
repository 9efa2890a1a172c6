"""Links whose time is up: closed by the clock, with what waited in them."""

from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from dashboard import clock
from dashboard.actions.connecting import opened
from dashboard.db.connecting import Link
from dashboard.db.engine import transaction

BATCH: Final = 200
LOOKED_BACK: Final = timedelta(days=60)
"""How long ago a link may have expired: keeps the search small, and is longer than any outage."""


def close_expired(now: datetime | None = None) -> int:
    """Close the links that nobody can walk any more.

    Returns:
        How many there were.
    """
    moment, done = now or clock.now(), 0
    due = (
        sa.select(Link)
        .where(
            Link.expires_at <= moment, Link.expires_at > moment - LOOKED_BACK,
            Link.closed_at.is_(None),
        )
        .order_by(Link.expires_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )  # fmt: skip
    while True:
        with transaction() as session:
            found = session.scalars(due).all()
            for each in found:
                opened.close(session, each, moment)
        done += len(found)
        if len(found) < BATCH:
            return done
