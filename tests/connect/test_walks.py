"""The main paths of the flow, walked to their end."""

from collections.abc import Callable

import sqlalchemy as sa
from pydantic import SecretStr

from dashboard import clock
from dashboard.actions import assess, tallies
from dashboard.actions.connecting import links
from dashboard.actions.connecting.signing_up import get_started
from dashboard.actions.forecasting import renewing
from dashboard.db.connecting import Link, Message
from dashboard.db.engine import reading, transaction
from dashboard.db.models import Account, AccountChannel, AccountMarketplace, Grant, Organization
from dashboard.diagnosis import Channel
from dashboard.marketplaces import countries
from dashboard.roles import COMMAND_LINE
from dashboard.vault import open_sealed
from tests import factories
from tests.connect.customer import Customer
from tests.sandboxes import Sandbox


def mailed(email: str) -> SecretStr:
    """The link in the last mail to an address."""
    with reading() as session:
        sealed = session.scalars(
            sa.select(Message.sealed_link)
            .where(Message.email == email)
            .order_by(Message.id.desc())
            .limit(1)
        ).one()
    assert sealed is not None
    return open_sealed(sealed)


def accounts() -> list[Account]:
    with reading() as session:
        return list(session.scalars(sa.select(Account).order_by(Account.id)))


def places(account: Account) -> list[str]:
    with reading() as session:
        chosen = sa.select(AccountMarketplace.marketplace_id)
        return countries(session.scalars(chosen.where(AccountMarketplace.account_id == account.id)))


def grants(account: Account) -> dict[str, int]:
    with reading() as session:
        rows = session.execute(
            sa.select(AccountChannel.channel, AccountChannel.grant_id).where(
                AccountChannel.account_id == account.id, AccountChannel.grant_id.is_not(None)
            )
        )
        return {row.channel: row.grant_id for row in rows}


def connected(customer: Customer, invitation: Callable[..., SecretStr], *, name: str) -> Account:
    """Walk a seller's whole flow with the login nordlicht."""
    customer.open(invitation()).press("Next", type="seller", region="EU", name=name)
    customer.sign_in("nordlicht").choose("Germany", "France").confirm("nordlicht")
    return accounts()[-1]


def test_a_new_customer_walks_from_get_started_to_syncing(customer: Customer) -> None:
    customer.get("/").click("Get started")
    customer.press("Confirm", email="jana@nordlicht.example")
    assert customer.heading == "Look for our message"

    customer.open(mailed("jana@nordlicht.example"))
    assert customer.heading == "Your organization"
    assert "Step 1 of 6" in customer.text
    customer.press("Next", name="Nordlicht GmbH")
    assert customer.heading == "Add account"
    customer.press("Next", type="seller", region="EU", name="Nordlicht")
    assert customer.heading == "Connect Amazon Advertising"
    assert "You have at least one campaign" in customer.text
    customer.sign_in("nordlicht")
    assert customer.heading == "Choose marketplaces"
    customer.choose("Germany", "France")
    assert customer.heading == "Connect Selling Partner"
    customer.confirm("nordlicht")
    assert "Selling Partner connected" in customer.text
    assert "Step 5 of 6" in customer.text
    customer.click("Next")
    assert customer.heading == "Syncing"
    assert "up to 48 hours" in customer.text
    assert "Germany" in customer.text

    (account,) = accounts()
    assert places(account) == ["DE", "FR"]
    assert set(grants(account)) == {"AAA", "SP-API"}
    assert account.headline == "First sync"
    with reading() as session:
        last = session.scalars(sa.select(Message).order_by(Message.id.desc()).limit(1)).one()
    assert (last.kind, last.email) == ("connected", "jana@nordlicht.example")
    assert last.subject == "Nordlicht is connected"


def test_an_existing_customer_chooses_one_of_their_organizations(customer: Customer) -> None:
    with transaction() as session:
        factories.organization(session, "Acme GmbH", contacts=["ana@acme.example"])
        chosen = factories.organization(session, "Acme Ltd", contacts=["ana@acme.example"])
        factories.organization(session, "Globex", contacts=["bob@globex.example"])

    customer.get("/").click("Add account").press("Confirm", email="ana@acme.example")
    customer.open(mailed("ana@acme.example"))
    assert customer.heading == "Your organization"
    assert "Globex" not in customer.text
    customer.press("Next", organization=str(chosen))
    customer.press("Next", type="seller", region="EU", name="Acme")

    assert [each.organization_id for each in accounts()] == [chosen]


def test_a_stranger_s_organization_cannot_be_chosen(customer: Customer) -> None:
    with transaction() as session:
        for name in ("Acme GmbH", "Acme Ltd"):
            factories.organization(session, name, contacts=["ana@acme.example"])
        foreign = factories.organization(session, "Globex")
    get_started("ana@acme.example", "203.0.113.9")

    customer.open(mailed("ana@acme.example")).press("Next", organization=str(foreign))

    assert customer.page.status_code == 422
    assert "one of your organizations" in customer.text


def test_an_organization_that_was_there_is_not_renamed(customer: Customer) -> None:
    with transaction() as session:
        ids = [
            factories.organization(session, name, contacts=["ana@acme.example"])
            for name in ("Acme GmbH", "Acme Ltd")
        ]
    get_started("ana@acme.example", "203.0.113.9")
    customer.open(mailed("ana@acme.example")).press("Next", organization=str(ids[0]))
    customer.click("Back")

    customer.press("Next", organization="", name="Renamed")

    with reading() as session:
        names = set(session.scalars(sa.select(Organization.name)))
    assert {"Acme GmbH", "Acme Ltd"} <= names


def test_going_back_changes_the_account_instead_of_making_another(
    customer: Customer, invitation: Callable[..., SecretStr]
) -> None:
    customer.open(invitation()).press("Next", type="seller", region="NA", name="Nordlicht")
    customer.click("Back")
    assert 'value="Nordlicht"' in customer.page.text
    customer.press("Next", type="vendor", region="EU", name="Nordlicht Europe")

    (account,) = accounts()
    assert (account.name, account.type, account.region) == ("Nordlicht Europe", "vendor", "EU")


def test_a_form_sent_twice_does_its_work_once(
    customer: Customer, invitation: Callable[..., SecretStr]
) -> None:
    customer.open(invitation())
    fields = customer.form("Next").fields | {"type": ["seller"], "region": ["EU"], "name": ["A"]}
    customer.post(customer.path, fields).post("/setup/1/account", fields)
    assert len(accounts()) == 1

    customer.get("/setup/1").sign_in("nordlicht")
    fields = customer.form("Next").fields | {"profile": [customer.profile("Germany")]}
    customer.post(customer.path, fields).post("/setup/1/marketplaces", fields)
    assert customer.heading == "Connect Selling Partner"
    assert places(accounts()[0]) == ["DE"]


def test_a_closed_tab_is_taken_up_where_it_was_left(
    customer: Customer, invitation: Callable[..., SecretStr], amazon: Sandbox
) -> None:
    link = invitation()
    customer.open(link).press("Next", type="seller", region="EU", name="Nordlicht")
    customer.sign_in("nordlicht")

    later = Customer(amazon).open(link)

    assert later.heading == "Choose marketplaces"
    assert "Germany" in later.text


def test_a_vendor_goes_on_without_selling_partner(
    customer: Customer, invitation: Callable[..., SecretStr]
) -> None:
    customer.open(invitation()).press("Next", type="vendor", region="NA", name="Brightwave")
    customer.sign_in("brightwave").choose("United States")
    assert "Optional for vendors" in customer.text
    customer.press("Go on without Selling Partner")

    assert customer.heading == "Syncing"
    assert grants(accounts()[0]).keys() == {"AAA"}


def test_a_vendor_connects_selling_partner_in_vendor_central(
    customer: Customer, invitation: Callable[..., SecretStr]
) -> None:
    customer.open(invitation()).press("Next", type="vendor", region="NA", name="Brightwave")
    customer.sign_in("brightwave").choose("United States", "Canada")
    customer.press("Confirm", agree="yes")
    assert "/vendorcentral/" in customer.page.headers["location"]
    customer.at_amazon("brightwave", "confirm")

    assert "Selling Partner connected" in customer.text


def test_a_seller_cannot_go_on_without_selling_partner(
    customer: Customer, invitation: Callable[..., SecretStr]
) -> None:
    customer.open(invitation()).press("Next", type="seller", region="EU", name="Nordlicht")
    customer.sign_in("nordlicht").choose("Germany")
    assert "Go on without" not in customer.text
    customer.press("Confirm", skip="yes")

    assert customer.page.status_code == 422
    assert customer.heading == "Connect Selling Partner"


def test_the_box_has_to_be_ticked(customer: Customer, invitation: Callable[..., SecretStr]) -> None:
    customer.open(invitation()).press("Next", type="seller", region="EU", name="Nordlicht")
    customer.sign_in("nordlicht").choose("Germany").press("Confirm")

    assert customer.page.status_code == 422
    assert "tick the box" in customer.text


def test_an_agency_chooses_the_marketplaces_of_one_client(
    customer: Customer, invitation: Callable[..., SecretStr]
) -> None:
    customer.open(invitation()).press("Next", type="seller", region="NA", name="Maple")
    customer.sign_in("summit")
    assert "Maple and Pine" in customer.text
    assert "Oakley Home" in customer.text
    mixed = [each.split('"')[0] for each in customer.page.text.split('name="profile" value="')[1:]]
    customer.press("Next", profile=mixed)
    assert "one merchant only" in customer.text

    customer.choose("Canada")
    seller = accounts()[0].merchant_id
    assert seller is not None
    customer.confirm("summit", account=seller)

    assert "Selling Partner connected" in customer.text
    assert places(accounts()[0]) == ["CA"]


def test_more_marketplaces_come_through_the_consent_that_is_there(
    customer: Customer, invitation: Callable[..., SecretStr], amazon: Sandbox
) -> None:
    account = connected(customer, invitation, name="Nordlicht")
    before = grants(account)

    customer.open(links.add_marketplace(COMMAND_LINE, account.id).url)
    assert customer.heading == "Add marketplace"
    customer.press("Find marketplaces")
    assert customer.profile("Germany") in customer.seen.disabled
    customer.choose("Italy")

    assert customer.heading == "Syncing"
    assert places(account) == ["DE", "FR", "IT"]
    assert grants(account) == before


def test_more_marketplaces_ask_for_a_new_sign_in_when_the_consent_is_gone(
    customer: Customer, invitation: Callable[..., SecretStr], amazon: Sandbox
) -> None:
    account = connected(customer, invitation, name="Nordlicht")
    customer.open(links.add_marketplace(COMMAND_LINE, account.id).url)
    amazon.revoke("nordlicht", "AAA")

    customer.press("Find marketplaces")
    assert customer.heading == "Connect Amazon Advertising"
    customer.sign_in("nordlicht").choose("Italy")

    assert customer.heading == "Syncing"
    assert places(account) == ["DE", "FR", "IT"]


def test_a_second_account_of_the_same_kind_is_offered_as_a_marketplace(
    customer: Customer, invitation: Callable[..., SecretStr]
) -> None:
    account = connected(customer, invitation, name="Nordlicht")
    customer.open(links.add_account(COMMAND_LINE, account.organization_id).url)

    customer.press("Next", type="seller", region="EU", name="Nordlicht two")
    assert customer.heading == "Add marketplace instead?"
    customer.press("Add marketplace")
    assert "which has DE, FR" in customer.text
    assert len(accounts()) == 1


def test_a_second_account_of_the_same_kind_may_be_another_business(
    customer: Customer, invitation: Callable[..., SecretStr]
) -> None:
    account = connected(customer, invitation, name="Nordlicht")
    customer.open(links.add_account(COMMAND_LINE, account.organization_id).url)

    customer.press("Next", type="seller", region="EU", name="Atelier").press("Add account")
    assert customer.heading == "Connect Amazon Advertising"
    customer.sign_in("atelier").choose("France").confirm("atelier")

    assert "Selling Partner connected" in customer.text
    assert len(accounts()) == 2


def test_relaunching_advertising_alone_takes_two_steps(
    customer: Customer, invitation: Callable[..., SecretStr], amazon: Sandbox
) -> None:
    account = connected(customer, invitation, name="Nordlicht")
    before = grants(account)
    lose(account, Channel.AAA)

    customer.open(links.relaunch(COMMAND_LINE, account.id, [Channel.AAA]).url)
    assert "Step 1 of 2" in customer.text
    assert "(DE, FR)" in customer.text
    customer.sign_in("nordlicht")

    assert customer.heading == "Syncing"
    assert "Amazon Advertising is connected" in customer.text
    assert grants(account) == before
    assert accounts()[0].aaa_status == "Connected"


def lose(account: Account, channel: Channel) -> None:
    """Let a consent be known to be dead, as two refusals of its token would."""
    with (
        transaction() as session,
        tallies.tallied(session) as deltas,
        assess.changing(session, deltas, [account.id], clock.now()),
    ):
        grant = session.get_one(Grant, grants(account)[channel.value])
        grant.refused_at = clock.now()


def test_every_link_shows_its_progress_after_it_is_done(
    customer: Customer, invitation: Callable[..., SecretStr], amazon: Sandbox
) -> None:
    link = invitation()
    customer.open(link).press("Next", type="seller", region="EU", name="Nordlicht")
    customer.sign_in("nordlicht").choose("Germany").confirm("nordlicht")

    later = Customer(amazon).open(link)

    assert later.heading == "Syncing"
    assert "Germany" in later.text
    with reading() as session:
        assert session.scalars(sa.select(Link.done_at)).one() is not None


def test_the_page_of_the_progress_says_how_long_most_take_once_that_is_known(
    customer: Customer, invitation: Callable[..., SecretStr]
) -> None:
    connected(customer, invitation, name="Nordlicht")
    customer.get("/setup/1/syncing")
    assert "This takes up to 48 hours. There is nothing more" in customer.text
    with transaction() as session:
        factories.first_syncs(session, Channel.AAA, "EU", [5] * 16 + [20] * 4)
        factories.first_syncs(session, Channel.SP_API, "EU", [10.5] * 16 + [60] * 4)
    renewing.renew()

    customer.get("/setup/1/syncing")

    assert "up to 48 hours; most accounts like yours are complete within 11." in customer.text


def test_whoever_is_back_from_amazon_is_at_amazon_no_longer(
    customer: Customer, invitation: Callable[..., SecretStr]
) -> None:
    customer.open(invitation()).press("Next", type="vendor", region="NA", name="Brightwave")
    customer.press("Connect Amazon Advertising")
    assert statuses() == ("At Amazon", "Not required")
    customer.at_amazon("brightwave")
    assert statuses() == ("Not connected", "Not required")
    customer.choose("Canada").press("Confirm", agree="yes")
    assert statuses() == ("Connected", "At Amazon")
    customer.get("/setup/1/selling-partner").press("Go on without Selling Partner")
    assert statuses() == ("Connected", "Not required")


def statuses() -> tuple[str, str]:
    (account,) = accounts()
    return account.aaa_status, account.sp_api_status
