"""Where an account counts, and writing what was counted there."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.db.bulk import insert_many
from dashboard.db.counts import EVERYONE, UNASSIGNED
from dashboard.db.dialects import among
from dashboard.db.models import Account, AccountMarketplace
from dashboard.db.past import DailyTally

Counts = dict[str, Any]
"""Numbers by name, or by names within names."""


class Place(NamedTuple):
    """What the accounts of one row of the counts have in common."""

    strategist_id: int
    marketplace_id: str
    region: str
    type: str


def of_accounts(session: Session, account_ids: Collection[int]) -> dict[int, list[Place]]:
    """The places in which each of these accounts counts, as it is today."""
    if not account_ids:
        return {}
    rows = session.execute(
        sa.select(Account.id, Account.strategist_id, Account.region, Account.type).where(
            among(session, Account.id, account_ids)
        )
    ).all()
    joined: dict[int, list[str]] = {row.id: [""] for row in rows}
    for account_id, marketplace_id in session.execute(
        sa.select(AccountMarketplace.account_id, AccountMarketplace.marketplace_id).where(
            among(session, AccountMarketplace.account_id, account_ids)
        )
    ):
        joined[account_id].append(marketplace_id)
    return {row.id: spread(row.strategist_id, joined[row.id], row.region, row.type) for row in rows}


def spread(
    strategist_id: int | None, marketplaces: Collection[str], region: str, kind: str
) -> list[Place]:
    """For everyone and the strategist, as a whole (an empty marketplace) and in each marketplace.

    Args:
        strategist_id: ``None`` for nobody.
        marketplaces: with the empty one.
        region: of the account.
        kind: its type.
    """
    whose = UNASSIGNED if strategist_id is None else strategist_id
    return [
        Place(scope, marketplace_id, region, kind)
        for scope in (EVERYONE, whose)
        for marketplace_id in marketplaces
    ]


def replace(session: Session, kind: str, day: date, found: Mapping[Place, Counts]) -> None:
    """Write the counts of a day in the place of those that are there."""
    session.execute(sa.delete(DailyTally).where(DailyTally.day == day, DailyTally.kind == kind))
    insert_many(
        session,
        DailyTally,
        [
            {"kind": kind, "day": day} | place._asdict() | {"counts": counts}
            for place, counts in sorted(found.items())
        ],
    )


def kept(session: Session, kind: str, day: date) -> dict[Place, Counts]:
    """The counts of a day that are kept."""
    rows = session.execute(
        sa.select(
            DailyTally.strategist_id, DailyTally.marketplace_id, DailyTally.region,
            DailyTally.type, DailyTally.counts,
        ).where(DailyTally.day == day, DailyTally.kind == kind)
    )  # fmt: skip
    return {Place(*row[:4]): row.counts for row in rows}
