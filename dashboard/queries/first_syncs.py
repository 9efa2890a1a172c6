"""First syncs in flight: how they stand against the promise, and what is forecast of one."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard import forecast
from dashboard.db.counts import EVERYONE
from dashboard.db.dialects import through_index
from dashboard.db.forecasting import Forecast
from dashboard.db.models import Account, AccountChannel, Stream
from dashboard.forecast import Curve, Outlook
from dashboard.queries import silence
from dashboard.queries.frames import frame
from dashboard.status import IN_FLIGHT, Headline

HOURS: Final = 6
"""First syncs are counted together by so many hours of the time that is left."""
STEP: Final = timedelta(hours=HOURS)
MOST_LATE: Final = timedelta(hours=24)
"""From here on overdue first syncs are counted together."""
EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(9999, 1, 1, tzinfo=UTC)
BURN_DOWN: Final = {"hours_left": "int64", "headline": "str", "accounts": "int64"}


@dataclass(frozen=True, slots=True)
class Expectation:
    """What is forecast of an account's first sync; of several channels, of the least hopeful.

    ``lasted`` and ``promise`` are hours since it began: until now, and until its end is promised.
    ``outlook`` is empty where too few others are known.
    """

    channel: str
    region: str
    lasted: float
    promise: float
    curve: Curve
    outlook: Outlook | None


def burn_down(
    session: Session, now: datetime, promise: timedelta, strategist_id: int = EVERYONE
) -> pd.DataFrame:
    """Count first syncs in flight by how long they have until the promise, and by headline.

    Returns:
        One row per step of time and headline that holds an account, those with most time left
        first, with the columns of ``BURN_DOWN``: ``hours_left`` is the least that any of the step
        has, so a negative one is overdue.
    """
    edges = range((-(-promise // STEP) - 1) * HOURS, -(MOST_LATE // STEP) * HOURS - 1, -HOURS)
    steps = (*edges, edges[-1] - HOURS)
    limits = (LATEST, *(now + timedelta(hours=each) for each in edges), EARLIEST)
    given: dict[str, Any] = {f"limit{number}": each for number, each in enumerate(limits)}
    if strategist_id != EVERYONE:
        given["strategist"] = strategist_id
    found: Counter[tuple[int, str]] = Counter()
    counting = _counting(len(steps), of_one=strategist_id != EVERYONE)
    for number, headline, accounts in session.connection().execute(counting, given):
        if accounts:
            found[steps[number], silence.said(session, Headline(headline)).value] += accounts
    ordered = sorted(found.items(), key=lambda each: (-each[0][0], each[0][1]))
    return frame(((*key, accounts) for key, accounts in ordered), BURN_DOWN)


@cache
def _counting(steps: int, *, of_one: bool) -> sa.CompoundSelect[Any]:
    """The query of ``burn_down``: an index tells at once how many lie between two moments."""
    promised = Account.promised_by
    limits = [sa.bindparam(f"limit{each}", type_=promised.type) for each in range(steps + 1)]
    index = "ix_accounts_in_first_sync"
    own: tuple[sa.ColumnElement[bool], ...] = ()
    if of_one:
        index, own = f"{index}_of", (Account.strategist_id == sa.bindparam("strategist"),)
    return sa.union_all(
        *(
            through_index(
                sa.select(
                    sa.literal(number), sa.literal(headline.value), sa.func.count()
                ).where(
                    Account.headline == headline.value, promised > limits[number + 1],
                    promised <= limits[number], *own,
                ),
                Account, index,
            )
            for headline in sorted(IN_FLIGHT)
            for number in range(steps)
        )
    )  # fmt: skip


def expectation(session: Session, account_id: int, now: datetime) -> Expectation | None:
    """What is forecast of an account's first sync, if one is in flight."""
    rows = session.execute(
        sa.select(
            Stream.channel, Account.region, Account.promised_by,
            sa.func.max(Stream.added_at).label("began_at"),
        )
        .join(Account, Account.id == Stream.account_id)
        .join(
            AccountChannel,
            (AccountChannel.account_id == Stream.account_id)
            & (AccountChannel.channel == Stream.channel),
        )
        .where(
            Stream.account_id == account_id, Account.promised_by.is_not(None),
            Stream.last_success_at.is_(None), AccountChannel.required,
        )
        .group_by(Stream.channel, Account.region, Account.promised_by)
        .order_by(Stream.channel)
    ).all()  # fmt: skip
    found = [_expectation(session, row, now) for row in rows]
    return max(found, key=_worry, default=None)


def _expectation(session: Session, row: Any, now: datetime) -> Expectation:
    stored = session.get(Forecast, (row.channel, row.region))
    curve = (
        forecast.restored(stored.curve, stored.finished, stored.waiting)
        if stored is not None
        else Curve((), (), (), (), 0, 0, 0.0)
    )
    lasted, promise = (
        (each - row.began_at) / timedelta(hours=1) for each in (now, row.promised_by)
    )
    lasted = max(lasted, 0.0)
    outlook = forecast.outlook(curve, lasted, promise) if curve.is_known else None
    return Expectation(row.channel, row.region, lasted, promise, curve, outlook)


def _worry(found: Expectation) -> tuple[bool, float, float]:
    """Which of several channels decides: one that outlasted all others, then the likeliest miss."""
    outlook = found.outlook
    if outlook is None:
        return (False, -1.0, found.lasted)
    return (outlook.outlasted, outlook.miss or 0.0, found.lasted)
