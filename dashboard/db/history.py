"""The tables of what happened: syncs, statuses, and every step by whom."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from dashboard.db.models import Model


class SyncRun(Model):
    """One attempt at one stream. ``outcome`` is ``running``, ``succeeded`` or ``failed``."""

    __tablename__ = "sync_runs"
    __table_args__ = (Index(None, "stream_id", "started_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    stream_id: Mapped[int] = mapped_column(ForeignKey("streams.id"))
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    outcome: Mapped[str]
    reason: Mapped[str | None]
    rows: Mapped[int] = mapped_column(default=0)


class StatusSpell(Model):
    """A stretch of time in which an account had one headline, actor and reason.

    The account's present spell has no ``ended_at``; spells of one account never overlap.
    """

    __tablename__ = "status_spells"
    __table_args__ = (
        Index(None, "account_id", "started_at"),
        Index(None, "started_at"),
        Index(None, "ended_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    headline: Mapped[str]
    severity: Mapped[int] = mapped_column(sa.SmallInteger)
    actor: Mapped[str]
    reason: Mapped[str]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Event(Model):
    """One line of history: who did what to which account, when. The database refuses changes.

    ``staff_name`` is kept as it was: people leave. ``details`` holds plain values, never a secret.
    """

    __tablename__ = "events"
    __table_args__ = (
        Index("ix_events_in_order", "at", "id"),
        Index(None, "account_id", "at"),
        Index(None, "organization_id", "at"),
        Index(None, "kind", "at"),
        Index(None, "staff_name", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    kind: Mapped[str]
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    staff_name: Mapped[str]
    organization_id: Mapped[int | None] = mapped_column(ForeignKey("organizations.id"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    details: Mapped[dict[str, Any]]
