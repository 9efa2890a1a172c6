"""Tables of background work: workers, checks, rate limits, incidents, and what was synced."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from dashboard.db.models import Model


class Worker(Model):
    """A worker process, and when it was last heard of. Its counts begin when it starts.

    ``queued`` tasks were in the queue then; ``waited`` is how many seconds the one had been there
    that waited longest of those begun since the time before. One that has stopped as it was told
    has ``left_at``; it is kept for a day as a sign of life.
    """

    __tablename__ = "workers"

    id: Mapped[str] = mapped_column(primary_key=True)
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime] = mapped_column(index=True)
    left_at: Mapped[datetime | None]
    checks: Mapped[int] = mapped_column(default=0)
    syncs: Mapped[int] = mapped_column(default=0)
    failures: Mapped[int] = mapped_column(default=0)
    queued: Mapped[int] = mapped_column(default=0, server_default="0")
    waited: Mapped[int] = mapped_column(default=0, server_default="0")


class WorkDone(Model):
    """How many checks or syncs (``kind``) came to what in one minute, over all workers.

    ``outcome`` is ``ok``, the class of the error, or another word of the worker's. Kept for a day.
    """

    __tablename__ = "work_done"
    __table_args__ = {"sqlite_with_rowid": False}

    minute: Mapped[datetime] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    outcome: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int]


class Round(Model):
    """What workers do every minute: when it was done last, how long it took, and of how many."""

    __tablename__ = "rounds"

    name: Mapped[str] = mapped_column(primary_key=True)
    began_at: Mapped[datetime]
    seconds: Mapped[float]
    number: Mapped[int]


class Bucket(Model):
    """A token bucket of Amazon's: calls of one operation for one seller, across all workers.

    ``tokens`` were left at ``at``; more have come in since.
    """

    __tablename__ = "buckets"
    __table_args__ = {"sqlite_with_rowid": False}

    key: Mapped[str] = mapped_column(primary_key=True)
    tokens: Mapped[float]
    at: Mapped[datetime]


class Check(Model):
    """One check of one grant, kept for a day: what incidents are recognised by.

    ``outcome`` is ``ok`` or the class of the error, as in ``errors``. What fails because of a
    trouble that was known before, says nothing of Amazon and is not kept.
    """

    __tablename__ = "checks"
    __table_args__ = (Index(None, "channel", "region", "at"), Index(None, "at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    grant_id: Mapped[int] = mapped_column(ForeignKey("grants.id"), index=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"))
    channel: Mapped[str]
    region: Mapped[str]
    outcome: Mapped[str]


class Incident(Model):
    """The same failure across many customers at once. Open while ``closed_at`` is empty.

    ``ours`` says that it is our own fault (``invalid_client``), not Amazon's. ``customers`` and
    ``share`` (0 to 1 of the region's checks) are the highest seen. At ``probed_at`` it was last
    looked whether it is over.
    """

    __tablename__ = "incidents"
    __table_args__ = (
        Index(None, "closed_at", "channel", "region"),
        Index(None, "opened_at"),
        Index(
            "ix_incidents_open", "channel", "region", "outcome", unique=True,
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str]
    region: Mapped[str]
    outcome: Mapped[str]
    ours: Mapped[bool]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    customers: Mapped[int]
    share: Mapped[float]
    probes: Mapped[int] = mapped_column(default=0)
    probed_at: Mapped[datetime | None]


class Campaign(Model):
    """A Sponsored Products campaign; ``budget`` is per day in the marketplace's currency."""

    __tablename__ = "campaigns"
    __table_args__ = {"sqlite_with_rowid": False}

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    marketplace_id: Mapped[str] = mapped_column(primary_key=True)
    campaign_id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    state: Mapped[str]
    budget: Mapped[float | None]
    first_seen_at: Mapped[datetime]
    seen_at: Mapped[datetime]


class Listing(Model):
    """A product a seller offers in a marketplace; ``quantity`` is what Amazon has in stock."""

    __tablename__ = "listings"
    __table_args__ = {"sqlite_with_rowid": False}

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    marketplace_id: Mapped[str] = mapped_column(primary_key=True)
    sku: Mapped[str] = mapped_column(primary_key=True)
    asin: Mapped[str]
    name: Mapped[str]
    quantity: Mapped[int | None]
    first_seen_at: Mapped[datetime]
    seen_at: Mapped[datetime]
