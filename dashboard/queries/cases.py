"""The triage queue: one view of it a page at a time, the most urgent first, and how long each is.

Every view walks an index that stands in the order of ranks. Counts stop at ``COUNTED``.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.cases import ACTIVE, Place
from dashboard.db.dialects import through_index
from dashboard.db.models import Account, Organization
from dashboard.db.syncing import Incident
from dashboard.db.triage import Case, CaseNote
from dashboard.diagnosis import Actor
from dashboard.queries import found as searching
from dashboard.queries.frames import MOMENT, frame

LISTING: Final = {
    "id": "int64",
    "version": "int64",
    "account_id": "int64",
    "account": "str",
    "organization_id": "int64",
    "organization": "str",
    "reason": "str",
    "headline": "str",
    "actor": "str",
    "state": "str",
    "place": "str",
    "owner": "str",
    "owner_name": "str",
    "role": "str",
    "size": "int64",
    "times": "int64",
    "clean": "int64",
    "opened_at": MOMENT,
    "deadline_at": MOMENT,
    "gone_at": MOMENT,
    "snoozed_until": MOMENT,
    "until_change": "bool",
    "messaged_at": MOMENT,
}
INCIDENTS: Final = {
    "id": "int64",
    "channel": "str",
    "region": "str",
    "outcome": "str",
    "ours": "bool",
    "opened_at": MOMENT,
    "cases": "int64",
}
PAGE_SIZE: Final = 50
COUNTED: Final = 1_000
"""Cases of a view are counted up to here."""
MOST: Final = 500
"""Cases that are worked on at once, at most."""


class View(StrEnum):
    """Ways to look at the queue, as they stand in the address."""

    ALL = "all"
    MINE = "mine"
    UNASSIGNED = "unassigned"
    CUSTOMER = "customer"
    LATE = "late"
    SNOOZED = "snoozed"
    INCIDENTS = "incidents"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which cases a person has chosen to see.

    ``me`` is who they are, as in ``Case.owner``, and ``role`` their role; ``incident_id`` is for
    the view of incidents. ``after`` is the case behind which the page begins.
    """

    view: View = View.ALL
    me: str = ""
    role: str = ""
    reason: str = ""
    search: str = ""
    incident_id: int | None = None
    after: int | None = None


def listing(session: Session, wanted: Wanted) -> pd.DataFrame:
    """One page of a view, the most urgent first, with the columns of ``LISTING``.

    Returns:
        At most ``PAGE_SIZE + 1`` rows: the last one too many says that there is a next page.
    """
    chosen = _chosen(session, wanted).limit(PAGE_SIZE + 1)
    return _rows(session, list(session.scalars(chosen)))


def several(session: Session, case_ids: tuple[int, ...]) -> pd.DataFrame:
    """These cases, in this order, with the columns of ``LISTING``; ``MOST`` of them at most."""
    return _rows(session, list(case_ids[:MOST]))


def ids(session: Session, wanted: Wanted) -> tuple[int, ...]:
    """All cases of a view, whatever page, the most urgent first: ``MOST`` at most."""
    everything = replace(wanted, after=None)
    return tuple(session.scalars(_chosen(session, everything).limit(MOST)))


def counts(session: Session, me: str, role: str) -> dict[View, int]:
    """How many cases each view holds, up to ``COUNTED``."""
    found = {}
    for view in View:
        some = _walk(Wanted(view, me, role)).limit(COUNTED).subquery()
        found[view] = session.scalar(sa.select(sa.func.count()).select_from(some)) or 0
    return found


def total(session: Session, wanted: Wanted) -> int:
    """How many cases a view holds under its filters, up to ``COUNTED``."""
    some = _chosen(session, replace(wanted, after=None)).limit(COUNTED).subquery()
    return session.scalar(sa.select(sa.func.count()).select_from(some)) or 0


def waiting(session: Session) -> tuple[int, int]:
    """How many cases wait in the queue, and how many of them beyond their time: to ``COUNTED``."""
    return total(session, Wanted(View.ALL)), total(session, Wanted(View.LATE))


def pulse(
    session: Session, wanted: Wanted, case_id: int | None
) -> tuple[frozenset[tuple[int, int]], int]:
    """What changes when somebody works on a page of the queue: cheap to ask, again and again.

    Returns:
        The id and version of each case on the page and of ``case_id``, and its newest note's id.
    """
    chosen = list(session.scalars(_chosen(session, wanted).limit(PAGE_SIZE + 1)))
    rows = session.execute(
        sa.select(Case.id, Case.version).where(Case.id.in_([*chosen, case_id or 0]))
    )
    newest = sa.select(sa.func.max(CaseNote.id)).where(CaseNote.case_id == (case_id or 0))
    return frozenset((row.id, row.version) for row in rows), session.scalar(newest) or 0


def of_account(session: Session, account_id: int) -> pd.DataFrame:
    """The active cases of an account, the most urgent first, with the columns of ``LISTING``."""
    mine = sa.select(Case.id).where(
        Case.account_id == account_id, Case.state.in_([each.value for each in ACTIVE])
    )
    return _rows(session, list(session.scalars(mine.order_by(Case.rank.desc()).limit(MOST))))


def incidents(session: Session) -> pd.DataFrame:
    """The incidents that cases are gathered under, the oldest first: columns of ``INCIDENTS``.

    Each counts its cases up to ``COUNTED``.
    """
    open_ones = session.execute(
        sa.select(*(Incident.__table__.c[name] for name in INCIDENTS if name != "cases"))
        .where(Incident.closed_at.is_(None))
        .order_by(Incident.opened_at, Incident.id)
    ).all()
    rows = []
    for each in open_ones:
        some = _walk(Wanted(View.INCIDENTS, incident_id=each.id)).limit(COUNTED).subquery()
        number = session.scalar(sa.select(sa.func.count()).select_from(some)) or 0
        if number:
            rows.append((*each, number))
    return frame(rows, INCIDENTS)


def _walk(wanted: Wanted) -> sa.Select[int]:
    """The ids of a view from the index that stands in its order; the search is not applied."""
    place = {View.SNOOZED: Place.SNOOZED, View.INCIDENTS: Place.INCIDENT}.get(
        wanted.view, Place.QUEUE
    )
    narrow: dict[View, tuple[str, sa.ColumnElement[bool]]] = {
        View.MINE: ("ix_cases_by_owner", Case.owner == wanted.me),
        View.UNASSIGNED: ("ix_cases_by_owner", Case.owner == ""),
        View.CUSTOMER: ("ix_cases_by_actor", Case.actor == Actor.CUSTOMER.value),
        View.LATE: ("ix_cases_in_order", Case.rank > 0),
    }
    index, *more = narrow.get(wanted.view, ("ix_cases_in_order",))
    if wanted.incident_id is not None:
        index, more = "ix_cases_by_incident", [Case.incident_id == wanted.incident_id]
    if wanted.reason:
        index = "ix_cases_by_reason"
        more.append(Case.reason == wanted.reason)
    walk = sa.select(Case.id).where(Case.place == place.value, *more)
    return through_index(walk, Case, index)


def _chosen(session: Session, wanted: Wanted) -> sa.Select[int]:
    chosen = _walk(wanted).order_by(Case.rank.desc(), Case.id.desc())
    if wanted.search:
        found = searching.found(session, wanted.search)
        if found.complete:
            its = [Case.account_id.in_(found.ids)]
            chosen = sa.select(Case.id).where(*its, Case.id.in_(_walk(wanted)))
            chosen = chosen.order_by(Case.rank.desc(), Case.id.desc())
        matching = searching.matching(wanted.search, but_one=found.complete)
        chosen = chosen.join(Account, Account.id == Case.account_id).where(*matching)
    here = session.execute(
        sa.select(Case.rank, Case.id).where(Case.id == wanted.after)
    ).one_or_none()
    if here is not None:
        chosen = chosen.where(sa.tuple_(Case.rank, Case.id) < sa.tuple_(here.rank, here.id))
    return chosen


def _rows(session: Session, case_ids: Sequence[int]) -> pd.DataFrame:
    rows = session.execute(
        sa.select(*Case.__table__.c, Account.name, Organization.name.label("customer"))
        .join(Account, Account.id == Case.account_id)
        .join(Organization, Organization.id == Case.organization_id)
        .where(Case.id.in_(case_ids))
    )
    found = {row.id: row for row in rows}
    return frame((_row(found[each]) for each in case_ids if each in found), LISTING)


def _row(row: Any) -> tuple[Any, ...]:
    named = {"account": row.name, "organization": row.customer}
    return tuple(named[name] if name in named else getattr(row, name) for name in LISTING)
