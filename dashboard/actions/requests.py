"""What staff ask workers for, on one account or very many: stored, so that it survives its page.

The first accounts are seen to at once, the others by the workers, so that nobody waits at the
screen; what came of each account is stored as soon as it is known.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard import clock
from dashboard.actions import assess, tallies
from dashboard.actions.doing import DOING, Asked
from dashboard.db.bulk import insert_many
from dashboard.db.dialects import among
from dashboard.db.engine import reading, transaction
from dashboard.db.models import Account
from dashboard.db.progress import Progress, progress
from dashboard.db.requests import Kind, Request, RequestedAccount, State
from dashboard.errors import BadInput, NotFound
from dashboard.roles import Permission, Role, Staff

MOST: Final = 2000
"""Accounts of one request: what workers do in minutes, and what can still be looked through."""
BATCH: Final = 100
"""Accounts in one transaction: others wait for them no longer than that takes."""
GIVEN_UP: Final = timedelta(days=1)
"""How long what became of an account is waited for."""
KEPT: Final = timedelta(days=7)

ENDS: Final = {Kind.PAUSE, Kind.RESUME}
"""What has come to its end as soon as it is done; the others are for workers to do."""


def ask(
    staff: Staff, kind: Kind, account_ids: Sequence[int], now: datetime | None = None
) -> int:  # fmt: skip
    """Ask for something on some accounts.

    Args:
        staff: who asks.
        kind: what for.
        account_ids: the accounts; those that do not exist are left out.
        now: aware UTC; the present unless given.

    Returns:
        The request's id, by which to follow it.

    Raises:
        NotAllowed: the role may not start or pause syncs.
        BadInput: too many accounts.
        NotFound: none of them exists.
    """
    staff.require(Permission.SYNC)
    wanted, moment = sorted(set(account_ids)), now or clock.now()
    if len(wanted) > MOST:
        raise BadInput(f"At most {MOST:,} accounts at once: choose fewer, or narrow the filters.")
    with transaction() as session:
        chosen = sa.select(Account.id).where(among(session, Account.id, wanted))
        known = session.scalars(chosen.order_by(Account.id)).all()
        if not known:
            raise NotFound("There is no such account: look for it under Accounts.")
        request = Request(
            kind=kind.value, staff_id=staff.id, staff_name=staff.name, asked_at=moment,
            accounts=len(known),
        )  # fmt: skip
        session.add(request)
        session.flush()
        rows = [{"request_id": request.id, "account_id": each} for each in known]
        empty = {"taken_at": None, "outcome": None, "why": "", "rows": 0}
        insert_many(session, RequestedAccount, [row | empty for row in rows])
    _hand_out(request.id, moment)
    return request.id


def hand_out(now: datetime | None = None) -> None:
    """Have done what was asked for on accounts beyond the first; several may do so at once."""
    moment = now or clock.now()
    for request_id in _open(waiting=True):
        while _hand_out(request_id, moment):
            pass


def settle(now: datetime | None = None) -> None:
    """Store what came of requests, as far as that is known; several may do so at once."""
    moment = now or clock.now()
    for request_id in _open():
        with transaction() as session:
            request = session.get_one(Request, request_id)
            mine = RequestedAccount.request_id == request_id
            ids = session.scalars(
                sa.select(RequestedAccount.account_id).where(
                    mine, RequestedAccount.outcome.is_(None), RequestedAccount.taken_at.is_not(None)
                )
            ).all()
            late = request.asked_at < moment - GIVEN_UP
            found = progress(session, Kind(request.kind), ids, request.asked_at, moment)
            for account_id, each in found.items():
                _note(session, request_id, account_id, _end(each, late=late))
            _close(session, request_id, moment)


def forget(now: datetime | None = None) -> None:
    """Throw away requests of more than a week ago."""
    old = sa.select(Request.id).where(Request.asked_at < (now or clock.now()) - KEPT)
    with transaction() as session:
        ids = session.scalars(old).all()
        session.execute(sa.delete(RequestedAccount).where(RequestedAccount.request_id.in_(ids)))
        session.execute(sa.delete(Request).where(Request.id.in_(ids)))


def _open(*, waiting: bool = False) -> Sequence[int]:
    """The requests that go on; or those of them whose work is not handed out yet."""
    with reading() as session:
        chosen = sa.select(Request.id).where(Request.closed_at.is_(None))
        if waiting:
            untaken = (
                RequestedAccount.request_id == Request.id,
                RequestedAccount.taken_at.is_(None),
            )
            chosen = chosen.where(sa.exists().where(*untaken))
        return session.scalars(chosen.order_by(Request.id)).all()


def _hand_out(request_id: int, now: datetime) -> bool:
    """See to some accounts of a request; whether there were any that nobody else sees to."""
    with transaction() as session, tallies.tallied(session) as deltas:
        request = session.get_one(Request, request_id)
        waiting = (
            sa.select(RequestedAccount.account_id)
            .where(RequestedAccount.request_id == request_id, RequestedAccount.taken_at.is_(None))
            .order_by(RequestedAccount.account_id)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        )
        ids = session.scalars(waiting).all()
        if not ids:
            return False
        kind = Kind(request.kind)
        # The role was looked at when it was asked for; history names the person.
        staff = Staff(request.staff_id, "", request.staff_name, Role.VIEWER)
        with assess.changing(session, deltas, ids, now):
            accounts = {
                each.id: each
                for each in session.scalars(
                    sa.select(Account).where(Account.id.in_(ids)).order_by(Account.id)
                )
            }
            asked = DOING[kind](session, staff, accounts, now)
        session.execute(
            sa.update(RequestedAccount)
            .where(RequestedAccount.request_id == request_id, RequestedAccount.account_id.in_(ids))
            .values(taken_at=now)
        )
        for account_id, each in asked.items():
            _note(session, request_id, account_id, _at_once(kind, each))
        _close(session, request_id, now)
    return True


def _at_once(kind: Kind, asked: Asked) -> Progress | None:
    """What is known of an account as soon as its work is handed out."""
    if asked.why_not:
        return Progress(State.IMPOSSIBLE, asked.why_not)
    return Progress(State.SUCCEEDED) if kind in ENDS else None


def _end(found: Progress, *, late: bool) -> Progress | None:
    """What came of an account, once it has come to its end."""
    if found.state not in {State.WAITING, State.RUNNING}:
        return found
    return Progress(State.FAILED, "No worker came to it within a day: ask again.") if late else None


def _note(session: Session, request_id: int, account_id: int, found: Progress | None) -> None:
    if found is None:
        return
    session.execute(
        sa.update(RequestedAccount)
        .where(
            RequestedAccount.request_id == request_id, RequestedAccount.account_id == account_id
        )
        .values(outcome=found.state.value, why=found.why, rows=found.rows)
    )  # fmt: skip


def _close(session: Session, request_id: int, now: datetime) -> None:
    """A request is closed once all its accounts have come to their end."""
    going_on = sa.exists().where(
        RequestedAccount.request_id == request_id, RequestedAccount.outcome.is_(None)
    )
    session.execute(
        sa.update(Request).where(Request.id == request_id, ~going_on).values(closed_at=now)
    )
