"""The triage desk of the demo: who has which case, what was noted, and the cases of the past."""

import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard import cases
from dashboard.actions.cases import keeping
from dashboard.actions.demo.records import insert
from dashboard.cases import ACTIVE, BLIND, Life, Seen, State
from dashboard.db.history import Event, StatusSpell
from dashboard.db.models import Account, StaffMember
from dashboard.db.triage import Case, CaseNote, CaseRound, SavedView
from dashboard.diagnosis import RECONNECT, Actor, Reason
from dashboard.roles import Role
from dashboard.status import Headline

CHECKED: Final = timedelta(hours=6)
"""How long after a change the next check came."""
OPERATOR: Final = "Local operator"
"""Whoever sits at a demo, who is no row of the staff table: some cases are theirs."""
NOTES: Final = (
    "Called them: the owner is on holiday until Monday, a colleague will confirm.",
    "Same login as two weeks ago. **Ask for the owner of the account, not the agency.**",
    "Engineering looks into it, see the failed run of this morning.",
    "They answered by mail and will do it today.",
    "Third time this quarter. Let us talk about it in the weekly round.",
    "Sent the screenshots of *Campaign Manager > User permissions*.",
)  # fmt: skip


def remember(session: Session, account_ids: Sequence[int], seed: str, now: datetime) -> None:
    """Write the cases that these accounts have had: closed ones, and how often open ones were."""
    rng = random.Random(f"{seed}/desk/{account_ids[0]}")  # noqa: S311 - made-up data
    people = _people(session)
    known = {
        (row.account_id, row.reason): row
        for row in session.scalars(sa.select(Case).where(Case.account_id.in_(account_ids)))
    }
    accounts = {
        row.id: row
        for row in session.execute(
            sa.select(
                Account.id, Account.organization_id, Account.region, Account.reason_channel
            ).where(Account.id.in_(account_ids))
        )
    }
    ended: list[tuple[Case, Life, datetime]] = []
    spells = session.execute(
        sa.select(*StatusSpell.__table__.c)
        .where(StatusSpell.account_id.in_(account_ids))
        .order_by(StatusSpell.account_id, StatusSpell.started_at)
    )
    for account_id, rows in groupby(spells, key=lambda row: row.account_id):
        its = list(rows)
        stood = {each.reason: each for each in its}
        for reason, life, at in _rounds(its, now):
            case = known.get((account_id, reason.value))
            if case is None:
                case = keeping.new(accounts[account_id], reason.value)
                case.headline, case.actor = stood[reason].headline, stood[reason].actor
                known[account_id, reason.value] = case
                session.add(case)
            if case.state == State.CLOSED:
                keeping.store(session, case, life, at)
            else:
                case.times += 1
            if life.state is State.CLOSED:
                ended.append((case, life, at))
    session.flush()
    insert(session, CaseRound, [_round(rng, people, *each) for each in ended])


def occupy(session: Session, seed: str, now: datetime) -> None:
    """Give the open cases owners, notes and snoozes, as on a morning in the middle of the week."""
    rng = random.Random(f"{seed}/desk")  # noqa: S311 - made-up data
    people = _people(session)
    happened: list[dict[str, Any]] = []
    active = sa.select(Case).where(Case.state.in_([each.value for each in ACTIVE]))
    for number, case in enumerate(session.scalars(active.order_by(Case.rank.desc(), Case.id))):
        if number % 5 in {0, 3} or case.opened_at is None:
            continue
        who = people[rng.randrange(len(people))]
        if number % 13 == 1:
            who = {"id": None, "email": OPERATOR, "name": OPERATOR}
        at = case.opened_at + (now - case.opened_at) * rng.uniform(0.1, 0.9)
        case.owner, case.owner_name, case.acted_at = who["email"], who["name"], at
        happened.append(_event(case, who, "case_taken", at))
        if number % 4 == 2:
            text = rng.choice(NOTES)
            session.add(
                CaseNote(case_id=case.id, at=at, staff_id=who["id"], staff_name=who["name"],
                         text=text)
            )  # fmt: skip
            happened.append(_event(case, who, "case_noted", at, text=text))
        if number % 9 == 4:
            case.snoozed_until = now + timedelta(hours=rng.randint(5, 90))
            case.until_change = number % 2 == 0
        keeping.told(case, who["name"], "took it", at)
        keeping.arrange(case, now)
    insert(session, Event, sorted(happened, key=lambda each: each["at"]))
    insert(
        session, SavedView,
        [
            {"owner": people[0]["email"], "owner_name": people[0]["name"], "name": name,
             "shared": True, "query": query, "created_at": now - timedelta(days=20)}
            for name, query in (
                ("Late and nobody's", {"view": "unassigned"}),
                ("Customers to write to", {"view": "customer"}),
            )
        ],
    )  # fmt: skip


def _people(session: Session) -> list[dict[str, Any]]:
    """Who works on cases: support, and now and then a strategist."""
    rows = session.execute(
        sa.select(StaffMember.id, StaffMember.email, StaffMember.name, StaffMember.role)
        .where(StaffMember.role.in_([Role.SUPPORT.value, Role.STRATEGIST.value]))
        .order_by(StaffMember.role.desc(), StaffMember.email)
    ).all()
    support = [row for row in rows if row.role == Role.SUPPORT]
    chosen = [*support, *support, *[row for row in rows if row.role != Role.SUPPORT][:3]]
    return [{"id": row.id, "email": row.email, "name": row.name} for row in chosen]


def _rounds(spells: Sequence[Any], now: datetime) -> Iterator[tuple[Reason, Life, datetime]]:
    """Each case that an account had in its past, as it was when it closed, and when that was.

    Last come those that are about to close, as they are now.
    """
    lives: dict[Reason, Life] = {}
    terms = keeping.agreed()
    for spell in spells:
        reason = Reason(spell.reason) if spell.reason else None
        if reason is not None:
            lives.setdefault(reason, Life())
        for at in (each for each in _looks(spell) if each <= now):
            for each, life in lives.items():
                seen = _seen(spell, reason, each, at)
                after = cases.follow(life, each, seen, at, terms)
                lives[each] = after
                if life.state in ACTIVE and after.state is State.CLOSED:
                    yield each, after, at
    yield from ((each, life, now) for each, life in lives.items() if life.state is State.CLEARING)


def _looks(spell: Any) -> list[datetime]:
    """When an account was looked at in a spell: as it began, by the next check, and at its end."""
    if spell.ended_at is None:
        return [spell.started_at, spell.started_at + CHECKED]
    later = [spell.started_at + CHECKED, spell.ended_at - timedelta(seconds=1)]
    return [spell.started_at, *(each for each in later if spell.started_at < each < spell.ended_at)]


def _seen(spell: Any, reason: Reason | None, of: Reason, at: datetime) -> Seen:
    headline = Headline(spell.headline)
    mended = reason is not of and headline not in BLIND
    # What only the customer could mend is gone because they have consented anew.
    customers = mended and of in RECONNECT
    return Seen(
        headline, Actor(spell.actor), reason, spell.started_at, reported_at=at,
        consented_at=spell.started_at if customers else None,
    )  # fmt: skip


def _round(
    rng: random.Random,
    people: Sequence[Mapping[str, Any]],
    case: Case,
    life: Life,
    closed_at: datetime,
) -> dict[str, Any]:
    who = rng.choice(people)
    opened_at = life.opened_at or closed_at
    acted = rng.random() < 0.85
    return {
        "case_id": case.id, "account_id": case.account_id, "reason": case.reason,
        "actor": case.actor or Actor.US.value,
        "owner": who["email"] if acted else "", "owner_name": who["name"] if acted else "",
        "opened_at": opened_at,
        "acted_at": opened_at + (closed_at - opened_at) * rng.uniform(0.02, 0.6) if acted else None,
        "closed_at": closed_at,
    }  # fmt: skip


def _event(
    case: Case, who: Mapping[str, Any], kind: str, at: datetime, **details: Any
) -> dict[str, Any]:
    return {
        "at": at, "kind": kind, "staff_id": who["id"], "staff_name": who["name"],
        "organization_id": case.organization_id, "account_id": case.account_id,
        "details": {"reason": case.reason} | details,
    }  # fmt: skip
