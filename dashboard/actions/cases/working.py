"""What staff do with a case: take it, hand it over, snooze it, wake it up, and undo that."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard import clock
from dashboard.actions.cases import keeping
from dashboard.actions.events import record
from dashboard.cases import ACTIVE
from dashboard.db.engine import transaction
from dashboard.db.models import StaffMember
from dashboard.db.triage import Case, CaseNote
from dashboard.errors import BadInput, CaseChanged, NotFound
from dashboard.roles import PERMISSIONS, Permission, Role, Staff

LONGEST_SNOOZE: Final = timedelta(days=90)
KEPT: Final = ("owner", "owner_name", "role", "until_change")
"""What undoing puts back, beside ``snoozed_until``."""


def take(staff: Staff, case_id: int, version: int) -> None:
    """Make a case one's own; a case that is so already stays as it is.

    Raises:
        NotAllowed: the role may not work on cases.
        NotFound: no such case.
        CaseChanged: somebody has changed it since ``version``.
        BadInput: it is closed.
    """
    staff.require(Permission.TRIAGE)
    with changing(case_id, version) as (session, case, _):
        if case.owner == staff.key:
            return
        with _noting(session, staff, case, "case_taken", "took it"):
            case.owner, case.owner_name, case.role = staff.key, staff.name, ""


def hand_over(
    staff: Staff, case_id: int, version: int, *, member_id: int | None = None,
    role: Role | None = None,
) -> str:  # fmt: skip
    """Give a case to another member of staff, or to whoever has a role.

    Returns:
        To whom, in words.

    Raises:
        NotAllowed: the role may not work on cases.
        NotFound: no such case or person.
        CaseChanged: somebody has changed it since ``version``.
        BadInput: it is closed, or whoever it is for may not work on cases.
    """
    staff.require(Permission.TRIAGE)
    if role is not None and role not in PERMISSIONS[Permission.TRIAGE]:
        raise BadInput(f"A {role} may not work on cases: choose another role.")
    with changing(case_id, version) as (session, case, _):
        if role is not None:
            heir, after = f"{role}s", {"owner": "", "owner_name": "", "role": role.value}
        else:
            member = _heir(session, member_id)
            heir = member.name
            after = {"owner": member.email, "owner_name": member.name, "role": ""}
        told = f"handed it to {heir}"
        with _noting(session, staff, case, "case_handed_over", told, to=heir):
            for name, value in after.items():
                setattr(case, name, value)
    return heir


def snooze(
    staff: Staff, case_id: int, version: int, *, until: datetime | None, until_change: bool = False
) -> None:
    """Put a case aside until a moment, or until something happens to its account.

    Args:
        staff: who does it.
        case_id: the case.
        version: as it was when they looked at it.
        until: aware UTC, within ``LONGEST_SNOOZE``; may be left out with ``until_change``.
        until_change: any event of the account, or change of its status, ends it as well.

    Raises:
        NotAllowed: the role may not work on cases.
        NotFound: no such case.
        CaseChanged: somebody has changed it since ``version``.
        BadInput: it is closed, or the moment cannot be used.
    """
    staff.require(Permission.TRIAGE)
    if until is None and not until_change:
        raise BadInput("Say until when the case is to be put aside.")
    with changing(case_id, version) as (session, case, now):
        if until is not None and not now < until <= now + LONGEST_SNOOZE:
            raise BadInput("Choose a moment within the next 90 days.")
        # Without a moment of its own it still comes back some day.
        moment = until or now + LONGEST_SNOOZE
        how: dict[str, Any] = {"until": f"{moment:%Y-%m-%d %H:%M} UTC"} if until else {}
        how |= {"until_change": True} if until_change else {}
        with _noting(session, staff, case, "case_snoozed", "snoozed it", **how):
            case.snoozed_until, case.until_change = moment, until_change


def wake(staff: Staff, case_id: int, version: int) -> None:
    """Take a snoozed case back into the queue; one that is not snoozed stays as it is.

    Raises:
        NotAllowed: the role may not work on cases.
        NotFound: no such case.
        CaseChanged: somebody has changed it since ``version``.
        BadInput: it is closed.
    """
    staff.require(Permission.TRIAGE)
    with changing(case_id, version) as (session, case, _):
        if case.snoozed_until is None:
            return
        with _noting(session, staff, case, "case_woken", "woke it up"):
            case.snoozed_until, case.until_change = None, False


def undo(staff: Staff, case_id: int, version: int) -> str:
    """Take back one's own last action on a case, if nothing has changed since.

    Returns:
        What was undone, in words.

    Raises:
        NotAllowed: the role may not work on cases.
        NotFound: no such case.
        CaseChanged: somebody has changed it since ``version``.
        BadInput: there is nothing of theirs to undo.
    """
    staff.require(Permission.TRIAGE)
    with changing(case_id, version) as (session, case, now):
        last = case.undo or {}
        if last.get("by") != staff.key:
            raise BadInput("There is nothing of yours to undo on this case.")
        if "note" in last:
            session.execute(sa.delete(CaseNote).where(CaseNote.id == last["note"]))
        before: Mapping[str, Any] = last.get("before", {})
        for name in KEPT:
            if name in before:
                setattr(case, name, before[name])
        if "snoozed_until" in before:
            text = before["snoozed_until"]
            case.snoozed_until = datetime.fromisoformat(text) if text else None
        what = str(last["what"])
        record_about(session, staff, case, "case_undone", now, what=what)
        keeping.told(case, staff.name, f"took back: {what}", now)
        keeping.arrange(case, now)
    return what


@contextmanager
def changing(case_id: int, version: int) -> Iterator[tuple[Session, Case, datetime]]:
    """A transaction that holds an active case, which is still as somebody has seen it.

    Raises:
        NotFound: no such case.
        CaseChanged: it has changed since ``version``.
        BadInput: it is closed.
    """
    with transaction() as session:
        now = clock.now()
        yield session, held(session, case_id, version, now), now


def held(session: Session, case_id: int, version: int | None, now: datetime) -> Case:
    """Lock an active case that is still as somebody has seen it; ``None``: as it is.

    Raises:
        NotFound: no such case.
        CaseChanged: it has changed since ``version``.
        BadInput: it is closed.
    """
    case = session.scalar(sa.select(Case).where(Case.id == case_id).with_for_update())
    if case is None:
        raise NotFound(f"There is no case {case_id}: look for its account under Triage.")
    if version is not None and case.version != version:
        ago = clock.spoken(now - (case.changed_at or now))
        raise CaseChanged(
            f"{case.changed_by or 'Somebody'} {case.change or 'changed it'}, {ago} ago. Nothing of "
            "yours was written: look at the case again."
        )
    if case.state not in ACTIVE:
        raise BadInput("This case is closed: its reason is gone.")
    return case


def record_about(
    session: Session, staff: Staff, case: Case, kind: str, now: datetime, **details: Any
) -> None:
    """Add a line of history about a case to its account's."""
    record(
        session, staff, kind, now, organization_id=case.organization_id,
        account_id=case.account_id, reason=case.reason, **details,
    )  # fmt: skip


@contextmanager
def _noting(
    session: Session, staff: Staff, case: Case, kind: str, told: str, **details: Any
) -> Iterator[None]:
    """Change a case inside the block, so that it can be undone; history and readers learn of it."""
    now = clock.now()
    before = {name: getattr(case, name) for name in KEPT}
    before["snoozed_until"] = case.snoozed_until.isoformat() if case.snoozed_until else ""
    yield
    keeping.told(case, staff.name, told, now)
    case.undo = {"by": staff.key, "what": told, "before": before}
    case.acted_at = case.acted_at or now
    keeping.arrange(case, now)
    record_about(session, staff, case, kind, now, **details)


def _heir(session: Session, member_id: int | None) -> StaffMember:
    member = session.get(StaffMember, member_id) if member_id is not None else None
    if member is None or not member.active:
        raise NotFound("This person is not on the staff list any more: reload the page.")
    if Role(member.role) not in PERMISSIONS[Permission.TRIAGE]:
        raise BadInput(f"{member.name} is a {member.role}, who may not work on cases.")
    return member
