"""How many checks workers make a second, beside a bare loop of the same calls.

Run as a program in an environment whose database is empty: workers and the stand-in Amazon are
started as processes of their own.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final

import httpx2
import psutil
import sqlalchemy as sa

from dashboard import clock
from dashboard.bench import bare, consents
from dashboard.bench.browser import serving
from dashboard.bench.scenarios import Figure, figure
from dashboard.db.engine import engine, reading, transaction
from dashboard.db.migrate import migrate
from dashboard.db.models import Grant
from dashboard.db.syncing import Bucket, Worker
from dashboard.settings import settings

ACCOUNTS: Final = 400
"""Each has two consents, which are checked once in each run."""
LATENCY: Final = 0.2
"""Seconds of every answer while workers are compared: as Amazon, which is far away."""
THREADS: Final = 16
"""Of each worker that is compared: they wait for answers, so that no core is ever full."""
FEW: Final = 200
"""Accounts that are checked while workers are compared."""


class Amazon:
    """The stand-in Amazon that is being served."""

    def __init__(self) -> None:
        self.http = httpx2.Client(base_url=settings().sandbox_base, timeout=60)

    def rested(self) -> None:
        """All limits are as if nobody had called, at Amazon and with us."""
        for path in ("/sandbox/reset", "/sandbox/calls/reset"):
            self.http.post(path, json={}).raise_for_status()
        with transaction() as session:
            long_ago = clock.now() - timedelta(hours=6)
            session.execute(sa.update(Bucket).values(tokens=1.0, at=long_ago))

    def slow(self, seconds: float) -> None:
        """Have every answer take so long."""
        asked = {"behaviour": "slow", "seconds": seconds}
        self.http.put("/sandbox/behaviours/everything", json=asked).raise_for_status()

    def calls(self) -> dict[str, int]:
        """How often each endpoint was called."""
        found: dict[str, int] = self.http.get("/sandbox/calls").json()
        return found


@contextmanager
def workers(number: int, **env: str) -> Iterator[list[psutil.Process]]:
    """So many workers that have told that they live."""
    command = [sys.executable, "-m", "dashboard", "worker"]
    begun = [
        subprocess.Popen(command, env=os.environ | env)  # noqa: S603 - our own command
        for _ in range(number)
    ]
    try:
        present = sa.select(sa.func.count()).where(Worker.left_at.is_(None))
        _until(lambda: _count(present) == number)
        yield [psutil.Process(each.pid) for each in begun]
    finally:
        for each in begun:
            each.terminate()
        for each in begun:
            each.wait(timeout=60)


def rate(grant_ids: list[int]) -> float:
    """Checks a second of the workers that run: between the first and the last tenth of them."""
    consents.make_due(grant_ids)
    waiting = sa.select(sa.func.count()).where(Grant.check_due_at <= clock.now())
    few = len(grant_ids) // 10
    _until(lambda: _count(waiting) <= len(grant_ids) - few)
    began, before = time.perf_counter(), _count(waiting)
    _until(lambda: _count(waiting) <= few)
    taken, after = time.perf_counter() - began, _count(waiting)
    _until(lambda: _count(waiting) == 0)
    return (before - after) / taken


def measure(runs: int) -> list[Figure]:
    """Measure one worker beside the bare loop in turns, and on PostgreSQL one beside two."""
    amazon, threads = Amazon(), settings().worker_threads
    known = consents.given(ACCOUNTS)
    grant_ids = consents.store(known)
    found: dict[str, list[float]] = {"loop": [], "loop cpu": [], "checks": [], "checks cpu": []}
    with workers(1) as (worker,):
        for run in range(runs + 1):
            amazon.rested()
            began, busy = time.perf_counter(), time.process_time()
            bare.loop(amazon.http, known, threads)
            looped = len(known) / (time.perf_counter() - began)
            loop_busy = 1000 * (time.process_time() - busy) / len(known)
            wanted = amazon.calls()
            amazon.rested()
            busy = _busy(worker)
            checked = rate(grant_ids)
            if amazon.calls() != wanted:
                raise RuntimeError(f"The calls differ: {wanted}, {amazon.calls()}")
            if run:  # the first opens connections
                values = looped, loop_busy, checked, 1000 * (_busy(worker) - busy) / len(known)
                for name, value in zip(found, values, strict=True):
                    found[name].append(value)
    shares = [ours / theirs for ours, theirs in zip(found["checks"], found["loop"], strict=True)]
    figures = [
        figure("worker: bare loop", threads, "checks/s", found["loop"]),
        figure("worker: bare loop, processor time", threads, "ms per check", found["loop cpu"]),
        figure("worker: one worker", threads, "checks/s", found["checks"]),
        figure("worker: one worker, processor time", threads, "ms per check", found["checks cpu"]),
        figure("worker: share of the bare loop", threads, "", shares),
    ]
    if engine().dialect.name == "postgresql":
        figures += _compared(amazon, grant_ids[: 2 * FEW], runs)
    return figures


def _compared(amazon: Amazon, grant_ids: list[int], runs: int) -> list[Figure]:
    """One worker and two, in turns."""
    rates: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(-(-runs // 2)):
        for number, found in rates.items():
            amazon.rested()
            amazon.slow(LATENCY)
            with workers(number, DASHBOARD_WORKER_THREADS=str(THREADS)):
                found.append(rate(grant_ids))
    times = [two / one for one, two in zip(rates[1], rates[2], strict=True)]
    return [
        figure("worker: one worker, Amazon far away", THREADS, "checks/s", rates[1]),
        figure("worker: two workers, Amazon far away", THREADS, "checks/s", rates[2]),
        figure("worker: two workers to one", THREADS, "", times),
    ]


def _busy(process: psutil.Process) -> float:
    """Seconds of processor time that a process has had."""
    times = process.cpu_times()
    return float(times.user + times.system)


def _count(query: sa.Select[Any]) -> int:
    with reading() as session:
        return int(session.scalar(query) or 0)


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 300
    while not holds():
        if time.monotonic() > deadline:
            raise RuntimeError("The workers did not do what they were to do within five minutes.")
        time.sleep(0.05)


def main() -> None:
    """Start the stand-in Amazon, measure, and print the figures as JSON."""
    migrate()
    sandbox = [sys.executable, "-m", "dashboard", "sandbox"]
    with serving(sandbox, settings().sandbox_port, os.environ, health="/sandbox/cast"):
        print(json.dumps(measure(int(sys.argv[1]))))  # noqa: T201


if __name__ == "__main__":
    main()
