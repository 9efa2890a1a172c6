"""Who is staff: adding people, changing their role, letting them go and taking them back."""

import re
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard import clock
from dashboard.actions.events import record
from dashboard.db.engine import transaction
from dashboard.db.models import StaffMember
from dashboard.errors import BadInput, NotFound
from dashboard.roles import Permission, Role, Staff

EMAIL: Final = re.compile(
    r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}"
)
"""Addresses that sign-in providers hand out: plain ASCII, so that none can pass for another."""


def add(staff: Staff, email: str, name: str, role: Role) -> int:
    """Let a person sign in, in a role.

    Returns:
        The id of the new member of staff.

    Raises:
        NotAllowed: the role may not change who is staff.
        BadInput: the address or name cannot be used, or the address is in the table already.
    """
    staff.require(Permission.MANAGE_STAFF)
    address, known_as = email_address(email), _name(name)
    with transaction() as session:
        present = session.scalar(sa.select(StaffMember).where(StaffMember.email == address))
        if present is not None:
            raise BadInput(
                f"{address} is on the list already: change that entry."
                if present.active
                else f"{address} is on the list already, but deactivated: reactivate that entry."
            )
        return _insert(session, staff, address, known_as, role)


def change_role(staff: Staff, member_id: int, role: Role) -> None:
    """Give a person another role; the same role again changes nothing.

    Raises:
        NotAllowed: the role may not change who is staff.
        NotFound: no such member of staff.
        BadInput: it is oneself, or the last active admin.
    """
    staff.require(Permission.MANAGE_STAFF)
    with transaction() as session:
        member = _find(session, member_id)
        if member.role == role:
            return
        _refuse_losing(session, staff, member)
        record(
            session, staff, "staff_role_changed", clock.now(),
            member=member.name, email=member.email, before=member.role, after=role.value,
        )  # fmt: skip
        member.role = role.value


def deactivate(staff: Staff, member_id: int) -> None:
    """End a person's access, from their next click on; their history stays.

    Raises:
        NotAllowed: the role may not change who is staff.
        NotFound: no such member of staff.
        BadInput: it is oneself, or the last active admin.
    """
    staff.require(Permission.MANAGE_STAFF)
    with transaction() as session:
        member = _find(session, member_id)
        if not member.active:
            return
        _refuse_losing(session, staff, member)
        member.active = False
        _record(session, staff, "staff_deactivated", member)


def reactivate(staff: Staff, member_id: int) -> None:
    """Let a person sign in again, in the role they had.

    Raises:
        NotAllowed: the role may not change who is staff.
        NotFound: no such member of staff.
    """
    staff.require(Permission.MANAGE_STAFF)
    with transaction() as session:
        member = _find(session, member_id)
        if member.active:
            return
        member.active = True
        _record(session, staff, "staff_reactivated", member)


def enter_first_admin(email: str, name: str) -> None:
    """Put the first admin, named in the settings, into the table at their first sign-in.

    The caller has checked that the sign-in provider vouches for the address and that the settings
    name it. An entry that is there already stays as it is: whoever was deactivated stays so.
    """
    address = email_address(email)
    with transaction() as session:
        if session.scalar(sa.select(StaffMember.id).where(StaffMember.email == address)) is None:
            themselves = Staff(None, address, name.strip()[:100] or address, Role.ADMIN)
            _insert(session, themselves, address, themselves.name, Role.ADMIN)


def _insert(session: Session, staff: Staff, email: str, name: str, role: Role) -> int:
    now = clock.now()
    member = StaffMember(email=email, name=name, role=role.value, active=True, created_at=now)
    session.add(member)
    try:
        session.flush()
    except sa.exc.IntegrityError as error:
        raise BadInput(f"{email} is on the list already: somebody has just added it.") from error
    _record(session, staff, "staff_added", member)
    return member.id


def _find(session: Session, member_id: int) -> StaffMember:
    """The member of staff, locked together with every active admin until the transaction ends.

    Two admins who take each other's role away at once then come one after the other.
    """
    admins = sa.and_(StaffMember.active, StaffMember.role == Role.ADMIN.value)
    locked = session.scalars(
        sa.select(StaffMember)
        .where(sa.or_(admins, StaffMember.id == member_id))
        .order_by(StaffMember.id)
        .with_for_update()
    )
    for member in locked:
        if member.id == member_id:
            return member
    raise NotFound("This person is not on the staff list: reload the page.")


def _refuse_losing(session: Session, staff: Staff, member: StaffMember) -> None:
    """Refuse to take from someone what they must keep."""
    if member.id == staff.id or member.email == staff.email:
        raise BadInput("You cannot take your own access away: ask another admin to do it.")
    if member.active and member.role == Role.ADMIN:
        others = sa.select(sa.func.count()).where(
            StaffMember.active, StaffMember.role == Role.ADMIN.value, StaffMember.id != member.id
        )
        if not session.scalar(others):
            raise BadInput(
                f"{member.name} is the last active admin: make somebody else an admin first."
            )


def _record(session: Session, staff: Staff, kind: str, member: StaffMember) -> None:
    details: dict[str, Any] = {"member": member.name, "email": member.email, "role": member.role}
    record(session, staff, kind, clock.now(), **details)


def email_address(text: str) -> str:
    """A typed e-mail address in lower case.

    Raises:
        BadInput: it is none.
    """
    address = text.strip().lower()
    if len(address) > 254 or not EMAIL.fullmatch(address) or ".." in address:
        raise BadInput("This is not an e-mail address: it needs a name, an @ and a domain.")
    return address


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not name or len(name) > 100 or not name.isprintable():
        raise BadInput("Give the person's name, in at most 100 characters.")
    return name
