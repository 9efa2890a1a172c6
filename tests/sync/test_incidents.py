"""Incidents against the stand-in Amazon: what fails for many is nobody's fault, and passes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Barrier, Thread

import pytest
import sqlalchemy as sa

from dashboard import clock
from dashboard.actions import checking
from dashboard.actions import incidents as actions
from dashboard.actions.incidents import Seen
from dashboard.amazon.wire import Wire
from dashboard.db.engine import reading, transaction
from dashboard.db.history import Event, StatusSpell
from dashboard.db.models import Account, AccountChannel, Grant, Stream
from dashboard.db.syncing import Check, Incident
from dashboard.diagnosis import Channel, Reason
from dashboard.sync import incidents
from dashboard.sync.checks import check
from dashboard.sync.syncs import Outcome, sync
from tests import factories
from tests.sync.conftest import Fleet

MINUTE = timedelta(minutes=1)
SELLERS = {
    "nordlicht": "DE", "bluebird": "UK", "atelier": "FR", "polar-knit": "SE", "gulf-home": "AE",
    "delta-spice": "IN",
}  # fmt: skip
"""Customers in Europe's region, by the country in which they consented."""


@dataclass
class Stage:
    """A fleet whose workers do minute by minute what they do, at moments that the test decides."""

    fleet: Fleet
    wire: Wire
    accounts: dict[str, int] = field(default_factory=dict)
    begun: datetime = field(default_factory=clock.now)
    minute: int = 0
    checks: int = 0

    def enter(self, *members: str) -> None:
        """Have these connect; their checks fall due within the first minutes, one after another."""
        for each in members:
            self.accounts[each] = self.fleet.connect(
                each, country=SELLERS[each], organization=f"{each} Ltd"
            )
        with transaction() as session:
            for place, grant in enumerate(session.scalars(sa.select(Grant).order_by(Grant.id))):
                grant.check_due_at = self.begun + place * MINUTE / 2

    @property
    def now(self) -> datetime:
        return self.begun + self.minute * MINUTE

    def run(self, minutes: int, *, step: int = 1) -> None:
        """Let so many minutes pass, with a round of work in every ``step``th of them."""
        for _ in range(0, minutes, step):
            incidents.watch(self.now)
            for ticket in [*incidents.find_probes(self.now), *checking.find_due(100, self.now)]:
                self.checks += check(ticket.grant_id, ticket.lease, wire=self.wire, now=self.now)
            self.minute += step

    def run_until(self, over: Callable[[], bool], within: int, *, step: int = 1) -> None:
        """Let minutes pass until something is so."""
        end = self.minute + within
        while not over():
            assert self.minute < end, "it did not come to pass"
            self.run(step, step=step)

    def headlines(self) -> set[str]:
        """How all accounts are."""
        with reading() as session:
            return set(session.scalars(sa.select(Account.headline)))

    def ever(self) -> set[str]:
        """Every headline that any account had at any time."""
        with reading() as session:
            return set(session.scalars(sa.select(StatusSpell.headline)))

    def incidents(self) -> list[Incident]:
        with reading() as session:
            return list(session.scalars(sa.select(Incident).order_by(Incident.id)))

    def open(self) -> bool:
        return any(each.closed_at is None for each in self.incidents())

    def all_well(self) -> bool:
        return not self.open() and self.headlines() == {"Healthy"}

    def told(self, kind: str) -> list[dict[str, object]]:
        with reading() as session:
            return list(session.scalars(sa.select(Event.details).where(Event.kind == kind)))


@pytest.fixture
def stage(fleet: Fleet, wire: Wire) -> Stage:
    return Stage(fleet, wire)


@pytest.mark.parametrize("behaviour", ["forbidden", "server-error"])
def test_amazon_fails_every_seller_for_25_minutes_and_nobody_is_asked_for_anything(
    stage: Stage, behaviour: str
) -> None:
    """Amazon refused every seller once, for 25 minutes (selling-partner-api-docs, issue 3153)."""
    stage.enter(*SELLERS)
    stage.fleet.amazon.behave("everything", behaviour)
    stage.run(10)
    stage.run(15, step=3)

    assert stage.open()
    assert stage.headlines() <= {"Healthy", "Amazon incident"}
    assert "Amazon incident" in stage.headlines()
    stage.fleet.amazon.reset()
    stage.run_until(stage.all_well, within=15)

    assert stage.ever() <= {"Healthy", "Amazon incident"}
    known = stage.incidents()
    assert {(each.channel, each.region) for each in known} == {("AAA", "EU"), ("SP-API", "EU")}
    assert len(known) == 2, "one of each, and none came back"
    assert all(each.customers >= 3 and not each.ours for each in known)
    assert len(stage.told("incident_opened")) == len(stage.told("incident_closed")) == 2
    assert {str(each["because"]) for each in stage.told("incident_closed")} == {"proven"}
    with reading() as session:
        left = sa.select(AccountChannel).where(
            sa.or_(AccountChannel.incident, AccountChannel.doubt.is_not(None))
        )
        assert session.scalars(left).all() == []


def test_our_secret_refused_is_our_fix_at_once_and_passes_once_it_is_mended(stage: Stage) -> None:
    stage.enter("nordlicht", "bluebird", "atelier")
    stage.run(4)
    stage.fleet.amazon.behave("everything", "secret-refused")
    with transaction() as session:
        session.execute(sa.update(Grant).values(check_due_at=stage.now, access_token=None))
    stage.run(1)
    known = stage.incidents()
    assert {(each.channel, each.outcome, each.ours) for each in known} == {
        ("AAA", "ClientRefused", True), ("SP-API", "ClientRefused", True)
    }  # fmt: skip
    assert {each.opened_at for each in known} == {stage.now - MINUTE}, "by the first check"
    assert stage.headlines() == {"Our fix"}

    stage.run(5)
    assert stage.headlines() == {"Our fix"}
    stage.fleet.amazon.reset()
    stage.run_until(stage.all_well, within=10)
    assert stage.ever() == {"Healthy", "Our fix"}


def test_what_one_customer_alone_has_is_no_incident(stage: Stage) -> None:
    stage.enter("nordlicht", "bluebird", "atelier")
    stage.fleet.amazon.behave("nordlicht", "forbidden")
    stage.run(45, step=3)
    assert stage.incidents() == []
    assert stage.fleet.account(stage.accounts["nordlicht"]).headline == "Needs permission"


def test_throttling_is_no_incident_however_many_have_it(stage: Stage) -> None:
    stage.enter("nordlicht", "bluebird", "atelier")
    stage.fleet.amazon.behave("everything", "throttled")
    stage.run(8)
    assert stage.incidents() == []
    assert stage.headlines() == {"Healthy"}


def test_who_revokes_during_an_incident_needs_to_reconnect_when_it_is_over(stage: Stage) -> None:
    stage.enter(*SELLERS)
    stage.fleet.amazon.behave("everything", "forbidden")
    stage.run(8)
    assert stage.open()
    stage.fleet.amazon.revoke("atelier", Channel.AAA.value)
    stage.run(21, step=3)
    revoked = stage.accounts["atelier"]
    assert stage.fleet.account(revoked).headline == "Amazon incident"

    stage.fleet.amazon.behave("everything", "healthy")
    stage.run_until(lambda: not stage.open(), within=10)
    closed = stage.now
    assert "Needs reconnect" not in stage.ever()
    stage.run_until(lambda: stage.fleet.account(revoked).headline == "Needs reconnect", within=15)
    assert stage.fleet.account(revoked).reason == Reason.CONSENT_REVOKED
    assert stage.now >= closed + 4 * MINUTE, "refused twice, minutes apart"
    others = [account_id for account_id in stage.accounts.values() if account_id != revoked]
    assert {stage.fleet.account(each).headline for each in others} == {"Healthy"}
    assert not stage.open()


def test_who_was_broken_before_stays_so_and_is_not_counted(stage: Stage) -> None:
    stage.enter("nordlicht", "bluebird", "atelier")
    for each in stage.accounts:
        stage.fleet.amazon.revoke(each, Channel.AAA.value)
    stage.run(1)
    with transaction() as session:
        long_ago = stage.now - timedelta(days=3)
        session.execute(
            sa.update(Grant).where(Grant.channel == "AAA").values(
                refused_at=long_ago, doubted_at=long_ago, check_due_at=stage.now
            )
        )  # fmt: skip
        session.execute(sa.delete(Check))
    stage.run(3)
    assert stage.incidents() == []
    assert stage.headlines() == {"Needs reconnect"}


def test_consents_that_amazon_refuses_by_mistake_are_not_held_to_be_dead(stage: Stage) -> None:
    """In a small fleet, some are confirmed before three customers have been looked at."""
    stage.enter("nordlicht", "bluebird", "atelier")
    with transaction() as session:
        for place, grant in enumerate(session.scalars(sa.select(Grant).order_by(Grant.id))):
            grant.check_due_at = stage.begun + (place // 2) * 5 * MINUTE
    stage.fleet.amazon.behave("everything", "healthy")
    for each in stage.accounts:
        stage.fleet.amazon.behave(each, "revokes-later")
    stage.run(8)
    assert "Needs reconnect" in stage.headlines()
    stage.run(5)
    assert stage.headlines() == {"Amazon incident"}
    stage.fleet.amazon.reset()
    stage.run_until(stage.all_well, within=15)
    assert {each.outcome for each in stage.incidents()} == {"GrantRefused"}


def test_during_an_incident_few_are_looked_at_and_others_each_time(stage: Stage) -> None:
    stage.enter(*SELLERS)
    stage.fleet.amazon.behave("everything", "forbidden")
    with transaction() as session:
        session.execute(sa.update(Grant).values(check_due_at=stage.now))
    stage.run(3)
    looked_at: list[int] = []
    for _ in range(2):
        with transaction() as session:
            session.execute(sa.update(Grant).values(check_due_at=stage.now))
        before = stage.minute
        stage.run(1)
        with reading() as session:
            newest = sa.select(Check.grant_id).where(Check.at >= stage.begun + before * MINUTE)
            looked_at += session.scalars(newest)
    assert 0 < len(looked_at) <= 4 * incidents.PROBES
    assert len(set(looked_at)) == len(looked_at), "nobody twice while others wait"


def test_checks_elsewhere_go_on_during_an_incident(stage: Stage) -> None:
    stage.enter("nordlicht", "bluebird", "atelier")
    stage.fleet.amazon.behave("everything", "forbidden")
    stage.run(10)
    assert stage.open()
    stage.fleet.amazon.reset()
    japan = stage.fleet.connect("sakura", country="JP", organization="Sakura")
    due = [stage.fleet.grant(japan, each).id for each in Channel]
    found = {each.grant_id for each in checking.find_due(100, clock.now() + 20 * MINUTE)}
    assert set(due) <= found


def test_an_incident_of_which_nothing_is_heard_any_more_ends(stage: Stage) -> None:
    stage.enter("nordlicht", "bluebird", "atelier")
    stage.fleet.amazon.behave("everything", "forbidden")
    stage.run(10)
    assert stage.open()
    with transaction() as session:
        session.execute(sa.update(Account).values(paused_at=stage.now))
    stage.run_until(lambda: not stage.open(), within=45, step=4)
    assert {str(each["because"]) for each in stage.told("incident_closed")} == {"dried up"}


def test_a_worker_outage_does_not_end_an_incident(stage: Stage) -> None:
    stage.enter("nordlicht", "bluebird", "atelier")
    stage.fleet.amazon.behave("everything", "forbidden")
    stage.run(10)
    assert stage.open()
    stage.minute += 180
    stage.run(6, step=2)
    assert stage.open()
    assert len(stage.incidents()) == 2


def test_a_sync_that_fails_in_an_incident_is_not_held_against_its_account(
    fleet: Fleet, wire: Wire
) -> None:
    account_id = fleet.connect("nordlicht", marketplaces=("DE",))
    with transaction() as session:
        factories.incident(session, Channel.AAA)
        session.execute(sa.update(Stream).values(due_at=clock.now(), failures=7))
        [stream_id] = session.scalars(sa.select(Stream.id).where(Stream.channel == "AAA"))
    fleet.amazon.behave("everything", "forbidden")

    assert sync(stream_id, wire=wire) is Outcome.FAILED

    assert fleet.account(account_id).headline == "Amazon incident"
    with reading() as session:
        stream = session.get_one(Stream, stream_id)
        assert (stream.state, stream.failure, stream.failures) == ("idle", None, 8)


def test_many_workers_open_one_incident(database: str) -> None:
    seen = Seen("AAA", "EU", "AccessRefused", 5, 5, 6)
    opened: list[bool] = []
    barrier = Barrier(4)

    def work() -> None:
        barrier.wait()
        opened.append(actions.open_one(seen, clock.now(), ours=False))

    threads = [Thread(target=work) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(opened) == [False, False, False, True]
    with pytest.raises(sa.exc.IntegrityError), transaction() as session:
        session.add(
            Incident(channel="AAA", region="EU", outcome="AccessRefused", ours=False,
                     opened_at=clock.now(), customers=1, share=1.0)
        )  # fmt: skip


def test_what_an_incident_is_seen_by_is_kept_until_it_is_over(stage: Stage) -> None:
    stage.enter("nordlicht", "bluebird", "atelier")
    stage.fleet.amazon.behave("everything", "forbidden")
    stage.run(10)
    checking.forget(stage.now + timedelta(days=2))
    with reading() as session:
        assert set(session.scalars(sa.select(Check.outcome))) == {"AccessRefused"}
