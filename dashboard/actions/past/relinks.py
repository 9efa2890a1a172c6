"""The links to reconnect that were made on a day: how many were opened, and how many led back."""

from datetime import date, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard import spreads
from dashboard.actions.past import places
from dashboard.actions.past.headlines import midnight
from dashboard.actions.past.places import Counts, Place
from dashboard.db.connecting import Link
from dashboard.db.past import Onboarding
from dashboard.flow import LinkKind

KIND: Final = "links"


def made(session: Session, day: date) -> dict[Place, Counts]:
    """Count the links made that day for accounts that had been connected before.

    A link by which a customer connects for the first time is part of coming aboard.
    """
    coming = sa.exists().where(
        Onboarding.account_id == Link.account_id,
        Onboarding.void.is_(False),
        sa.or_(Onboarding.connected_at.is_(None), Onboarding.connected_at > Link.created_at),
    )
    rows = session.execute(
        sa.select(Link.account_id, Link.opened_at, Link.done_at).where(
            Link.created_at >= midnight(day),
            Link.created_at < midnight(day + timedelta(days=1)),
            Link.kind == LinkKind.RELAUNCH.value,
            Link.account_id.is_not(None),
            ~coming,
        )
    ).all()
    where = places.of_accounts(session, {row.account_id for row in rows})
    found: dict[Place, Counts] = {}
    for account_id, opened_at, done_at in rows:
        steps = {"made": 1, "opened": int(opened_at is not None), "done": int(done_at is not None)}
        for place in where.get(account_id or 0, ()):
            spreads.add(found.setdefault(place, {}), steps)
    return found
