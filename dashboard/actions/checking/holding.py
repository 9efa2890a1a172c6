"""During an incident, checks of its channel and region are put off: they would only fail as well.

A few that failed are made all the same, to see whether it is over (``sync.incidents``).
"""

import random
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.db.dialects import among
from dashboard.db.models import Account, AccountChannel, Grant
from dashboard.db.syncing import Incident

SHORTEST: Final = timedelta(minutes=30)
LONGEST: Final = timedelta(minutes=90)
"""How long a check is put off: by chance, so that they do not all come back at once."""


def put_off(session: Session, grant_ids: Collection[int], now: datetime) -> set[int]:
    """Put off, of these due checks, those that lie in open incidents with all their accounts.

    A login whose accounts are in other regions too is checked as ever.

    Returns:
        The consents whose check was put off.
    """
    there = sa.select(Incident.channel, Incident.region).where(Incident.closed_at.is_(None))
    places = {tuple(row) for row in session.execute(there)}
    if not places or not grant_ids:
        return set()
    served: dict[int | None, set[tuple[str, ...]]] = {}
    for grant_id, *place in session.execute(
        sa.select(AccountChannel.grant_id, AccountChannel.channel, Account.region)
        .join(Account, Account.id == AccountChannel.account_id)
        .where(among(session, AccountChannel.grant_id, grant_ids))
        .distinct()
    ):
        served.setdefault(grant_id, set()).add(tuple(place))
    held = {each for each, its in served.items() if each is not None and its <= places}
    # Those that somebody is changing are found, and put off, the next time.
    free = sa.select(Grant.id).where(among(session, Grant.id, held)).order_by(Grant.id)
    held = set(session.scalars(free.with_for_update(skip_locked=True)))
    if held:
        later = (LONGEST - SHORTEST).total_seconds()
        session.connection().execute(
            sa.update(Grant)
            .where(Grant.id == sa.bindparam("the_grant"), Grant.check_due_at <= now)
            .values(check_due_at=sa.bindparam("moment")),
            [
                {
                    "the_grant": each,
                    "moment": now + SHORTEST + timedelta(seconds=random.uniform(0, later)),  # noqa: S311
                }
                for each in sorted(held)
            ],
        )
    return held
