"""Worker processes: they find what is due, finish what they began, and lose nothing when killed."""

import signal
from datetime import timedelta

import pytest
import sqlalchemy as sa

from dashboard import clock
from dashboard.amazon.wire import Wire
from dashboard.db.engine import reading, transaction
from dashboard.db.history import SyncRun
from dashboard.db.models import Grant, Stream
from dashboard.db.syncing import Bucket, Campaign, Check, Listing, Worker
from dashboard.diagnosis import Channel
from dashboard.settings import settings
from dashboard.sync import checks
from dashboard.sync.queue import queue
from dashboard.sync.tasks import tasks
from tests.sync.conftest import Fleet
from tests.sync.workers import PATIENCE, Start, until


def checked() -> int:
    with reading() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(Check)) or 0


def outcomes() -> set[str]:
    """How runs ended, and those that have not."""
    with reading() as session:
        return set(session.scalars(sa.select(SyncRun.outcome)))


def working() -> bool:
    """Whether anything is yet to be synced."""
    with reading() as session:
        waiting = sa.select(Stream.id).where(Stream.due_at <= clock.now())
        return bool(session.scalars(waiting).all())


def called(fleet: Fleet, path: str) -> bool:
    return path in fleet.amazon.calls()


def test_a_worker_checks_what_is_due_and_tells_that_it_lives(fleet: Fleet, start: Start) -> None:
    fleet.connect("nordlicht")
    worker = start()
    until(lambda: checked() == 2, worker)
    with reading() as session:
        known = session.scalars(sa.select(Worker)).one()
        assert str(worker.pid) in known.id
        assert clock.now() - known.seen_at < timedelta(minutes=1)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(PATIENCE) == 0
    with reading() as session:
        assert session.scalars(sa.select(Worker.left_at)).one() is not None


def test_a_worker_that_is_told_to_stop_finishes_what_it_began(fleet: Fleet, start: Start) -> None:
    account_id = fleet.connect("nordlicht")
    fleet.amazon.forget_calls()
    fleet.amazon.behave("nordlicht", "slow", seconds=2.0)
    worker = start()
    until(lambda: called(fleet, "GET /ads/EU/v2/profiles"), worker)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(PATIENCE) == 0
    grant = fleet.grant(account_id, Channel.AAA)
    assert grant.lease is None
    assert fleet.channel(account_id, Channel.AAA).checked_at is not None
    with reading() as session:
        assert "AAA" in session.scalars(sa.select(Check.channel)).all()


def test_what_a_killed_worker_was_doing_is_taken_up_when_its_lease_ends(
    fleet: Fleet, start: Start, wire: Wire
) -> None:
    account_id = fleet.connect("nordlicht")
    fleet.amazon.forget_calls()
    fleet.amazon.behave("nordlicht", "slow", seconds=5.0)
    worker = start()
    until(lambda: called(fleet, "GET /ads/EU/v2/profiles"), worker)
    worker.kill()
    worker.wait()
    fleet.amazon.reset()
    grant = fleet.grant(account_id, Channel.AAA)
    assert grant.lease is not None
    assert not checks.check(grant.id, wire=wire), "somebody seems to be at it"

    with transaction() as session:
        session.execute(sa.update(Grant).values(leased_until=clock.now(), refreshing_until=None))
        # By the time a lease ends, Amazon may be asked again whatever the dead worker had asked.
        session.execute(sa.delete(Bucket))
    start_again = start()
    until(lambda: checked() == 2, start_again)
    assert fleet.account(account_id).headline == "Healthy"


def test_a_sync_that_was_cut_short_is_done_again_and_nothing_arrives_twice(
    fleet: Fleet, start: Start
) -> None:
    account_id = fleet.connect("nordlicht", marketplaces=("DE",))
    with transaction() as session:
        session.execute(sa.update(Grant).values(check_due_at=None))
        session.execute(sa.update(Stream).values(due_at=clock.now()))
    fleet.amazon.behave("nordlicht", "slow", seconds=1.0)
    fleet.amazon.forget_calls()
    worker = start()
    until(lambda: fleet.amazon.calls().get("GET /sp/EU/fba/inventory/v1/summaries", 0) > 0, worker)
    worker.kill()
    worker.wait()
    fleet.amazon.reset()
    with transaction() as session:
        begun = session.scalars(sa.select(SyncRun).where(SyncRun.outcome == "running")).all()
        assert begun
        session.execute(sa.update(Stream).values(leased_until=clock.now()))
        session.execute(sa.update(Grant).values(refreshing_until=None))

    again = start()
    until(lambda: outcomes() >= {"succeeded", "failed"} and not working(), again)

    with reading() as session:
        streams = session.scalars(sa.select(Stream).where(Stream.account_id == account_id)).all()
        assert {(each.state, each.lease, each.failure) for each in streams} == {
            ("idle", None, None)
        }
        assert session.scalar(sa.select(sa.func.count()).select_from(Listing))
        assert session.scalar(sa.select(sa.func.count()).select_from(Campaign))
    assert fleet.account(account_id).headline == "Healthy"


def test_a_worker_that_is_told_to_stop_gives_back_a_sync_it_cannot_finish(
    fleet: Fleet, start: Start
) -> None:
    fleet.connect("nordlicht", marketplaces=("DE",))
    with transaction() as session:
        session.execute(sa.update(Grant).values(check_due_at=None))
        session.execute(
            sa.update(Stream).where(Stream.channel == "SP-API").values(due_at=clock.now())
        )
    fleet.amazon.behave("nordlicht", "slow", seconds=1.0)
    fleet.amazon.forget_calls()
    worker = start()
    until(lambda: called(fleet, "GET /sp/EU/fba/inventory/v1/summaries"), worker)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(PATIENCE) == 0

    with reading() as session:
        given_back = session.scalars(sa.select(Stream).where(Stream.channel == "SP-API")).one()
        assert (given_back.state, given_back.lease) == ("queued", None)
        assert session.scalars(sa.select(SyncRun)).all() == []


def test_a_check_in_the_queue_twice_is_made_once(fleet: Fleet) -> None:
    account_id = fleet.connect("nordlicht")
    settings.cache_clear()
    grant = fleet.grant(account_id, Channel.AAA)
    with transaction() as session:
        session.execute(sa.update(Grant).values(lease="here", leased_until=clock.now()))
    assert checks.check(grant.id, "here")
    assert not checks.check(grant.id, "here")
    assert checked() == 1


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_tasks_pass_through_the_queue_as_plain_words(fleet: Fleet) -> None:
    tasks().check([7, 8], "ticket")
    task = queue().dequeue()
    assert (type(task).__name__, *task.args) == ("check", [7, 8], "ticket")
