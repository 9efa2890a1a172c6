"""The outbox, as staff read it: what was written to whom, and what became of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import pandas as pd
import sqlalchemy as sa
from pydantic import SecretStr
from sqlalchemy.orm import Session

from dashboard import vault
from dashboard.db.connecting import Link, Message
from dashboard.db.models import Account, Organization
from dashboard.errors import NotFound, SealBroken
from dashboard.queries.frames import MOMENT, frame
from dashboard.roles import Permission, Staff

MESSAGES: Final = {
    "id": "int64",
    "state": "str",
    "email": "str",
    "subject": "str",
    "created_at": MOMENT,
    "sent_at": MOMENT,
    "due_at": MOMENT,
    "tries": "int64",
    "failure": "str",
    "organization_id": "Int64",
    "organization": "str",
    "account_id": "Int64",
    "account": "str",
}
MOST_MESSAGES: Final = 100


class MessageState(StrEnum):
    """What became of a message."""

    WAITING = "Waiting"
    SENT = "Sent"
    FAILED = "Not delivered"


@dataclass(frozen=True, slots=True)
class Written:
    """A message in full, but for the address of its link; ``{link}`` stands where that goes."""

    id: int
    email: str
    subject: str
    body: str
    created_at: datetime
    state: MessageState
    failure: str


def listing(session: Session, limit: int = MOST_MESSAGES) -> pd.DataFrame:
    """The newest messages, newest first, with the columns of ``MESSAGES``."""
    rows = session.execute(
        sa.select(
            *Message.__table__.c,
            sa.func.coalesce(Organization.name, "").label("organization"),
            sa.func.coalesce(Account.name, "").label("account"),
        )
        .outerjoin(Organization, Organization.id == Message.organization_id)
        .outerjoin(Account, Account.id == Message.account_id)
        .order_by(Message.id.desc())
        .limit(limit)
    )
    return frame((_row(each) for each in rows), MESSAGES)


def message(session: Session, message_id: int) -> Written:
    """One message.

    Raises:
        NotFound: no such message.
    """
    found = _find(session, message_id)
    return Written(
        found.id, found.email, found.subject, found.body, found.created_at, _state(found),
        found.failure or "",
    )  # fmt: skip


def link(session: Session, staff: Staff, message_id: int) -> SecretStr | None:
    """The address that a message would carry, while its link can be walked: not to be kept.

    Returns:
        ``None`` if it carries none, was sent already, or its link is closed.

    Raises:
        NotAllowed: the role may not relaunch.
        NotFound: no such message.
    """
    staff.require(Permission.RELAUNCH)
    found = _find(session, message_id)
    known = session.get(Link, found.link_id) if found.link_id is not None else None
    if found.sealed_link is None or known is None or known.revoked_at is not None:
        return None
    try:
        return vault.open_sealed(found.sealed_link)
    except SealBroken:
        return None


def _find(session: Session, message_id: int) -> Message:
    found = session.get(Message, message_id)
    if found is None:
        raise NotFound("There is no such message.")
    return found


def _row(row: Any) -> tuple[Any, ...]:
    known = {"state": _state(row).value, "failure": row.failure or ""}
    return tuple(known[name] if name in known else getattr(row, name) for name in MESSAGES)


def _state(row: Any) -> MessageState:
    if row.sent_at is not None:
        return MessageState.SENT
    return MessageState.WAITING if row.due_at is not None else MessageState.FAILED
