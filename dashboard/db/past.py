"""The tables of what is past: how each customer came aboard, and what is kept of every day."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from dashboard.db.models import Model


class Onboarding(Model):
    """A customer's way aboard: from the invitation to the first complete sync.

    It begins with a link and has an account as soon as the customer has described one; before
    that, ``email`` tells who it is. The moments are those of ``milestones.Milestone``, each the
    first. ``confirms`` and ``chooses`` say whether the customer has an address to confirm and
    marketplaces to choose. ``connected_at`` is when the last required channel was,
    ``promised_at`` until when the first sync is promised. ``waits_for`` is the milestone that is
    next (empty: none is), ``waits_since`` when the one before was reached. ``void`` says that it
    turned out to be something else. ``day`` is that of the invitation, whose counts are made anew
    when ``due_at`` has come.
    """

    __tablename__ = "onboardings"
    __table_args__ = (
        Index(None, "day", "id"),
        Index("ix_onboardings_waiting", "waits_for", "day", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    link_id: Mapped[int | None] = mapped_column(ForeignKey("links.id"), index=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), unique=True)
    email: Mapped[str] = mapped_column(default="", index=True)
    confirms: Mapped[bool]
    chooses: Mapped[bool]
    void: Mapped[bool] = mapped_column(default=False)
    day: Mapped[date]
    invited_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    aaa_at: Mapped[datetime | None]
    chosen_at: Mapped[datetime | None]
    sp_api_at: Mapped[datetime | None]
    syncing_at: Mapped[datetime | None]
    live_at: Mapped[datetime | None]
    connected_at: Mapped[datetime | None]
    promised_at: Mapped[datetime | None]
    waits_for: Mapped[str] = mapped_column(default="")
    waits_since: Mapped[datetime | None]
    due_at: Mapped[datetime | None] = mapped_column(index=True)


class DailyTally(Model):
    """What is kept of a UTC day about accounts that have these four values in common.

    As in ``Tally``, each account counts for ``EVERYONE`` and for its strategist, and in each of
    these once as a whole (``marketplace_id`` empty) and once per marketplace. What ``counts``
    holds depends on the ``kind``: see ``actions.past``.
    """

    __tablename__ = "daily_tallies"
    __table_args__ = (Index(None, "kind", "day"), {"sqlite_with_rowid": False})

    kind: Mapped[str] = mapped_column(primary_key=True)
    strategist_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    marketplace_id: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    region: Mapped[str] = mapped_column(primary_key=True)
    type: Mapped[str] = mapped_column(primary_key=True)
    counts: Mapped[dict[str, Any]]
