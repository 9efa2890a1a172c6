"""What our own people had to do on a day: cases open, dealt with, and how soon somebody began."""

from datetime import date, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard import spreads
from dashboard.actions.past.headlines import midnight
from dashboard.actions.past.places import Counts, Place
from dashboard.cases import ACTIVE
from dashboard.db.counts import EVERYONE, UNASSIGNED
from dashboard.db.models import Account
from dashboard.db.triage import Case, CaseRound

KIND: Final = "work"


def done(session: Session, day: date, *, present: bool) -> dict[Place, Counts]:
    """Count the cases that were closed that day, for everyone and by the account's strategist.

    Args:
        session: an open session; nothing is written.
        day: a UTC day.
        present: it is today, so that those still open can be counted, too.

    Returns:
        By place (of which only the strategist counts): ``closed``, and ``first``, the bands of how
        long it took until somebody acted. ``by`` has the same by whoever had the case, for
        everyone only. ``open`` is how many are open at present.
    """
    found: dict[Place, Counts] = {}
    rounds = session.execute(
        sa.select(
            CaseRound.owner_name, CaseRound.opened_at, CaseRound.acted_at, Account.strategist_id
        )
        .join(Account, Account.id == CaseRound.account_id)
        .where(
            CaseRound.closed_at >= midnight(day),
            CaseRound.closed_at < midnight(day + timedelta(days=1)),
        )
    )
    for owner, opened_at, acted_at, strategist_id in rounds:
        counts: Counts = {"closed": 1}
        if acted_at is not None:
            counts["first"] = {spreads.band(acted_at - opened_at): 1}
        spreads.add(_at(found, EVERYONE), counts | {"by": {owner: counts}})
        spreads.add(_at(found, strategist_id), counts)
    for strategist_id, number in _open(session) if present else ():
        for scope in (EVERYONE, strategist_id):
            spreads.add(_at(found, scope), {"open": number})
    return found


def _at(found: dict[Place, Counts], strategist_id: int | None) -> Counts:
    scope = UNASSIGNED if strategist_id is None else strategist_id
    return found.setdefault(Place(scope, "", "", ""), {})


def _open(session: Session) -> list[Any]:
    return list(
        session.execute(
            sa.select(Account.strategist_id, sa.func.count())
            .join(Case, Case.account_id == Account.id)
            .where(Case.state.in_([each.value for each in ACTIVE]))
            .group_by(Account.strategist_id)
        )
    )
