"""What the customer's pages ask about the account of a link, or about those beside it.

Holding a ``Walk`` proves that the link's secret was shown.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard import forecast
from dashboard.db.dialects import through_index
from dashboard.db.forecasting import Forecast
from dashboard.db.models import Account, AccountChannel, Grant, Stream
from dashboard.diagnosis import Channel
from dashboard.marketplaces import Region, marketplaces
from dashboard.queries.walk import CHOICES, SEEN, Seen, Walk, seen
from dashboard.status import AccountType

MOST: Final = 0.8
"""The share of first syncs that is called most of them."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the first sync of a marketplace has come, in streams; ``late``: one is held up."""

    country: str
    done: int
    streams: int
    late: bool


@dataclass(frozen=True, slots=True)
class Stored:
    """An AAA consent that is there already, still sealed; ``version`` counts its tokens."""

    grant_id: int
    version: int
    sealed: str
    region: Region


def similar(session: Session, link: Walk, account_type: AccountType, region: Region) -> list[Seen]:
    """Accounts of the link's organization that are of this type and region, in order of name.

    None once the link has an account of its own.
    """
    if link.organization_id is None or link.account is not None:
        return []
    alike = (
        sa.select(*SEEN)
        .where(
            Account.organization_id == link.organization_id,
            Account.type == account_type.value, Account.region == region.value,
            Account.disconnected_at.is_(None), Account.merchant_id.is_not(None),
        )
        .order_by(Account.name, Account.id)
        .limit(CHOICES)
    )  # fmt: skip
    found = session.execute(through_index(alike, Account, "ix_accounts_organization_id"))
    return [seen(row) for row in found]


def progress(session: Session, link: Walk, now: datetime) -> list[Progress]:
    """How the first sync of the account goes since the link connected it, by marketplace."""
    if link.account is None:
        return []
    streams = session.execute(
        sa.select(
            Stream.marketplace_id, Stream.added_at, Stream.last_success_at, Stream.state,
            Stream.throttled,
        ).where(Stream.account_id == link.account.id)
    ).all()  # fmt: skip
    order = [each.marketplace_id for each in streams]
    found = []
    for place in [each for each in marketplaces().values() if each.id in order]:
        mine = [each for each in streams if each.marketplace_id == place.id]
        fresh = [
            each
            for each in mine
            if each.last_success_at is not None
            and (each.added_at >= link.created_at or each.last_success_at >= (link.done_at or now))
        ]
        late = any(each.state == "failed" or each.throttled for each in mine if each not in fresh)
        found.append(Progress(place.country, len(fresh), len(mine), late))
    return found


def usual_hours(session: Session, link: Walk) -> float | None:
    """Hours within which most first syncs like the link's are done, by the stored forecasts.

    Returns:
        ``None`` where too few are known of one of its channels, or most take longer than is known.
    """
    if link.account is None or not link.connected:
        return None
    stored = session.scalars(
        sa.select(Forecast).where(
            Forecast.region == link.account.region.value,
            Forecast.channel.in_([each.value for each in link.connected]),
        )
    )
    curves = [forecast.restored(each.curve, each.finished, each.waiting) for each in stored]
    hours = [curve.reaching(MOST) for curve in curves if curve.is_known]
    known = [each for each in hours if each is not None]
    return max(known) if len(known) == len(link.connected) else None


def stored_consent(session: Session, link: Walk) -> Stored | None:
    """The AAA consent that the link's account uses, if we hold its token and it is not refused."""
    if link.account is None:
        return None
    row = session.execute(
        sa.select(Grant.id, Grant.version, Grant.refresh_token, Account.region)
        .join(AccountChannel, AccountChannel.grant_id == Grant.id)
        .join(Account, Account.id == AccountChannel.account_id)
        .where(
            AccountChannel.account_id == link.account.id,
            AccountChannel.channel == Channel.AAA.value,
            Grant.refused_at.is_(None), Grant.refresh_token.is_not(None),
        )
    ).one_or_none()  # fmt: skip
    if row is None:
        return None
    return Stored(row.id, row.version, row.refresh_token, Region(row.region))
