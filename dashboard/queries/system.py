"""How the background work is doing: workers, what waits, what was done, and what failed.

Everything is read from small tables or through an index that ends after some thousand rows: the
page costs the same however large the fleet is.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.db.models import Grant, Stream
from dashboard.db.syncing import Round, WorkDone, Worker
from dashboard.queries.frames import MOMENT, frame

SILENT: Final = timedelta(minutes=2)
"""A worker that tells nothing for so long, and did not say that it stops, is taken for dead."""
MOST: Final = 10_000
"""As far as is counted what waits."""
SHOWN: Final = 200
STEP: Final = timedelta(minutes=10)
"""What a bar of the throughput stands for."""
FINE: Final = ("ok", "put off", "lost")
"""Outcomes that are no failure."""

WORKERS: Final = {
    "id": "str", "state": "str", "started_at": MOMENT, "seen_at": MOMENT, "checks": "int64",
    "syncs": "int64", "failures": "int64", "queued": "int64", "waited": "int64",
}  # fmt: skip
DONE: Final = {"at": MOMENT, "kind": "str", "number": "int64", "failed": "int64"}
ERRORS: Final = {"kind": "str", "outcome": "str", "number": "int64", "share": "float64"}
ROUNDS: Final = {"name": "str", "began_at": MOMENT, "seconds": "float64", "number": "int64"}


@dataclass(frozen=True, slots=True)
class Backlog:
    """Work that is due and in nobody's hands: how much, ``MOST`` at most, and since when."""

    checks: int
    checks_since: datetime | None
    syncs: int
    syncs_since: datetime | None
    asked: int


def workers(session: Session, now: datetime) -> pd.DataFrame:
    """The workers of the last day, the ones last heard of first.

    Returns:
        The columns of ``WORKERS``; ``state`` is working, silent or stopped.
    """
    state = sa.case(
        (Worker.left_at.is_not(None), "stopped"), (Worker.seen_at < now - SILENT, "silent"),
        else_="working",
    )  # fmt: skip
    rows = session.execute(
        sa.select(
            Worker.id, state, Worker.started_at, Worker.seen_at, Worker.checks, Worker.syncs,
            Worker.failures, Worker.queued, Worker.waited,
        )
        .order_by(Worker.left_at.is_not(None), Worker.seen_at.desc(), Worker.id)
        .limit(SHOWN)
    )  # fmt: skip
    return frame(rows, WORKERS)


def backlog(session: Session, now: datetime) -> Backlog:
    """What is due, and not in the queue."""
    checks, checks_since = _due(session, Grant, Grant.check_due_at, now)
    syncs, syncs_since = _due(session, Stream, Stream.due_at, now)
    asked = sum(
        session.scalar(
            sa.select(sa.func.count()).select_from(
                sa.select(model.id).where(model.asked_at.is_not(None)).limit(MOST).subquery()
            )
        )
        or 0
        for model in (Grant, Stream)
    )
    return Backlog(checks, checks_since, syncs, syncs_since, asked)


def throughput(session: Session, now: datetime, hours: int = 6) -> pd.DataFrame:
    """Checks and syncs of the last hours, in steps of ``STEP``, with those that failed.

    Returns:
        One row per step and kind in which anything was done, with the columns of ``DONE``.
    """
    rows = session.execute(
        sa.select(
            WorkDone.minute, WorkDone.kind, sa.func.sum(WorkDone.number),
            sa.func.sum(sa.case((WorkDone.outcome.in_(FINE), 0), else_=WorkDone.number)),
        )
        .where(WorkDone.minute >= now - timedelta(hours=hours))
        .group_by(WorkDone.minute, WorkDone.kind)
        .order_by(WorkDone.minute, WorkDone.kind)
    )  # fmt: skip
    found = frame(rows, DONE)
    found["at"] = found["at"].dt.floor(f"{STEP.seconds}s")
    return found.groupby(["at", "kind"], as_index=False)[["number", "failed"]].sum()


def outcomes(session: Session, now: datetime) -> pd.DataFrame:
    """What the work of the last hour came to, by class of error, the most frequent first.

    Returns:
        The columns of ``ERRORS``; ``share`` is of all work of that kind.
    """
    rows = session.execute(
        sa.select(
            WorkDone.kind, WorkDone.outcome, sa.func.sum(WorkDone.number).label("number"),
            sa.literal(0.0),
        )
        .where(WorkDone.minute >= now - timedelta(hours=1))
        .group_by(WorkDone.kind, WorkDone.outcome)
        .order_by(sa.desc("number"), WorkDone.kind, WorkDone.outcome)
    )  # fmt: skip
    found = frame(rows, ERRORS)
    found["share"] = found["number"] / found.groupby("kind")["number"].transform("sum")
    return found


def rounds(session: Session) -> pd.DataFrame:
    """What is done every minute: when it was done last, how long that took, of how many."""
    rows = session.execute(
        sa.select(Round.name, Round.began_at, Round.seconds, Round.number).order_by(Round.name)
    )
    return frame(rows, ROUNDS)


def _due(
    session: Session, model: type[Any], column: Any, now: datetime
) -> tuple[int, datetime | None]:
    """How many rows are due and in nobody's hands, ``MOST`` at most, and since when."""
    free = sa.or_(model.leased_until.is_(None), model.leased_until <= now)
    first = sa.select(column.label("at"), free.label("free")).where(column <= now)
    oldest = first.order_by(column).limit(MOST).subquery()
    row = session.execute(
        sa.select(sa.func.count(), sa.func.min(oldest.c.at)).where(oldest.c.free)
    ).one()
    return row[0], row[1]
