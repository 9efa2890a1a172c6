"""Streams are synced from the stand-in Amazon, whatever it does meanwhile."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa

from dashboard import clock
from dashboard.actions import claims
from dashboard.amazon.wire import Wire
from dashboard.db.engine import reading, transaction
from dashboard.db.history import SyncRun
from dashboard.db.models import Account, AccountChannel, AccountMarketplace, Grant, Stream
from dashboard.db.syncing import Campaign, Listing
from dashboard.diagnosis import Channel, Reason
from dashboard.marketplaces import marketplace
from dashboard.sandbox import goods
from dashboard.sandbox.cast import find
from dashboard.sandbox.places import places
from dashboard.settings import settings
from dashboard.status import Headline
from dashboard.sync import counting, finding, syncs
from dashboard.sync.queue import queue
from dashboard.sync.syncs import Outcome
from tests import factories
from tests.sandboxes import Sandbox
from tests.sync.conftest import Fleet

HOUR = timedelta(hours=1)


@pytest.fixture
def patient() -> Iterator[Wire]:
    """The network as it is in use, which waits when Amazon's count of calls runs ahead of ours."""
    opened = Wire()
    yield opened
    opened.close()


def due(account_id: int, country: str, channel: Channel) -> int:
    """A stream of an account, which is now due."""
    with transaction() as session:
        stream = session.scalars(
            sa.select(Stream).where(
                Stream.account_id == account_id,
                Stream.marketplace_id == marketplace(country).id,
                Stream.channel == channel.value,
            )
        ).one()
        stream.due_at = clock.now() - HOUR
        return stream.id


def stream(stream_id: int) -> Stream:
    with reading() as session:
        return session.get_one(Stream, stream_id)


def runs(stream_id: int) -> list[SyncRun]:
    with reading() as session:
        chosen = sa.select(SyncRun).where(SyncRun.stream_id == stream_id)
        return list(session.scalars(chosen.order_by(SyncRun.started_at)))


def campaigns(account_id: int) -> dict[str, Campaign]:
    with reading() as session:
        rows = session.scalars(sa.select(Campaign).where(Campaign.account_id == account_id))
        return {each.campaign_id: each for each in rows}


def listings(account_id: int) -> dict[str, Listing]:
    with reading() as session:
        rows = session.scalars(sa.select(Listing).where(Listing.account_id == account_id))
        return {each.sku: each for each in rows}


def advertised(member: str, country: str) -> list[goods.Campaign]:
    who = find(member)
    assert who is not None
    return goods.campaigns(who.businesses[0], places()[country])


def sold(member: str, country: str) -> list[goods.Product]:
    who = find(member)
    assert who is not None
    return goods.products(who.businesses[0], places()[country])


def test_all_pages_of_campaigns_arrive_with_name_state_and_budget(fleet: Fleet, wire: Wire) -> None:
    account_id = fleet.connect("nordlicht")
    country = max(("DE", "FR", "IT"), key=lambda each: len(advertised("nordlicht", each)))
    wanted = advertised("nordlicht", country)
    stream_id = due(account_id, country, Channel.AAA)

    assert syncs.sync(stream_id, wire=wire) is Outcome.SUCCEEDED

    assert len(wanted) > 100
    found = campaigns(account_id)
    assert {(each.campaign_id, each.name, each.state, each.budget) for each in found.values()} == {
        (each.id, each.name, each.state, each.budget) for each in wanted
    }
    run = runs(stream_id)[-1]
    assert (run.outcome, run.rows) == ("succeeded", len(wanted))
    after = stream(stream_id)
    assert (after.state, after.lease, after.failures) == ("idle", None, 0)
    assert after.last_success_at is not None
    assert after.due_at is not None
    assert timedelta(hours=4) < after.due_at - clock.now() < timedelta(hours=8)


def test_listings_arrive_with_what_is_in_stock(fleet: Fleet, patient: Wire) -> None:
    account_id = fleet.connect("nordlicht")
    stream_id = due(account_id, "DE", Channel.SP_API)

    assert syncs.sync(stream_id, wire=patient) is Outcome.SUCCEEDED

    found = listings(account_id)
    assert {
        (each.sku, each.asin, each.name, each.quantity, each.marketplace_id)
        for each in found.values()
    } == {
        (each.sku, each.asin, each.name, each.quantity, marketplace("DE").id)
        for each in sold("nordlicht", "DE")
    }


def test_a_later_sync_keeps_when_a_row_was_first_seen_and_drops_what_has_vanished(
    fleet: Fleet, patient: Wire
) -> None:
    account_id = fleet.connect("tiny-toys", country="US")
    stream_id = due(account_id, "US", Channel.SP_API)
    syncs.sync(stream_id, wire=patient)
    first = listings(account_id)
    with transaction() as session:
        gone = session.get_one(Listing, (account_id, marketplace("US").id, next(iter(first))))
        session.add(
            Listing(
                account_id=account_id, marketplace_id=gone.marketplace_id, sku="VANISHED",
                asin="B0VANISHED", name="Was sold out", quantity=3,
                first_seen_at=gone.first_seen_at, seen_at=gone.seen_at,
            )
        )  # fmt: skip
        gone.name, gone.quantity = "Old name", 10_000

    assert syncs.sync(due(account_id, "US", Channel.SP_API), wire=patient) is Outcome.SUCCEEDED

    second = listings(account_id)
    assert set(second) == set(first)
    for sku, each in second.items():
        assert (each.name, each.quantity) == (first[sku].name, first[sku].quantity)
        assert each.first_seen_at == first[sku].first_seen_at
        assert each.seen_at > first[sku].seen_at


def test_a_vendor_is_proved_by_an_answer_about_orders(
    fleet: Fleet, wire: Wire, amazon: Sandbox
) -> None:
    account_id = fleet.connect("kestrel")

    outcome = syncs.sync(due(account_id, "DE", Channel.SP_API), wire=wire)

    assert outcome is Outcome.SUCCEEDED
    assert amazon.calls()["GET /sp/EU/vendor/orders/v1/purchaseOrders"] == 1
    assert listings(account_id) == {}


def test_an_account_is_set_up_once_every_required_stream_has_succeeded(
    fleet: Fleet, patient: Wire
) -> None:
    account_id = fleet.connect("tiny-toys", country="US")
    with transaction() as session:
        session.execute(sa.update(Stream).values(last_success_at=None, added_at=clock.now()))
        session.execute(sa.update(AccountChannel).values(connected_at=clock.now()))
        session.execute(sa.update(Account).values(setup_completed_at=None))

    syncs.sync(due(account_id, "US", Channel.AAA), wire=patient)
    assert fleet.account(account_id).setup_completed_at is None
    assert fleet.account(account_id).headline == Headline.FIRST_SYNC
    syncs.sync(due(account_id, "US", Channel.SP_API), wire=patient)

    assert fleet.account(account_id).setup_completed_at is not None
    assert fleet.account(account_id).headline == Headline.HEALTHY
    assert fleet.events(account_id) == [("setup_completed", "")]


def test_throttling_puts_a_sync_off_and_says_so(fleet: Fleet, wire: Wire, amazon: Sandbox) -> None:
    account_id = fleet.connect("tiny-toys", country="US")
    stream_id = due(account_id, "US", Channel.AAA)
    amazon.behave("tiny-toys", "throttled", seconds=60)

    assert syncs.sync(stream_id, wire=wire) is Outcome.FAILED

    after = stream(stream_id)
    assert (after.state, after.throttled, after.failure) == ("idle", True, None)
    assert after.due_at is not None
    assert after.due_at >= clock.now() + timedelta(seconds=55)
    assert runs(stream_id)[-1].reason == Reason.THROTTLED

    amazon.reset()
    assert syncs.sync(due(account_id, "US", Channel.AAA), wire=wire) is Outcome.SUCCEEDED
    assert not stream(stream_id).throttled


@pytest.mark.parametrize("behaviour", ["server-error", "malformed", "forbidden"])
def test_trouble_of_amazons_is_never_held_against_the_customer(
    fleet: Fleet, wire: Wire, amazon: Sandbox, behaviour: str
) -> None:
    account_id = fleet.connect("tiny-toys", country="US")
    stream_id = due(account_id, "US", Channel.AAA)
    amazon.behave("everything", behaviour)

    assert syncs.sync(stream_id, wire=wire) is Outcome.FAILED

    after = stream(stream_id)
    assert (after.state, after.failures, after.failure) == ("idle", 1, None)
    assert fleet.account(account_id).headline == Headline.HEALTHY
    reason = runs(stream_id)[-1].reason
    assert reason == (None if behaviour == "forbidden" else Reason.AMAZON_OUTAGE)


def test_a_dead_consent_has_the_check_called_and_the_stream_waits(
    fleet: Fleet, wire: Wire, amazon: Sandbox
) -> None:
    account_id = fleet.connect("tiny-toys", country="US")
    grant_id = fleet.grant(account_id, Channel.AAA).id
    with transaction() as session:
        session.get_one(Grant, grant_id).check_due_at = clock.now() + HOUR
    amazon.revoke("tiny-toys", "AAA")

    assert syncs.sync(due(account_id, "US", Channel.AAA), wire=wire) is Outcome.FAILED

    assert fleet.account(account_id).headline == Headline.HEALTHY
    check_due_at = fleet.grant(account_id, Channel.AAA).check_due_at
    assert check_due_at is not None
    assert check_due_at <= clock.now()

    with transaction() as session:
        session.get_one(Grant, grant_id).refused_at = clock.now()
    stream_id = due(account_id, "US", Channel.AAA)
    assert syncs.sync(stream_id, wire=wire) is Outcome.NOT_DUE
    rests_until = stream(stream_id).due_at
    assert rests_until is not None
    assert rests_until > clock.now() + 23 * HOUR


def test_our_own_secret_refused_is_said_to_be_ours(
    fleet: Fleet, wire: Wire, amazon: Sandbox
) -> None:
    account_id = fleet.connect("tiny-toys", country="US")
    amazon.behave("everything", "secret-refused")
    stream_id = due(account_id, "US", Channel.AAA)

    assert syncs.sync(stream_id, wire=wire) is Outcome.FAILED

    assert stream(stream_id).failure == Reason.OUR_SECRET_REFUSED
    assert fleet.account(account_id).headline == Headline.OUR_FIX
    amazon.reset()
    assert syncs.sync(due(account_id, "US", Channel.AAA), wire=wire) is Outcome.SUCCEEDED
    assert fleet.account(account_id).headline == Headline.HEALTHY


def test_a_consent_taken_back_between_two_pages_leaves_what_arrived_and_no_blame(
    fleet: Fleet, wire: Wire, amazon: Sandbox
) -> None:
    account_id = fleet.connect("nordlicht")
    country = max(("DE", "FR", "IT"), key=lambda each: len(advertised("nordlicht", each)))
    stream_id = due(account_id, country, Channel.AAA)

    outcome = syncs.sync(
        stream_id, wire=wire, stopping=after_pages(1, lambda: amazon.revoke("nordlicht", "AAA"))
    )

    assert outcome is Outcome.FAILED
    assert len(campaigns(account_id)) == 100
    assert runs(stream_id)[-1].rows == 100
    assert fleet.account(account_id).headline == Headline.HEALTHY


def test_a_worker_that_is_told_to_stop_gives_the_sync_back(fleet: Fleet, wire: Wire) -> None:
    account_id = fleet.connect("nordlicht")
    country = max(("DE", "FR", "IT"), key=lambda each: len(advertised("nordlicht", each)))
    stream_id = due(account_id, country, Channel.AAA)
    asked = iter([False, True])

    outcome = syncs.sync(stream_id, wire=wire, stopping=lambda: next(asked))

    assert outcome is Outcome.STOPPED
    after = stream(stream_id)
    assert (after.state, after.lease) == ("queued", None)
    assert runs(stream_id) == []
    assert syncs.sync(stream_id, wire=wire) is Outcome.SUCCEEDED
    assert len(campaigns(account_id)) == len(advertised("nordlicht", country))


def test_stock_is_read_anew_once_when_the_token_of_its_next_page_has_died(
    fleet: Fleet, patient: Wire, amazon: Sandbox
) -> None:
    account_id = fleet.connect("nordlicht")
    country = max(("DE", "FR", "IT", "ES"), key=lambda each: len(sold("nordlicht", each)))
    assert len(sold("nordlicht", country)) > 50
    stream_id = due(account_id, country, Channel.SP_API)

    outcome = syncs.sync(stream_id, wire=patient, stopping=after_pages(1, lambda: amazon.clock(31)))

    assert outcome is Outcome.SUCCEEDED
    assert len(listings(account_id)) == len(sold("nordlicht", country))
    pages = -(-len(sold("nordlicht", country)) // 50)
    assert amazon.calls()["GET /sp/EU/fba/inventory/v1/summaries"] == 2 + pages


def test_a_worker_whose_stream_was_taken_over_stores_nothing_more(fleet: Fleet, wire: Wire) -> None:
    account_id = fleet.connect("nordlicht")
    country = max(("DE", "FR", "IT"), key=lambda each: len(advertised("nordlicht", each)))
    stream_id = due(account_id, country, Channel.AAA)
    other: list[claims.Claim | None] = []

    def take_over() -> None:
        later = clock.now() + claims.LEASE
        other.append(claims.claim(stream_id, now=later))

    outcome = syncs.sync(stream_id, wire=wire, stopping=after_pages(1, take_over))

    assert outcome is Outcome.FAILED
    assert other[0] is not None
    assert stream(stream_id).lease == other[0].lease
    assert len(campaigns(account_id)) == 100
    assert [each.outcome for each in runs(stream_id)] == ["failed", "running"]


def after_pages(pages: int, happens: Callable[[], object]) -> Callable[[], bool]:
    """Something that happens between two pages, and does not stop the worker."""
    calls = iter(range(1000))

    def asked() -> bool:
        if next(calls) == pages:
            happens()
        return False

    return asked


def test_a_profile_that_was_never_told_is_looked_up(fleet: Fleet, wire: Wire) -> None:
    account_id = fleet.connect("tiny-toys", country="US")
    with transaction() as session:
        session.execute(sa.update(AccountMarketplace).values(profile_id=None))

    assert syncs.sync(due(account_id, "US", Channel.AAA), wire=wire) is Outcome.SUCCEEDED

    assert len(campaigns(account_id)) == len(advertised("tiny-toys", "US"))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_is_due_passes_through_the_queue_once(fleet: Fleet) -> None:
    account_id = fleet.connect("kestrel")
    stream_ids = [due(account_id, "UK", channel) for channel in Channel]
    with transaction() as session:
        session.execute(sa.update(Grant).values(check_due_at=None))

    finding.hand_out()
    finding.hand_out()
    assert queue().pending_count() == 2
    while (task := queue().dequeue()) is not None:
        queue().execute(task)

    assert [runs(each)[-1].outcome for each in stream_ids] == ["succeeded", "succeeded"]
    assert [len(runs(each)) for each in stream_ids] == [1, 1]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_checks_share_a_task_only_while_amazon_answers_quickly(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DASHBOARD_WORKER_THREADS", "1")
    settings.cache_clear()
    fleet.connect("kestrel")
    fleet.connect("tiny-toys", country="US")
    with transaction() as session:
        session.execute(sa.update(Stream).values(due_at=None))

    def tasks_of(seconds: float) -> list[int]:
        """How many consents each task has, after checks that took so long."""
        for _ in range(20):
            counting.counts().took(seconds, 1)
        with transaction() as session:
            now = clock.now()
            session.execute(
                sa.update(Grant).values(check_due_at=now, lease=None, leased_until=None)
            )
        finding.hand_out()
        found = []
        while (task := queue().dequeue()) is not None:
            found.append(len(task.args[0]))
        return found

    assert tasks_of(0.1) == [4]
    assert tasks_of(0.9) == [2, 2]
    assert tasks_of(5.0) == [1, 1, 1, 1]


def test_a_stream_that_is_not_due_is_left_alone(fleet: Fleet, wire: Wire) -> None:
    account_id = fleet.connect("tiny-toys", country="US")
    with reading() as session:
        stream_id = factories.streams(session, account_id)[0]

    assert syncs.sync(stream_id, wire=wire) is Outcome.NOT_DUE
    assert syncs.sync(10**6, wire=wire) is Outcome.NOT_DUE
    assert runs(stream_id) == []
