"""What staff have done to an account by hand: synced at once, paused, resumed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard import clock
from dashboard.actions import asking, assess, claims, tallies
from dashboard.actions.events import record
from dashboard.db.engine import transaction
from dashboard.db.models import Account, AccountChannel, Grant, Stream
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

    What is being synced already goes on. What was given up is tried again.

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
    found: dict[int, Asked] = {}
    for start in range(0, len(wanted), BATCH):
        batch, now = wanted[start:][:BATCH], clock.now()
        with (
            transaction() as session,
            tallies.tallied(session) as deltas,
            assess.changing(session, deltas, batch, now),
        ):
            found |= _ask(session, staff, batch, now)
        on_progress(min(start + BATCH, len(wanted)))
    return [found[each] for each in wanted]


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
    now = clock.now()
    with transaction() as session:
        assess.lock(session, Account.id == account_id)
        account = session.get(Account, account_id)
        if account is None:
            raise NotFound(f"There is no account {account_id}: look for it under Accounts.")
        if account.paused_at is not None or account.disconnected_at is not None:
            raise BadInput(f"{account.name} is not in use, so it is not checked: resume it first.")
        asked = asking.checks(session, [account_id], now)
        if asked:
            _record(session, staff, "check_asked", account, now, consents=len(asked))
    return len(asked)


def pause(staff: Staff, account_id: int) -> None:
    """Stop syncing an account until it is resumed; what is being synced just now is finished.

    An account that is paused already stays so, without another event.

    Raises:
        NotAllowed: the role may not pause syncs.
        NotFound: no such account.
        BadInput: the account is disconnected.
    """
    staff.require(Permission.SYNC)
    _turn(staff, account_id, "paused", paused=True)


def resume(staff: Staff, account_id: int) -> None:
    """Sync an account again, beginning at once.

    An account that is not paused stays as it is, without an event.

    Raises:
        NotAllowed: the role may not start syncs.
        NotFound: no such account.
        BadInput: the account is disconnected.
    """
    staff.require(Permission.SYNC)
    _turn(staff, account_id, "resumed", paused=False)


def _ask(
    session: Session, staff: Staff, account_ids: Sequence[int], now: datetime
) -> dict[int, Asked]:
    accounts = {
        each.id: each
        for each in session.scalars(sa.select(Account).where(Account.id.in_(account_ids)))
    }
    queued = asking.syncs(session, account_ids, now)
    working = set(
        session.scalars(
            sa.select(Stream.account_id).where(
                Stream.account_id.in_(account_ids), Stream.leased_until > now
            )
        )
    )
    found = {}
    for each in account_ids:
        number = queued.count(each)
        if number:
            _record(session, staff, "sync_asked", accounts[each], now, streams=number)
        why_not = "" if number else _why_not(accounts.get(each), working=each in working)
        found[each] = Asked(each, number, why_not)
    return found


def _why_not(account: Account | None, *, working: bool) -> str:
    if account is None:
        return "There is no such account."
    if account.disconnected_at is not None:
        return "It is disconnected."
    if account.paused_at is not None:
        return "It is paused: resume it first."
    if working:
        return "It is being synced already."
    return "None of its channels has a consent that works: relaunch the connection first."


def _turn(staff: Staff, account_id: int, kind: str, *, paused: bool) -> None:
    now = clock.now()
    with (
        transaction() as session,
        tallies.tallied(session) as deltas,
        assess.changing(session, deltas, [account_id], now),
    ):
        account = session.get(Account, account_id)
        if account is None:
            raise NotFound(f"There is no account {account_id}: look for it under Accounts.")
        if account.disconnected_at is not None:
            raise BadInput(f"{account.name} is disconnected: it is not synced anyway.")
        if (account.paused_at is not None) is paused:
            return
        account.paused_at = now if paused else None
        session.flush()
        if paused:
            # Whatever waits in the queue finds that its stream cannot be synced.
            mine = (Stream.account_id == account_id, claims.free(now))
            waiting = (*mine, Stream.state == "queued")
            session.execute(sa.update(Stream).where(*waiting).values(state="idle"))
        else:
            asking.syncs(session, [account_id], now)
            _have_checked(session, account_id, now)
        _record(session, staff, kind, account, now)


def _have_checked(session: Session, account_id: int, now: datetime) -> None:
    """What is known of an account that was out of use may be too old to believe."""
    used = sa.select(AccountChannel.grant_id).where(AccountChannel.account_id == account_id)
    session.execute(
        sa.update(Grant)
        .where(Grant.id.in_(used), Grant.refresh_token.is_not(None), Grant.refused_at.is_(None))
        .values(check_due_at=now)
    )


def _record(
    session: Session, staff: Staff, kind: str, account: Account, now: datetime, **details: Any
) -> None:
    about = {"organization_id": account.organization_id, "account_id": account.id}
    record(session, staff, kind, now, **about, **details)
