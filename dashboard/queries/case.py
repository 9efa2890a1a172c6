"""One case: what is known of it, its notes, what the customer was written, who could take it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.cases import State
from dashboard.db.connecting import Message
from dashboard.db.models import StaffMember
from dashboard.db.triage import Case, CaseNote, SavedView
from dashboard.errors import NotFound
from dashboard.queries.frames import MOMENT, frame
from dashboard.roles import PERMISSIONS, Permission

NOTES: Final = {"id": "int64", "at": MOMENT, "who": "str", "text": "str"}
MESSAGES: Final = {
    "id": "int64", "email": "str", "subject": "str", "created_at": MOMENT, "sent_at": MOMENT,
    "failure": "str",
}  # fmt: skip
VIEWS: Final = {
    "id": "int64", "name": "str", "owner": "str", "owner_name": "str", "shared": "bool",
    "query": "object",
}  # fmt: skip
MOST_NOTES: Final = 50
MOST_MESSAGES: Final = 5
MOST_VIEWS: Final = 100


@dataclass(frozen=True, slots=True)
class Detail:
    """A case as the desk shows it; ``undoable`` is what its last change was, in words of ours.

    ``undo_by`` is who may take that back; empty if nobody.
    """

    id: int
    version: int
    account_id: int
    organization_id: int
    reason: str
    state: State
    owner: str
    owner_name: str
    role: str
    size: int
    times: int
    clean: int
    opened_at: datetime | None
    deadline_at: datetime | None
    gone_at: datetime | None
    closed_at: datetime | None
    snoozed_until: datetime | None
    until_change: bool
    messaged_at: datetime | None
    change: str
    changed_by: str
    changed_at: datetime | None
    undo_by: str
    undoable: str


@dataclass(frozen=True, slots=True)
class Colleague:
    """A member of staff who may work on cases."""

    id: int
    name: str
    role: str


def detail(session: Session, case_id: int) -> Detail:
    """One case.

    Raises:
        NotFound: no case has this id.
    """
    case = session.get(Case, case_id)
    if case is None or case.opened_at is None:
        raise NotFound(f"There is no case {case_id}: look for its account under Triage.")
    known = {
        name: getattr(case, name)
        for name in Detail.__dataclass_fields__
        if name not in {"state", "undo_by", "undoable"}
    }
    undo = case.undo or {}
    return Detail(
        **known, state=State(case.state),
        undo_by=str(undo.get("by", "")), undoable=str(undo.get("what", "")),
    )  # fmt: skip


def notes(session: Session, case_id: int) -> pd.DataFrame:
    """The newest notes on a case, newest first, with the columns of ``NOTES``."""
    return frame(
        session.execute(
            sa.select(CaseNote.id, CaseNote.at, CaseNote.staff_name, CaseNote.text)
            .where(CaseNote.case_id == case_id)
            .order_by(CaseNote.at.desc(), CaseNote.id.desc())
            .limit(MOST_NOTES)
        ),
        NOTES,
    )


def messages(session: Session, account_id: int) -> pd.DataFrame:
    """What the customer was last written about the cases of an account: columns of ``MESSAGES``."""
    its = sa.select(Case.id).where(Case.account_id == account_id)
    return frame(
        session.execute(
            sa.select(
                Message.id, Message.email, Message.subject, Message.created_at, Message.sent_at,
                sa.func.coalesce(Message.failure, ""),
            )
            .where(Message.case_id.in_(its))
            .order_by(Message.id.desc())
            .limit(MOST_MESSAGES)
        ),
        MESSAGES,
    )  # fmt: skip


def colleagues(session: Session) -> tuple[Colleague, ...]:
    """Everybody a case can be handed over to, by name."""
    able = [each.value for each in PERMISSIONS[Permission.TRIAGE]]
    rows = session.execute(
        sa.select(StaffMember.id, StaffMember.name, StaffMember.role)
        .where(StaffMember.active, StaffMember.role.in_(able))
        .order_by(sa.func.lower(StaffMember.name), StaffMember.id)
    )
    return tuple(Colleague(*row) for row in rows)


def views(session: Session, me: str) -> pd.DataFrame:
    """The views that a person has saved, then those others share: the columns of ``VIEWS``."""
    mine = SavedView.owner == me
    return frame(
        session.execute(
            sa.select(*(SavedView.__table__.c[name] for name in VIEWS))
            .where(sa.or_(mine, SavedView.shared))
            .order_by(mine.desc(), SavedView.name, SavedView.id)
            .limit(MOST_VIEWS)
        ),
        VIEWS,
    )
