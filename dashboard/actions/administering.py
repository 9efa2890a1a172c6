"""What staff have done to an account at once: for whoever goes on with what came of it.

Very many accounts are asked for by ``requests``, which tells of each what becomes of it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard import clock
from dashboard.actions import assess, doing, tallies
from dashboard.db.engine import transaction
from dashboard.db.models import Account
from dashboard.db.requests import Kind
from dashboard.errors import BadInput, NotFound
from dashboard.roles import Permission, Staff

BATCH: Final = 100
"""Accounts in one transaction: others wait for them no longer than that takes."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What asking for a sync of an account came to: so many streams, or why none."""

    account_id: int
    streams: int
    why_not: str = ""


def sync_now(
    staff: Staff,
    account_ids: Sequence[int],
    on_progress: Callable[[int], None] = lambda _done: None,
) -> list[Asked]:
    """Have all streams of some accounts synced as soon as a worker is free.

    Args:
        staff: who asks for it.
        account_ids: the accounts.
        on_progress: called with the number of accounts done so far.

    Returns:
        What it came to, for each account in the order given.

    Raises:
        NotAllowed: the role may not start syncs.
    """
    staff.require(Permission.SYNC)
    wanted = list(dict.fromkeys(account_ids))
    found: dict[int, doing.Asked] = {}
    for start in range(0, len(wanted), BATCH):
        batch = wanted[start:][:BATCH]
        with _doing(Kind.SYNC, staff, batch) as came:
            found |= came
        on_progress(start + len(batch))
    unknown = doing.Asked(why_not="There is no such account.")
    return [
        Asked(each, came.work, came.why_not)
        for each in wanted
        for came in [found.get(each, unknown)]
    ]


def check_now(staff: Staff, account_id: int) -> int:
    """Have the consents of an account checked as soon as a worker is free.

    Returns:
        How many there are to check; 0 if it has none that could be.

    Raises:
        NotAllowed: the role may not start checks.
        NotFound: no such account.
        BadInput: the account is paused or disconnected, so it is not checked.
    """
    staff.require(Permission.SYNC)
    with _doing(
        Kind.CHECK, staff, [account_id], refuse="not in use, so it is not checked: resume it first"
    ) as came:
        return came[account_id].work


def pause(staff: Staff, account_id: int) -> None:
    """Stop syncing an account until it is resumed; what is being synced just now is finished.

    An account that is paused already stays so, without another event.

    Raises:
        NotAllowed: the role may not pause syncs.
        NotFound: no such account.
        BadInput: the account is disconnected.
    """
    staff.require(Permission.SYNC)
    with _doing(Kind.PAUSE, staff, [account_id], refuse="disconnected: it is not synced anyway"):
        pass


def resume(staff: Staff, account_id: int) -> None:
    """Sync an account again, beginning at once.

    An account that is not paused stays as it is, without an event.

    Raises:
        NotAllowed: the role may not start syncs.
        NotFound: no such account.
        BadInput: the account is disconnected.
    """
    staff.require(Permission.SYNC)
    with _doing(Kind.RESUME, staff, [account_id], refuse="disconnected: it is not synced anyway"):
        pass


@contextmanager
def _doing(
    kind: Kind, staff: Staff, account_ids: Sequence[int], *, refuse: str = ""
) -> Iterator[Mapping[int, doing.Asked]]:
    """Do something to accounts in one transaction; ``refuse`` says why one may not be done."""
    now = clock.now()
    with (
        transaction() as session,
        tallies.tallied(session) as deltas,
        assess.changing(session, deltas, account_ids, now),
    ):
        accounts = _accounts(session, account_ids)
        if refuse:
            _require(kind, accounts.get(account_ids[0]), refuse)
        yield doing.DOING[kind](session, staff, accounts, now)


def _accounts(session: Session, account_ids: Sequence[int]) -> dict[int, Account]:
    chosen = sa.select(Account).where(Account.id.in_(account_ids)).order_by(Account.id)
    return {each.id: each for each in session.scalars(chosen)}


def _require(kind: Kind, account: Account | None, refuse: str) -> None:
    if account is None:
        raise NotFound("There is no such account: look for it under Accounts.")
    paused = account.paused_at if kind is Kind.CHECK else None
    if paused is not None or account.disconnected_at is not None:
        raise BadInput(f"{account.name} is {refuse}.")
