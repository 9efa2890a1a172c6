"""Tables of triage: cases with their notes and past rounds, and the views people have saved."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dashboard.db.models import Model


class Case(Model):
    """One reason of one account that needs somebody: opened again rather than made anew.

    Up to ``closed_at`` it is as in ``cases.Life``. ``place`` is a ``cases.Place``, ``rank`` where
    in the queue it stands (``cases.rank``, of ``size``: the customer's marketplaces), ``due_at``
    when time alone will change something. ``headline``, ``actor`` and ``channel`` are the
    account's while the reason was last seen.

    ``owner`` is the e-mail address (or, in a demo, the name) of whoever has taken it, ``role`` the
    role it was handed to; both may be empty. It is snoozed until ``snoozed_until``, and with
    ``until_change`` until something happens to the account, whichever comes first. ``acted_at`` is
    when staff first did something about it since it opened.

    ``version`` grows with each change that a reader should know of; the last was ``change`` by
    ``changed_by`` at ``changed_at``. ``undo`` is what it takes to undo that.
    """

    __tablename__ = "cases"
    __table_args__ = (
        UniqueConstraint("account_id", "reason"),
        Index("ix_cases_in_order", "place", "rank", "id"),
        Index("ix_cases_by_owner", "place", "owner", "rank", "id"),
        Index("ix_cases_by_role", "place", "role", "rank", "id"),
        Index("ix_cases_by_actor", "place", "actor", "rank", "id"),
        Index("ix_cases_by_reason", "place", "reason", "rank", "id"),
        Index("ix_cases_by_incident", "place", "incident_id", "rank", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"))
    reason: Mapped[str]
    headline: Mapped[str]
    actor: Mapped[str]
    channel: Mapped[str] = mapped_column(default="")
    region: Mapped[str] = mapped_column(default="")

    state: Mapped[str]
    times: Mapped[int] = mapped_column(default=0)
    opens_at: Mapped[datetime | None]
    opened_at: Mapped[datetime | None]
    deadline_at: Mapped[datetime | None]
    gone_at: Mapped[datetime | None]
    clean: Mapped[int] = mapped_column(default=0)
    counted_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]

    place: Mapped[str] = mapped_column(default="")
    rank: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    size: Mapped[int] = mapped_column(default=1)
    due_at: Mapped[datetime | None] = mapped_column(index=True)
    incident_id: Mapped[int | None] = mapped_column(ForeignKey("incidents.id"))

    owner: Mapped[str] = mapped_column(default="")
    owner_name: Mapped[str] = mapped_column(default="")
    role: Mapped[str] = mapped_column(default="")
    snoozed_until: Mapped[datetime | None]
    until_change: Mapped[bool] = mapped_column(default=False)
    acted_at: Mapped[datetime | None]
    messaged_at: Mapped[datetime | None]

    version: Mapped[int] = mapped_column(default=1)
    change: Mapped[str] = mapped_column(default="")
    changed_by: Mapped[str] = mapped_column(default="")
    changed_at: Mapped[datetime | None]
    undo: Mapped[dict[str, Any] | None]


class CaseRound(Model):
    """One time a case was open, from opening to closing: what is counted of the past.

    ``owner`` is who had it in the end, ``acted_at`` when staff first did something about it.
    """

    __tablename__ = "case_rounds"
    __table_args__ = (Index(None, "closed_at"), Index(None, "owner", "closed_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    reason: Mapped[str]
    actor: Mapped[str]
    owner: Mapped[str]
    owner_name: Mapped[str]
    opened_at: Mapped[datetime]
    acted_at: Mapped[datetime | None]
    closed_at: Mapped[datetime]


class CaseNote(Model):
    """What a member of staff has written about a case, in Markdown."""

    __tablename__ = "case_notes"
    __table_args__ = (Index(None, "case_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    at: Mapped[datetime]
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    staff_name: Mapped[str]
    text: Mapped[str]


class SavedView(Model):
    """A name for an address of the triage page; ``query`` are its parameters.

    ``owner`` is as in ``Case``; a ``shared`` one is offered to everybody.
    """

    __tablename__ = "saved_views"
    __table_args__ = (
        UniqueConstraint("owner", "name"),
        Index(None, "shared", "name"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[str]
    owner_name: Mapped[str]
    name: Mapped[str]
    shared: Mapped[bool]
    query: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
