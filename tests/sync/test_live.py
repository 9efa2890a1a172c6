"""The demo's customers are connected to the stand-in Amazon, and Practice is seen at once."""

from collections.abc import Sequence
from datetime import datetime

import pytest
import sqlalchemy as sa

from dashboard import clock
from dashboard.actions import checking, practice
from dashboard.actions.demo import incidents as told
from dashboard.actions.demo import live
from dashboard.amazon.wire import Wire
from dashboard.db.engine import reading, transaction
from dashboard.db.models import Account, Grant, Stream
from dashboard.db.syncing import Incident
from dashboard.diagnosis import Channel, Reason
from dashboard.roles import COMMAND_LINE
from dashboard.sandbox.customers import CUSTOMERS, Consented, consents
from dashboard.settings import settings
from dashboard.sync import incidents
from dashboard.sync.checks import check
from tests import factories
from tests.sandboxes import Sandbox


def consented(logins: Sequence[str], at: datetime) -> Sequence[Consented]:
    clients = [settings().login_client(each) for each in Channel]
    aaa, sp_api = ((name, secret.get_secret_value()) for name, secret in clients)
    return consents(aaa, sp_api, logins, at)


def headlines() -> list[str]:
    with reading() as session:
        return list(session.scalars(sa.select(Account.headline).distinct()))


@pytest.fixture
def connected(amazon: Sandbox) -> int:
    """Two customers of the demo; how many accounts they have."""
    return live.connect(["bluebird", "brightwave"], consented)


def test_each_of_them_works_when_it_is_checked(connected: int, wire: Wire) -> None:
    assert connected == 2
    assert headlines() == ["Healthy"]
    with reading() as session:
        ids = session.scalars(sa.select(Grant.id)).all()
        dues = [*session.scalars(sa.select(Grant.check_due_at)),
                *session.scalars(sa.select(Stream.due_at))]  # fmt: skip
    assert all(due is not None and due > clock.now() for due in dues)
    for each in ids:
        assert check(each, wire=wire)
    assert headlines() == ["Healthy"]
    with reading() as session:
        assert set(session.scalars(sa.select(Grant.failures))) == {0}


def test_there_are_enough_of_them_in_each_region_for_an_incident(amazon: Sandbox) -> None:
    found = consented(CUSTOMERS, clock.now())
    for region in ("NA", "EU", "FE"):
        there = {each.name for each in found if each.region == region}
        assert len(there) >= settings().incident_customers


def test_what_is_set_up_on_the_practice_page_is_looked_at_at_once(
    connected: int, amazon: Sandbox, wire: Wire
) -> None:
    practice.behave(COMMAND_LINE, "bluebird", "secret-refused")
    asked = checking.find_due(100, asked=True)
    assert len(asked) == 2, "both channels of the one"
    for each in asked:
        check(each.grant_id, each.lease, wire=wire)
    with reading() as session:
        found = dict(session.execute(sa.select(Account.name, Account.headline)).all())
    assert found == {"Bluebird Tea Company EU": "Our fix", "Brightwave Audio NA": "Healthy"}


def test_the_open_incident_of_a_demo_ends_by_itself(amazon: Sandbox, wire: Wire) -> None:
    now = clock.now()
    with transaction() as session:
        account_id = factories.account(
            session, factories.organization(session), region="FE", marketplaces=("JP",),
            merchant_id="A1TOLD",
            sp_api=factories.Wire(problem=Reason.AMAZON_OUTAGE, incident=True),
        )  # fmt: skip
        session.execute(sa.update(Grant).where(Grant.channel == "SP-API").values(identity="A1TOLD"))
        told.write(session, now)
    live.connect([], consented)
    assert headlines() == ["Amazon incident"]
    for probe in incidents.find_probes():
        check(probe.grant_id, probe.lease, wire=wire)
    incidents.watch()
    with reading() as session:
        assert session.get_one(Account, account_id).headline == "Healthy"
        still = sa.select(Incident.id).where(Incident.closed_at.is_(None))
        assert session.scalars(still).all() == []
