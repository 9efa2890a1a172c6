"""A check proves a consent by using it, and its accounts' status follows."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from dashboard import clock
from dashboard.actions import checking
from dashboard.actions.checking import Result, Stand
from dashboard.amazon.wire import Wire
from dashboard.db.engine import reading, transaction
from dashboard.db.models import Account, AccountChannel, Grant
from dashboard.db.syncing import Check, Incident
from dashboard.diagnosis import Channel, Reason
from dashboard.sync.checks import check
from tests import factories
from tests.sync.conftest import Fleet


def test_a_good_consent_is_proved_by_using_it(fleet: Fleet, wire: Wire) -> None:
    account_id = fleet.connect("nordlicht")
    fleet.amazon.forget_calls()
    for channel in Channel:
        assert check(fleet.grant(account_id, channel).id, wire=wire)

    assert fleet.amazon.calls() == {
        "POST /lwa/auth/o2/token": 2,
        "GET /ads/EU/v2/profiles": 1,
        "POST /ads/EU/sp/campaigns/list": 1,
        "GET /sp/EU/sellers/v1/marketplaceParticipations": 1,
        "GET /sp/EU/fba/inventory/v1/summaries": 1,
    }
    assert fleet.account(account_id).headline == "Healthy"
    assert fleet.events(account_id) == []
    for channel in Channel:
        grant = fleet.grant(account_id, channel)
        assert (grant.lease, grant.leased_until, grant.failures) == (None, None, 0)
        assert grant.check_due_at is not None
        assert timedelta(hours=5) < grant.check_due_at - clock.now() < timedelta(hours=7)
        assert fleet.channel(account_id, channel).checked_at is not None
    with reading() as session:
        outcomes = session.execute(sa.select(Check.channel, Check.region, Check.outcome)).all()
    assert sorted(map(tuple, outcomes)) == [("AAA", "EU", "ok"), ("SP-API", "EU", "ok")]


MINUTE = timedelta(minutes=1)
NOW = clock.now()


@dataclass
class Bench:
    """Checks one channel of a member of the cast, at moments that are given in minutes."""

    fleet: Fleet
    wire: Wire
    account_id: int
    channel: Channel
    begun: datetime = field(default_factory=clock.now)

    def check(self, minutes: float = 0) -> str:
        """Check now, or so many minutes from now; what the headline is then."""
        now = self.begun + minutes * MINUTE
        check(self.fleet.grant(self.account_id, self.channel).id, wire=self.wire, now=now)
        return self.fleet.account(self.account_id).headline

    @property
    def grant(self) -> Grant:
        return self.fleet.grant(self.account_id, self.channel)

    @property
    def row(self) -> AccountChannel:
        return self.fleet.channel(self.account_id, self.channel)

    def account_reason(self) -> str:
        return self.fleet.account(self.account_id).reason

    @property
    def told(self) -> list[tuple[str, str]]:
        return self.fleet.events(self.account_id)


@pytest.fixture(params=list(Channel))
def bench(fleet: Fleet, wire: Wire, request: pytest.FixtureRequest) -> Bench:
    account_id = fleet.connect("nordlicht", marketplaces=("DE", "FR", "IT", "ES", "NL"))
    return Bench(fleet, wire, account_id, request.param)


ads_only = pytest.mark.parametrize("bench", [Channel.AAA], indirect=True)
selling_only = pytest.mark.parametrize("bench", [Channel.SP_API], indirect=True)


def test_a_revoked_consent_is_believed_the_second_time(bench: Bench) -> None:
    bench.check()
    bench.fleet.amazon.revoke("nordlicht", bench.channel.value)

    assert bench.check(2) == "Healthy"
    assert bench.grant.doubted_at is not None
    assert bench.check(4) == "Healthy", "too soon to be sure"
    assert bench.check(7) == "Needs reconnect"
    assert bench.account_reason() == Reason.CONSENT_REVOKED
    assert bench.told == [("problem_found", Reason.CONSENT_REVOKED)]

    bench.check(60 * 25)
    assert bench.told == [("problem_found", Reason.CONSENT_REVOKED)], "told once"


def test_a_consent_that_lapsed_is_told_from_one_that_was_revoked(fleet: Fleet, wire: Wire) -> None:
    account_id = fleet.connect("nordlicht")
    bench = Bench(fleet, wire, account_id, Channel.SP_API)
    with transaction() as session:
        old = clock.now() - timedelta(days=370)
        session.execute(
            sa.update(Grant)
            .where(Grant.channel == "SP-API")
            .values(consented_at=old, expires_at=old + timedelta(days=365))
        )
    fleet.amazon.behave("nordlicht", "lapsed")
    bench.check()
    assert bench.check(5) == "Needs reconnect"
    assert bench.account_reason() == Reason.CONSENT_LAPSED


def test_a_dead_consent_that_works_again_is_well_again(bench: Bench) -> None:
    bench.fleet.amazon.behave("nordlicht", "revokes-later")
    bench.check()
    assert bench.check(5) == "Needs reconnect"
    bench.fleet.amazon.reset()
    assert bench.check(10) == "Healthy"
    assert (bench.grant.refused_at, bench.grant.doubted_at) == (None, None)
    assert [kind for kind, _ in bench.told] == ["problem_found", "problem_solved"]


@pytest.mark.parametrize("behaviour", ["throttled", "server-error", "malformed", "forbidden"])
def test_trouble_at_amazon_for_twenty_five_minutes_harms_nobody(
    bench: Bench, behaviour: str
) -> None:
    bench.check()
    bench.fleet.amazon.behave("everything", behaviour)
    for minutes in range(2, 28, 5):
        assert bench.check(minutes) == "Healthy"
    assert bench.grant.failures >= 5
    assert bench.grant.lease is None
    bench.fleet.amazon.reset()
    assert bench.check(40) == "Healthy"
    assert bench.grant.failures == 0
    assert bench.row.problem is None
    assert bench.row.doubt is None
    assert bench.row.warning is None


def test_throttling_shows_as_a_warning(bench: Bench) -> None:
    bench.fleet.amazon.behave("nordlicht", "throttled", seconds=60.0)
    bench.check()
    assert bench.row.warning == Reason.THROTTLED
    assert bench.told == [("warning_found", Reason.THROTTLED)]
    assert bench.grant.check_due_at is not None
    if bench.channel is Channel.AAA:
        assert bench.grant.check_due_at >= bench.begun + MINUTE


def test_a_refusal_that_lasts_becomes_a_matter_of_permission(bench: Bench) -> None:
    bench.fleet.amazon.behave("nordlicht", "forbidden")
    for minutes in (0, 15, 29):
        assert bench.check(minutes) == "Healthy"
    assert bench.check(31) == "Needs permission"
    reason = {Channel.AAA: Reason.PERMISSION_LOST, Channel.SP_API: Reason.ROLE_ADDED}
    assert bench.account_reason() == reason[bench.channel]
    bench.fleet.amazon.reset()
    assert bench.check(62) == "Healthy"
    assert [kind for kind, _ in bench.told] == ["problem_found", "problem_solved"]


def test_during_an_incident_the_account_is_amazons_and_nobody_is_asked_to_reconnect(
    bench: Bench,
) -> None:
    bench.fleet.amazon.behave("everything", "forbidden")
    with transaction() as session:
        session.add(
            Incident(
                channel=bench.channel.value, region="EU", outcome="AccessRefused", ours=False,
                opened_at=bench.begun, customers=9, share=1.0,
            )
        )  # fmt: skip
    for minutes in (0, 20, 40, 60):
        assert bench.check(minutes) == "Amazon incident"
    assert bench.row.incident
    with transaction() as session:
        session.execute(sa.update(Incident).values(closed_at=bench.begun))
    bench.fleet.amazon.reset()
    assert bench.check(70) == "Healthy"
    assert not bench.row.incident


def test_our_secret_refused_is_our_fix_at_once_and_passes_by_itself(bench: Bench) -> None:
    bench.fleet.amazon.behave("everything", "secret-refused")
    assert bench.check() == "Our fix"
    assert bench.account_reason() == Reason.OUR_SECRET_REFUSED
    bench.fleet.amazon.reset()
    assert bench.check(5) == "Healthy"


def test_a_dead_consent_stays_so_while_our_secret_is_refused(bench: Bench) -> None:
    bench.fleet.amazon.revoke("nordlicht", bench.channel.value)
    bench.check()
    assert bench.check(5) == "Needs reconnect"
    bench.fleet.amazon.behave("everything", "secret-refused")
    assert bench.check(10) == "Needs reconnect"


@ads_only
@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        ("view-only", Reason.VIEW_ONLY),
        ("manager-viewer", Reason.MANAGER_VIEWER),
        ("no-permission-on-one-profile", Reason.PERMISSION_LOST),
        ("never-advertised", Reason.PERMISSION_LOST),
    ],
)
def test_what_the_login_may_no_longer_do_is_found_when_seen_twice(
    bench: Bench, behaviour: str, reason: Reason
) -> None:
    bench.fleet.amazon.behave("nordlicht", behaviour)
    assert bench.check() == "Healthy"
    assert bench.row.doubt == reason
    assert bench.check(5) == "Needs permission"
    assert bench.account_reason() == reason
    assert bench.row.problem_since == bench.begun, "it began when it was first seen"


@pytest.mark.parametrize(
    ("behaviour", "channel", "reason"),
    [
        ("suspended", Channel.AAA, Reason.SUSPENDED),
        ("suspended", Channel.SP_API, Reason.SUSPENDED),
        ("payment-failure", Channel.AAA, Reason.PAYMENT_PROBLEM),
    ],
)
def test_what_ails_the_business_is_a_warning(
    fleet: Fleet, wire: Wire, behaviour: str, channel: Channel, reason: Reason
) -> None:
    bench = Bench(fleet, wire, fleet.connect("nordlicht"), channel)
    fleet.amazon.behave("nordlicht", behaviour)
    assert bench.check() == "Healthy"
    assert bench.row.warning == reason
    bench.check(5)
    assert bench.told == [("warning_found", reason)]


def test_a_vendor_is_proved_by_its_orders(fleet: Fleet, wire: Wire) -> None:
    bench = Bench(fleet, wire, fleet.connect("kestrel", country="UK"), Channel.SP_API)
    fleet.amazon.forget_calls()
    bench.check()
    assert "GET /sp/EU/vendor/orders/v1/purchaseOrders" in fleet.amazon.calls()
    assert bench.row.problem is None
    assert bench.grant.failures == 0


def test_participations_are_asked_for_once_a_minute(fleet: Fleet, wire: Wire) -> None:
    bench = Bench(fleet, wire, fleet.connect("nordlicht"), Channel.SP_API)
    bench.check()
    due = bench.grant.check_due_at
    bench.check(0.5)
    assert bench.grant.check_due_at is not None
    assert due is not None
    assert bench.grant.check_due_at < bench.begun + 2 * MINUTE < due
    assert fleet.amazon.calls()["GET /sp/EU/sellers/v1/marketplaceParticipations"] == 1


def test_one_login_behind_several_accounts_is_asked_once_and_each_gets_its_own_finding(
    fleet: Fleet, wire: Wire
) -> None:
    first = fleet.connect("nordlicht", marketplaces=("DE",))
    last = fleet.connect("nordlicht", marketplaces=("NL",))
    shared = fleet.grant(first, Channel.AAA).id
    with transaction() as session:
        session.execute(
            sa.update(AccountChannel)
            .where(AccountChannel.account_id == last, AccountChannel.channel == "AAA")
            .values(grant_id=shared)
        )
    fleet.amazon.forget_calls()
    fleet.amazon.behave("nordlicht", "no-permission-on-one-profile")
    for minutes in (0, 5):
        check(shared, wire=wire, now=clock.now() + minutes * MINUTE)
    assert fleet.account(first).headline == "Healthy"
    assert fleet.account(last).headline == "Needs permission"
    assert fleet.amazon.calls()["POST /lwa/auth/o2/token"] <= 1


def test_a_consent_that_was_replaced_during_its_check_is_not_judged_by_the_old_one(
    bench: Bench,
) -> None:
    task = checking.claim(bench.grant.id)
    assert task is not None
    with transaction() as session:
        session.execute(sa.update(Grant).values(version=Grant.version + 1))
    result = Result(
        clock.now(), {bench.account_id: Stand(Reason.CONSENT_REVOKED)}, {}, refused=True
    )
    assert not checking.store(task, result)
    assert bench.row.problem is None
    assert bench.grant.refused_at is None
    assert bench.told == []


def test_a_paused_account_is_not_asked_about(bench: Bench) -> None:
    with transaction() as session:
        session.execute(sa.update(Account).values(paused_at=clock.now()))
    bench.fleet.amazon.forget_calls()
    bench.check()
    assert bench.fleet.amazon.calls() == {}
    assert bench.grant.lease is None


def test_a_key_that_is_gone_is_our_fault(bench: Bench) -> None:
    with transaction() as session:
        session.execute(sa.update(Grant).values({"refresh_token": "sealed with another"}))
    assert bench.check() == "Our fix"


def test_organizations_take_turns(fleet: Fleet) -> None:
    with transaction() as session:
        for number, name in enumerate(["Big", "Small"]):
            organization = factories.organization(session, name)
            for _ in range((6, 2)[number]):
                factories.account(session, organization, f"{name} EU")
        session.execute(sa.update(Grant).values(check_due_at=NOW - timedelta(hours=1)))
        session.execute(
            sa.update(Grant).where(Grant.id > 12).values(check_due_at=NOW - timedelta(minutes=30))
        )
    found = [each.grant_id for each in checking.find_due(6, NOW)]
    assert len([each for each in found if each > 12]) == 3, found
    rest = checking.find_due(100, NOW)
    assert len(rest) == 10
    assert not {each.grant_id for each in rest} & set(found)
    assert checking.find_due(100, NOW) == []
    assert len(checking.find_due(100, NOW + checking.QUEUED)) == 16, "lost ones are found again"


def test_what_came_of_checks_is_kept_for_a_day(bench: Bench) -> None:
    bench.check()
    bench.check(60 * 23)
    checking.forget(bench.begun + timedelta(hours=25))
    with reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Check)) == 1
