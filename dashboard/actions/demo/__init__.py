"""The demo company: made-up customers with a past, the same for the same seed and moment.

``company`` says who they are, ``scenarios`` how each account is doing. ``plots`` and ``past`` tell
how that came about, with the verbs of ``life``; ``history`` makes runs and spells of what was told,
and ``rows`` writes them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard import clock
from dashboard.actions import tallies
from dashboard.actions.demo import (
    alerts,
    coming,
    desk,
    incidents,
    names,
    past,
    records,
    rows,
    telling,
)
from dashboard.actions.demo.ages import Trend
from dashboard.actions.demo.company import BLOCK, Crew, Person
from dashboard.actions.demo.hours import Hours
from dashboard.actions.events import record
from dashboard.actions.forecasting import renewing
from dashboard.actions.renewals import count as count_renewals
from dashboard.db.engine import analyze, reading, transaction
from dashboard.db.models import Account, Organization, StaffMember
from dashboard.errors import BadInput
from dashboard.roles import COMMAND_LINE, Permission, Role
from dashboard.settings import settings

LARGE: Final = 1000
"""From more organizations than this on, runs and trend go back only ``LARGE_DAYS`` days."""
LARGE_DAYS: Final = 30
TREND_DAYS: Final = 90
TOLD_DAYS: Final = past.DAYS + 10
"""How many past days are counted at once after a load; workers count those before."""
_NAMED: Final = 50
"""Accounts of each scenario that a summary names."""


@dataclass(slots=True)
class Summary:
    """What was loaded; ``scenarios`` names accounts (their ids) by scenario, some of each."""

    organizations: int = 0
    accounts: int = 0
    runs: int = 0
    events: int = 0
    scenarios: dict[str, list[int]] = field(default_factory=dict)

    def __str__(self) -> str:
        return (
            f"Loaded {self.organizations:,} organizations with {self.accounts:,} accounts, "
            f"{self.runs:,} sync runs and {self.events:,} events."
        )

    def add(self, block: list[telling.Household], written: rows.Written) -> None:
        """Count a block that was written."""
        told = [each for household in block for each in household.accounts]
        self.organizations += len(block)
        self.accounts += len(told)
        self.runs += written.runs
        self.events += written.events
        for each, account_id in zip(told, written.ids, strict=True):
            found = self.scenarios.setdefault(each.scenario, [])
            if len(found) < _NAMED:
                found.append(account_id)


def is_empty() -> bool:
    """Whether the database holds no organization and no account."""
    with reading() as session:
        return _is_empty(session)


def load(
    organizations: int = 120,
    seed: int = 1,
    now: datetime | None = None,
    on_progress: Callable[[float], None] | None = None,
) -> Summary:
    """Fill an empty database with the demo company.

    Every ``BLOCK`` organizations are one transaction, so memory and locks stay small; a load that
    was cut short after the first of them is to be loaded again from empty.

    Args:
        organizations: how many; about three and a half accounts each.
        seed: another seed is another company.
        now: the present of the demo, aware UTC; the real one unless given.
        on_progress: called with the fraction done.

    Raises:
        BadInput: the database already holds organizations.
    """
    COMMAND_LINE.require(Permission.IMPORT)
    progress = on_progress or (lambda _fraction: None)
    moment = (now or clock.now()).replace(microsecond=0)
    large = organizations > LARGE
    days = LARGE_DAYS if large else past.DAYS
    trend = Trend(moment, days - 2 if large else TREND_DAYS)
    ages = Hours(moment, days - 2)
    summary = Summary()
    terms: telling.Terms | None = None
    for first in range(0, organizations, BLOCK):
        with transaction() as session, tallies.tallied(session) as deltas:
            terms = terms or telling.Terms(
                str(seed), _begin(session, moment), moment, days, settings().limits
            )
            count = min(BLOCK, organizations - first)

            def told(done: int, first: int = first) -> None:
                progress((first + done * 0.4) / organizations)

            block = telling.block(terms, first, count, told)
            written = rows.write(session, deltas, block, terms.crew, moment)
            coming.strangers(session, f"{seed}/{first}", moment)
            desk.remember(session, written.ids, str(seed), moment)
            summary.add(block, written)
            for each in (each for household in block for each in household.accounts):
                trend.add(each.life, each.tracks)
                ages.add(each.life, each.tracks)
            if first + count == organizations:
                ages.write(session)
                _end(session, trend, summary, seed, moment)
        progress((first + count) / organizations)
    renewing.renew(moment)
    count_renewals(moment)
    if large:
        analyze()
    return summary


def _is_empty(session: Session) -> bool:
    return not any(
        session.scalar(sa.select(model.id).limit(1)) for model in (Organization, Account)
    )


def _begin(session: Session, now: datetime) -> Crew:
    """Enter our staff, leaving alone who is there already."""
    if not _is_empty(session):
        raise BadInput("The database already holds organizations: empty it before loading a demo.")
    at = now - timedelta(days=1000)
    people = {names.email(name, "northwind.example"): (name, role) for name, role in names.STAFF}
    present = set(session.scalars(sa.select(StaffMember.email)))
    records.inserted(
        session,
        StaffMember,
        [
            {"email": email, "name": name, "role": role.value, "active": True, "created_at": at}
            for email, (name, role) in people.items()
            if email not in present
        ],
    )
    known = session.execute(
        sa.select(StaffMember.id, StaffMember.name, StaffMember.email)
        .where(StaffMember.email.in_(people))
        .order_by(StaffMember.email)
    ).all()

    def those(wanted: Role) -> list[Person]:
        return [Person(row.id, row.name) for row in known if people[row.email][1] is wanted]

    return Crew(those(Role.STRATEGIST), those(Role.SUPPORT), those(Role.MANAGER))


def _end(session: Session, trend: Trend, summary: Summary, seed: int, now: datetime) -> None:
    trend.write(session)
    alerts.write(session, now)
    incidents.write(session, now)
    desk.occupy(session, str(seed), now)
    loaded = {"organizations": summary.organizations, "accounts": summary.accounts, "seed": seed}
    record(session, COMMAND_LINE, "demo_loaded", now, **loaded)
