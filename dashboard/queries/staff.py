"""Who is staff, and as what."""

from dataclasses import dataclass
from typing import Final

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.db.counts import Tally
from dashboard.db.models import StaffMember
from dashboard.queries.frames import MOMENT, frame
from dashboard.roles import Role, Staff

LISTING: Final = {
    "id": "int64", "name": "str", "email": "str", "role": "str", "active": "bool",
    "accounts": "int64", "created_at": MOMENT,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Member:
    """A row of the staff table, as the gate needs it."""

    staff: Staff
    active: bool


def member(session: Session, email: str) -> Member | None:
    """Find a person by e-mail address, in any case; ``None`` when the staff table lacks them."""
    row = session.execute(
        sa.select(
            StaffMember.id, StaffMember.email, StaffMember.name, StaffMember.role,
            StaffMember.active,
        ).where(StaffMember.email == email.strip().lower())
    ).one_or_none()  # fmt: skip
    if row is None:
        return None
    return Member(Staff(row.id, row.email, row.name, Role(row.role)), row.active)


def listing(session: Session) -> pd.DataFrame:
    """Everybody in the staff table, those who may sign in first, by name.

    Returns:
        One row per person with the columns of ``LISTING``; ``accounts`` counts the accounts of the
        organizations the person is strategist of.
    """
    carried = (
        sa.select(Tally.strategist_id, sa.func.sum(Tally.accounts).label("accounts"))
        .where(Tally.marketplace_id == "")
        .group_by(Tally.strategist_id)
        .subquery()
    )
    rows = session.execute(
        sa.select(
            StaffMember.id, StaffMember.name, StaffMember.email, StaffMember.role,
            StaffMember.active, sa.func.coalesce(carried.c.accounts, 0), StaffMember.created_at,
        )
        .outerjoin(carried, carried.c.strategist_id == StaffMember.id)
        .order_by(
            StaffMember.active.desc(), sa.func.lower(StaffMember.name), StaffMember.email
        )
    )  # fmt: skip
    return frame(rows, LISTING)
