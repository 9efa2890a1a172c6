"""A check proves a consent by using it, and its accounts' status follows."""

from datetime import timedelta

import sqlalchemy as sa

from dashboard import clock
from dashboard.amazon.wire import Wire
from dashboard.db.engine import reading
from dashboard.db.syncing import Check
from dashboard.diagnosis import Channel
from dashboard.sync.checks import check
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
