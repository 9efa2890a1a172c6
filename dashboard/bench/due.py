"""How long it takes to find and claim what is due in a fleet, and to rewrite what time changes.

Run as a program on a fleet's database: ``python -m dashboard.bench.due RUNS`` prints figures as
JSON. What it makes due is not due any more when it ends.
"""

import json
import random
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from dashboard import clock
from dashboard.actions import checking, claims, sweep
from dashboard.bench.scenarios import Figure, figure
from dashboard.db.dialects import among
from dashboard.db.engine import reading, transaction
from dashboard.db.models import Account, Grant, Stream

DUE: Final = 10_000
FREE: Final[dict[str, Any]] = {"lease": None, "leased_until": None}


def measure(runs: int) -> list[Figure]:
    """Measure each ``runs`` times, on other rows each time.

    Returns:
        Figures in seconds, whose ``accounts`` is the number of streams or accounts there are.
    """
    streams, consents, accounts = _highest(Stream), _highest(Grant), _highest(Account)
    syncs = [_timed(_due_syncs, lambda: len(claims.find_due(DUE))) for _ in range(runs)]
    checks = [_timed(_due_checks, lambda: len(checking.find_due(DUE))) for _ in range(runs)]
    little = [_timed(lambda _now: None, lambda: len(claims.find_due(DUE))) for _ in range(runs)]
    with transaction() as session:
        # Whose time came while the fleet was built, or since, is not what is measured.
        soon = Account.changes_at <= clock.now() + timedelta(minutes=10)
        later = clock.now() + timedelta(hours=3)
        session.execute(sa.update(Account).where(soon).values(changes_at=later))
    turned = [_timed(_due_headlines, sweep.sweep) for _ in range(min(runs, 3))]
    return [
        figure(f"worker: {min(DUE, streams):,} due syncs, found and claimed", streams, "s", syncs),
        figure(
            f"worker: {min(DUE, consents):,} due checks, found and claimed", streams, "s", checks
        ),
        figure("worker: nothing due, looked for", streams, "s", little),
        figure(
            f"worker: {min(DUE, accounts):,} headlines whose time has come", accounts, "s", turned
        ),
    ]


def _timed(prepare: Callable[[datetime], None], do: Callable[[], int]) -> float:
    prepare(clock.now())
    began = time.perf_counter()
    do()
    return time.perf_counter() - began


def _due_syncs(now: datetime) -> None:
    _settle(Stream, Stream.due_at, now)
    _make_due(Stream, FREE | {"due_at": now}, _some(Stream))


def _due_checks(now: datetime) -> None:
    _settle(Grant, Grant.check_due_at, now)
    _make_due(Grant, FREE | {"check_due_at": now}, _some(Grant))


def _due_headlines(now: datetime) -> None:
    _make_due(Account, {"changes_at": now - timedelta(seconds=30)}, _some(Account))


def _settle(model: type[Any], column: Any, now: datetime) -> None:
    """What was made due before is due no more."""
    later = FREE | {column.key: now + timedelta(hours=3)}
    with transaction() as session:
        session.execute(sa.update(model).where(column <= now).values(later))


def _make_due(model: type[Any], values: dict[str, Any], ids: Any) -> None:
    numbers = list(ids)
    for start in range(0, len(numbers), DUE):
        with transaction() as session:
            some = among(session, model.id, numbers[start:][:DUE])
            session.execute(sa.update(model).where(some).values(values))


def _some(model: type[Any]) -> list[int]:
    """Ids all over the table: fewer where it is smaller."""
    highest = _highest(model)
    return random.sample(range(1, highest + 1), min(DUE, highest))


def _highest(model: type[Any]) -> int:
    with reading() as session:
        return int(session.scalar(sa.select(sa.func.max(model.id))) or 0)


if __name__ == "__main__":
    json.dump(measure(int(sys.argv[1])), sys.stdout)
