"""Incidents, as staff read them: those that are open, whom they touch, and those that were."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.db.counts import EVERYONE, Tally
from dashboard.db.models import Account, AccountChannel
from dashboard.db.syncing import Incident
from dashboard.diagnosis import Channel
from dashboard.queries.frames import MOMENT, frame
from dashboard.status import ChannelStatus, Headline

HISTORY: Final = {
    "channel": "str",
    "region": "str",
    "failure": "str",
    "ours": "bool",
    "opened_at": MOMENT,
    "closed_at": MOMENT,
    "customers": "int64",
    "share": "float64",
}
NEWEST: Final = 20


@dataclass(frozen=True, slots=True)
class Going:
    """An open incident.

    ``failure`` is the class of the error; ``customers`` and ``share`` (0 to 1 of the checks there)
    are the highest seen; ``accounts`` show it at present.
    """

    channel: Channel
    region: str
    failure: str
    ours: bool
    opened_at: datetime
    customers: int
    share: float
    accounts: int


def going_on(session: Session) -> tuple[Going, ...]:
    """The incidents that are open, the oldest first."""
    return _going(session, Incident.closed_at.is_(None))


def of_account(session: Session, account_id: int) -> tuple[Going, ...]:
    """The open incidents in the region and the channels of an account, the oldest first."""
    here = sa.exists().where(
        Account.id == account_id,
        Account.region == Incident.region,
        AccountChannel.account_id == account_id,
        AccountChannel.channel == Incident.channel,
        AccountChannel.grant_id.is_not(None),
    )
    return _going(session, Incident.closed_at.is_(None), here)


def history(session: Session, limit: int = NEWEST) -> pd.DataFrame:
    """The newest incidents, newest first, with the columns of ``HISTORY``."""
    columns = [
        Incident.outcome if name == "failure" else Incident.__table__.c[name] for name in HISTORY
    ]
    newest = sa.select(*columns).order_by(Incident.opened_at.desc(), Incident.id.desc())
    return frame(session.execute(newest.limit(limit)), HISTORY)


def _going(session: Session, *which: sa.ColumnElement[bool]) -> tuple[Going, ...]:
    rows = session.scalars(sa.select(Incident).where(*which).order_by(Incident.id)).all()
    counts = _counts(session) if rows else ()
    return tuple(
        Going(
            Channel(row.channel), row.region, row.outcome, row.ours, row.opened_at, row.customers,
            row.share, _accounts(counts, row),
        )
        for row in rows
    )  # fmt: skip


def _counts(session: Session) -> Sequence[Any]:
    """How many accounts wait for Amazon or us, by region and where."""
    each = (Tally.region, Tally.headline, Tally.aaa_status, Tally.sp_api_status)
    waiting = (Headline.AMAZON_INCIDENT.value, Headline.OUR_FIX.value)
    return session.execute(
        sa.select(*each, sa.func.sum(Tally.accounts).label("accounts"))
        .where(
            Tally.strategist_id == EVERYONE, Tally.marketplace_id == "",
            Tally.headline.in_(waiting),
        )
        .group_by(*each)
    ).all()  # fmt: skip


def _accounts(counts: Sequence[Any], incident: Incident) -> int:
    headline = Headline.OUR_FIX if incident.ours else Headline.AMAZON_INCIDENT
    name = {Channel.AAA: "aaa_status", Channel.SP_API: "sp_api_status"}[Channel(incident.channel)]
    return sum(
        row.accounts
        for row in counts
        if row.region == incident.region
        and row.headline == headline
        and getattr(row, name) == ChannelStatus.UNKNOWN
    )
