"""The tables that are kept beside the accounts, so that nobody counts or searches them all."""

from datetime import date

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from dashboard.db.models import ORDERED, Model

EVERYONE = 0
"""``Tally.strategist_id`` and ``DailyAge.strategist_id`` of the rows that count all accounts."""
UNASSIGNED = -1
"""``Tally.strategist_id`` of the rows that count accounts without a strategist."""


class SearchWord(Model):
    """A folded word by which search finds an account: an index for word prefixes.

    ``sort_name`` is the account's: the accounts of one word stand in the order of lists.
    """

    __tablename__ = "search_words"
    __table_args__ = {"sqlite_with_rowid": False}

    word: Mapped[str] = mapped_column(ORDERED, primary_key=True)
    sort_name: Mapped[str] = mapped_column(ORDERED, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True, index=True)


class Tally(Model):
    """How many accounts share all of these values: what totals and charts add up.

    Each account counts in the rows of ``EVERYONE`` and of its strategist (or ``UNASSIGNED``), and
    in each of these once as a whole (``marketplace_id`` empty) and once per marketplace. The number
    of rows depends on how many ways accounts can differ, not on how many accounts there are.
    """

    __tablename__ = "tallies"

    strategist_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    marketplace_id: Mapped[str] = mapped_column(primary_key=True)
    region: Mapped[str] = mapped_column(primary_key=True)
    type: Mapped[str] = mapped_column(primary_key=True)
    headline: Mapped[str] = mapped_column(primary_key=True)
    actor: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str] = mapped_column(primary_key=True)
    aaa_status: Mapped[str] = mapped_column(primary_key=True)
    sp_api_status: Mapped[str] = mapped_column(primary_key=True)
    age_band: Mapped[str] = mapped_column(primary_key=True)
    accounts: Mapped[int]


class DailyAge(Model):
    """Median and 90th percentile of accounts' sync age at the end of a UTC day, in seconds."""

    __tablename__ = "daily_ages"

    day: Mapped[date] = mapped_column(primary_key=True)
    strategist_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    accounts: Mapped[int]
    median: Mapped[int]
    p90: Mapped[int]
