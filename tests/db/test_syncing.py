"""Which worker syncs which stream, what that does to the account, and what staff may ask for."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from dashboard import clock
from dashboard.actions import arriving, claims, requests, syncing, tallies
from dashboard.actions.claims import Claim
from dashboard.amazon import ads, selling_partner
from dashboard.db.engine import reading, transaction
from dashboard.db.history import Event, SyncRun
from dashboard.db.models import Account, Grant, Stream
from dashboard.db.requests import Kind
from dashboard.db.syncing import Campaign, Listing
from dashboard.diagnosis import Channel, Reason
from dashboard.errors import LeaseLost
from dashboard.queries import arrived
from dashboard.roles import Role, Staff
from dashboard.status import Headline
from tests import factories
from tests.factories import Sync, Wire

pytestmark = pytest.mark.usefixtures("database")

ANA = Staff(id=None, email="ana@northwind.example", name="Ana", role=Role.SUPPORT)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def made(organization: str = "Acme GmbH", **options: object) -> int:
    """An account whose consents have tokens, and whose streams are due."""
    with transaction() as session:
        owner = factories.organization(session, organization)
        account_id = factories.account(session, owner, **options)  # type: ignore[arg-type]
        token = {"refresh_token": "sealed", "version": 1}
        session.execute(sa.update(Grant).values(token))
        session.execute(
            sa.update(Stream)
            .where(Stream.account_id == account_id)
            .values(due_at=clock.now() - 30 * DAY)
        )
    return account_id


def streams(account_id: int) -> list[Stream]:
    with reading() as session:
        chosen = sa.select(Stream).where(Stream.account_id == account_id)
        return list(session.scalars(chosen.order_by(Stream.id)))


def runs(stream_id: int) -> list[SyncRun]:
    with reading() as session:
        chosen = sa.select(SyncRun).where(SyncRun.stream_id == stream_id)
        return list(session.scalars(chosen.order_by(SyncRun.started_at)))


def account(account_id: int) -> Account:
    with reading() as session:
        return session.get_one(Account, account_id)


def kinds(account_id: int) -> list[str]:
    with reading() as session:
        chosen = sa.select(Event.kind).where(Event.account_id == account_id)
        return list(session.scalars(chosen.order_by(Event.id)))


def claimed(stream_id: int, now: datetime | None = None) -> Claim:
    found = claims.claim(stream_id, now=now)
    assert found is not None
    return found


def test_a_stream_is_claimed_once_however_many_want_it() -> None:
    stream = streams(made())[0]

    first = claims.claim(stream.id)

    assert first is not None
    assert claims.claim(stream.id) is None
    now = streams(first.account_id)[0]
    assert (now.state, now.lease) == ("running", first.lease)
    assert [each.outcome for each in runs(stream.id)] == ["running"]


def test_a_ticket_lets_its_holder_claim_and_nobody_else() -> None:
    stream = streams(made())[0]

    tickets = {each.stream_id: each.lease for each in claims.find_due(10)}

    assert claims.find_due(10) == []
    assert claims.claim(stream.id) is None
    assert claims.claim(stream.id, "forged") is None
    assert claims.claim(stream.id, tickets[stream.id]) is not None
    assert claims.claim(stream.id, tickets[stream.id]) is None


def test_a_ticket_that_is_lost_is_written_again() -> None:
    made()
    lost = claims.find_due(10)

    found = claims.find_due(10, clock.now() + claims.QUEUED)

    assert {each.stream_id for each in found} == {each.stream_id for each in lost}


def test_organizations_take_turns_however_much_one_has_to_do() -> None:
    big = made("Big", marketplaces=("DE", "FR", "IT", "ES"))
    small = made("Small")
    with transaction() as session:
        session.execute(
            sa.update(Stream).where(Stream.account_id == big).values(due_at=clock.now() - 40 * DAY)
        )

    found = claims.find_due(4)

    owners = [each.stream_id in {one.id for one in streams(small)} for each in found]
    assert owners == [False, True, False, True]


def test_what_a_dead_worker_was_doing_is_taken_up_when_its_lease_ends() -> None:
    stream = streams(made())[0]
    dead = claimed(stream.id)
    later = clock.now() + claims.LEASE

    assert claims.claim(stream.id, now=later - MINUTE) is None
    alive = claimed(stream.id, later)

    assert alive.failures == 1
    assert [(each.outcome, each.reason) for each in runs(stream.id)] == [
        ("failed", Reason.SYNC_STALLED), ("running", None),
    ]  # fmt: skip
    with pytest.raises(LeaseLost):
        arriving.campaigns(dead, [campaign("1")])
    with pytest.raises(LeaseLost):
        syncing.succeed(dead)
    with pytest.raises(LeaseLost):
        syncing.fail(dead, later, None)
    syncing.give_back(dead)
    assert streams(dead.account_id)[0].lease == alive.lease
    with reading() as session:
        assert session.scalars(sa.select(Campaign)).all() == []


def test_a_sync_that_shows_signs_of_life_keeps_its_lease() -> None:
    stream = streams(made())[0]
    one = claimed(stream.id)

    arriving.campaigns(one, [campaign("1")], now=clock.now() + 8 * MINUTE)

    assert claims.claim(stream.id, now=clock.now() + 12 * MINUTE) is None
    after = streams(one.account_id)[0]
    assert after.progressed_at == after.leased_until - claims.LEASE  # type: ignore[operator]
    assert runs(stream.id)[-1].rows == 1


def test_a_sync_that_kills_its_workers_is_given_up_until_somebody_asks() -> None:
    account_id = made()
    stream, now = streams(account_id)[0], clock.now()

    for turn in range(claims.LAPSES):
        assert claims.claim(stream.id, now=now + turn * claims.LEASE) is not None
    assert claims.claim(stream.id, now=now + claims.LAPSES * claims.LEASE) is None

    after = streams(account_id)[0]
    assert (after.state, after.failure, after.due_at) == ("failed", Reason.SYNC_STALLED, None)
    assert account(account_id).headline == Headline.STUCK
    requests.ask(ANA, Kind.SYNC, [account_id])
    assert streams(account_id)[0].state == "queued"


def test_an_account_that_is_paused_or_has_no_consent_is_not_synced() -> None:
    paused = made(paused_at=clock.now() - DAY)
    revoked = made(aaa=Wire(refused_age=DAY))

    assert claims.claim(streams(paused)[0].id) is None
    assert claims.claim(streams(revoked)[0].id) is None

    for each in (paused, revoked):
        rests_until = streams(each)[0].due_at
        assert rests_until is not None
        assert rests_until > clock.now() + claims.PARKED - MINUTE
    assert runs(streams(paused)[0].id) == []


def test_a_dead_run_of_an_account_that_was_paused_meanwhile_is_ended() -> None:
    account_id = made()
    stream = streams(account_id)[0]
    claimed(stream.id)
    requests.ask(ANA, Kind.PAUSE, [account_id])

    assert claims.claim(stream.id, now=clock.now() + claims.LEASE) is None

    after = streams(account_id)[0]
    assert (after.state, after.lease) == ("idle", None)
    assert [each.outcome for each in runs(stream.id)] == ["failed"]


def test_a_success_ends_what_was_wrong_and_the_headline_follows() -> None:
    wrong = Sync(age=DAY, state="failed", failure=Reason.OUR_FAULT, throttled=True)
    account_id = made(syncs={("DE", Channel.AAA): wrong})
    assert account(account_id).headline == Headline.OUR_FIX

    one = claimed(streams(account_id)[0].id)
    assert account(account_id).headline == Headline.OUR_FIX, "until it has succeeded"
    syncing.succeed(one)

    after = streams(account_id)[0]
    assert (after.state, after.failure, after.throttled) == ("idle", None, False)
    assert account(account_id).headline == Headline.HEALTHY
    assert account(account_id).oldest_sync_at is not None


def test_what_was_given_up_stays_so_while_it_is_tried_in_vain() -> None:
    account_id = made(syncs={("DE", Channel.AAA): Sync(state="failed", failure=Reason.OUR_FAULT)})
    again = clock.now() + HOUR

    syncing.fail(claimed(streams(account_id)[0].id), again, Reason.AMAZON_OUTAGE)

    after = streams(account_id)[0]
    assert (after.state, after.failure, after.due_at) == ("failed", Reason.OUR_FAULT, again)
    assert account(account_id).headline == Headline.OUR_FIX


def test_a_paused_account_waits_and_a_resumed_one_is_synced_at_once() -> None:
    account_id = made()

    requests.ask(ANA, Kind.PAUSE, [account_id])
    requests.ask(ANA, Kind.PAUSE, [account_id])
    assert account(account_id).headline == Headline.PAUSED
    assert claims.claim(streams(account_id)[0].id) is None

    requests.ask(ANA, Kind.RESUME, [account_id])
    requests.ask(ANA, Kind.RESUME, [account_id])
    assert account(account_id).headline == Headline.HEALTHY
    assert claims.claim(streams(account_id)[0].id) is not None
    assert kinds(account_id) == ["paused", "resumed"]
    with reading() as session:
        assert None not in session.scalars(sa.select(Grant.check_due_at)).all()


def test_what_has_vanished_goes_in_the_end_and_nothing_else_does() -> None:
    account_id, other = made(), made()
    stream = streams(account_id)[0]
    now = clock.now()
    first = claimed(stream.id, now)
    theirs = claimed(streams(other)[0].id, now)
    for each in (first, theirs):
        arriving.campaigns(each, [campaign("1"), campaign("2")])
        syncing.succeed(each, now)
    again(stream.id)
    second = claimed(stream.id, now + 2 * HOUR)
    arriving.campaigns(second, [replace_name(campaign("2"), "New name"), campaign("3")])
    arriving.forget(second, Campaign)

    with reading() as session:
        rows = session.scalars(sa.select(Campaign).order_by(Campaign.campaign_id)).all()
    mine = [each for each in rows if each.account_id == account_id]
    assert [(each.campaign_id, each.name) for each in mine] == [("2", "New name"), ("3", "A")]
    assert [each.first_seen_at for each in mine] == [now, now + 2 * HOUR]
    assert len(rows) - len(mine) == 2


def test_what_arrived_is_counted_by_marketplace() -> None:
    account_id = made(marketplaces=("DE", "FR"))
    by_channel = {(each.marketplace_id, each.channel): each.id for each in streams(account_id)}
    germany = "A1PA6795UKMFR9"
    now = clock.now()
    advertising = claimed(by_channel[germany, "AAA"], now - DAY)
    arriving.campaigns(
        advertising,
        [campaign("1"), campaign("2", "PAUSED"), campaign("3", "archived"), campaign("4", "X")],
    )
    syncing.succeed(advertising, now - DAY)
    selling = by_channel[germany, "SP-API"]
    first = claimed(selling, now - 2 * DAY)
    arriving.stock(first, [stock("A", 5), stock("B", 7)])
    arriving.forget_stock(first)
    arriving.listings(first, [listing("A"), listing("C")])
    syncing.succeed(first, now - 2 * DAY)
    again(selling)
    second = claimed(selling, now - DAY)
    arriving.listings(second, [listing("D"), listing("E", "B0D")])

    with reading() as session:
        found = arrived.by_marketplace(session, account_id, now)

    assert dict(found.dtypes.astype(str)) == arrived.ARRIVED
    assert found["country_code"].tolist() == ["DE"]
    assert found.iloc[0, 2:].tolist() == [4, 1, 1, 1, 5, 1, 12]
    with reading() as session:
        assert session.get_one(Listing, (account_id, germany, "C")).quantity is None
        later = arrived.by_marketplace(session, account_id, now + 7 * DAY)
        assert later["new_asins"].tolist() == [0]
        nothing = arrived.by_marketplace(session, 999, now)
    assert nothing.empty
    assert dict(nothing.dtypes.astype(str)) == arrived.ARRIVED


def test_what_amazon_has_none_of_is_nought_and_what_never_came_is_missing() -> None:
    account_id = made()
    advertising = next(each for each in streams(account_id) if each.channel == Channel.AAA)
    syncing.succeed(claimed(advertising.id))

    with reading() as session:
        found = arrived.by_marketplace(session, account_id, clock.now())

    assert found["campaigns"].tolist() == [0]
    assert found["products"].isna().all()


def test_work_is_told_while_it_goes_on() -> None:
    account_id = made()

    def work() -> arrived.Work:
        with reading() as session:
            return arrived.work(session, account_id, clock.now())

    assert work().streams == 0
    one = claimed(streams(account_id)[0].id)
    assert work().streams == 1
    syncing.succeed(one)
    assert work().streams == 0


def test_many_workers_and_staff_at_once_do_each_sync_once_and_never_wait_in_a_circle() -> None:
    accounts = [made(marketplaces=("DE", "FR", "IT")) for _ in range(4)]
    done: list[int] = []

    def work() -> None:
        while tickets := claims.find_due(3):
            for each in tickets:
                found = claims.claim(each.stream_id, each.lease)
                if found is not None:
                    arriving.campaigns(found, [campaign("1")])
                    syncing.succeed(found)
                    done.append(each.stream_id)

    def ask() -> None:
        for _ in range(3):
            requests.ask(ANA, Kind.SYNC, accounts)
            requests.ask(ANA, Kind.PAUSE, accounts[:2])
            requests.ask(ANA, Kind.RESUME, accounts[:2])
            requests.settle()

    with ThreadPoolExecutor(6) as pool:
        for each in [pool.submit(each) for each in (work, work, work, ask, ask, work)]:
            each.result()
    work()

    with reading() as session:
        outcomes = session.scalars(sa.select(SyncRun.outcome)).all()
        assert set(outcomes) == {"succeeded"}
        assert len(outcomes) == len(done)
        assert set(done) == set(session.scalars(sa.select(Stream.id)))
        assert not tallies.recount(session)
    assert {account(each).headline for each in accounts} == {Headline.HEALTHY}


def again(stream_id: int) -> None:
    """Have a stream be due, as of long ago."""
    with transaction() as session:
        session.get_one(Stream, stream_id).due_at = clock.now() - 30 * DAY


def campaign(campaign_id: str, state: str = "ENABLED") -> ads.Campaign:
    return ads.Campaign(id=campaign_id, name="A", state=state)


def replace_name(one: ads.Campaign, name: str) -> ads.Campaign:
    return one.model_copy(update={"name": name})


def stock(sku: str, quantity: int) -> selling_partner.Stock:
    return selling_partner.Stock(sku=sku, asin=f"B0{sku}", name="A", quantity=quantity)


def listing(sku: str, asin: str = "") -> selling_partner.Listing:
    return selling_partner.Listing(sku=sku, asin=asin or f"B0{sku}", name="A")
