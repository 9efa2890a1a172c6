"""Twelve months of past for a fleet of copies: what was kept of every day, and who came aboard."""

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.actions import past
from dashboard.actions.past import ages
from dashboard.db.bulk import insert_many
from dashboard.db.engine import transaction
from dashboard.db.models import Account
from dashboard.db.past import DailyTally, Onboarding
from dashboard.milestones import Milestone

DAYS: Final = 364
"""Over how many days the customers of the copies were invited: whole weeks."""
MOMENTS: Final = (
    *(f"{each}_at" for each in Milestone), "connected_at", "promised_at", "waits_since",
)  # fmt: skip
AT_ONCE: Final = 100_000


def before_copying() -> None:
    """Count every day of the company that is about to be copied."""
    past.note(most=past.DAYS)
    with transaction() as session:
        _repeat_ages(session)


def after_copying(copies: int) -> None:
    """Make what was counted that of all copies, and have as many customers come aboard.

    Args:
        copies: how many there are beside the company itself.
    """
    with transaction() as session:
        days = sa.select(DailyTally.kind, DailyTally.day).distinct()
        for kind, day in session.execute(days).all():
            _multiply(session, kind, day, copies + 1)
    with transaction() as session:
        _come_aboard(session, copies)
    past.note(most=past.DAYS)


def _repeat_ages(session: Session) -> None:
    """The company knows its ages of some months only: those before were like them."""
    rows = session.execute(
        sa.select(*DailyTally.__table__.c).where(DailyTally.kind == ages.KIND)
    ).mappings()
    known = [dict(row) for row in rows]
    if not known:
        return
    length = max(row["day"] for row in known) - min(row["day"] for row in known)
    length += timedelta(days=1)
    for times in range(1, past.DAYS // max(length.days, 1) + 1):
        insert_many(
            session, DailyTally, [row | {"day": row["day"] - times * length} for row in known]
        )


def _multiply(session: Session, kind: str, day: date, by: int) -> None:
    which = (DailyTally.kind == kind, DailyTally.day == day)
    rows = session.execute(sa.select(*DailyTally.__table__.c).where(*which)).mappings()
    known = [dict(row) | {"counts": _times(row["counts"], by)} for row in rows]
    session.execute(sa.delete(DailyTally).where(*which))
    insert_many(session, DailyTally, known)


def _times(counts: Any, by: int) -> Any:
    if isinstance(counts, dict):
        return {name: _times(value, by) for name, value in counts.items()}
    if isinstance(counts, list):
        return [_times(value, by) for value in counts]
    return counts * by if isinstance(counts, int) else counts


def _come_aboard(session: Session, copies: int) -> None:
    """Copy the ways aboard: each copy's at another time of the year, and some quicker or slower."""
    chance = random.Random(1)  # noqa: S311 - made-up data
    rows = session.execute(sa.select(*Onboarding.__table__.c)).mappings()
    known = [dict(row) for row in rows]
    step = session.scalar(sa.select(sa.func.max(Account.id))) or 0
    step //= copies + 1
    latest = max((row["invited_at"] for row in known), default=datetime.now(UTC))
    waiting: list[dict[str, Any]] = []
    for number in range(1, copies + 1):
        pace = chance.uniform(0.5, 1.6)
        for row in known:
            at = row["invited_at"]
            ago = (latest - at) % timedelta(days=7)
            moved = latest - ago - timedelta(days=7 * ((number * 5) % (DAYS // 7)))
            waiting.append(_moved(row, moved, pace, number * step))
        if len(waiting) >= AT_ONCE:
            insert_many(session, Onboarding, waiting)
            waiting = []
    insert_many(session, Onboarding, waiting)


def _moved(row: dict[str, Any], to: datetime, pace: float, step: int) -> dict[str, Any]:
    at = row["invited_at"]
    moments = {
        name: row[name] and (to + (row[name] - at) * pace).replace(microsecond=0)
        for name in MOMENTS
    }
    account_id = row["account_id"] and row["account_id"] + step
    found = row | moments | {"account_id": account_id, "link_id": None}
    found |= {"day": moments["invited_at"].date(), "due_at": to}
    del found["id"]
    return found
