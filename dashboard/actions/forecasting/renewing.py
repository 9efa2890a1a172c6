"""Renewing the forecasts: the curves, and from when on each first sync in flight is at risk."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard import clock, forecast
from dashboard.actions import assess, tallies
from dashboard.actions.forecasting.counting import MOST, QUARTER, interrupted
from dashboard.actions.forecasting.estimating import estimate
from dashboard.actions.forecasting.flying import Flight, in_flight
from dashboard.db.bulk import upsert
from dashboard.db.engine import reading, transaction
from dashboard.db.forecasting import FirstSyncLength, Forecast
from dashboard.db.models import Stream
from dashboard.diagnosis import Channel
from dashboard.forecast import Curve
from dashboard.marketplaces import Region
from dashboard.settings import settings

EVERY: Final = timedelta(minutes=10)
"""How old forecasts may be before they are renewed."""
COHORT: Final = timedelta(days=90)
"""First syncs count that began within so long: those finished since, and those still in flight."""
SAME: Final = timedelta(minutes=30)
"""A moment that moves by less is left as it is: no forecast is as sure as that."""
AT_ONCE: Final = 100
"""Accounts changed in one transaction."""

Kind = tuple[str, str]
"""A channel and a region."""


def renew(now: datetime | None = None) -> bool:
    """Estimate the curves anew, and say of each first sync in flight from when on it is at risk.

    Several may do so at once; nothing is done twice in effect. It reads as many counts as there are
    kinds and lengths, and as many accounts as have a first sync in flight.

    Args:
        now: aware UTC; the present unless given.

    Returns:
        Whether they were renewed; not if they were a short while ago.
    """
    moment = now or clock.now()
    with reading() as session:
        newest = session.scalar(sa.select(sa.func.max(Forecast.estimated_at)))
        if newest is not None and newest > moment - EVERY:
            return False
        finished = _finished(session, (moment - COHORT).date())
    curves = _store(finished, _waiting(moment), moment)
    for flights in in_flight():
        changed = [each for each in flights if _differs(each.risky_from, _risky(each, curves))]
        for first in range(0, len(changed), AT_ONCE):
            _write(changed[first : first + AT_ONCE], curves, moment)
    return True


def forget(now: datetime | None = None) -> None:
    """Throw away the counts of first syncs that began too long ago."""
    oldest = ((now or clock.now()) - COHORT).date()
    with transaction() as session:
        session.execute(sa.delete(FirstSyncLength).where(FirstSyncLength.began_on < oldest))


def _finished(session: Session, since: date) -> Mapping[Kind, Mapping[int, int]]:
    rows = session.execute(
        sa.select(
            FirstSyncLength.channel, FirstSyncLength.region, FirstSyncLength.quarters,
            sa.func.sum(FirstSyncLength.syncs).label("syncs"),
        )
        .where(FirstSyncLength.began_on >= since)
        .group_by(FirstSyncLength.channel, FirstSyncLength.region, FirstSyncLength.quarters)
    )  # fmt: skip
    found: dict[Kind, dict[int, int]] = defaultdict(dict)
    for row in rows:
        found[row.channel, row.region][row.quarters] = int(row.syncs)
    return found


def _waiting(now: datetime) -> Mapping[Kind, Counter[int]]:
    """How many first syncs have lasted for so many whole quarter hours and were not interrupted."""
    found: dict[Kind, Counter[int]] = defaultdict(Counter)
    for flights in in_flight():
        began = {each.account_id: each.began_at for each in flights}
        with reading() as session:
            spoilt = interrupted(session, began)
        for each in flights:
            lasted = (now - each.began_at) // QUARTER
            if each.account_id not in spoilt and lasted > 0 and now - each.began_at < COHORT:
                found[each.channel, each.region][min(lasted, MOST)] += 1
    return found


def _store(
    finished: Mapping[Kind, Mapping[int, int]], waiting: Mapping[Kind, Mapping[int, int]],
    now: datetime,
) -> Mapping[Kind, Curve]:  # fmt: skip
    curves = {
        (channel.value, region.value): estimate(
            finished.get((channel, region), {}), waiting.get((channel, region), {})
        )
        for channel in Channel
        for region in Region
    }
    rows = [
        {
            "channel": channel, "region": region, "estimated_at": now, "finished": curve.finished,
            "waiting": curve.waiting, "curve": forecast.stored(curve),
        }
        for (channel, region), curve in curves.items()
    ]  # fmt: skip
    with transaction() as session:
        upsert(session, Forecast, rows)
    return curves


def _risky(flight: Flight, curves: Mapping[Kind, Curve]) -> datetime | None:
    """From when on a first sync is at risk by its curve; never where nothing is promised for it."""
    if not flight.required:
        return None
    promise = (flight.promised_by - flight.began_at) / timedelta(hours=1)
    chance = settings().risk_percent / 100
    after = forecast.risky_after(curves[flight.channel, flight.region], promise, chance)
    return None if after is None else flight.began_at + timedelta(hours=after)


def _differs(stored: datetime | None, found: datetime | None) -> bool:
    if stored is None or found is None:
        return stored is not found
    return abs(stored - found) > SAME


def _write(flights: Sequence[Flight], curves: Mapping[Kind, Curve], now: datetime) -> None:
    ids = sorted({each.account_id for each in flights})
    changes = [
        {"the_account": each.account_id, "the_channel": each.channel, "at": _risky(each, curves)}
        for each in flights
    ]
    with (
        transaction() as session,
        tallies.tallied(session) as deltas,
        assess.changing(session, deltas, ids, now),
    ):
        session.connection().execute(
            sa.update(Stream)
            .where(
                Stream.account_id == sa.bindparam("the_account"),
                Stream.channel == sa.bindparam("the_channel"),
                Stream.last_success_at.is_(None),
            )
            .values(risky_from=sa.bindparam("at")),
            changes,
        )
