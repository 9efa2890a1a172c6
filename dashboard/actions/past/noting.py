"""Bringing the counts of past days up to date, a day at a time, the newest first."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard import clock
from dashboard.actions.past import ages, headlines, joining, places, relinks, troubles, work
from dashboard.actions.past.headlines import HOURS, midnight
from dashboard.db.counts import EVERYONE
from dashboard.db.engine import exclusive, reading, transaction
from dashboard.db.history import StatusSpell
from dashboard.db.past import DailyTally
from dashboard.settings import settings

DAYS: Final = 400
"""How many days back there is something to look at."""
AGAIN: Final = 3
"""The newest days, which are counted anew each hour: a late sweep writes spells of the past."""
SOME: Final = 20
"""Days that are counted at one call, but for those that are asked for."""


def note(
    now: datetime | None = None,
    most: int = SOME,
    on_progress: Callable[[int, int], None] = lambda _done, _whole: None,
) -> int:
    """Bring everything that is kept of the past up to date, as far as can be done at once.

    Safe to run twice at once, and to be stopped: each day is a transaction of its own, and what is
    missing is found at the next call. That is the clock's work, and asks for no role.

    Args:
        now: aware UTC; the present unless given.
        most: how many days are counted at most.
        on_progress: called with the days done, and how many there are to do.

    Returns:
        How many days were counted.
    """
    moment = now or clock.now()
    ages.note(moment)
    wanted = _wanted(moment)
    steps: list[tuple[Callable[[date, datetime], None], date]]
    steps = [(_count, each) for each in wanted[:most]]
    steps += [(_count_links, each) for each in _open_links(moment)] if wanted else []
    steps += [(joining.count, each) for each in joining.due(moment, most)]
    for done, (step, day) in enumerate(steps, 1):
        step(day, moment)
        on_progress(done, len(steps))
    joined = [day for step, day in steps if step is joining.count]
    joining.sum_up(joined)
    joining.settle(joined, moment)
    return len(steps)


def noted(session: Session) -> dict[date, int]:
    """Of how many hours of each day the headlines are kept."""
    rows = session.execute(
        sa.select(DailyTally.day, DailyTally.counts).where(
            DailyTally.kind == headlines.KIND,
            DailyTally.strategist_id == EVERYONE,
            DailyTally.marketplace_id == "",
        )
    )
    return {day: len(next(iter(counts.values()))) for day, counts in rows}


def _wanted(now: datetime) -> list[date]:
    """The days whose headlines are to be counted, newest first: each builds on the one after it."""
    with reading() as session:
        first = session.scalar(sa.select(sa.func.min(StatusSpell.started_at)))
        kept = noted(session)
    if first is None:
        return []
    # From the first full hour on at which there was an account.
    full = -(-first.timestamp() // 3600) * 3600
    if full > now.timestamp():
        return []
    today = now.date()
    earliest = max(datetime.fromtimestamp(full, UTC).date(), today - timedelta(days=DAYS))
    hourly = kept.get(today, 0) != now.hour + 1
    days = [today - timedelta(days=back) for back in range((today - earliest).days + 1)]
    return [
        each
        for back, each in enumerate(days)
        if (hourly if back < AGAIN else False) or (back > 0 and kept.get(each, 0) < HOURS)
    ]


def _count(day: date, now: datetime) -> None:
    """Count the headlines, the troubles and the links of a day."""
    start, end = midnight(day), midnight(day + timedelta(days=1))
    present = now < end
    with reading() as session:
        standing = (
            headlines.now_standing(session) if present else headlines.standing_after(session, day)
        )
        trouble = troubles.Day(start, end)
        turns = trouble.seen(headlines.turns(session, start, None if present else end))
        hours = now.hour + 1 if present else HOURS
        found = {headlines.KIND: headlines.hourly(day, hours, standing, turns)}
        for _ in turns:
            # What happened at the very first moment of the day is not walked back over.
            pass
        found |= {
            troubles.KIND: trouble.finish(session),
            relinks.KIND: relinks.made(session, day),
            work.KIND: work.done(session, day, present=present),
        }
    with transaction() as session:
        exclusive(session, "past")
        for kind, counts in found.items():
            places.replace(session, kind, day, counts)


def _count_links(day: date, _now: datetime) -> None:
    """Count the links of a day anew: they may have been opened since."""
    with reading() as session:
        found = relinks.made(session, day)
    with transaction() as session:
        exclusive(session, "past")
        places.replace(session, relinks.KIND, day, found)


def _open_links(now: datetime) -> list[date]:
    """The days whose links may still be opened, but for the newest, which are counted anyway."""
    back = range(AGAIN, settings().link_days + 2)
    return [now.date() - timedelta(days=each) for each in back]
