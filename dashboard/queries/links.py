"""Links by which customers connect: how far each has come, and what a new one would touch."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.db.connecting import Attempt, Link
from dashboard.db.dialects import through_index
from dashboard.db.history import Event
from dashboard.db.models import Account, AccountMarketplace, Contact, Organization
from dashboard.diagnosis import Channel, Reason
from dashboard.errors import NotFound
from dashboard.flow import LinkState
from dashboard.marketplaces import countries
from dashboard.queries import account
from dashboard.queries.frames import MOMENT, frame
from dashboard.status import ChannelStatus

LINKS: Final = {
    "id": "int64",
    "kind": "str",
    "state": "str",
    "channels": "object",
    "who": "str",
    "created_at": MOMENT,
    "sent_at": MOMENT,
    "opened_at": MOMENT,
    "at_amazon_at": MOMENT,
    "done_at": MOMENT,
    "expires_at": MOMENT,
    "problem": "str",
    "problem_channel": "str",
    "email": "str",
    "organization_id": "Int64",
    "organization": "str",
    "account_id": "Int64",
    "account": "str",
}
MOST_LINKS: Final = 100
MOST_ACCOUNTS: Final = 500


@dataclass(frozen=True, slots=True)
class Other:
    """Another account that would feel what happens to a consent; ``marketplaces`` are codes."""

    id: int
    name: str
    organization: str
    marketplaces: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One channel of an account that may be relaunched, and what hangs on its consent.

    ``shared`` counts the other accounts on it, up to ``account.COUNTED``; ``others`` are the first.
    """

    channel: Channel
    status: ChannelStatus
    title: str
    shared: int
    others: tuple[Other, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is known before a link is made for an account."""

    account_id: int
    name: str
    type: str
    merchant_id: str
    organization_id: int
    organization: str
    headline: str
    reason: Reason | None
    marketplaces: tuple[str, ...]
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Choosable:
    """An account that a link may be made for; ``statuses`` are AAA's and SP-API's."""

    id: int
    name: str
    organization_id: int
    organization: str
    headline: str
    reason: Reason | None
    statuses: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Pulse:
    """What changes when something happens to an account: cheap to ask for, again and again."""

    event_id: int
    headline: str
    aaa_status: str
    sp_api_status: str
    open_links: tuple[int, ...]


def of_account(session: Session, account_id: int, now: datetime, limit: int) -> pd.DataFrame:
    """The newest links of an account, newest first, with the columns of ``LINKS``."""
    return _links(session, now, limit, Link.account_id == account_id)


def of_organization(
    session: Session, organization_id: int, now: datetime, limit: int
) -> pd.DataFrame:
    """The newest links of an organization and its accounts, with the columns of ``LINKS``."""
    return _links(session, now, limit, Link.organization_id == organization_id)


def newest(session: Session, now: datetime, limit: int = MOST_LINKS) -> pd.DataFrame:
    """The newest links of all, newest first, with the columns of ``LINKS``."""
    return _links(session, now, limit)


def one(session: Session, link_id: int, now: datetime) -> dict[str, Any]:
    """One link by the columns of ``LINKS``.

    Raises:
        NotFound: no such link.
    """
    found = _links(session, now, 1, Link.id == link_id)
    if found.empty:
        raise NotFound("There is no such link.")
    return {str(name): value for name, value in found.iloc[0].to_dict().items()}


def plan(session: Session, account_id: int, now: datetime) -> Plan:
    """What a link for an account would be about: its channels, and who shares their consents.

    Raises:
        NotFound: no account has this id.
    """
    # What is known to be broken may be mended while no worker reports.
    known = account.detail(session, account_id, now, last_known=True)
    neighbours = [each.id for part in known.connections for each in part.neighbours]
    places = _places(session, neighbours)
    return Plan(
        account_id=known.id,
        name=known.name,
        type=known.type,
        merchant_id=known.merchant_id,
        organization_id=known.organization_id,
        organization=known.organization,
        headline=known.headline,
        reason=known.remedy.reason if known.remedy else None,
        marketplaces=known.marketplaces,
        parts=tuple(
            Part(
                channel=each.channel,
                status=each.status,
                title=each.remedy.title if each.remedy else "",
                shared=each.shared,
                others=tuple(
                    Other(other.id, other.name, other.organization, places.get(other.id, ()))
                    for other in each.neighbours
                ),
            )
            for each in known.connections
        ),
    )


def accounts(session: Session, organization_id: int) -> tuple[Choosable, ...]:
    """The accounts of an organization, the most urgent first: at most ``MOST_ACCOUNTS``."""
    return _choosable(session, Account.organization_id == organization_id)


def several(session: Session, account_ids: tuple[int, ...]) -> tuple[Choosable, ...]:
    """These accounts, the most urgent first: at most ``MOST_ACCOUNTS``."""
    return _choosable(session, Account.id.in_(account_ids))


def contacts(session: Session, organization_ids: tuple[int, ...]) -> dict[int, tuple[str, ...]]:
    """To whom links of these organizations can be mailed: e-mail addresses by organization."""
    rows = session.execute(
        sa.select(Contact.organization_id, Contact.email)
        .where(Contact.organization_id.in_(organization_ids))
        .order_by(Contact.organization_id, Contact.email)
    )
    found: dict[int, list[str]] = {each: [] for each in organization_ids}
    for organization_id, email in rows:
        found[organization_id].append(email)
    return {each: tuple(emails) for each, emails in found.items()}


def pulse(session: Session, account_id: int, now: datetime) -> Pulse | None:
    """How an account is doing at this moment; ``None`` if there is none with this id."""
    newest_event = (
        sa.select(Event.id)
        .where(Event.account_id == account_id)
        .order_by(Event.at.desc(), Event.id.desc())
        .limit(1)
    )
    row = session.execute(
        sa.select(
            sa.func.coalesce(newest_event.scalar_subquery(), 0).label("event_id"),
            Account.headline, Account.aaa_status, Account.sp_api_status,
        ).where(Account.id == account_id)
    ).one_or_none()  # fmt: skip
    if row is None:
        return None
    still_open = sa.select(Link.id).where(
        Link.account_id == account_id, Link.closed_at.is_(None), Link.expires_at > now
    )
    found = tuple(session.scalars(still_open.order_by(Link.id)))
    return Pulse(row.event_id, row.headline, row.aaa_status, row.sp_api_status, found)


def _choosable(session: Session, chosen: sa.ColumnElement[bool]) -> tuple[Choosable, ...]:
    rows = session.execute(
        sa.select(*Account.__table__.c, Organization.name.label("organization"))
        .join(Organization, Organization.id == Account.organization_id)
        .where(chosen)
        .order_by(Account.severity.desc(), Account.name_folded, Account.id)
        .limit(MOST_ACCOUNTS)
    )
    return tuple(
        Choosable(
            row.id, row.name, row.organization_id, row.organization, row.headline,
            Reason(row.reason) if row.reason else None, (row.aaa_status, row.sp_api_status),
        )
        for row in rows
    )  # fmt: skip


def _places(session: Session, account_ids: list[int]) -> dict[int, tuple[str, ...]]:
    """Country codes by account, in the order of marketplaces."""
    rows = session.execute(
        sa.select(AccountMarketplace.account_id, AccountMarketplace.marketplace_id).where(
            AccountMarketplace.account_id.in_(account_ids)
        )
    ).all()
    found: dict[int, list[str]] = {}
    for account_id, marketplace_id in rows:
        found.setdefault(account_id, []).append(marketplace_id)
    return {each: tuple(countries(ids)) for each, ids in found.items()}


def _links(session: Session, now: datetime, limit: int, *chosen: Any) -> pd.DataFrame:
    trip = sa.select(Attempt.id).where(
        Attempt.link_id == Link.id, Attempt.outcome == "", Attempt.expires_at > now
    )
    away = through_index(trip, Attempt, "ix_attempts_link_id").exists()
    rows = session.execute(
        sa.select(
            *Link.__table__.c,
            sa.func.coalesce(Organization.name, "").label("organization"),
            sa.func.coalesce(Account.name, "").label("account"),
            away.label("away"),
        )
        .outerjoin(Organization, Organization.id == Link.organization_id)
        .outerjoin(Account, Account.id == Link.account_id)
        .where(*chosen)
        .order_by(Link.id.desc())
        .limit(limit)
    )
    return frame((_row(each, now) for each in rows), LINKS)


def _row(row: Any, now: datetime) -> tuple[Any, ...]:
    known = {
        "state": _state(row, now).value, "who": row.staff_name,
        "problem": row.problem or "", "problem_channel": row.problem_channel or "",
    }  # fmt: skip
    return tuple(known[name] if name in known else getattr(row, name) for name in LINKS)


def _state(row: Any, now: datetime) -> LinkState:
    """How far a link has come; at Amazon only while somebody is there."""
    reached = {
        LinkState.REVOKED: row.revoked_at is not None,
        LinkState.DONE: row.done_at is not None,
        LinkState.EXPIRED: row.expires_at <= now,
        LinkState.AT_AMAZON: row.away,
        LinkState.OPENED: row.opened_at is not None,
        LinkState.SENT: row.sent_at is not None,
    }
    return next((state for state, true in reached.items() if true), LinkState.CREATED)
