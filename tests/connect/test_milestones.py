"""Walking the flow leaves the milestones of coming aboard, and only then."""

from collections.abc import Callable
from datetime import timedelta

import sqlalchemy as sa
from pydantic import SecretStr

from dashboard import clock
from dashboard.actions import claims, past, syncing
from dashboard.actions.connecting import links, walking
from dashboard.actions.connecting.signing_up import get_started
from dashboard.cohorts import Grain, Period
from dashboard.db.engine import reading, transaction
from dashboard.db.models import Stream
from dashboard.db.past import Onboarding
from dashboard.diagnosis import Channel
from dashboard.funnels import stages
from dashboard.queries.metrics import funnel
from dashboard.queries.metrics.scope import Scope
from dashboard.roles import COMMAND_LINE
from tests import factories
from tests.connect.customer import Customer
from tests.connect.test_walks import accounts, mailed
from tests.factories import MISSING, NEVER, REVOKED


def onboardings() -> list[Onboarding]:
    with reading() as session:
        return list(session.scalars(sa.select(Onboarding).order_by(Onboarding.id)))


def waits() -> list[str]:
    return [each.waits_for for each in onboardings() if not each.void]


def sync_everything() -> None:
    with reading() as session:
        streams = list(session.scalars(sa.select(Stream.id)))
    for each in streams:
        claim = claims.claim(each)
        assert claim is not None
        syncing.succeed(claim)


def test_a_new_customer_reaches_every_milestone_in_turn(customer: Customer) -> None:
    get_started("jana@nordlicht.example", "203.0.113.7")
    assert waits() == ["opened"]
    customer.open(mailed("jana@nordlicht.example"))
    assert waits() == ["confirmed"]
    customer.press("Next", name="Nordlicht GmbH")
    assert waits() == ["aaa"]
    customer.press("Next", type="seller", region="EU", name="Nordlicht")
    assert waits() == ["aaa"]
    customer.sign_in("nordlicht")
    assert waits() == ["chosen"]
    customer.choose("Germany", "France")
    assert waits() == ["sp_api"]
    assert onboardings()[0].connected_at is None
    customer.confirm("nordlicht")
    assert waits() == ["syncing"]
    sync_everything()

    (row,) = onboardings()
    assert (row.waits_for, row.account_id) == ("", accounts()[0].id)
    assert row.promised_at == (row.connected_at or clock.now()) + timedelta(hours=48)
    assert None not in (row.syncing_at, row.live_at)
    now = clock.now()
    past.note(now)
    today = Period(now.date(), now.date() + timedelta(days=1))
    with reading() as session:
        known = funnel.cohorts(session, Scope(region="EU"), today, Grain.WEEK)
    (counts,) = known.values()
    assert [each.reached for each in stages(counts, now.date())] == [1] * 8


def test_asking_twice_is_one_invitation(customer: Customer) -> None:
    for _ in range(2):
        get_started("jana@nordlicht.example", "203.0.113.7")
    customer.open(mailed("jana@nordlicht.example"))
    assert waits() == ["confirmed"]


def test_a_vendor_without_selling_partner_is_not_lost_there(
    customer: Customer, invitation: Callable[..., SecretStr]
) -> None:
    customer.open(invitation()).press("Next", type="vendor", region="EU", name="Acme")
    assert waits() == ["aaa"], "an existing customer has no address to confirm"
    customer.sign_in("kestrel").choose("Germany")
    assert waits() == ["syncing"]


def test_a_link_that_is_renewed_goes_on_with_the_same_invitation(customer: Customer) -> None:
    with transaction() as session:
        ours = factories.organization(session, contacts=["ana@acme.example"])
    first = links.add_account(COMMAND_LINE, ours)
    customer.open(links.renew(COMMAND_LINE, first.id).url)
    assert waits() == ["aaa"]


def test_a_relaunch_is_onboarding_only_for_whom_was_never_connected(database: str) -> None:
    with transaction() as session:
        ours = factories.organization(session)
        lost = factories.account(session, ours, aaa=REVOKED)
        new = factories.account(session, ours, aaa=MISSING, sp_api=MISSING, sync=NEVER)
    links.relaunch(COMMAND_LINE, lost, [Channel.AAA])
    assert waits() == []
    for _ in range(2):
        links.relaunch(COMMAND_LINE, new, list(Channel))
    assert waits() == ["opened"]
    assert onboardings()[0].chooses is False


def test_adding_marketplaces_instead_of_an_account_is_no_onboarding(customer: Customer) -> None:
    with transaction() as session:
        ours = factories.organization(session, contacts=["ana@acme.example"])
        there = factories.account(session, ours, marketplaces=["DE"])
    link = links.add_account(COMMAND_LINE, ours)
    customer.open(link.url)
    assert waits() == ["aaa"]
    secret = SecretStr(link.url.get_secret_value().rpartition("/")[2])
    walking.add_marketplace_instead(secret, link.id, there)
    assert waits() == []
