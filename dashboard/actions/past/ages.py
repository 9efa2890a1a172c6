"""How old the data was at each hour of a day: noted as the hours pass.

Unlike headlines, sync ages leave no history of their own: what nobody noted is not known later.
"""

from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.actions.past import places
from dashboard.actions.past.headlines import HOURS
from dashboard.actions.past.places import Counts, Place
from dashboard.db.counts import EVERYONE, Tally
from dashboard.db.engine import exclusive, transaction
from dashboard.db.past import DailyTally

KIND: Final = "age"
IN_TIME: Final = timedelta(minutes=10)
"""How long after a full hour its ages may still be noted."""


def note(now: datetime) -> bool:
    """Note the present ages, once an hour; whether that was done now."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    if now - hour > IN_TIME:
        return False
    with transaction() as session:
        exclusive(session, "past")
        if _is_noted(session, hour):
            return False
        found = places.kept(session, KIND, hour.date())
        for (place, name), number in _present(session).items():
            hours = found.setdefault(place, {}).setdefault(name, [None] * HOURS)
            hours[hour.hour] = number
        _fill(found, hour.hour)
        places.replace(session, KIND, hour.date(), found)
    return True


def _fill(found: dict[Place, Counts], hour: int) -> None:
    """Where an hour was noted, what no account has is none, not unknown."""
    known = {
        place
        for counts in found.values()
        for hours in counts.values()
        for place, number in enumerate(hours)
        if number is not None
    } | {hour}
    for counts in found.values():
        for hours in counts.values():
            for each in known:
                hours[each] = hours[each] or 0


def _is_noted(session: Session, hour: datetime) -> bool:
    rows = session.scalars(
        sa.select(DailyTally.counts).where(
            DailyTally.kind == KIND, DailyTally.strategist_id == EVERYONE,
            DailyTally.marketplace_id == "", DailyTally.day == hour.date(),
        )
    )  # fmt: skip
    return any(hours[hour.hour] is not None for counts in rows for hours in counts.values())


def _present(session: Session) -> dict[tuple[Place, str], int]:
    columns = (
        Tally.strategist_id, Tally.marketplace_id, Tally.region, Tally.type, Tally.age_band
    )  # fmt: skip
    rows = session.execute(sa.select(*columns, sa.func.sum(Tally.accounts)).group_by(*columns))
    return {(Place(*row[:4]), row[4]): row[5] for row in rows if row[5]}
