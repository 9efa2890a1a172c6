"""The customer's pages: what one link shows to whoever holds its secret, and nothing beyond it."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from pydantic import SecretStr
from sqlalchemy.orm import Session

from dashboard.db.connecting import Link
from dashboard.db.models import Account, AccountMarketplace, Contact, Organization
from dashboard.diagnosis import Channel, Reason
from dashboard.errors import LinkClosed, NotFound
from dashboard.flow import FlowStep, LinkKind, reached, why_closed
from dashboard.marketplaces import Region, countries
from dashboard.status import AccountType

GONE = "This link is not known. Please ask for a new one."
CHOICES = 100
"""Organizations that a contact may choose from."""

SEEN: Final = (
    Account.id.label("account_id"),
    Account.name.label("account"),
    Account.type,
    Account.region,
    Account.merchant_id,
    sa.select(sa.func.aggregate_strings(AccountMarketplace.marketplace_id, " "))
    .where(AccountMarketplace.account_id == Account.id)
    .correlate(Account)
    .scalar_subquery()
    .label("places"),
)
"""The columns of which ``seen`` makes an account."""
# Every page asks this: made once, because making a statement costs more than its answer.
FOUND: Final = (
    sa.select(
        Link.id, Link.kind, Link.email, Link.created_at, Link.steps, Link.step, Link.profiles,
        Link.connected, Link.problem, Link.problem_channel, Link.problem_places, Link.done_at,
        Link.revoked_at, Link.expires_at, Link.organization_id,
        Organization.name.label("organization"), *SEEN,
    )
    .outerjoin(Account, Account.id == Link.account_id)
    .outerjoin(Organization, Organization.id == Link.organization_id)
    .where(Link.token_hash == sa.bindparam("token_hash"))
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Choice:
    """An organization that the customer may choose."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Seen:
    """An account as its customer sees it; ``places`` are country codes."""

    id: int
    name: str
    type: AccountType
    region: Region
    places: tuple[str, ...]
    merchant_id: str


@dataclass(frozen=True, slots=True)
class Offer:
    """A merchant's marketplace that Amazon offers; ``taken``: connected already."""

    profile_id: str
    marketplace_id: str
    merchant_id: str
    name: str
    taken: bool


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why the last trip to Amazon failed; ``places`` are the country codes it is about."""

    reason: Reason
    channel: Channel
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Walk:
    """A link as its pages show it.

    ``step`` is the furthest of ``steps`` that was reached. ``connected`` are the channels that this
    link has connected. ``trouble`` is empty once the walk is done.
    """

    link_id: int
    kind: LinkKind
    created_at: datetime
    steps: tuple[FlowStep, ...]
    step: FlowStep
    organization_id: int | None
    organization: str
    choices: tuple[Choice, ...]
    account: Seen | None
    offers: tuple[Offer, ...]
    connected: frozenset[Channel]
    trouble: Trouble | None
    done_at: datetime | None

    def reached(self, step: FlowStep) -> bool:
        """Whether a step may be shown."""
        return reached(self.steps, self.step, step)


def walk(
    session: Session, secret: SecretStr, link_id: int, now: datetime, *, choosing: bool = False
) -> Walk:
    """What the pages of a link show.

    Args:
        session: an open session; nothing is written.
        secret: what the customer's address held.
        link_id: the link the page is about; any number, it comes from an address.
        now: aware UTC.
        choosing: whether to say which organizations there are to choose from.

    Raises:
        NotFound: no link has this secret, or another one.
        LinkClosed: it was withdrawn or has expired.
    """
    link = _found(session, secret, link_id, now)
    done = link.done_at is not None
    return Walk(
        link_id=link.id,
        kind=LinkKind(link.kind),
        created_at=link.created_at,
        steps=tuple(FlowStep(each) for each in link.steps),
        step=FlowStep(link.step),
        organization_id=link.organization_id,
        organization=link.organization or "",
        choices=_choices(session, link) if choosing else (),
        account=seen(link) if link.account_id is not None else None,
        offers=tuple(Offer(**each) for each in link.profiles),
        connected=frozenset(Channel(each) for each in link.connected),
        trouble=None if done else _trouble(link),
        done_at=link.done_at,
    )


def _found(session: Session, secret: SecretStr, link_id: int, now: datetime) -> sa.Row[Any]:
    hashed = hashlib.sha256(secret.get_secret_value().encode()).hexdigest()
    link = session.connection().execute(FOUND, {"token_hash": hashed}).one_or_none()
    if link is None or link.id != link_id:
        raise NotFound(GONE)
    closed = why_closed(
        done_at=link.done_at, revoked_at=link.revoked_at, expires_at=link.expires_at, now=now
    )
    if closed:
        raise LinkClosed(closed)
    return link


def _choices(session: Session, link: sa.Row[Any]) -> tuple[Choice, ...]:
    """The organizations of the address that opened the link, where one has to be chosen."""
    if not link.email or FlowStep.ORGANIZATION not in link.steps:
        return ()
    found = session.execute(
        sa.select(Organization.id, Organization.name)
        .join(Contact, Contact.organization_id == Organization.id)
        .where(Contact.email == link.email)
        .order_by(Organization.name, Organization.id)
        .limit(CHOICES)
    )
    return tuple(Choice(row.id, row.name) for row in found)


def seen(row: sa.Row[Any]) -> Seen:
    """An account as its customer sees it, of a row with the columns of ``SEEN``."""
    return Seen(row.account_id, row.account, AccountType(row.type), Region(row.region),
                tuple(countries((row.places or "").split())), row.merchant_id or "")  # fmt: skip


def _trouble(link: sa.Row[Any]) -> Trouble | None:
    if link.problem is None or link.problem_channel is None:
        return None
    return Trouble(Reason(link.problem), Channel(link.problem_channel), tuple(link.problem_places))
