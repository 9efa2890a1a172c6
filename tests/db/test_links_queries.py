"""How far links have come, and what a new one would touch."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from pydantic import SecretStr
from sqlalchemy.orm import Session

from dashboard import clock
from dashboard.actions.connecting import attempts, ending, links, secret, walking
from dashboard.actions.connecting.making import NewLink
from dashboard.db.connecting import Link
from dashboard.db.engine import reading, transaction
from dashboard.diagnosis import Channel, Reason
from dashboard.errors import NotFound
from dashboard.queries import links as queries
from dashboard.roles import Role, Staff
from dashboard.status import ChannelStatus
from tests import factories
from tests.factories import REVOKED, Wire

pytestmark = pytest.mark.usefixtures("database")

ANA = Staff(id=None, email="ana@northwind.example", name="Ana", role=Role.SUPPORT)


def made(**options: object) -> tuple[int, int]:
    with transaction() as session:
        acme = factories.organization(session, "Acme GmbH", contacts=["zoe@acme.example"])
        return acme, factories.account(session, acme, **({"sp_api": REVOKED} | options))  # type: ignore[arg-type]


def token(link: NewLink) -> SecretStr:
    return SecretStr(link.url.get_secret_value().rpartition("/")[2])


def state(link: NewLink, now: datetime | None = None) -> str:
    with reading() as session:
        return str(queries.one(session, link.id, now or clock.now())["state"])


def test_a_link_is_followed_from_created_to_done() -> None:
    _, account_id = made()
    link = links.relaunch(ANA, account_id, [Channel.SP_API])
    assert state(link) == "Created"
    links.send(ANA, link.url, ["zoe@acme.example"], "Please", "Here: {link}")
    assert state(link) == "Sent"
    walking.open_link(token(link))
    assert state(link) == "Opened"
    attempts.depart(token(link), link.id, Channel.SP_API, secret.new())
    assert state(link) == "At Amazon"
    later = clock.now() + timedelta(minutes=16)
    ending.abandon(later)
    assert state(link, later) == "Opened"
    with transaction() as session:
        session.execute(sa.update(Link).values(done_at=clock.now()))
    assert state(link, clock.now() + timedelta(days=9)) == "Done"


def test_a_link_that_nobody_finished_expires_and_a_withdrawn_one_is_revoked() -> None:
    _, account_id = made()
    link = links.relaunch(ANA, account_id, [Channel.SP_API])
    assert state(link, link.expires_at - timedelta(seconds=1)) == "Created"
    assert state(link, link.expires_at) == "Expired"
    links.revoke(ANA, link.id)
    assert state(link, link.expires_at) == "Revoked"


def test_links_are_listed_newest_first_for_an_account_an_organization_and_all() -> None:
    acme, account_id = made()
    first = links.relaunch(ANA, account_id, [Channel.SP_API])
    second = links.add_account(ANA, acme)
    invited = links.invite(ANA, "new@customer.example")
    now = clock.now()
    with reading() as session:
        of_account = queries.of_account(session, account_id, now, 10)
        of_organization = queries.of_organization(session, acme, now, 10)
        of_all = queries.newest(session, now)
        assert list(queries.newest(session, now, 2)["id"]) == [invited.id, second.id]
    assert list(of_account["id"]) == [first.id]
    assert list(of_organization["id"]) == [second.id, first.id]
    assert list(of_all["id"]) == [invited.id, second.id, first.id]
    assert list(of_all["email"]) == ["new@customer.example", "", ""]
    assert list(of_all["account"]) == ["", "", "Acme EU"]
    assert list(of_account["who"]) == ["Ana"]
    assert of_account["channels"][0] == ["SP-API"]


@pytest.mark.parametrize(
    "ask",
    [
        lambda session, now: queries.of_account(session, 1, now, 5),
        lambda session, now: queries.of_organization(session, 1, now, 5),
        queries.newest,
    ],
)
def test_without_links_the_columns_are_the_same(
    session: Session, ask: Callable[[Session, datetime], object]
) -> None:
    found = ask(session, clock.now())
    assert dict(found.dtypes.astype(str)) == queries.LINKS  # type: ignore[attr-defined]


def test_no_listing_holds_a_secret() -> None:
    _, account_id = made()
    link = links.relaunch(ANA, account_id, [Channel.SP_API])
    with reading() as session:
        shown = queries.of_account(session, account_id, clock.now(), 5).to_csv()
    assert token(link).get_secret_value() not in shown
    assert secret.digest(token(link)) not in shown


def test_a_plan_names_the_accounts_and_marketplaces_on_the_same_consent() -> None:
    _, first = made(aaa=REVOKED, sp_api=Wire(), marketplaces=("DE", "FR"))
    with transaction() as session:
        grant = factories.grant_of(session, first, Channel.AAA)
        bright = factories.organization(session, "Bright Agency")
        other = factories.account(
            session, bright, "Other", aaa=Wire(grant_id=grant), marketplaces=("IT", "ES")
        )
    with reading() as session:
        plan = queries.plan(session, first, clock.now())
    aaa, sp_api = plan.parts
    assert plan.marketplaces == ("DE", "FR")
    assert plan.reason is Reason.CONSENT_REVOKED
    assert (aaa.status, aaa.shared) == (ChannelStatus.NEEDS_RECONNECT, 1)
    assert aaa.others == (queries.Other(other, "Other", "Bright Agency", ("IT", "ES")),)
    assert (sp_api.status, sp_api.shared, sp_api.others) == (ChannelStatus.CONNECTED, 0, ())


def test_a_plan_for_no_account_is_refused(session: Session) -> None:
    with pytest.raises(NotFound):
        queries.plan(session, 999, clock.now())
    with pytest.raises(NotFound):
        queries.one(session, 999, clock.now())
    assert queries.pulse(session, 999, clock.now()) is None


def test_contacts_are_those_of_the_organizations_asked_for() -> None:
    acme, _ = made()
    with transaction() as session:
        lonely = factories.organization(session, "Lonely Ltd")
        factories.organization(session, "Other", contacts=["eve@other.example"])
    with reading() as session:
        found = queries.contacts(session, (acme, lonely))
    assert found == {acme: ("zoe@acme.example",), lonely: ()}


def test_accounts_to_choose_from_begin_with_the_most_urgent() -> None:
    acme, broken = made()
    with transaction() as session:
        well = factories.account(session, acme, "A well one")
    with reading() as session:
        assert [each.id for each in queries.accounts(session, acme)] == [broken, well]
        chosen = queries.several(session, (well, broken, 999))
    assert [each.id for each in chosen] == [broken, well]
    assert chosen[0].statuses == ("Connected", "Needs reconnect")


def test_the_pulse_changes_with_every_event_and_every_link() -> None:
    _, account_id = made()

    def pulse() -> queries.Pulse | None:
        with reading() as session:
            return queries.pulse(session, account_id, clock.now())

    quiet = pulse()
    assert pulse() == quiet
    link = links.relaunch(ANA, account_id, [Channel.SP_API])
    begun = pulse()
    assert begun != quiet
    assert begun is not None
    assert begun.open_links == (link.id,)
    walking.open_link(token(link))
    assert pulse() != begun
    links.revoke(ANA, link.id)
    ended = pulse()
    assert ended is not None
    assert ended.open_links == ()
