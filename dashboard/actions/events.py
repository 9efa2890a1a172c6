"""History: every use case leaves a line of it."""

from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.cases import Place
from dashboard.db.bulk import insert_many
from dashboard.db.history import Event
from dashboard.db.triage import Case
from dashboard.roles import CUSTOMER, SWITCHBOARD, Staff

UNREMARKABLE: Final = frozenset({"mail_sent"})
"""What our own doing brings about by itself: for that nobody is woken up."""
WAKING: Final = (
    sa.update(Case)
    .where(Case.account_id == sa.bindparam("account"), Case.until_change)
    .values(
        until_change=False, snoozed_until=None, place=Place.QUEUE.value,
        due_at=sa.bindparam("at"), version=Case.version + 1,
        change="woke it: something has happened", changed_by=SWITCHBOARD.name,
        changed_at=sa.bindparam("at"), undo=None,
    )
)  # fmt: skip


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

    What a customer or the background work does wakes the cases that wait for something to happen.

    Args:
        session: the transaction of the use case.
        staff: on whose behalf.
        kind: what happened, as a past participle: ``imported``, ``exported``, ``relaunched``.
        at: when.
        organization_id: the organization it is about, if one.
        account_id: the account it is about, if one.
        details: plain values for the reader; never a secret.
    """
    line = {
        "at": at, "kind": kind, "staff_id": staff.id, "staff_name": staff.name,
        "organization_id": organization_id, "account_id": account_id, "details": details,
    }  # fmt: skip
    insert_many(session, Event, [line])
    if account_id is not None and staff in {CUSTOMER, SWITCHBOARD} and kind not in UNREMARKABLE:
        _wake(session, account_id, at)


def _wake(session: Session, account_id: int, at: datetime) -> None:
    """Bring back what is snoozed until something happens to this account."""
    # Past the session: what it holds unwritten is not to be written before its time.
    session.connection().execute(WAKING, {"account": account_id, "at": at})
