"""Ways aboard of before they were noted: told again from links and history, some accounts at once.

For a database that is older than ``Onboarding``. Confirmed addresses left no line of their own, so
nobody is said to wait for one. It can be stopped and run again: who is known already is left alone.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard import clock
from dashboard.db.dialects import among
from dashboard.db.engine import reading, transaction
from dashboard.db.history import Event
from dashboard.db.models import Account, AccountChannel
from dashboard.db.past import Onboarding
from dashboard.diagnosis import Channel
from dashboard.milestones import Milestone, furthest, waits_for
from dashboard.settings import settings

SOME: Final = 500
"""Accounts of one step."""
DAYS: Final = 400
"""How long ago customers were invited at most who are of interest."""
INVITED: Final = ("invited", "signed_up", "account_link_made", "relaunched", "link_mailed")
OPENED: Final = ("link_opened",)
AAA: Final = ("signed_in_at_amazon", "connected")


def recall(on_progress: Callable[[float], None] = lambda _done: None) -> int:
    """Note the ways aboard of all accounts of which none is known.

    Args:
        on_progress: called with the fraction done.

    Returns:
        How many were noted.
    """
    now, last, found = clock.now(), 0, 0
    with reading() as session:
        highest = session.scalar(sa.select(sa.func.max(Account.id))) or 0
    while last < highest:
        with transaction() as session:
            ids = _next(session, last)
            if not ids:
                break
            rows = [row for row in _told(session, ids, now) if row is not None]
            if rows:
                session.execute(sa.insert(Onboarding), rows)
        found, last = found + len(rows), ids[-1]
        on_progress(last / highest)
    return found


def _next(session: Session, after: int) -> Sequence[int]:
    known = sa.exists().where(Onboarding.account_id == Account.id)
    chosen = sa.select(Account.id).where(Account.id > after, ~known)
    return session.scalars(chosen.order_by(Account.id).limit(SOME)).all()


def _told(session: Session, ids: Sequence[int], now: datetime) -> list[dict[str, Any] | None]:
    accounts = session.execute(
        sa.select(Account.id, Account.setup_completed_at).where(among(session, Account.id, ids))
    ).all()
    channels: dict[int, dict[Channel, datetime | None]] = {each: {} for each in ids}
    for row in session.execute(
        sa.select(
            AccountChannel.account_id, AccountChannel.channel, AccountChannel.connected_at
        ).where(among(session, AccountChannel.account_id, ids), AccountChannel.required)
    ):
        channels[row.account_id][Channel(row.channel)] = row.connected_at
    events: dict[int, list[Any]] = {each: [] for each in ids}
    for event in session.execute(
        sa.select(Event.account_id, Event.kind, Event.at, Event.details)
        .where(among(session, Event.account_id, ids))
        .where(Event.kind.in_([*INVITED, *OPENED, *AAA]))
        .order_by(Event.at)
    ):
        events[event.account_id or 0].append(event)
    return [
        _row(row.id, row.setup_completed_at, channels[row.id], events[row.id], now)
        for row in accounts
    ]


def _row(
    account_id: int,
    live_at: datetime | None,
    channels: Mapping[Channel, datetime | None],
    events: Sequence[Any],
    now: datetime,
) -> dict[str, Any] | None:
    """An account's way aboard; ``None`` where history tells of no invitation."""
    firsts = {
        Milestone.INVITED: _first(events, INVITED),
        Milestone.OPENED: _first(events, OPENED),
        Milestone.AAA: _first(events, AAA, Channel.AAA),
        Milestone.CHOSEN: _first(events, ("connected",), Channel.AAA),
        Milestone.SP_API: _first(events, ("connected",), Channel.SP_API),
        Milestone.LIVE: live_at,
    }
    reached = {each: at for each, at in firsts.items() if at is not None}
    invited = reached.get(Milestone.INVITED)
    if invited is None or invited < now - timedelta(days=DAYS) or (live_at and live_at < invited):
        return None
    known = [each for each in channels.values() if each is not None]
    connected = max(known) if known and len(known) == len(channels) else None
    if connected is not None:
        reached[Milestone.SYNCING] = connected
    needed = set(Milestone) - {Milestone.CONFIRMED}
    needed -= set() if Channel.SP_API in channels else {Milestone.SP_API}
    following = waits_for(reached, needed)
    promised = connected and connected + timedelta(hours=settings().promise_hours)
    return {f"{each}_at": reached.get(each) for each in Milestone} | {
        "account_id": account_id, "link_id": None, "email": "", "confirms": False, "chooses": True,
        "void": False, "day": invited.date(), "connected_at": connected, "promised_at": promised,
        "waits_for": following.value if following else "",
        "waits_since": reached[furthest(reached)] if following else None, "due_at": invited,
    }  # fmt: skip


def _first(
    events: Sequence[Any], kinds: Sequence[str], channel: Channel | None = None
) -> datetime | None:
    return next(
        (
            each.at
            for each in events
            if each.kind in kinds and (channel is None or each.details.get("channel") == channel)
        ),
        None,
    )
