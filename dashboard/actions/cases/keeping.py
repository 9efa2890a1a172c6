"""Keeping cases true to the accounts, in the transaction that changes an account's headline."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard import cases
from dashboard.cases import ACTING, ACTIVE, Life, Seen, State, Terms
from dashboard.db.dialects import among, of_some
from dashboard.db.models import Account, AccountMarketplace
from dashboard.db.syncing import Incident
from dashboard.db.triage import Case, CaseRound
from dashboard.diagnosis import OURS, Actor, Reason
from dashboard.roles import SWITCHBOARD
from dashboard.settings import settings
from dashboard.status import Facts, Headline

LIFE: Final = tuple(each.name for each in fields(Life) if each.name != "state")
TOLD: Final = {
    (State.EXPECTED, State.OPEN): "opened it",
    (State.CLOSED, State.OPEN): "opened it",
    (State.OPEN, State.CLEARING): "found its reason gone",
    (State.CLEARING, State.OPEN): "found its reason there again",
    (State.OPEN, State.CLOSED): "closed it",
    (State.CLEARING, State.CLOSED): "closed it",
}
"""What has become of a case by itself, in words that follow who did it."""
FRESH: Final[Mapping[str, Any]] = {
    "owner": "", "owner_name": "", "role": "", "snoozed_until": None, "until_change": False,
    "acted_at": None, "messaged_at": None, "undo": None,
}  # fmt: skip
"""What staff did about a case the last time it was open does not count for the next."""

OPEN: Final = (
    sa.select(Incident.id, Incident.channel, Incident.region, Incident.ours)
    .where(Incident.closed_at.is_(None))
    .order_by(Incident.id.desc())
)
LOCKED: Final = (
    sa.select(Case)
    .order_by(Case.id)
    .with_for_update()
    .execution_options(populate_existing=True)
)  # fmt: skip
Open = Mapping[tuple[str, str, bool], int]
"""The open incidents: id by channel, region and whether it is our own fault."""


class Subject(NamedTuple):
    """What a case is told of its account: columns, and the facts as they are now."""

    id: int
    organization_id: int
    region: str
    reason_channel: str
    facts: Facts


def agreed() -> Terms:
    """How long customers are waited for and by when cases are to be dealt with, by the settings."""
    return cases.terms(settings().case_wait_days, settings().case_deadline_hours)


def life_of(case: Case) -> Life:
    """What has become of a stored case."""
    return Life(State(case.state), **{name: getattr(case, name) for name in LIFE})


def follow(
    session: Session,
    spells: Sequence[Mapping[str, Any]],
    accounts: Iterable[Mapping[str, Any]],
    now: datetime,
) -> None:
    """Open, keep and close the cases of accounts whose headline, actor or reason has changed.

    To be called by whoever holds the accounts locked, after they were rewritten.

    Args:
        session: the open transaction.
        spells: the new spells, those of one account in their order.
        accounts: these accounts, perhaps others too: the fields of ``Subject`` as they are now.
        now: aware UTC.
    """
    turns: dict[int, list[Mapping[str, Any]]] = {}
    for spell in spells:
        turns.setdefault(spell["account_id"], []).append(spell)
    if not turns:
        return
    session.flush()
    known = _cases(session, turns)
    subjects = {
        each["id"]: Subject(**{name: each[name] for name in Subject._fields})
        for each in accounts
        if each["id"] in turns
    }
    for account_id, its in turns.items():
        for spell in its:
            if Actor(spell["actor"]) in ACTING and spell["reason"]:
                key = account_id, spell["reason"]
                if key not in known:
                    known[key] = new(subjects[account_id], spell["reason"])
                    session.add(known[key])
    if not known:
        return
    lives = {
        (account_id, reason): _through(case, turns[account_id], subjects[account_id].facts, now)
        for (account_id, reason), case in known.items()
    }
    sizes = customer_sizes(
        session,
        {known[key].organization_id for key, (life, _) in lives.items() if life.state in ACTIVE},
    )
    grouped = any(_is_grouped(known[key], present) for key, (_, present) in lives.items())
    open_ones = incidents(session) if grouped else {}
    for (account_id, reason), (life, present) in lives.items():
        case = known[account_id, reason]
        if case.until_change:
            case.snoozed_until, case.until_change = None, False
        case.size = sizes.get(case.organization_id, case.size)
        show(case, subjects[account_id], present, open_ones)
        store(session, case, life, now)


def _through(
    case: Case, spells: Sequence[Mapping[str, Any]], facts: Facts, now: datetime
) -> tuple[Life, Seen]:
    """What becomes of a case in the spells of its account, and how that stands now."""
    life, reason, terms = life_of(case), Reason(case.reason), agreed()
    for spell in spells:
        at = spell["started_at"]
        life = cases.follow(life, reason, _seen(spell, facts, past=at < now), at, terms)
    # A wait may have begun so long ago that it is over already.
    present = _seen(spells[-1], facts, past=False)
    return cases.follow(life, reason, present, now, terms), present


def new(account: Any, reason: str) -> Case:
    """The row of a case that never was one before."""
    return Case(
        account_id=account.id, organization_id=account.organization_id, reason=reason,
        headline="", actor="", channel="", region=account.region, state=State.CLOSED.value,
        times=0, clean=0, place="", rank=0, size=1, version=0, change="", changed_by="", **FRESH,
    )  # fmt: skip


def show(case: Case, account: Any, seen: Seen, open_ones: Open) -> None:
    """Note how the account stands while it has the reason, and the incident it is part of."""
    if seen.reason == case.reason:
        case.headline, case.actor = seen.headline.value, seen.actor.value
        case.channel = account.reason_channel
    ours = case.reason in OURS
    channel = case.channel if ours else account.reason_channel
    found = open_ones.get((channel, account.region, ours))
    case.incident_id = found if _is_grouped(case, seen) else None


def _is_grouped(case: Case, seen: Seen) -> bool:
    """Whether a case may be part of an incident."""
    return case.reason in OURS or seen.headline is Headline.AMAZON_INCIDENT


def store(session: Session, case: Case, life: Life, now: datetime) -> None:
    """Write what has become of a case, and where it now lies."""
    before, turned = life_of(case), (State(case.state), life.state)
    for name in LIFE:
        setattr(case, name, getattr(life, name))
    case.state = life.state.value
    if turned[1] is State.OPEN and turned[0] not in ACTIVE:
        for name, value in FRESH.items():
            setattr(case, name, value)
    if turned[0] in ACTIVE and turned[1] is State.CLOSED:
        case.snoozed_until, case.until_change = None, False
        _remember(session, case, before, now)
    if turned in TOLD:
        told(case, SWITCHBOARD.name, TOLD[turned], now)
    arrange(case, now)


def told(case: Case, who: str, change: str, now: datetime) -> None:
    """Note a change that whoever looks at the case should know of."""
    case.version += 1
    case.change, case.changed_by, case.changed_at, case.undo = change, who, now, None


def written_to(session: Session, account_id: int, who: str, now: datetime) -> None:
    """Note on the cases of an account that wait for its customer that somebody wrote to them."""
    waiting = (
        sa.select(Case)
        .where(
            Case.account_id == account_id,
            Case.actor == Actor.CUSTOMER.value,
            Case.state.in_([each.value for each in ACTIVE]),
        )
        # Whoever changes one of them just now holds it, and need not be waited for.
        .with_for_update(skip_locked=True)
    )
    for case in session.scalars(waiting):
        case.messaged_at, case.acted_at = now, case.acted_at or now
        told(case, who, "wrote to the customer", now)


def arrange(case: Case, now: datetime) -> None:
    """Put a case where it belongs, and say when to look at it again."""
    life = life_of(case)
    snoozed = case.until_change or case.snoozed_until is not None
    case.place = cases.place(life, snoozed=snoozed, in_incident=case.incident_id is not None).value
    case.rank = cases.rank(life, case.size, now) if life.state in ACTIVE else 0
    moments = (cases.look_at(life, now), case.snoozed_until)
    case.due_at = min((each for each in moments if each is not None), default=None)


def customer_sizes(session: Session, organization_ids: Iterable[int]) -> dict[int, int]:
    """How many marketplaces each of these customers is in, over all accounts; one at least."""
    wanted = set(organization_ids)
    if not wanted:
        return {}
    rows = session.execute(
        sa.select(Account.organization_id, sa.func.count())
        .join(AccountMarketplace, AccountMarketplace.account_id == Account.id)
        .where(among(session, Account.organization_id, wanted))
        .group_by(Account.organization_id)
    )
    return {organization_id: max(1, number) for organization_id, number in rows}


def incidents(session: Session) -> Open:
    """The incidents that are open now."""
    rows = session.connection().execute(OPEN)
    return {(row.channel, row.region, row.ours): row.id for row in rows}


def _cases(session: Session, account_ids: Collection[int]) -> dict[tuple[int, str], Case]:
    rows = of_some(session, LOCKED, Case.account_id, account_ids).scalars()
    return {(row.account_id, row.reason): row for row in rows}


def _seen(spell: Mapping[str, Any], facts: Facts, *, past: bool) -> Seen:
    """The account in a spell; of one that is past already, nothing was reported at its moment."""
    consents = [each.consented_at for each in facts.channels if each.consented_at is not None]
    return Seen(
        Headline(spell["headline"]), Actor(spell["actor"]),
        Reason(spell["reason"]) if spell["reason"] else None, spell["started_at"],
        reported_at=None if past else facts.observed_at, consented_at=max(consents, default=None),
    )  # fmt: skip


def _remember(session: Session, case: Case, before: Life, now: datetime) -> None:
    """Keep the round that ends: the row itself begins anew when the case opens again."""
    session.flush()
    session.add(
        CaseRound(
            case_id=case.id, account_id=case.account_id, reason=case.reason, actor=case.actor,
            owner=case.owner, owner_name=case.owner_name, opened_at=before.opened_at or now,
            acted_at=case.acted_at, closed_at=case.closed_at or now,
        )
    )  # fmt: skip
