"""Notes on cases; whoever is mentioned in one is told by mail."""

import re
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard import clock
from dashboard.actions.cases.working import record_about
from dashboard.db.connecting import Message
from dashboard.db.engine import transaction
from dashboard.db.models import Account, StaffMember
from dashboard.db.triage import Case, CaseNote
from dashboard.errors import BadInput, NotFound
from dashboard.roles import Permission, Staff
from dashboard.settings import settings

LONGEST: Final = 5000
QUOTED: Final = 200
"""Characters of a note that the account's history repeats."""
MENTION: Final = re.compile(r"(?<![\w.@])@([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(?!\S*@)")
"""``@ana.berg``: the part before the @ of an e-mail address of ours."""


def note(staff: Staff, case_id: int, text: str) -> list[str]:
    """Write a note on a case, open or closed; nobody's work is overwritten by it.

    Returns:
        The names of those who were mentioned, and are told by mail.

    Raises:
        NotAllowed: the role may not write notes.
        NotFound: no such case.
        BadInput: the note is empty or too long, or mentions somebody who is not staff.
    """
    staff.require(Permission.NOTE)
    words = text.strip()
    if not words or len(words) > LONGEST:
        raise BadInput(f"Write a note of at most {LONGEST:,} characters.")
    with transaction() as session:
        case = session.scalar(sa.select(Case).where(Case.id == case_id).with_for_update())
        if case is None:
            raise NotFound(f"There is no case {case_id}: look for its account under Triage.")
        people, now = mentioned(session, words), clock.now()
        row = CaseNote(
            case_id=case_id, at=now, staff_id=staff.id, staff_name=staff.name, text=words
        )
        session.add(row)
        session.flush()
        case.acted_at = case.acted_at or now
        case.undo = {"by": staff.key, "what": "wrote a note", "note": row.id}
        record_about(session, staff, case, "case_noted", now, text=words[:QUOTED])
        account = session.get_one(Account, case.account_id)
        session.add_all(_mail(staff, case, account, words, each) for each in people)
        return [each.name for each in people]


def mentioned(session: Session, text: str) -> list[StaffMember]:
    """The active members of staff whom a text mentions.

    Raises:
        BadInput: it mentions somebody who is none.
    """
    names = list(dict.fromkeys(each.lower() for each in MENTION.findall(text)))
    if not names:
        return []
    # Staff are hundreds at most, and their addresses have no index by this part.
    known = {
        each.email.partition("@")[0]: each
        for each in session.scalars(sa.select(StaffMember).where(StaffMember.active))
    }
    if unknown := [each for each in names if each not in known]:
        raise BadInput(
            f"Nobody on the staff list is @{unknown[0]}: mention people as their e-mail address "
            "begins, such as @ana.berg."
        )
    return [known[each] for each in names]


def _mail(staff: Staff, case: Case, account: Account, text: str, person: StaffMember) -> Message:
    now = clock.now()
    base = settings().redirect_uri.removesuffix("/oauth2callback")
    return Message(
        kind="mention", email=person.email,
        subject=" ".join(f"{staff.name} mentioned you: {account.name}".split())[:150],
        body=f"{staff.name} wrote about {account.name}:\n\n{text}\n\n"
        f"The case: {base}/triage?case={case.id}",
        organization_id=case.organization_id, account_id=case.account_id,
        created_at=now, due_at=now,
    )  # fmt: skip
