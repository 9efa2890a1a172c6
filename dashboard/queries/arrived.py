"""What syncs have brought of an account: campaigns, products and stock, by marketplace."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.db.facts import WORKING
from dashboard.db.history import SyncRun
from dashboard.db.models import Account, Stream
from dashboard.db.syncing import Campaign, Listing
from dashboard.diagnosis import Channel
from dashboard.marketplaces import marketplaces
from dashboard.queries.frames import frame
from dashboard.status import AccountType

ARRIVED: Final = {
    "country_code": "str",
    "country": "str",
    "campaigns": "Int64",
    "enabled": "Int64",
    "paused": "Int64",
    "archived": "Int64",
    "products": "Int64",
    "new_asins": "Int64",
    "units": "Int64",
}
NEW: Final = timedelta(days=7)
"""How long a product counts as new."""

LIVELY: Final = timedelta(minutes=10)
"""How long after its last sign of life work on a stream still counts as going on."""

_CAMPAIGNS: Final = tuple(ARRIVED)[2:6]
_PRODUCTS: Final = tuple(ARRIVED)[6:]


@dataclass(frozen=True, slots=True)
class Work:
    """What goes on for an account: streams that wait or are worked on, and the last that ended."""

    streams: int
    synced_at: datetime | None


def work(session: Session, account_id: int, now: datetime) -> Work:
    """What goes on for an account at this moment: cheap to ask for, again and again."""
    busy = Stream.state.in_(WORKING) & (Stream.progressed_at > now - LIVELY)
    row = session.execute(
        sa.select(sa.func.count(sa.case((busy, 1))), sa.func.max(Stream.last_success_at)).where(
            Stream.account_id == account_id
        )
    ).one()
    return Work(*row)


def by_marketplace(session: Session, account_id: int, now: datetime) -> pd.DataFrame:
    """What has arrived of an account.

    A product is new if it came within ``NEW``, after the first sync of its marketplace: in that one
    every product comes for the first time.

    Args:
        session: an open session; nothing is written.
        account_id: the account.
        now: aware UTC; ages are measured back from here.

    Returns:
        One row per marketplace of which anything has arrived, in the order of marketplaces, with
        the columns of ``ARRIVED``. Counts are missing, not nought, where nothing of the kind has
        ever arrived.
    """
    empty = _empty(session, account_id)
    campaigns = _found(session.execute(_campaigns(account_id)), _CAMPAIGNS)
    products = _found(session.execute(_products(account_id, now)), _PRODUCTS)
    for found, names, channel in (
        (campaigns, _CAMPAIGNS, Channel.AAA), (products, _PRODUCTS, Channel.SP_API),
    ):  # fmt: skip
        for place in empty[channel]:
            found.setdefault(place, (0,) * len(names))
    return frame(
        (
            (
                each.country_code, each.country,
                *campaigns.get(each.id, (None,) * len(_CAMPAIGNS)),
                *products.get(each.id, (None,) * len(_PRODUCTS)),
            )
            for each in marketplaces().values()
            if each.id in campaigns or each.id in products
        ),
        ARRIVED,
    )  # fmt: skip


def _campaigns(account_id: int) -> sa.Select[*tuple[Any, ...]]:
    states = ("ENABLED", "PAUSED", "ARCHIVED")
    return (
        sa.select(
            Campaign.marketplace_id,
            sa.func.count(),
            *(sa.func.count(sa.case((Campaign.state == each, 1))) for each in states),
        )
        .where(Campaign.account_id == account_id)
        .group_by(Campaign.marketplace_id)
    )


def _products(account_id: int, now: datetime) -> sa.Select[*tuple[Any, ...]]:
    first = (
        sa.select(Stream.marketplace_id, sa.func.min(SyncRun.started_at).label("at"))
        .join(SyncRun, SyncRun.stream_id == Stream.id)
        .where(
            Stream.account_id == account_id, Stream.channel == Channel.SP_API.value,
            SyncRun.outcome == "succeeded",
        )
        .group_by(Stream.marketplace_id)
        .subquery()
    )  # fmt: skip
    new = sa.and_(Listing.first_seen_at > now - NEW, Listing.first_seen_at > first.c.at)
    asin = sa.case((new & (Listing.asin != ""), Listing.asin))
    return (
        sa.select(
            Listing.marketplace_id,
            sa.func.count(),
            sa.func.count(asin.distinct()),
            sa.func.coalesce(sa.func.sum(Listing.quantity), 0),
        )
        .outerjoin(first, first.c.marketplace_id == Listing.marketplace_id)
        .where(Listing.account_id == account_id)
        .group_by(Listing.marketplace_id)
    )


def _empty(session: Session, account_id: int) -> dict[Channel, list[str]]:
    """The marketplaces where Amazon once had nothing: what is missing there is nought.

    A vendor's Selling Partner streams bring nothing, so they do not count.
    """
    rows = session.execute(
        sa.select(Stream.marketplace_id, Stream.channel)
        .join(Account, Account.id == Stream.account_id)
        .where(
            Stream.account_id == account_id,
            sa.exists().where(
                SyncRun.stream_id == Stream.id, SyncRun.outcome == "succeeded", SyncRun.rows == 0
            ),
            sa.or_(Stream.channel == Channel.AAA.value, Account.type == AccountType.SELLER.value),
        )
    ).all()
    return {
        channel: [row.marketplace_id for row in rows if row.channel == channel.value]
        for channel in Channel
    }


def _found(rows: Iterable[Any], names: tuple[str, ...]) -> dict[str, tuple[int | None, ...]]:
    return {row[0]: tuple(int(each) for each in row[1 : len(names) + 1]) for row in rows}
