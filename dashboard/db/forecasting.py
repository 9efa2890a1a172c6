"""Tables of first syncs: how long they took, what is forecast, and which late ones were told of."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from dashboard.db.models import Model


class FirstSyncLength(Model):
    """How many first syncs of a channel and region, begun on a UTC day, took so long.

    A first sync is one account's of one channel: from when its marketplaces were added until all
    of them had succeeded. ``quarters`` are quarter hours, begun ones counted as whole. The number
    of rows depends on the days that are kept and on how lengths spread, not on how many there were.
    """

    __tablename__ = "first_sync_lengths"
    __table_args__ = {"sqlite_with_rowid": False}

    channel: Mapped[str] = mapped_column(primary_key=True)
    region: Mapped[str] = mapped_column(primary_key=True)
    began_on: Mapped[date] = mapped_column(primary_key=True)
    quarters: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    syncs: Mapped[int]


class Forecast(Model):
    """How first syncs of a channel and region go, as a worker last estimated it.

    ``curve`` holds the lists of ``forecast.Curve`` by name; ``finished`` and ``waiting`` are the
    first syncs it was estimated from.
    """

    __tablename__ = "forecasts"

    channel: Mapped[str] = mapped_column(primary_key=True)
    region: Mapped[str] = mapped_column(primary_key=True)
    estimated_at: Mapped[datetime]
    finished: Mapped[int]
    waiting: Mapped[int]
    curve: Mapped[dict[str, list[float]]] = mapped_column(sa.JSON)


class OverdueNotice(Model):
    """A first sync that is overdue, of which the strategist and the customer were told: once.

    ``promised_by`` tells it from the first sync of a marketplace that is added another time.
    """

    __tablename__ = "overdue_notices"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    promised_by: Mapped[datetime] = mapped_column(primary_key=True)
    noticed_at: Mapped[datetime]
