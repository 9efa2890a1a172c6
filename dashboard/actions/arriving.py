"""What syncs bring: campaigns, listings and stock, written a page at a time.

Every row that arrives bears the mark of its run. Rows without it have vanished at Amazon, which is
known only once a run is complete.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from dashboard.actions import syncing
from dashboard.actions.claims import Claim
from dashboard.amazon import ads
from dashboard.amazon import selling_partner as sp
from dashboard.db.bulk import upsert
from dashboard.db.engine import transaction
from dashboard.db.syncing import Campaign, Listing

BATCH: Final = 1000
"""Rows that are thrown away in one transaction."""

LONGEST_SKU: Final = 100
"""Characters; Amazon's own limit is 40 (Listings Items API, ``sku``)."""


def campaigns(claimed: Claim, page: Iterable[ads.Campaign], now: datetime | None = None) -> None:
    """Store a page of campaigns.

    Raises:
        LeaseLost: another worker has taken up the stream; nothing is stored.
    """
    rows = [
        _marked(claimed)
        | {
            "campaign_id": each.id, "name": each.name, "state": each.state.upper(),
            "budget": None if each.budget is None else float(each.budget),
        }
        for each in page
    ]  # fmt: skip
    _store(claimed, Campaign, rows, ("first_seen_at",), now)


def stock(claimed: Claim, page: Iterable[sp.Stock], now: datetime | None = None) -> None:
    """Store a page of stock; what is said of a product beside it, its listing says better.

    Raises:
        LeaseLost: another worker has taken up the stream; nothing is stored.
    """
    rows = [
        _marked(claimed)
        | {"sku": each.sku, "asin": each.asin, "name": each.name, "quantity": each.quantity}
        for each in page
        if 0 < len(each.sku) <= LONGEST_SKU
    ]
    _store(claimed, Listing, rows, ("first_seen_at", "asin", "name"), now)


def listings(claimed: Claim, page: Iterable[sp.Listing], now: datetime | None = None) -> None:
    """Store a page of listings; stock that is known of them stays.

    Raises:
        LeaseLost: another worker has taken up the stream; nothing is stored.
    """
    rows = [
        _marked(claimed) | {"sku": each.sku, "asin": each.asin, "name": each.name, "quantity": None}
        for each in page
        if 0 < len(each.sku) <= LONGEST_SKU
    ]
    _store(claimed, Listing, rows, ("first_seen_at", "quantity"), now)


def forget_stock(claimed: Claim, now: datetime | None = None) -> None:
    """All stock has arrived: of other products Amazon has none in stock.

    Raises:
        LeaseLost: another worker has taken up the stream; nothing is stored.
    """
    with transaction() as session:
        syncing.progress(session, claimed, 0, now)
        session.execute(
            sa.update(Listing)
            .where(*_unmarked(claimed, Listing), Listing.quantity.is_not(None))
            .values(quantity=None)
        )


def forget(
    claimed: Claim, model: type[Campaign] | type[Listing], now: datetime | None = None
) -> None:
    """All rows have arrived: throw away those that have vanished at Amazon.

    Raises:
        LeaseLost: another worker has taken up the stream; no more is thrown away.
    """
    key = list(model.__table__.primary_key)
    gone = sa.select(*key).where(*_unmarked(claimed, model)).limit(BATCH)
    while True:
        with transaction() as session:
            syncing.progress(session, claimed, 0, now)
            found = [tuple(row) for row in session.execute(gone)]
            session.execute(sa.delete(model).where(sa.tuple_(*key).in_(found)))
        if len(found) < BATCH:
            return


def _marked(claimed: Claim) -> dict[str, Any]:
    return {
        "account_id": claimed.account_id, "marketplace_id": claimed.marketplace_id,
        "first_seen_at": claimed.began_at, "seen_at": claimed.began_at,
    }  # fmt: skip


def _unmarked(
    claimed: Claim, model: type[Campaign] | type[Listing]
) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        model.account_id == claimed.account_id,
        model.marketplace_id == claimed.marketplace_id,
        model.seen_at < claimed.began_at,
    )


def _store(
    claimed: Claim,
    model: type[Campaign] | type[Listing],
    rows: list[dict[str, Any]],
    keep: tuple[str, ...],
    now: datetime | None,
) -> None:
    with transaction() as session:
        syncing.progress(session, claimed, len(rows), now)
        upsert(session, model, rows, keep=keep)
