"""The Activity page: history a page at a time, newest first, and the rows of an export.

There may be tens of millions of events. Every question walks one index from the newest event on and
stops after ``SEARCHED`` of them; what lies further back is reached by the cursor it gives.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.db.dialects import through_index
from dashboard.db.history import Event
from dashboard.db.models import Account, Organization
from dashboard.queries.frames import MOMENT, frame

EVENTS: Final = {
    "id": "int64",
    "at": MOMENT,
    "kind": "str",
    "who": "str",
    "organization_id": "Int64",
    "organization": "str",
    "account_id": "Int64",
    "account": "str",
    "details": "object",
}
PAGE_SIZE: Final = 50
SEARCHED: Final = 10_000
"""Events looked at for one page, where a second filter has to be tried on each."""
VALUES: Final = 200
"""Kinds, or people, offered as filters."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person has chosen to see of the history; whatever is empty or ``None`` allows all.

    ``before`` and ``after`` are ids of events: the page that is older or newer than that one.
    ``since`` is the first moment that counts, ``until`` the first that does not.
    """

    kind: str = ""
    who: str = ""
    account_id: int | None = None
    organization_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None
    after: int | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of history, and the cursors of the pages beside it.

    ``searched_to`` is set where the search stopped there, with the page not yet full.
    """

    events: pd.DataFrame
    older: int | None
    newer: int | None
    searched_to: datetime | None = None


def page(session: Session, wanted: Wanted, searched: int = SEARCHED) -> Page:
    """One page of the chosen events, newest first, with the columns of ``EVENTS``.

    Args:
        session: an open session; nothing is written.
        wanted: the filters, and where the page begins.
        searched: events to look at, at most, where there are several filters.
    """
    walk, back = _walk(session, wanted)
    chosen = _chosen(walk, wanted, searched, back=back)
    ids = list(session.scalars(chosen.limit(PAGE_SIZE + 1)))
    further = len(ids) > PAGE_SIZE
    ids = ids[:PAGE_SIZE]
    stopped = None
    if not further and _rest(wanted):
        stopped = session.execute(walk.offset(searched - 1).limit(1)).first()
    beyond = ids[-1] if further else stopped.id if stopped else None
    if not back:
        newer = ids[0] if ids and wanted.before is not None else None
        return Page(_events(session, ids), beyond, newer, stopped.at if stopped else None)
    if beyond is None:
        return page(session, replace(wanted, before=None, after=None), searched)
    older = ids[0] if ids else None
    return Page(_events(session, ids[::-1]), older, beyond, stopped.at if stopped else None)


def latest(
    session: Session,
    limit: int,
    *,
    account_id: int | None = None,
    organization_id: int | None = None,
) -> pd.DataFrame:
    """The newest events of one account or organization, with the columns of ``EVENTS``."""
    walk, _ = _walk(session, Wanted(account_id=account_id, organization_id=organization_id))
    return _events(session, [row.id for row in session.execute(walk.limit(limit))])


def export(session: Session, wanted: Wanted) -> Iterator[tuple[Any, ...]]:
    """Every chosen event, newest first, as rows in the order of ``EVENTS``; read as it goes.

    Unlike a page, it looks at all there is; ``before`` and ``after`` are not heeded.
    """
    walk, _ = _walk(session, replace(wanted, before=None, after=None))
    chosen = walk.where(*(Event.__table__.c[name] == its for name, its in _rest(wanted).items()))
    for rows in session.execute(chosen.execution_options(yield_per=1000)).partitions():
        yield from _rows(session, [row.id for row in rows])


def kinds(session: Session) -> list[str]:
    """What has ever happened: every kind of event, in order."""
    return _distinct(session, Event.kind)


def people(session: Session) -> list[str]:
    """Everybody who ever did something, by the name they had then."""
    return _distinct(session, Event.staff_name)


def _filters(wanted: Wanted) -> dict[str, int | str]:
    """The filters in use by column, the most telling first: its index is walked."""
    given = {
        "account_id": wanted.account_id,
        "organization_id": wanted.organization_id,
        "staff_name": wanted.who or None,
        "kind": wanted.kind or None,
    }
    return {name: value for name, value in given.items() if value is not None}


def _rest(wanted: Wanted) -> dict[str, int | str]:
    """The filters that the index walked does not answer."""
    return dict(list(_filters(wanted).items())[1:])


def _walk(session: Session, wanted: Wanted) -> tuple[sa.Select[Any], bool]:
    """Events of the first filter and the period, from the cursor on; whether towards newer ones.

    A cursor that is no event's id is as good as none.
    """
    columns = Event.__table__.c
    first = next(iter(_filters(wanted)), None)
    conditions = [columns[first] == _filters(wanted)[first]] if first else []
    if wanted.since is not None:
        conditions.append(Event.at >= wanted.since)
    if wanted.until is not None:
        conditions.append(Event.at < wanted.until)
    back = wanted.after is not None
    here = sa.select(Event.at, Event.id).where(Event.id == (wanted.after or wanted.before))
    cursor = session.execute(here).one_or_none()
    if cursor is not None:
        place = sa.tuple_(Event.at, Event.id)
        there = sa.tuple_(sa.literal(cursor.at, Event.at.type), sa.literal(cursor.id))
        conditions.append(place > there if back else place < there)
    back = back and cursor is not None
    walk = (
        sa.select(
            *(columns[name] for name in ("id", "at", "staff_name", "kind", "organization_id"))
        )
        .where(*conditions)
        .order_by(*((Event.at, Event.id) if back else (Event.at.desc(), Event.id.desc())))
    )
    index = f"ix_events_{first}_at" if first else "ix_events_in_order"
    return through_index(walk, Event, index), back


def _chosen(walk: sa.Select[Any], wanted: Wanted, searched: int, *, back: bool) -> sa.Select[Any]:
    """Ids of the events on the walk that pass the other filters too."""
    rest = _rest(wanted)
    if not rest:
        return walk
    seen = walk.limit(searched).subquery().c
    order = (seen.at, seen.id) if back else (seen.at.desc(), seen.id.desc())
    return (
        sa.select(seen.id)
        .where(*(seen[name] == its for name, its in rest.items()))
        .order_by(*order)
    )


def _events(session: Session, ids: list[int]) -> pd.DataFrame:
    return frame(_rows(session, ids), EVENTS)


def _rows(session: Session, ids: list[int]) -> list[tuple[Any, ...]]:
    """The events of these ids, in the order of the ids, as rows in the order of ``EVENTS``."""
    rows = session.execute(
        sa.select(
            Event.id, Event.at, Event.kind, Event.staff_name,
            Event.organization_id, sa.func.coalesce(Organization.name, ""),
            Event.account_id, sa.func.coalesce(Account.name, ""), Event.details,
        )
        .outerjoin(Organization, Organization.id == Event.organization_id)
        .outerjoin(Account, Account.id == Event.account_id)
        .where(Event.id.in_(ids))
    )  # fmt: skip
    found = {row.id: tuple(row) for row in rows}
    return [found[each] for each in ids if each in found]


def _distinct(session: Session, column: sa.orm.InstrumentedAttribute[str]) -> list[str]:
    """The values of an indexed column: one look into the index for each, however many rows."""
    values = sa.select(sa.func.min(column).label("value")).cte("found", recursive=True)
    following = sa.select(sa.func.min(column)).where(column > values.c.value).scalar_subquery()
    found = values.union_all(sa.select(following).where(values.c.value.is_not(None)))
    return list(
        session.scalars(sa.select(found.c.value).where(found.c.value.is_not(None)).limit(VALUES))
    )
