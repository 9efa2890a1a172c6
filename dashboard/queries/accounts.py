"""The Accounts page: the list, groups of accounts, and the rows of an export."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.db.counts import EVERYONE, Tally
from dashboard.db.models import Account, AccountMarketplace, Organization, StaffMember
from dashboard.diagnosis import Actor
from dashboard.marketplaces import countries
from dashboard.queries import selection, silence
from dashboard.queries.choice import Choice
from dashboard.queries.frames import MOMENT, frame
from dashboard.status import BROKEN

LISTING: Final = {
    "id": "int64",
    "account": "str",
    "account_key": "str",
    "organization_id": "int64",
    "organization": "str",
    "type": "str",
    "region": "str",
    "merchant_id": "str",
    "aaa_status": "str",
    "sp_api_status": "str",
    "headline": "str",
    "headline_since": MOMENT,
    "actor": "str",
    "reason": "str",
    "reason_channel": "str",
    "oldest_sync_at": MOMENT,
    "strategist": "str",
    "marketplaces": "object",
}
GROUPS: Final = {
    "value": "str",
    "accounts": "int64",
    "broken": "int64",
    "us": "int64",
    "customer": "int64",
}
GROUPED: Final = {"region": "region", "marketplace": "marketplace_id", "headline": "headline"}


def listing(session: Session, choice: Choice) -> pd.DataFrame:
    """One page of the chosen accounts, in the chosen order.

    Returns:
        At most ``choice.PAGE_SIZE`` rows with the columns of ``LISTING``; ``marketplaces`` holds
        lists of country codes, unknown texts are empty, unknown moments ``NaT``.
    """
    return frame(_rows(session, selection.page_ids(session, choice)), LISTING)


def groups(session: Session, choice: Choice, by: str) -> pd.DataFrame:
    """Count the chosen accounts by region, marketplace or headline.

    Args:
        session: an open session; nothing is written.
        choice: the filters; its order and page are not looked at.
        by: a key of ``GROUPED``.

    Returns:
        One row per value that any chosen account has, most accounts first: ``GROUPS``. An account
        counts once for each of its marketplaces when grouped by them, and once for each chosen
        marketplace otherwise. ``selection.too_many_to_gather`` says whether the search is left out.
    """
    ids = selection.found_ids(session, choice) if choice.search else None
    choice = silence.stored(session, choice)
    table: Any = Tally if ids is None else Account
    number = sa.func.sum(Tally.accounts) if ids is None else sa.func.count()
    columns = headcounts(session, table, Tally.accounts if ids is None else sa.literal_column("1"))
    if ids is not None:
        key: Any = AccountMarketplace.marketplace_id if by == "marketplace" else None
        key = key if key is not None else _key(session, Account, by)
        query = sa.select(key, number, *columns).select_from(Account).where(Account.id.in_(ids))
        if by == "marketplace":
            joined = AccountMarketplace.account_id == Account.id
            query = query.join(AccountMarketplace, joined)
            if choice.marketplace:
                query = query.where(key.in_(choice.marketplace))
    else:
        key = _key(session, Tally, by)
        places: Any = Tally.marketplace_id.in_(choice.marketplace or ("",))
        if by == "marketplace" and not choice.marketplace:
            places = Tally.marketplace_id != ""
        query = sa.select(key, number, *columns).where(
            Tally.strategist_id.in_(choice.strategist or (EVERYONE,)),
            places,
            *selection.plain(Tally, choice),
        )
    rows = session.execute(query.group_by(key).having(number > 0).order_by(number.desc(), key))
    return frame(rows, GROUPS)


def headcounts(session: Session, table: Any, each: Any) -> list[Any]:
    """Columns that count: accounts that are broken, that we, and that the customer must act on.

    Args:
        session: an open session; nothing is written.
        table: ``Account`` or ``Tally``.
        each: how many accounts a row of it stands for.
    """
    shown = silence.headline(session, table)
    return [
        sa.func.coalesce(sa.func.sum(sa.case((condition, each), else_=0)), 0).label(name)
        for name, condition in (
            ("broken", shown.in_([each.value for each in BROKEN])),
            ("us", silence.acted_on(session, table, Actor.US)),
            ("customer", silence.acted_on(session, table, Actor.CUSTOMER)),
        )
    ]


def export(session: Session, choice: Choice) -> Iterator[tuple[Any, ...]]:
    """Every chosen account, page or not, as rows in the order of ``LISTING``; read as it goes."""
    wanted = silence.stored(session, choice)
    chosen = (
        sa.select(Account.id)
        .where(*selection.conditions(wanted), *selection.searched(session, choice))
        .order_by(*selection.ORDERS[choice.sort])
        .execution_options(yield_per=1000)
    )
    for ids in session.scalars(chosen).partitions():
        yield from _rows(session, ids)


def strategists(session: Session) -> list[tuple[int, str]]:
    """Everybody who looks after accounts, as (staff id, name), by name."""
    looked_after = sa.select(Tally.strategist_id).where(Tally.marketplace_id == "").distinct()
    rows = session.execute(
        sa.select(StaffMember.id, StaffMember.name)
        .where(sa.or_(StaffMember.role == "strategist", StaffMember.id.in_(looked_after)))
        .order_by(StaffMember.name)
    )
    return [(row.id, row.name) for row in rows]


def _key(session: Session, table: Any, by: str) -> Any:
    """What accounts are grouped by."""
    return silence.headline(session, table) if by == "headline" else getattr(table, GROUPED[by])


def _rows(session: Session, ids: Sequence[int]) -> list[tuple[Any, ...]]:
    """The accounts of these ids as rows in the order of ``LISTING``, and of the ids."""
    rows = session.execute(
        sa.select(
            Account.id, Account.name, Account.external_id, Account.organization_id,
            Organization.name.label("organization"), Account.type, Account.region,
            sa.func.coalesce(Account.merchant_id, ""), Account.aaa_status, Account.sp_api_status,
            Account.headline, Account.headline_since, Account.actor, Account.reason,
            Account.reason_channel, Account.oldest_sync_at, sa.func.coalesce(StaffMember.name, ""),
        )
        .join(Organization, Organization.id == Account.organization_id)
        .outerjoin(StaffMember, StaffMember.id == Account.strategist_id)
        .where(Account.id.in_(ids))
    )  # fmt: skip
    names = [name for name in LISTING if name != "marketplaces"]
    known = [dict(zip(names, row, strict=True)) for row in rows]
    found = {row["id"]: tuple(row.values()) for row in silence.words(session, known)}
    joined: dict[int, list[str]] = {}
    for account_id, marketplace_id in session.execute(
        sa.select(AccountMarketplace.account_id, AccountMarketplace.marketplace_id).where(
            AccountMarketplace.account_id.in_(ids)
        )
    ):
        joined.setdefault(account_id, []).append(marketplace_id)
    return [(*found[each], countries(joined.get(each, []))) for each in ids if each in found]
