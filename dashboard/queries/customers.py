"""The Accounts page grouped by organization: one line for each customer with a chosen account."""

from typing import Any, Final

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.db.dialects import through_index
from dashboard.db.models import Account, AccountMarketplace, Organization, StaffMember
from dashboard.db.search import organization_of
from dashboard.queries import selection, silence
from dashboard.queries.accounts import headcounts
from dashboard.queries.choice import LAST_PAGE, PAGE_SIZE, Choice, Sort
from dashboard.queries.frames import MOMENT, frame
from dashboard.queries.selection import FEW, Total
from dashboard.status import SEVERITY

CUSTOMERS: Final = {
    "organization_id": "int64",
    "organization": "str",
    "accounts": "int64",
    "broken": "int64",
    "us": "int64",
    "customer": "int64",
    "headline": "str",
    "oldest_sync_at": MOMENT,
    "strategist": "str",
}
MOST: Final = LAST_PAGE * PAGE_SIZE
_HEADLINES: Final = {severity: headline.value for headline, severity in SEVERITY.items()}


def total(session: Session, choice: Choice) -> Total:
    """Count the organizations that have a chosen account, up to ``MOST``."""
    some = _names(session, silence.stored(session, choice)).limit(MOST + 1).subquery()
    count = session.scalar(sa.select(sa.func.count()).select_from(some)) or 0
    return Total(min(count, MOST), exact=count <= MOST)


def listing(session: Session, choice: Choice) -> pd.DataFrame:
    """One page of the organizations that have a chosen account, by name.

    Returns:
        At most ``PAGE_SIZE`` rows with the columns of ``CUSTOMERS``, counting chosen accounts only.
        ``headline`` is the most urgent, ``oldest_sync_at`` the oldest.
    """
    choice = silence.stored(session, choice)
    page = _names(session, choice).order_by("sort_name").offset(choice.offset).limit(PAGE_SIZE)
    ids = [organization_of(name) for name in session.scalars(page)]
    theirs = (
        sa.select(
            Account.organization_id,
            *headcounts(session, Account, sa.literal_column("1")),
            sa.func.count().label("accounts"),
            sa.func.max(silence.severity(session, Account)).label("severity"),
            sa.func.min(Account.oldest_sync_at).label("oldest_sync_at"),
        )
        .where(
            Account.organization_id.in_(ids),
            *selection.conditions(choice),
            *selection.searched(session, choice),
        )
        .group_by(Account.organization_id)
    )
    theirs = through_index(theirs, Account, "ix_accounts_organization_id")
    found = {row.organization_id: row for row in session.execute(theirs)}
    names = session.execute(
        sa.select(Organization.id, Organization.name, StaffMember.name.label("strategist"))
        .outerjoin(StaffMember, StaffMember.id == Organization.strategist_id)
        .where(Organization.id.in_(ids))
    )
    named = {row.id: row for row in names}
    return frame((_line(named[key], found[key]) for key in ids if key in found), CUSTOMERS)


def _names(session: Session, choice: Choice) -> sa.Select[str]:
    """The names in order of the organizations of the chosen accounts, each once.

    As with pages of accounts: what no index has in order is gathered where it is little, and met
    often by walking the list where it is much.
    """
    if len(choice.marketplace) == 1 and not (choice.filtered or choice.strategist or choice.search):
        place = AccountMarketplace
        return (
            sa.select(place.sort_name)
            .where(place.marketplace_id == choice.marketplace[0])
            .distinct()
        )
    names = (
        sa.select(Account.sort_name)
        .where(*selection.conditions(choice), *selection.searched(session, choice))
        .distinct()
    )
    in_order = choice.filtered and all(len(each) == 1 for each in choice.filtered.values())
    if in_order or choice.search or (session.scalar(selection.tallied(choice)) or 0) <= FEW:
        return names
    return through_index(names, Account, selection.INDEXES[Sort.ORGANIZATION])


def _line(named: Any, found: Any) -> tuple[object, ...]:
    return (
        named.id, named.name, found.accounts, found.broken, found.us, found.customer,
        _HEADLINES[found.severity], found.oldest_sync_at, named.strategist or "",
    )  # fmt: skip
