"""How many accounts had which headline at each hour of a day: from the spells, exactly.

The counts are walked backwards, from a moment at which they are known: what began since is taken
away, what ended since is put back. So a day costs what happened on it, however many accounts there
are. An account counts where it stands today: under its present strategist and marketplaces.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from dashboard.actions.past import places
from dashboard.actions.past.places import Counts, Place
from dashboard.db.counts import Tally
from dashboard.db.history import StatusSpell

KIND: Final = "headline"
HOURS: Final = 24
SOME: Final = 5000
"""Spells whose accounts are looked up at once."""

Standing = Counter[tuple[Place, str]]
"""How many accounts of a place have a headline."""


class Turn(NamedTuple):
    """A spell that began or ended: ``since`` is when it had begun; ``places``, where it counts."""

    at: datetime
    began: bool
    account_id: int
    headline: str
    reason: str
    since: datetime
    places: Sequence[Place]


def midnight(day: date) -> datetime:
    """The beginning of a UTC day."""
    return datetime.combine(day, time(), UTC)


def now_standing(session: Session) -> Standing:
    """How it stands at present, by the tallies."""
    columns = (
        Tally.strategist_id, Tally.marketplace_id, Tally.region, Tally.type, Tally.headline
    )  # fmt: skip
    rows = session.execute(sa.select(*columns, sa.func.sum(Tally.accounts)).group_by(*columns))
    return Counter({(Place(*row[:4]), row[4]): row[5] for row in rows if row[5]})


def standing_after(session: Session, day: date) -> Standing:
    """How it stood at the end of a day, by what is kept of the next."""
    following = places.kept(session, KIND, day + timedelta(days=1))
    return Counter(
        {
            (place, headline): hours[0]
            for place, counts in following.items()
            for headline, hours in counts.items()
            if hours[0]
        }
    )


def turns(session: Session, start: datetime, end: datetime | None) -> Iterator[Turn]:
    """What began and ended from a moment on (and until another, included), the newest first."""
    edges = [
        _edges(StatusSpell.started_at, start, end, began=True),
        _edges(StatusSpell.ended_at, start, end, began=False),
    ]
    found = sa.union_all(*edges).subquery().c
    rows = session.execute(
        sa.select(
            found.at, found.began, found.account_id, found.headline, found.reason, found.since
        ).order_by(found.at.desc()),
        execution_options={"yield_per": SOME},
    )
    for some in rows.partitions(SOME):
        where = places.of_accounts(session, {row.account_id for row in some})
        for at, began, account_id, headline, reason, since in some:
            yield Turn(at, bool(began), account_id, headline, reason, since, where[account_id])


def hourly(day: date, hours: int, standing: Standing, known: Iterable[Turn]) -> dict[Place, Counts]:
    """Walk back through a day. Pure.

    Args:
        day: which.
        hours: of how many of its hours there is something to tell, from midnight on.
        standing: how it stood at the end of the day, or stands at present; it is changed to how it
            stood at the first hour.
        known: what began and ended since the first hour, newest first.

    Returns:
        By place and headline, the number of accounts at each hour.
    """
    found: dict[Place, Counts] = {}
    remaining = iter(known)
    turn = next(remaining, None)
    for hour in reversed(range(hours)):
        moment = midnight(day) + timedelta(hours=hour)
        while turn is not None and turn.at > moment:
            for place in turn.places:
                standing[place, turn.headline] += -1 if turn.began else 1
            turn = next(remaining, None)
        _note(found, hour, hours, standing)
    return found


def _note(
    found: dict[Place, Counts], hour: int, hours: int, standing: Mapping[tuple[Place, str], int]
) -> None:
    for (place, headline), number in standing.items():
        if number > 0:
            found.setdefault(place, {}).setdefault(headline, [0] * hours)[hour] = number


def _edges(
    at: InstrumentedAttribute[Any], start: datetime, end: datetime | None, *, began: bool
) -> sa.Select[*tuple[Any, ...]]:
    """Spells whose beginning, or end, lies in a period."""
    edges = sa.select(
        at.label("at"), sa.literal(int(began)).label("began"), StatusSpell.account_id,
        StatusSpell.headline, StatusSpell.reason, StatusSpell.started_at.label("since"),
    ).where(at >= start)  # fmt: skip
    return edges if end is None else edges.where(at <= end)
