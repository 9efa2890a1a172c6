"""What staff ask for on many accounts: stored, handed out, and told to its end for each."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from dashboard import clock
from dashboard.actions import claims, requests, syncing, tallies
from dashboard.actions.checking import find_due
from dashboard.db.bulk import insert_many
from dashboard.db.engine import reading, transaction
from dashboard.db.history import Event
from dashboard.db.models import Account, AccountChannel, Grant, Stream
from dashboard.db.requests import Kind, Request, RequestedAccount, State
from dashboard.db.syncing import Check
from dashboard.diagnosis import Channel, Reason
from dashboard.errors import BadInput, NotFound
from dashboard.queries import requests as asked
from dashboard.queries.choice import Choice
from dashboard.roles import Role, Staff
from dashboard.status import Headline
from tests import factories
from tests.factories import MISSING

pytestmark = pytest.mark.usefixtures("database")

ANA = Staff(id=None, email="ana@northwind.example", name="Ana", role=Role.SUPPORT)
BEN = Staff(id=None, email="ben@northwind.example", name="Ben", role=Role.STRATEGIST)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def made(**options: object) -> int:
    """An account whose consents have tokens."""
    with transaction() as session:
        owner = factories.organization(session)
        account_id = factories.account(session, owner, **options)  # type: ignore[arg-type]
        session.execute(sa.update(Grant).values(refresh_token="sealed", version=1))  # noqa: S106
    return account_id


def results(request_id: int) -> dict[int, tuple[str, str]]:
    """By account, how it stands and why."""
    with reading() as session:
        found = asked.results(session, request_id, clock.now())
        standing = asked.standing(session, request_id, clock.now())
    assert dict(found.dtypes.astype(str)) == asked.RESULTS
    assert sum(standing.states.values()) == standing.accounts
    for state in State:
        assert standing.states[state] == (found["state"] == state.value).sum()
    return {row.account_id: (row.state, row.why) for row in found.itertuples(index=False)}


def streams(account_id: int) -> list[int]:
    with reading() as session:
        return factories.streams(session, account_id)


def synced(stream_id: int, rows: int = 0, *, reason: Reason | None = None) -> None:
    claimed = claims.claim(stream_id)
    assert claimed is not None
    with transaction() as session:
        syncing.progress(session, claimed, rows)
    if reason is None:
        syncing.succeed(claimed)
    else:
        syncing.fail(claimed, clock.now() + DAY, reason)


def checked(account_id: int, channel: Channel, outcome: str) -> None:
    now = clock.now()
    with transaction() as session:
        row = {
            "at": now, "grant_id": factories.grant_of(session, account_id, channel),
            "organization_id": session.get_one(Account, account_id).organization_id,
            "channel": channel.value, "region": "EU", "outcome": outcome,
        }  # fmt: skip
        insert_many(session, Check, [row])


def closed(request_id: int) -> bool:
    with reading() as session:
        return session.get_one(Request, request_id).closed_at is not None


def kinds(account_id: int) -> list[tuple[str, str]]:
    with reading() as session:
        chosen = sa.select(Event).where(Event.account_id == account_id).order_by(Event.id)
        return [(each.kind, each.staff_name) for each in session.scalars(chosen)]


def test_each_account_is_told_of_from_waiting_to_its_end() -> None:
    well, bad = made(), made()
    paused = made(paused_at=clock.now() - DAY)
    gone = made(disconnected_at=clock.now() - DAY)
    bare = made(aaa=MISSING, sp_api=MISSING)

    request_id = requests.ask(ANA, Kind.SYNC, [well, bad, paused, gone, bare, 999, well])

    assert results(request_id) == {
        well: ("waiting", ""), bad: ("waiting", ""),
        paused: ("not possible", "It is paused: resume it first."),
        gone: ("not possible", "It is disconnected."),
        bare: ("not possible", "None of its channels has a consent that works: relaunch the "
               "connection first."),
    }  # fmt: skip
    assert kinds(well) == [("sync_asked", "Ana")]
    assert kinds(paused) == []
    assert {each.stream_id for each in claims.find_due(10)} == {*streams(well), *streams(bad)}
    with transaction() as session:
        session.execute(sa.update(Stream).values(lease=None, leased_until=None))

    one, other = streams(well)
    assert claims.claim(one, now=clock.now()) is not None
    assert results(request_id)[well] == ("running", "")
    with transaction() as session:
        session.execute(sa.update(Stream).values(lease=None, leased_until=None))
    synced(one, 70)
    synced(other, 5)
    for each in streams(bad):
        synced(each, reason=Reason.AMAZON_OUTAGE)

    assert results(request_id)[well] == ("succeeded", "")
    assert results(request_id)[bad] == ("failed", Reason.AMAZON_OUTAGE)
    assert not closed(request_id)
    requests.settle()
    assert closed(request_id)
    with reading() as session:
        kept = session.get_one(RequestedAccount, (request_id, well))
        assert (kept.outcome, kept.rows) == ("succeeded", 75)


def test_what_comes_later_does_not_change_what_came_of_a_request() -> None:
    account_id = made()
    request_id = requests.ask(ANA, Kind.SYNC, [account_id])
    for each in streams(account_id):
        synced(each, 1)
    requests.settle()
    requests.ask(BEN, Kind.SYNC, [account_id])
    for each in streams(account_id):
        synced(each, reason=Reason.THROTTLED)

    assert results(request_id)[account_id] == ("succeeded", "")


def test_a_sync_that_goes_on_already_is_waited_for() -> None:
    account_id = made()
    requests.ask(BEN, Kind.SYNC, [account_id])
    begun = [claims.claim(each) for each in streams(account_id)]

    request_id = requests.ask(ANA, Kind.SYNC, [account_id])

    assert results(request_id)[account_id] == ("running", "")
    assert kinds(account_id) == [("sync_asked", "Ben")]
    for each in begun:
        assert each is not None
        syncing.succeed(each)
    assert results(request_id)[account_id] == ("succeeded", "")


def test_a_check_is_told_of_by_what_it_found() -> None:
    well, ill, down = made(), made(), made()
    told_only = made()
    with transaction() as session:
        theirs = sa.select(AccountChannel.grant_id).where(AccountChannel.account_id == told_only)
        session.execute(sa.update(Grant).where(Grant.id.in_(theirs)).values(refresh_token=None))
        session.execute(sa.update(Grant).values(check_due_at=clock.now() + DAY))

    request_id = requests.ask(ANA, Kind.CHECK, [well, ill, down, told_only])

    assert len(find_due(10)) == 6
    assert results(request_id)[well] == ("running", "")
    assert results(request_id)[told_only][0] == "not possible"
    assert kinds(well) == [("check_asked", "Ana")]
    for account_id in (well, ill):
        for channel in Channel:
            checked(account_id, channel, "ok")
    with transaction() as session:
        row = session.get_one(AccountChannel, (ill, "AAA"))
        row.problem, row.problem_since = Reason.VIEW_ONLY.value, clock.now()
    checked(down, Channel.AAA, "AmazonDown")
    checked(down, Channel.SP_API, "ok")
    assert results(request_id)[well] == ("succeeded", "")
    assert results(request_id)[ill] == ("succeeded", Reason.VIEW_ONLY)
    assert results(request_id)[down] == ("failed", "AmazonDown")


def test_many_are_paused_and_resumed_and_those_that_stand_so_already_are_left_alone() -> None:
    some, paused = [made(), made()], made(paused_at=clock.now() - DAY)
    gone = made(disconnected_at=clock.now() - DAY)

    first = requests.ask(ANA, Kind.PAUSE, [*some, paused, gone])

    assert closed(first)
    assert [results(first)[each][0] for each in some] == ["succeeded", "succeeded"]
    assert results(first)[paused] == ("not possible", "It is paused already.")
    assert results(first)[gone][1].startswith("It is disconnected")
    with reading() as session:
        headlines = {each.id: each.headline for each in session.scalars(sa.select(Account))}
        assert {headlines[each] for each in some} == {Headline.PAUSED}
        assert not tallies.recount(session)
    assert claims.claim(streams(some[0])[0]) is None

    second = requests.ask(ANA, Kind.RESUME, some)

    assert {state for state, _why in results(second).values()} == {"succeeded"}
    assert kinds(some[0]) == [("paused", "Ana"), ("resumed", "Ana")]
    assert claims.claim(streams(some[0])[0]) is not None


def test_an_account_that_is_paused_meanwhile_is_not_waited_for() -> None:
    account_id = made()
    request_id = requests.ask(ANA, Kind.SYNC, [account_id])
    requests.ask(BEN, Kind.PAUSE, [account_id])

    requests.settle()

    assert results(request_id)[account_id][0] == "not possible"
    assert closed(request_id)


def test_beyond_the_first_accounts_the_workers_see_to_it_once_however_many_they_are() -> None:
    number = 2 * requests.BATCH + 30
    with transaction() as session:
        owner = factories.organization(session)
        ids = [factories.account(session, owner, f"A{each}") for each in range(number)]
        session.execute(sa.update(Grant).values(refresh_token="sealed"))  # noqa: S106

    request_id = requests.ask(ANA, Kind.SYNC, ids)

    with reading() as session:
        taken = sa.select(sa.func.count()).where(RequestedAccount.taken_at.is_not(None))
        assert session.scalar(taken) == requests.BATCH
        assert asked.standing(session, request_id, clock.now()).states[State.WAITING] == number
        assert len(asked.results(session, request_id, clock.now())) == asked.ROWS
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: requests.hand_out(), range(3)))
    with reading() as session:
        events = sa.select(sa.func.count()).where(Event.kind == "sync_asked")
        assert session.scalar(events) == number
        states = set(session.scalars(sa.select(Stream.state)))
        assert states == {"queued"}
        assert not tallies.recount(session)


def test_what_nobody_came_to_is_given_up_and_what_is_old_is_thrown_away() -> None:
    account_id, now = made(), clock.now()
    request_id = requests.ask(ANA, Kind.SYNC, [account_id], now)

    requests.settle(now + requests.GIVEN_UP)
    assert not closed(request_id)
    requests.settle(now + requests.GIVEN_UP + MINUTE)

    assert closed(request_id)
    assert results(request_id)[account_id][0] == "failed"
    requests.forget(now + requests.KEPT)
    assert closed(request_id)
    requests.forget(now + requests.KEPT + MINUTE)
    with reading() as session:
        assert session.scalars(sa.select(RequestedAccount.account_id)).all() == []
        with pytest.raises(NotFound):
            asked.standing(session, request_id, clock.now())


def test_a_person_finds_what_they_asked_for_last() -> None:
    account_id, other = made(), made()
    now = clock.now()
    first = requests.ask(ANA, Kind.PAUSE, [account_id])
    second = requests.ask(ANA, Kind.SYNC, [other])
    with reading() as session:
        assert asked.newest(session, "Ana", now) == second
        assert asked.newest(session, "Ana", now, account_id) == first
        assert asked.newest(session, "Ben", now) is None
        theirs = session.get_one(Account, account_id).organization_id
        assert asked.newest(session, "Ana", now, organization_id=theirs) == first
        assert asked.newest(session, "Ana", now + asked.SHOWN + MINUTE, account_id) is None
        assert asked.newest(session, "Ana", now + DAY) == second, "it still goes on"


def test_too_many_or_unknown_accounts_are_refused_in_words() -> None:
    with pytest.raises(NotFound):
        requests.ask(ANA, Kind.SYNC, [999])
    with pytest.raises(BadInput, match=f"{requests.MOST:,}"):
        requests.ask(ANA, Kind.SYNC, range(requests.MOST + 1))


def test_all_that_match_are_found_in_the_order_of_the_list() -> None:
    with transaction() as session:
        owner = factories.organization(session)
        ids = [factories.account(session, owner, f"A{each}") for each in range(7)]
        factories.account(session, owner, "B", region="NA", marketplaces=["US"])
    with reading() as session:
        assert asked.chosen(session, Choice(region=("EU",)), 5) == ids[:5]
        assert asked.chosen(session, Choice(search="A3"), 5) == [ids[3]]
        assert asked.of_organization(session, owner, 3) == ids[:3]
