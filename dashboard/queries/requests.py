"""What staff have asked workers for, and how far each request is."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.db.models import Account, Organization
from dashboard.db.progress import Progress, progress
from dashboard.db.requests import Kind, Request, RequestedAccount, State
from dashboard.errors import NotFound
from dashboard.queries import selection
from dashboard.queries.choice import Choice
from dashboard.queries.frames import frame

SHOWN: Final = timedelta(minutes=15)
"""How long after its end a request is still shown to whoever made it."""
ROWS: Final = 100
"""Accounts that are listed of a request, those first on which something went wrong."""

RESULTS: Final = {
    "account_id": "int64",
    "account": "str",
    "organization": "str",
    "state": "str",
    "why": "str",
    "rows": "int64",
    "ended": "int64",
    "parts": "int64",
}
_ORDER: Final = (
    State.FAILED, State.IMPOSSIBLE, State.RUNNING, State.WAITING, State.SUCCEEDED,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a request is: how many of its accounts stand how."""

    id: int
    kind: Kind
    staff_name: str
    asked_at: datetime
    accounts: int
    states: Mapping[State, int]

    @property
    def ended(self) -> int:
        """Accounts that have come to their end."""
        return self.accounts - self.states[State.WAITING] - self.states[State.RUNNING]


def newest(
    session: Session,
    staff_name: str,
    now: datetime,
    account_id: int | None = None,
    organization_id: int | None = None,
) -> int | None:
    """The request of a person that is going on, or has ended of late; ``None`` if there is none.

    Args:
        session: an open session; nothing is written.
        staff_name: the person.
        now: aware UTC.
        account_id: only a request that this account is in.
        organization_id: only one that an account of this organization is in.
    """
    chosen = sa.select(Request.id).where(
        Request.staff_name == staff_name,
        sa.or_(Request.closed_at.is_(None), Request.closed_at > now - SHOWN),
    )
    inside = [RequestedAccount.request_id == Request.id]
    if account_id is not None:
        inside.append(RequestedAccount.account_id == account_id)
    if organization_id is not None:
        inside += [
            Account.id == RequestedAccount.account_id, Account.organization_id == organization_id
        ]  # fmt: skip
    chosen = chosen.where(sa.exists().where(*inside))
    return session.scalar(chosen.order_by(Request.asked_at.desc(), Request.id.desc()).limit(1))


def standing(session: Session, request_id: int, now: datetime) -> Standing:
    """How far a request is.

    Raises:
        NotFound: no such request.
    """
    request = session.get(Request, request_id)
    if request is None:
        raise NotFound("This request is too old: it is kept for a week.")
    counted: Counter[State] = Counter()
    for outcome, number in session.execute(
        sa.select(RequestedAccount.outcome, sa.func.count())
        .where(RequestedAccount.request_id == request_id, RequestedAccount.outcome.is_not(None))
        .group_by(RequestedAccount.outcome)
    ):
        counted[State(str(outcome))] += number
    counted.update(each.state for each in _going_on(session, request, now).values())
    states = {each: counted[each] for each in State}
    return Standing(
        request.id, Kind(request.kind), request.staff_name, request.asked_at, request.accounts,
        states,
    )  # fmt: skip


def results(session: Session, request_id: int, now: datetime) -> pd.DataFrame:
    """What came of each account of a request, what went wrong first.

    Returns:
        At most ``ROWS`` rows with the columns of ``RESULTS``; ``state`` is a ``State``, ``why`` as
        in ``RequestedAccount``; ``ended`` of ``parts`` streams or consents are done.
    """
    request = session.get(Request, request_id)
    if request is None:
        return frame([], RESULTS)
    found = _going_on(session, request, now)
    order = sa.case({each.value: place for place, each in enumerate(_ORDER)},
                    value=RequestedAccount.outcome)  # fmt: skip
    for row in session.execute(
        sa.select(RequestedAccount)
        .where(RequestedAccount.request_id == request_id, RequestedAccount.outcome.is_not(None))
        .order_by(order, RequestedAccount.account_id)
        .limit(ROWS)
    ).scalars():
        found[row.account_id] = Progress(State(row.outcome or ""), row.why, row.rows)
    first = sorted(found, key=lambda each: (_ORDER.index(found[each].state), each))[:ROWS]
    names = {
        row.id: (row.name, row.organization)
        for row in session.execute(
            sa.select(Account.id, Account.name, Organization.name.label("organization"))
            .join(Organization, Organization.id == Account.organization_id)
            .where(Account.id.in_(first))
        )
    }
    return frame(
        (
            (each, *names[each], its.state.value, its.why, its.rows, its.ended, its.parts)
            for each in first
            for its in [found[each]]
        ),
        RESULTS,
    )


def chosen(session: Session, choice: Choice, limit: int) -> list[int]:
    """The ids of all accounts that a choice selects, up to a limit, in the order of the list."""
    return selection.ids(session, choice, 0, limit)


def of_organization(session: Session, organization_id: int, limit: int) -> list[int]:
    """The ids of an organization's accounts, up to a limit."""
    theirs = sa.select(Account.id).where(Account.organization_id == organization_id)
    return list(session.scalars(theirs.order_by(Account.id).limit(limit)))


def _going_on(session: Session, request: Request, now: datetime) -> dict[int, Progress]:
    """How far the accounts are whose end is not stored yet."""
    open_ones = session.execute(
        sa.select(RequestedAccount.account_id, RequestedAccount.taken_at).where(
            RequestedAccount.request_id == request.id, RequestedAccount.outcome.is_(None)
        )
    ).all()
    taken = [each.account_id for each in open_ones if each.taken_at is not None]
    waiting = {each.account_id: Progress(State.WAITING) for each in open_ones}
    return waiting | progress(session, Kind(request.kind), taken, request.asked_at, now)
