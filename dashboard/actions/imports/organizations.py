"""Writing the organizations of some rows: names, strategists and contacts."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.actions.imports.parts import Home
from dashboard.actions.imports.plan import Batch
from dashboard.actions.imports.stored import StoredOrganization
from dashboard.db.bulk import insert_many
from dashboard.db.dialects import next_ids
from dashboard.db.models import Contact, Organization, StaffMember
from dashboard.roles import Role


@dataclass(slots=True)
class Told:
    """What the rows of a batch say of one organization together."""

    name: str
    strategist_email: str = ""
    contacts: frozenset[str] = frozenset()

    def columns(self, stored: StoredOrganization) -> list[str]:
        """The columns in which the stored organization is different."""
        pairs = {
            "organization": self.name != stored.name,
            "strategist_email": self.strategist_email not in {"", stored.strategist_email},
            "contact_email": not self.contacts <= stored.contacts,
        }
        return [column for column, differs in pairs.items() if differs]


def write(
    session: Session, batch: Batch, now: datetime
) -> tuple[dict[str, Home], dict[int, list[str]]]:
    """Make or change the organizations that a batch names, and add the strategists they lack.

    Returns:
        The organizations by the company's own ids; and, of those that were changed, the columns by
        id. Accounts of the latter have to be indexed again.
    """
    told = _told(batch)
    known = batch.stored.organizations
    staff = _with_strategists(session, batch.stored.staff, told.values(), now)
    changed = {
        known[key].id: columns
        for key, each in told.items()
        if key in known and (columns := each.columns(known[key]))
    }
    homes = _insert(session, {key: told[key] for key in told if key not in known}, staff, now)
    updates = []
    for key, each in told.items():
        if (stored := known.get(key)) is None:
            continue
        strategist_id = staff.get(each.strategist_email or stored.strategist_email)
        homes[key] = Home(stored.id, each.name, strategist_id)
        if stored.id in changed:
            updates.append({"id": stored.id, "name": each.name, "strategist_id": strategist_id})
    if updates:
        session.execute(sa.update(Organization), updates)
    contacts = [
        {"organization_id": homes[key].id, "email": email, "name": "", "created_at": now}
        for key, each in told.items()
        for email in sorted(each.contacts - (known[key].contacts if key in known else set()))
    ]
    insert_many(session, Contact, contacts)
    return homes, changed


def _told(batch: Batch) -> dict[str, Told]:
    told: dict[str, Told] = {}
    for decision in batch.decisions:
        record = decision.record
        each = told.setdefault(record.organization_id, Told(record.organization))
        each.strategist_email = record.strategist_email or each.strategist_email
        each.contacts = each.contacts.union(record.contacts)
    return told


def _insert(
    session: Session, told: Mapping[str, Told], staff: Mapping[str, int], now: datetime
) -> dict[str, Home]:
    if not told:
        return {}
    ids = next_ids(session, Organization, len(told))
    rows: list[dict[str, Any]] = [
        {
            "id": id_,
            "external_id": key,
            "name": each.name,
            "strategist_id": staff.get(each.strategist_email),
            "created_at": now,
        }
        for id_, (key, each) in zip(ids, told.items(), strict=True)
    ]
    insert_many(session, Organization, rows)
    return {row["external_id"]: Home(row["id"], row["name"], row["strategist_id"]) for row in rows}


def _with_strategists(
    session: Session, staff: Mapping[str, int], told: Iterable[Told], now: datetime
) -> dict[str, int]:
    """Staff by e-mail address; who is missing is added, but may not sign in: an admin decides."""
    missing = sorted({each.strategist_email for each in told} - staff.keys() - {""})
    if not missing:
        return dict(staff)
    ids = next_ids(session, StaffMember, len(missing))
    rows = [
        {
            "id": id_,
            "email": email,
            "name": _name(email),
            "role": Role.STRATEGIST.value,
            "active": False,
            "created_at": now,
        }
        for id_, email in zip(ids, missing, strict=True)
    ]
    insert_many(session, StaffMember, rows)
    return dict(staff) | dict(zip(missing, ids, strict=True))


def _name(email: str) -> str:
    """A readable name for someone of whom only the address is known."""
    local, _, _ = email.partition("@")
    return " ".join(part.capitalize() for part in re.split(r"[._+-]+", local) if part) or email
