"""How an account came to be as it is: its streams and their runs, its spells, its timeline."""

from datetime import datetime, timedelta
from typing import Any, Final

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.db import facts as stored_facts
from dashboard.db.history import StatusSpell, SyncRun
from dashboard.db.models import Account, Moment, Stream
from dashboard.marketplaces import marketplaces
from dashboard.queries import activity, silence, standing
from dashboard.queries.frames import MOMENT, frame
from dashboard.status import Verdict

STREAMS: Final = {
    "id": "int64",
    "country_code": "str",
    "country": "str",
    "channel": "str",
    "status": "str",
    "actor": "str",
    "reason": "str",
    "state": "str",
    "last_success_at": MOMENT,
    "last_run_at": MOMENT,
    "last_outcome": "str",
}
RUNS: Final = {
    "stream_id": "int64",
    "started_at": MOMENT,
    "finished_at": MOMENT,
    "outcome": "str",
    "reason": "str",
    "rows": "int64",
}
SPELLS: Final = {
    "headline": "str",
    "actor": "str",
    "reason": "str",
    "started_at": MOMENT,
    "ended_at": MOMENT,
}
DAYS: Final = 120
"""How far back an account's headline is shown."""
MOST_STREAMS: Final = 100
MOST_RUNS: Final = 30
"""Newest runs shown of each stream."""
MOST_SPELLS: Final = 500
TURNED: Final = "turned"
"""The kind under which a timeline says that the headline changed."""


def streams(session: Session, account_id: int, now: datetime) -> pd.DataFrame:
    """How each marketplace and channel of an account syncs.

    Returns:
        At most ``MOST_STREAMS`` rows with the columns of ``STREAMS``, in the order of marketplaces
        and channels. ``status`` is the headline the account would have if it had nothing else;
        ``state`` is that of the work, ``last_outcome`` that of the newest run.
    """
    known = stored_facts.load(session, [account_id]).get(account_id)
    if known is None:
        return frame([], STREAMS)
    changes_at = session.scalar(sa.select(Account.changes_at).where(Account.id == account_id))
    moment = standing.held(changes_at, now)
    channels = {each.channel.value: each for each in known.channels}
    newest = (
        sa.select(SyncRun)
        .where(SyncRun.stream_id == Stream.id)
        .order_by(SyncRun.started_at.desc())
        .limit(1)
    )
    rows = session.execute(
        sa.select(
            *Stream.__table__.c,
            newest.with_only_columns(SyncRun.started_at).scalar_subquery().label("run_at"),
            newest.with_only_columns(SyncRun.outcome).scalar_subquery().label("outcome"),
        )
        .where(Stream.account_id == account_id)
        .limit(MOST_STREAMS)
    ).all()
    order = {each: place for place, each in enumerate(marketplaces())}
    return frame(
        (
            _stream_row(
                row,
                silence.verdict(
                    session, standing.of_stream(known, channels[row.channel], row, moment)
                ),
            )
            for row in sorted(rows, key=lambda row: (order[row.marketplace_id], row.channel))
        ),
        STREAMS,
    )


def runs(session: Session, account_id: int) -> pd.DataFrame:
    """The newest runs of each stream of an account.

    Returns:
        At most ``MOST_RUNS`` rows for each of ``MOST_STREAMS`` streams, oldest first, with the
        columns of ``RUNS``; a run that has not ended has no ``finished_at``.
    """
    some = sa.select(Stream.id).where(Stream.account_id == account_id).limit(MOST_STREAMS)
    ids = session.scalars(some).all()
    if not ids:
        return frame([], RUNS)
    newest = [
        sa.select(
            sa.select(*SyncRun.__table__.c)
            .where(SyncRun.stream_id == each)
            .order_by(SyncRun.started_at.desc())
            .limit(MOST_RUNS)
            .subquery()
        )
        for each in ids
    ]
    found = sa.union_all(*newest).subquery().c
    return frame(
        session.execute(
            sa.select(
                found.stream_id, found.started_at, found.finished_at, found.outcome,
                sa.func.coalesce(found.reason, ""), found.rows,
            ).order_by(found.started_at, found.id)
        ),
        RUNS,
    )  # fmt: skip


def spells(session: Session, account_id: int, now: datetime) -> pd.DataFrame:
    """The headlines of an account over the last ``DAYS`` days.

    Returns:
        At most ``MOST_SPELLS`` rows, the newest there are, oldest first, with the columns of
        ``SPELLS``. The first may have begun before the period; the present one has not ended.
    """
    start = now - timedelta(days=DAYS)
    return frame(reversed(_spells(session, account_id, start, MOST_SPELLS)), SPELLS)


def timeline(session: Session, account_id: int, limit: int) -> pd.DataFrame:
    """What was done to an account and what became of it, newest first: the columns of ``EVENTS``.

    Changes of the headline stand among the events as the kind ``TURNED``; their details are the
    headline ``before`` (empty if there was none, or the same with another reason) and ``after``,
    and the ``reason``.
    """
    done = activity.latest(session, limit, account_id=account_id)
    turns = _spells(session, account_id, None, limit + 1)
    befores = [*(each.headline for each in turns[1:]), ""]
    turned = [
        (
            0, each.started_at, TURNED, "", None, "", account_id, "",
            {
                "before": was if was != each.headline else "",
                "after": each.headline,
                "reason": each.reason,
            },
        )
        for each, was in list(zip(turns, befores, strict=True))[:limit]
    ]  # fmt: skip
    rows = [*done.itertuples(index=False, name=None), *turned]
    newest = sorted(rows, key=lambda row: (row[1], row[0]), reverse=True)[:limit]
    return frame(newest, activity.EVENTS)


def _stream_row(row: Any, verdict: Verdict) -> tuple[Any, ...]:
    place = marketplaces()[row.marketplace_id]
    return (
        row.id, place.country_code, place.country, row.channel, verdict.headline.value,
        verdict.actor.value, verdict.reason.value if verdict.reason else "", row.state,
        row.last_success_at, row.run_at, row.outcome or "",
    )  # fmt: skip


def _spells(session: Session, account_id: int, start: datetime | None, limit: int) -> list[Any]:
    """The newest spells of an account, newest first; from the one that ``start`` lies in on."""
    mine = StatusSpell.account_id == account_id
    chosen = sa.select(*(StatusSpell.__table__.c[name] for name in SPELLS)).where(mine)
    if start is not None:
        running = sa.select(sa.func.max(StatusSpell.started_at)).where(
            mine, StatusSpell.started_at <= start
        )
        first = sa.func.coalesce(running.scalar_subquery(), sa.literal(start, Moment()))
        chosen = chosen.where(StatusSpell.started_at >= first)
    order = (StatusSpell.started_at.desc(), StatusSpell.id.desc())
    return list(session.execute(chosen.order_by(*order).limit(limit)))
