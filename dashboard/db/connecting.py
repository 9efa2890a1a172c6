"""The tables of the connection flow: links, attempts, mail, who called how often, what lapses when.

A secret that customers or Amazon hold is kept as its SHA-256 only; what must be read again (a PKCE
verifier, the address in a mail not sent yet) is sealed by the vault.
"""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from dashboard.db.models import Model


class Link(Model):
    """An expiring secret address by which a customer walks the connection flow.

    ``kind`` is a ``flow.LinkKind``; ``steps`` the ``flow.FlowStep``s it walks, of which ``step`` is
    the furthest reached. ``channels`` are those it was asked to connect, ``connected`` those it
    has. ``grant_id`` and ``profiles`` (of ``actions.connecting.judge.Choice``) are what came back
    from Amazon and the customer has yet to choose from. ``problem`` is the reason the last trip to
    Amazon failed (on ``problem_channel``; ``problem_places`` are country codes), until the next.
    ``closed_at`` is when it could no longer be walked: done, revoked or noticed to have expired.
    """

    __tablename__ = "links"
    __table_args__ = (Index("ix_links_open", "expires_at", "closed_at"), Index(None, "created_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    email: Mapped[str] = mapped_column(default="")
    organization_id: Mapped[int | None] = mapped_column(ForeignKey("organizations.id"), index=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    staff_name: Mapped[str]
    channels: Mapped[list[str]] = mapped_column(sa.JSON)
    connected: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    steps: Mapped[list[str]] = mapped_column(sa.JSON)
    step: Mapped[str]

    grant_id: Mapped[int | None] = mapped_column(ForeignKey("grants.id"))
    profiles: Mapped[list[dict[str, Any]]] = mapped_column(sa.JSON, default=list)
    problem: Mapped[str | None]
    problem_channel: Mapped[str | None]
    problem_places: Mapped[list[str]] = mapped_column(sa.JSON, default=list)

    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    opened_at: Mapped[datetime | None]
    at_amazon_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]


class Attempt(Model):
    """One trip to Amazon's consent page and back.

    ``state_hash`` is spent by one UPDATE; ``browser_hash`` binds it to the browser that left.
    ``outcome`` is empty while the customer is away, then ``connected``, ``refused``, ``failed`` or
    ``abandoned``, with the ``reason``.
    """

    __tablename__ = "attempts"
    __table_args__ = (Index("ix_attempts_waiting", "outcome", "expires_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    link_id: Mapped[int] = mapped_column(ForeignKey("links.id"), index=True)
    channel: Mapped[str]
    state_hash: Mapped[str] = mapped_column(unique=True)
    browser_hash: Mapped[str]
    verifier: Mapped[str | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    spent_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(default="")
    reason: Mapped[str | None]


class Message(Model):
    """A mail, to a customer or our own staff, written in the transaction that causes it.

    It is sent afterwards. ``{link}`` in ``body`` stands for the address in ``sealed_link``, which
    is forgotten once sent. ``case_id`` is the case that a customer was written about.
    """

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_due", "sent_at", "due_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    email: Mapped[str]
    subject: Mapped[str]
    body: Mapped[str]
    sealed_link: Mapped[str | None]
    link_id: Mapped[int | None] = mapped_column(ForeignKey("links.id"))
    organization_id: Mapped[int | None] = mapped_column(ForeignKey("organizations.id"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]
    failure: Mapped[str | None]


class Visit(Model):
    """How often one address has asked for one thing in one window of time.

    ``address_hash`` is keyed with the vault's key: addresses of customers are not kept.
    """

    __tablename__ = "visits"
    __table_args__ = {"sqlite_with_rowid": False}

    what: Mapped[str] = mapped_column(primary_key=True)
    address_hash: Mapped[str] = mapped_column(primary_key=True)
    window: Mapped[datetime] = mapped_column(primary_key=True)
    count: Mapped[int]


class RenewalDay(Model):
    """The SP-API consents that lapse on one UTC day, of one strategist's accounts in one region.

    ``strategist_id`` is a member of staff, ``counts.EVERYONE`` or ``counts.UNASSIGNED``. A consent
    that several accounts use counts once; accounts that were disconnected do not count.
    """

    __tablename__ = "renewal_days"
    __table_args__ = {"sqlite_with_rowid": False}

    strategist_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(sa.Date, primary_key=True)
    region: Mapped[str] = mapped_column(primary_key=True)
    consents: Mapped[int]
    accounts: Mapped[int]
    counted_at: Mapped[datetime]
