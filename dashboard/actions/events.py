"""History: every use case leaves a line of it."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from dashboard.db.models import Event
from dashboard.roles import Staff


def record(
    session: Session,
    staff: Staff,
    kind: str,
    at: datetime,
    *,
    organization_id: int | None = None,
    account_id: int | None = None,
    **details: Any,
) -> None:
    """Add one event to the open transaction.

    Args:
        session: the transaction of the use case.
        staff: on whose behalf.
        kind: what happened, as a past participle: ``imported``, ``exported``, ``relaunched``.
        at: when.
        organization_id: the organization it is about, if one.
        account_id: the account it is about, if one.
        details: plain values for the reader; never a secret.
    """
    session.add(
        Event(
            at=at,
            kind=kind,
            staff_id=staff.id,
            staff_name=staff.name,
            organization_id=organization_id,
            account_id=account_id,
            details=details,
        )
    )
