"""Whom a consent serves: the accounts in use that are on it, and how each stood."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from dashboard.actions.checking.task import Stand, Subject
from dashboard.db.models import Account, AccountChannel, AccountMarketplace
from dashboard.diagnosis import Reason
from dashboard.marketplaces import Region
from dashboard.signals import Wanted
from dashboard.status import AccountType


def using(connection: sa.Connection, grant_ids: Sequence[int]) -> dict[int, list[Subject]]:
    """The accounts on each of these consents, those longest unchecked first."""
    rows = connection.execute(
        sa.select(
            AccountChannel.grant_id, Account.id, Account.organization_id, Account.type,
            Account.region, Account.merchant_id, AccountChannel.problem,
            AccountChannel.problem_since, AccountChannel.warning, AccountChannel.incident,
            AccountChannel.doubt, AccountChannel.doubted_at, AccountChannel.doubts,
            AccountChannel.checked_at,
        )
        .join(AccountChannel, AccountChannel.account_id == Account.id)
        .where(
            AccountChannel.grant_id.in_(grant_ids),
            Account.paused_at.is_(None), Account.disconnected_at.is_(None),
        )
        .order_by(AccountChannel.checked_at, Account.id)
    ).all()  # fmt: skip
    joined = sa.select(
        AccountMarketplace.account_id, AccountMarketplace.marketplace_id,
        AccountMarketplace.profile_id,
    ).where(
        AccountMarketplace.account_id.in_(
            sa.select(AccountChannel.account_id).where(AccountChannel.grant_id.in_(grant_ids))
        )
    )  # fmt: skip
    places: dict[int, dict[str, str | None]] = {}
    for account_id, marketplace_id, profile_id in connection.execute(joined):
        places.setdefault(account_id, {})[marketplace_id] = profile_id
    found: dict[int, list[Subject]] = {}
    for row in rows:
        found.setdefault(row.grant_id, []).append(_subject(row, places.get(row.id, {})))
    return found


def _subject(row: Any, places: dict[str, str | None]) -> Subject:
    return Subject(
        row.id,
        row.organization_id,
        Wanted(AccountType(row.type), Region(row.region), row.merchant_id, places),
        Stand(
            _reason(row.problem), row.problem_since, _reason(row.warning), row.incident,
            _reason(row.doubt), row.doubted_at, row.doubts,
        ),
        row.checked_at,
    )  # fmt: skip


def _reason(text: str | None) -> Reason | None:
    return Reason(text) if text else None
