"""The tables, in design order: who, what they connect, how it is doing, what happened.

Words are those of the design's list. Statuses and reasons are stored as the plain text of the enums
in ``status`` and ``diagnosis``. All moments are aware UTC in Python. Relationships do not exist
here: queries say which columns they want.
"""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Moment(sa.types.TypeDecorator[datetime]):
    """A moment: aware UTC in Python, ``timestamptz`` in PostgreSQL, naive UTC text in SQLite."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive datetimes: nobody can tell which moment they mean."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A moment needs a time zone.")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give back aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


ORDERED = sa.String().with_variant(sa.String(collation="C"), "postgresql")
"""Text that is sorted or searched by prefix: byte order on both engines, so indexes serve both."""


class Model(DeclarativeBase):
    """Every table; constraint names are fixed so that migrations can name them on both engines."""

    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: Moment(), dict[str, Any]: sa.JSON()}


class StaffMember(Model):
    """Who may sign in, and as what. ``email`` is lower case; ``digest``: a daily one is wanted."""

    __tablename__ = "staff"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    role: Mapped[str]
    active: Mapped[bool] = mapped_column(default=True)
    digest: Mapped[bool] = mapped_column(default=True, server_default=sa.true())
    created_at: Mapped[datetime]


class Organization(Model):
    """A customer. ``external_id`` is the company's own id, as in imports."""

    __tablename__ = "organizations"

    id: Mapped[int] = mapped_column(primary_key=True)
    external_id: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    strategist_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"), index=True)
    created_at: Mapped[datetime]


class Contact(Model):
    """A person of the customer. ``email`` is lower case."""

    __tablename__ = "contacts"
    __table_args__ = (UniqueConstraint("organization_id", "email"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"))
    email: Mapped[str] = mapped_column(index=True)
    name: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]


class Account(Model):
    """One seller or vendor business of an organization in one region.

    The second half is derived. ``sort_name`` is the organization's folded name and id, so accounts
    sorted by it stand together by organization; ``strategist_id`` is the organization's. From
    ``headline`` on, only ``actions.assess`` writes: ``severity`` is ``status.SEVERITY`` of the
    headline, ``changes_at`` when these change by the passing of time alone, ``promised_by`` when a
    first sync is promised that is in flight (``status.IN_FLIGHT``).
    """

    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(primary_key=True)
    external_id: Mapped[str] = mapped_column(unique=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"), index=True)
    name: Mapped[str]
    type: Mapped[str]
    region: Mapped[str]
    merchant_id: Mapped[str | None] = mapped_column(index=True)
    paused_at: Mapped[datetime | None]
    disconnected_at: Mapped[datetime | None]
    setup_completed_at: Mapped[datetime | None]
    observed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    sort_name: Mapped[str] = mapped_column(ORDERED)
    name_folded: Mapped[str] = mapped_column(ORDERED)
    strategist_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    headline: Mapped[str] = mapped_column(default="")
    headline_since: Mapped[datetime | None]
    severity: Mapped[int] = mapped_column(sa.SmallInteger, default=0)
    actor: Mapped[str] = mapped_column(default="")
    reason: Mapped[str] = mapped_column(default="")
    reason_channel: Mapped[str] = mapped_column(default="")
    aaa_status: Mapped[str] = mapped_column(default="")
    sp_api_status: Mapped[str] = mapped_column(default="")
    age_band: Mapped[str] = mapped_column(default="")
    oldest_sync_at: Mapped[datetime | None]
    changes_at: Mapped[datetime | None] = mapped_column(index=True)
    promised_by: Mapped[datetime | None]


FILTERED = (
    "headline", "actor", "reason", "region", "type",
    "aaa_status", "sp_api_status", "age_band", "strategist_id",
)  # fmt: skip
"""Account columns a list can be filtered by; each has an index that is already in list order."""

for _column in FILTERED:
    Index(f"ix_accounts_by_{_column}", Account.__table__.c[_column], Account.sort_name, Account.id)
for _columns in (("severity", "headline_since"), ("strategist_id", "severity", "headline_since")):
    Index(
        f"ix_accounts_by_{'_'.join(_columns)}",
        *(Account.__table__.c[name] for name in _columns),
        Account.id,
    )
for _column in ("name_folded", "oldest_sync_at", "headline_since"):
    Index(f"ix_accounts_in_order_of_{_column}", Account.__table__.c[_column], Account.id)
Index("ix_accounts_in_order", Account.sort_name, Account.id)
for _name, _first in (("", []), ("_of", [Account.strategist_id])):
    Index(
        f"ix_accounts_in_first_sync{_name}",
        *_first, Account.headline, Account.promised_by,
        sqlite_where=Account.promised_by.is_not(None),
        postgresql_where=Account.promised_by.is_not(None),
    )  # fmt: skip


class Grant(Model):
    """One consent by one Amazon identity for one channel.

    ``identity`` is Amazon's id of whoever consented: the selling partner id for SP-API, the login
    for AAA. ``expires_at`` is empty for AAA, whose consents do not expire. ``refused_at`` is when
    a dead refresh token was confirmed the second time. ``refresh_token`` is sealed by the vault
    with the key ``key_id``, and empty for consents we were only told of; ``version`` counts how
    often it was replaced. ``access_token``, sealed too, is kept for its hour. A worker that checks
    the grant holds its ``lease`` until ``leased_until``; ``failures`` counts checks that failed in
    a row, ``doubted_at`` is when a refresh token was refused the first time. Until
    ``refreshing_until`` somebody is fetching an access token, for all who wait for it. Since
    ``asked_at`` a person waits for the check.
    """

    __tablename__ = "grants"

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str]
    identity: Mapped[str] = mapped_column(index=True)
    region: Mapped[str | None]
    consented_at: Mapped[datetime]
    expires_at: Mapped[datetime | None] = mapped_column(index=True)
    refused_at: Mapped[datetime | None]
    refresh_token: Mapped[str | None]
    key_id: Mapped[str | None] = mapped_column(index=True)
    version: Mapped[int] = mapped_column(default=0, server_default="0")
    access_token: Mapped[str | None]
    access_ends_at: Mapped[datetime | None]
    refreshing_until: Mapped[datetime | None]
    check_due_at: Mapped[datetime | None] = mapped_column(index=True)
    leased_until: Mapped[datetime | None]
    lease: Mapped[str | None]
    failures: Mapped[int] = mapped_column(default=0, server_default="0")
    doubted_at: Mapped[datetime | None]
    asked_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class AccountChannel(Model):
    """How one channel of an account stands: the grant it uses, or how far the customer has come.

    ``connected_at`` is when the account began to use a consent, which may be an agency's of long
    ago; empty: when it was given. ``problem`` is the reason the last check found, ``warning`` one
    that breaks nothing; ``incident`` says that the problem began inside an open incident of
    Amazon's. ``doubt`` is a reason found ``doubts`` times in a row since ``doubted_at``, which is
    not yet sure enough to be the problem.
    """

    __tablename__ = "account_channels"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    required: Mapped[bool]
    grant_id: Mapped[int | None] = mapped_column(ForeignKey("grants.id"), index=True)
    connected_at: Mapped[datetime | None]
    step: Mapped[str]
    problem: Mapped[str | None]
    problem_since: Mapped[datetime | None]
    warning: Mapped[str | None]
    incident: Mapped[bool] = mapped_column(default=False)
    doubt: Mapped[str | None]
    doubted_at: Mapped[datetime | None]
    doubts: Mapped[int] = mapped_column(default=0, server_default="0")
    status_since: Mapped[datetime | None]
    checked_at: Mapped[datetime | None]


class AccountMarketplace(Model):
    """A marketplace an account has joined. ``sort_name`` is the account's, for lists in order."""

    __tablename__ = "account_marketplaces"
    __table_args__ = (
        Index("ix_account_marketplaces_in_order", "marketplace_id", "sort_name", "account_id"),
    )

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    marketplace_id: Mapped[str] = mapped_column(primary_key=True)
    profile_id: Mapped[str | None]
    sort_name: Mapped[str] = mapped_column(ORDERED)


class Stream(Model):
    """An account's marketplace x channel: the unit that is synced.

    Its first sync is promised from ``added_at`` on, but not from before the account was connected.
    ``state`` is ``idle``, ``queued``, ``running`` or ``failed`` (for good, with ``failure``);
    ``progressed_at`` is the last sign of life of queued or running work. It is worked on when
    ``due_at`` has come (never, while empty) by whoever holds its ``lease`` until ``leased_until``;
    ``failures`` counts runs that failed in a row. Since ``asked_at`` a person waits for it. From
    ``risky_from`` on, a first sync that has not ended is too likely to miss what is promised.
    """

    __tablename__ = "streams"
    __table_args__ = (UniqueConstraint("account_id", "marketplace_id", "channel"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    marketplace_id: Mapped[str]
    channel: Mapped[str]
    added_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(default="idle")
    last_success_at: Mapped[datetime | None]
    progressed_at: Mapped[datetime | None]
    risky_from: Mapped[datetime | None]
    throttled: Mapped[bool] = mapped_column(default=False)
    failure: Mapped[str | None]
    due_at: Mapped[datetime | None] = mapped_column(index=True)
    leased_until: Mapped[datetime | None]
    lease: Mapped[str | None]
    failures: Mapped[int] = mapped_column(default=0, server_default="0")
    asked_at: Mapped[datetime | None]


for _asked in (Grant.__table__.c.asked_at, Stream.__table__.c.asked_at):
    # Looked into every second: only what was asked for is in it.
    Index(None, _asked, sqlite_where=_asked.is_not(None), postgresql_where=_asked.is_not(None))
