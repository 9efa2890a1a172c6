"""What the System page says of workers and their work is what they told."""

from datetime import timedelta

import pytest

from dashboard import clock
from dashboard.actions import administering, workers
from dashboard.db.engine import reading
from dashboard.queries import system
from dashboard.roles import COMMAND_LINE
from tests.db.test_asking import made

pytestmark = pytest.mark.usefixtures("database")

NOW = clock.now()
MINUTE = timedelta(minutes=1)
COUNTS = {"checks": 3, "syncs": 2, "failures": 1, "queued": 4, "waited": 5}


def test_a_worker_is_working_until_it_is_silent_or_says_that_it_stops() -> None:
    workers.beat("here", NOW - 5 * MINUTE, NOW, **COUNTS)
    workers.beat("gone", NOW - 5 * MINUTE, NOW - 3 * MINUTE, **COUNTS)
    workers.beat("home", NOW - 5 * MINUTE, NOW - MINUTE, **COUNTS)
    workers.leave("home", NOW)
    with reading() as session:
        found = system.workers(session, NOW)
    assert dict(zip(found["id"], found["state"], strict=True)) == {
        "here": "working", "gone": "silent", "home": "stopped",
    }  # fmt: skip


def test_work_of_all_workers_adds_up_by_what_it_came_to() -> None:
    for worker in ("one", "other"):
        done = {("check", "ok"): 6, ("check", "Throttled"): 2, ("check", "put off"): 2}
        workers.beat(worker, NOW, NOW, done, **COUNTS)
    workers.beat("one", NOW, NOW, {("sync", "ok"): 1}, **COUNTS)
    with reading() as session:
        found = system.outcomes(session, NOW)
        done = system.throughput(session, NOW)
    assert list(found.itertuples(index=False, name=None)) == [
        ("check", "ok", 12, 0.6), ("check", "Throttled", 4, 0.2), ("check", "put off", 4, 0.2),
        ("sync", "ok", 1, 1.0),
    ]  # fmt: skip
    assert list(done[["kind", "number", "failed"]].itertuples(index=False, name=None)) == [
        ("check", 20, 4), ("sync", 1, 0),
    ]  # fmt: skip


def test_counts_are_kept_for_a_day() -> None:
    workers.beat("one", NOW, NOW - timedelta(days=2), {("check", "ok"): 1}, **COUNTS)
    workers.beat("one", NOW, NOW, {("check", "ok"): 1}, **COUNTS)
    with reading() as session:
        assert system.throughput(session, NOW, hours=72)["number"].tolist() == [1]


def test_what_waits_is_counted_with_how_long_it_has() -> None:
    *_, last = made(3)
    administering.sync_now(COMMAND_LINE, [last])
    with reading() as session:
        found = system.backlog(session, clock.now())
    assert (found.checks, found.syncs, found.asked) == (6, 6, 2)
    assert found.checks_since is not None
    assert found.checks_since < clock.now() - 59 * MINUTE


def test_what_is_done_every_minute_is_known_by_its_last_time() -> None:
    workers.note_round("rewrite_due", NOW - MINUTE, 1.5, 7)
    workers.note_round("rewrite_due", NOW, 0.5, 3)
    with reading() as session:
        found = system.rounds(session)
    assert list(found.itertuples(index=False, name=None)) == [("rewrite_due", NOW, 0.5, 3)]
