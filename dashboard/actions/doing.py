"""What staff have done to accounts by hand: synced or checked at once, paused, resumed.

Each works on some accounts within the transaction of ``requests``, which is how staff ask for it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.actions import asking, claims
from dashboard.actions.events import record
from dashboard.db.engine import lock_rows
from dashboard.db.models import Account, AccountChannel, Grant, Stream
from dashboard.db.requests import Kind
from dashboard.roles import Staff


@dataclass(frozen=True, slots=True)
class Asked:
    """What asking came to for an account: so much work, begun or waiting, or why there is none."""

    work: int = 0
    why_not: str = ""


def sync(
    session: Session, staff: Staff, accounts: Mapping[int, Account], now: datetime
) -> dict[int, Asked]:
    """Have all streams of some accounts synced as soon as a worker is free.

    What is being synced already goes on. What was given up is tried again.
    """
    queued = asking.syncs(session, list(accounts), now)
    held = (Stream.account_id.in_(accounts), sa.not_(claims.free(now)))
    working = session.scalars(sa.select(Stream.account_id).where(*held)).all()
    found = {}
    for each, account in accounts.items():
        if number := queued.count(each):
            _record(session, staff, "sync_asked", account, now, streams=number)
        work = number + working.count(each)
        found[each] = Asked(work) if work else Asked(why_not=_why_not(account))
    return found


def check(
    session: Session, staff: Staff, accounts: Mapping[int, Account], now: datetime
) -> dict[int, Asked]:
    """Have the consents of some accounts checked as soon as a worker is free, the dead ones too."""
    waiting = asking.checks(session, list(accounts), now)
    found = {}
    for each, account in accounts.items():
        if number := waiting.count(each):
            _record(session, staff, "check_asked", account, now, consents=number)
        found[each] = Asked(number) if number else Asked(why_not=_why_not(account))
    return found


def pause(
    session: Session, staff: Staff, accounts: Mapping[int, Account], now: datetime
) -> dict[int, Asked]:
    """Stop syncing and checking accounts; what is being synced just now is finished."""
    chosen, found = _turn(accounts, "paused", lambda each: each.paused_at is not None)
    for account in chosen.values():
        account.paused_at = now
        _record(session, staff, "paused", account, now)
    session.flush()
    # Whatever waits in the queue finds that its stream cannot be synced.
    waiting = (Stream.account_id.in_(chosen), claims.free(now), Stream.state == "queued")
    session.execute(sa.update(Stream).where(*waiting).values(state="idle"))
    return found


def resume(
    session: Session, staff: Staff, accounts: Mapping[int, Account], now: datetime
) -> dict[int, Asked]:
    """Sync accounts again, beginning at once."""
    chosen, found = _turn(accounts, "in use", lambda each: each.paused_at is None)
    for account in chosen.values():
        account.paused_at = None
        _record(session, staff, "resumed", account, now)
    session.flush()
    asking.syncs(session, list(chosen), now)
    # What is known of an account that was out of use may be too old to believe.
    used = sa.select(AccountChannel.grant_id).where(AccountChannel.account_id.in_(chosen))
    worth = (Grant.id.in_(used), Grant.refresh_token.is_not(None), Grant.refused_at.is_(None))
    lock_rows(session, sa.select(Grant.id).where(*worth).order_by(Grant.id))
    session.execute(sa.update(Grant).where(*worth).values(check_due_at=now))
    return found


DOING: Final[
    Mapping[
        Kind, Callable[[Session, Staff, Mapping[int, Account], datetime], dict[int, Asked]]
    ]
] = MappingProxyType(
    {Kind.SYNC: sync, Kind.CHECK: check, Kind.PAUSE: pause, Kind.RESUME: resume}
)  # fmt: skip
"""What is done to some accounts, by what was asked for."""


def _turn(
    accounts: Mapping[int, Account], word: str, stands: Callable[[Account], bool]
) -> tuple[dict[int, Account], dict[int, Asked]]:
    """The accounts that can be turned, and what comes of each: one that stands so already stays."""
    chosen, found = {}, {}
    for each, account in accounts.items():
        if account.disconnected_at is not None:
            found[each] = Asked(why_not="It is disconnected: it is not synced anyway.")
        elif stands(account):
            found[each] = Asked(why_not=f"It is {word} already.")
        else:
            chosen[each], found[each] = account, Asked(1)
    return chosen, found


def _why_not(account: Account) -> str:
    if account.disconnected_at is not None:
        return "It is disconnected."
    if account.paused_at is not None:
        return "It is paused: resume it first."
    return "None of its channels has a consent that works: relaunch the connection first."


def _record(
    session: Session, staff: Staff, kind: str, account: Account, now: datetime, **details: Any
) -> None:
    about = {"organization_id": account.organization_id, "account_id": account.id}
    record(session, staff, kind, now, **about, **details)
