"""The tables of alerts: whom to tell of what, what there was to tell, and what was told."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from dashboard.db.models import Model


class Route(Model):
    """Where alerts of some accounts go. ``alerts.Rule`` says what its conditions mean.

    ``service`` is ``mail`` or how an address of apprise begins; ``target`` is the whole address,
    sealed by the vault with the key ``key_id``, and ``shown`` what anybody may see of it. Quiet
    hours are minutes after midnight in ``time_zone``; both are empty where there are none. It is
    told of what happens from ``created_at`` on, which moves when it is switched on again.
    """

    __tablename__ = "routes"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    service: Mapped[str]
    shown: Mapped[str]
    target: Mapped[str]
    key_id: Mapped[str]
    strategist_ids: Mapped[list[int]] = mapped_column(sa.JSON)
    headlines: Mapped[list[str]] = mapped_column(sa.JSON)
    regions: Mapped[list[str]] = mapped_column(sa.JSON)
    quiet_from: Mapped[int | None]
    quiet_until: Mapped[int | None]
    time_zone: Mapped[str]
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]


class Notice(Model):
    """One message to one route, about one problem or many; the same problem has one for its end.

    ``kind`` is ``opened``, ``ended`` or ``test``; ``title`` is empty until it is composed, which is
    when it is sent. It is sent when ``due_at`` has come; neither due nor sent, it was given up.
    """

    __tablename__ = "notices"
    __table_args__ = (Index("ix_notices_due", "sent_at", "due_at"), Index(None, "route_id", "id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    route_id: Mapped[int] = mapped_column(ForeignKey("routes.id"))
    kind: Mapped[str]
    problems: Mapped[int]
    title: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]
    failure: Mapped[str | None]


class Alert(Model):
    """A problem that a route is told of: an account's headline, or an incident.

    ``phase`` is ``alerts.Phase``: how much of it is told. ``notice_id`` is the message that told
    of it, ``end_notice_id`` the one that told of its end, ``ended_as`` the headline that followed.
    """

    __tablename__ = "alerts"
    __table_args__ = (
        Index(None, "route_id", "phase", "id"),
        Index(None, "account_id", "phase"),
        Index(None, "incident_id"),
        Index(None, "notice_id"),
        Index(None, "end_notice_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    route_id: Mapped[int] = mapped_column(ForeignKey("routes.id"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    incident_id: Mapped[int | None] = mapped_column(ForeignKey("incidents.id"))
    headline: Mapped[str]
    reason: Mapped[str]
    phase: Mapped[str]
    opened_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_as: Mapped[str] = mapped_column(default="")
    notice_id: Mapped[int | None] = mapped_column(ForeignKey("notices.id"))
    end_notice_id: Mapped[int | None] = mapped_column(ForeignKey("notices.id"))


class AlertReading(Model):
    """How far the spells are read for alerts: one row. ``alerts.Reading`` says how it goes on.

    ``gaps`` are ids below ``position`` that were not there yet: first, last, and when that was
    noticed (seconds since 1970).
    """

    __tablename__ = "alert_readings"

    id: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(sa.BigInteger)
    gaps: Mapped[list[list[int]]] = mapped_column(sa.JSON)


class Digest(Model):
    """A strategist's digest of a day, by its date where ``DASHBOARD_TIME_ZONE`` is.

    Without a ``message_id`` there was nothing to say.
    """

    __tablename__ = "digests"

    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    message_id: Mapped[int | None] = mapped_column(ForeignKey("outbox.id"))
