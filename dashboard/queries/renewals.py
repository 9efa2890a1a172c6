"""The Renewals page: how many SP-API consents lapse when, and which.

Numbers come from ``renewal_days``, which workers count. A page of consents is read from the index
of when they lapse: those of a large selection come often, and those of a small one are gathered
from its accounts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.db.connecting import Link, RenewalDay
from dashboard.db.counts import EVERYONE, UNASSIGNED, Tally
from dashboard.db.models import Account, AccountChannel, Grant, Organization, StaffMember
from dashboard.diagnosis import Channel
from dashboard.queries.choice import LAST_PAGE, PAGE_SIZE
from dashboard.queries.frames import MOMENT, frame
from dashboard.status.lapsing import Span

FEW: Final = 10_000
"""Accounts of a selection up to which its consents are gathered and sorted."""
MOST: Final = 500
"""Consents that are renewed at once."""
DAYS: Final = {"day": "datetime64[us]", "consents": "int64", "accounts": "int64"}
LISTING: Final = {
    "grant_id": "int64",
    "expires_at": MOMENT,
    "account_id": "int64",
    "account": "str",
    "organization_id": "int64",
    "organization": "str",
    "accounts": "int64",
    "others": "object",
    "region": "str",
    "seller": "str",
    "status": "str",
    "strategist": "str",
    "sent_at": MOMENT,
    "opened_at": MOMENT,
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose consents: ``strategists`` are staff ids (or ``UNASSIGNED``); empty allows all."""

    strategists: tuple[int, ...] = ()
    regions: tuple[str, ...] = ()


def days(session: Session, wanted: Wanted, until: date) -> pd.DataFrame:
    """Consents and accounts by the UTC day on which they lapse, up to a day: columns of ``DAYS``.

    A consent that serves accounts of several of the strategists counts for each.
    """
    rows = session.execute(
        sa.select(
            RenewalDay.day, sa.func.sum(RenewalDay.consents), sa.func.sum(RenewalDay.accounts)
        )
        .where(
            RenewalDay.strategist_id.in_(wanted.strategists or (EVERYONE,)),
            RenewalDay.day <= until,
            *([RenewalDay.region.in_(wanted.regions)] if wanted.regions else []),
        )
        .group_by(RenewalDay.day)
        .order_by(RenewalDay.day)
    )
    return frame(rows, DAYS)


def counted_at(session: Session) -> datetime | None:
    """When the consents were counted; ``None`` if they never were."""
    return session.scalar(sa.select(sa.func.max(RenewalDay.counted_at)))


def listing(
    session: Session, wanted: Wanted, span: Span, now: datetime, page: int = 1
) -> pd.DataFrame:
    """A page of the consents that lapse in a span of time, the earliest first.

    Returns:
        One row per consent with the columns of ``LISTING``: ``account`` is one of the accounts on
        it that was wanted, ``others`` the names of those beside it. ``sent_at`` and ``opened_at``
        are of an open link of these accounts.
    """
    before = (min(max(page, 1), LAST_PAGE) - 1) * PAGE_SIZE
    chosen = _chosen(session, wanted, span).offset(before).limit(PAGE_SIZE)
    ids = list(session.scalars(chosen))
    return frame(_rows(session, wanted, ids, now), LISTING)


def leads(session: Session, wanted: Wanted, span: Span) -> tuple[int, ...]:
    """An account of each consent that lapses in a span: at most ``MOST``, the earliest first."""
    ids = list(session.scalars(_chosen(session, wanted, span).limit(MOST)))
    found: dict[int, int] = {}
    for row in session.execute(_on(wanted, ids)):
        found.setdefault(row.grant_id, row.id)
    return tuple(found[each] for each in ids if each in found)


def _chosen(session: Session, wanted: Wanted, span: Span, few: int = FEW) -> sa.Select[int]:
    """The consents of a span in order: gathered where so few accounts are meant, else walked."""
    lapsing = [Grant.expires_at >= span.start, Grant.expires_at < span.end]
    own = [
        AccountChannel.channel == Channel.SP_API.value, Account.disconnected_at.is_(None),
        *_conditions(wanted),
    ]  # fmt: skip
    order = (Grant.expires_at, Grant.id)
    if wanted.strategists and _accounts(session, wanted) <= few:
        return (
            sa.select(Grant.id)
            .join(AccountChannel, AccountChannel.grant_id == Grant.id)
            .join(Account, Account.id == AccountChannel.account_id)
            .where(*own, *lapsing)
            .group_by(Grant.id, Grant.expires_at)
            .order_by(*order)
        )
    used = (
        sa.select(AccountChannel.account_id)
        .join(Account, Account.id == AccountChannel.account_id)
        .where(AccountChannel.grant_id == Grant.id, *own)
    )
    return sa.select(Grant.id).where(*lapsing, used.exists()).order_by(*order)


def _accounts(session: Session, wanted: Wanted) -> int:
    """How many accounts these strategists look after."""
    number = sa.select(sa.func.coalesce(sa.func.sum(Tally.accounts), 0)).where(
        Tally.strategist_id.in_(wanted.strategists), Tally.marketplace_id == ""
    )
    return int(session.scalar(number) or 0)


def _conditions(wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if wanted.strategists:
        named = Account.strategist_id.in_([each for each in wanted.strategists if each > 0])
        nobody = Account.strategist_id.is_(None)
        found.append(sa.or_(named, nobody) if UNASSIGNED in wanted.strategists else named)
    if wanted.regions:
        found.append(Account.region.in_(wanted.regions))
    return found


def _on(wanted: Wanted, ids: Sequence[int]) -> sa.Select[*tuple[Any, ...]]:
    """The accounts on these consents, those that are wanted first."""
    first = sa.and_(sa.true(), *_conditions(wanted))
    return (
        sa.select(
            AccountChannel.grant_id, Account.id, Account.name, Account.organization_id,
            Account.region, Account.sp_api_status, Account.strategist_id,
        )
        .join(Account, Account.id == AccountChannel.account_id)
        .where(
            AccountChannel.grant_id.in_(ids), AccountChannel.channel == Channel.SP_API.value,
            Account.disconnected_at.is_(None),
        )
        .order_by(sa.case((first, 0), else_=1), Account.name_folded, Account.id)
    )  # fmt: skip


def _rows(
    session: Session, wanted: Wanted, ids: Sequence[int], now: datetime
) -> list[tuple[object, ...]]:
    accounts: dict[int, list[Any]] = {}
    for row in session.execute(_on(wanted, ids)):
        accounts.setdefault(row.grant_id, []).append(row)
    everyone = [row for rows in accounts.values() for row in rows]
    organizations = _names(session, Organization, {row.organization_id for row in everyone})
    people = _names(session, StaffMember, {row.strategist_id for row in everyone} - {None})
    links = _links(session, [row.id for row in everyone], now)
    grants = session.execute(
        sa.select(Grant.id, Grant.expires_at, Grant.identity).where(Grant.id.in_(ids))
    )
    found: list[tuple[object, ...]] = []
    for grant in sorted(grants, key=lambda row: (row.expires_at, row.id)):
        on = accounts.get(grant.id, [])
        if not on:
            continue
        lead, link = on[0], next((links[row.id] for row in on if row.id in links), (None, None))
        found.append(
            (
                grant.id, grant.expires_at, lead.id, lead.name, lead.organization_id,
                organizations[lead.organization_id], len(on), [row.name for row in on[1:]],
                lead.region, grant.identity, lead.sp_api_status,
                people.get(lead.strategist_id, ""), *link,
            )
        )  # fmt: skip
    return found


def _names(session: Session, model: Any, ids: set[int]) -> dict[int, str]:
    return {
        row.id: row.name
        for row in session.execute(sa.select(model.id, model.name).where(model.id.in_(ids)))
    }


def _links(
    session: Session, account_ids: Sequence[int], now: datetime
) -> dict[int, tuple[datetime | None, datetime | None]]:
    """When the newest open link of each account was sent (or made), and opened."""
    rows = session.execute(
        sa.select(Link.account_id, Link.created_at, Link.sent_at, Link.opened_at)
        .where(
            Link.account_id.in_(account_ids), Link.closed_at.is_(None), Link.expires_at > now
        )
        .order_by(Link.id)
    )  # fmt: skip
    return {row.account_id: (row.sent_at or row.created_at, row.opened_at) for row in rows}
