"""The Organization page: who a customer is, and whom we know there."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.db.models import Contact, Organization, StaffMember
from dashboard.errors import NotFound
from dashboard.queries.frames import frame

CONTACTS: Final = {"name": "str", "email": "str"}
MOST_CONTACTS: Final = 50


@dataclass(frozen=True, slots=True)
class Customer:
    """An organization, without its accounts."""

    id: int
    external_id: str
    name: str
    strategist: str
    created_at: datetime


def customer(session: Session, organization_id: int) -> Customer:
    """One organization.

    Raises:
        NotFound: no organization has this id.
    """
    row = session.execute(
        sa.select(
            Organization.id, Organization.external_id, Organization.name,
            sa.func.coalesce(StaffMember.name, ""), Organization.created_at,
        )
        .outerjoin(StaffMember, StaffMember.id == Organization.strategist_id)
        .where(Organization.id == organization_id)
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFound(
            f"There is no organization {organization_id}: it may have been mistyped. "
            "Look for it by name under Accounts."
        )
    return Customer(*row)


def contacts(session: Session, organization_id: int) -> pd.DataFrame:
    """The people of an organization by e-mail address: at most ``MOST_CONTACTS`` rows.

    Returns:
        The columns of ``CONTACTS``; a name that is not known is empty.
    """
    return frame(
        session.execute(
            sa.select(Contact.name, Contact.email)
            .where(Contact.organization_id == organization_id)
            .order_by(Contact.email)
            .limit(MOST_CONTACTS)
        ),
        CONTACTS,
    )
