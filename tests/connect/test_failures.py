"""Every way in which Amazon, or the customer at Amazon, can let a walk fail."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from dashboard.actions.connecting import ending, links
from dashboard.connect import words
from dashboard.db.connecting import Attempt, Message
from dashboard.db.engine import reading, transaction
from dashboard.db.history import Event
from dashboard.db.models import Account, AccountMarketplace, Grant
from dashboard.diagnosis import Channel, Reason
from dashboard.roles import COMMAND_LINE
from dashboard.vault import open_sealed
from tests import factories
from tests.connect.customer import Customer
from tests.connect.test_walks import accounts, connected, grants, lose
from tests.sandboxes import Sandbox

EVERYTHING = "everything"


@pytest.fixture
def at_advertising(customer: Customer, invitation: Callable[..., SecretStr]) -> Customer:
    """A customer about to connect Amazon Advertising for a seller in Europe."""
    return customer.open(invitation()).press("Next", type="seller", region="EU", name="Nordlicht")


@pytest.fixture
def at_selling_partner(at_advertising: Customer) -> Customer:
    """A customer about to connect Selling Partner."""
    return at_advertising.sign_in("nordlicht").choose("Germany", "France")


def reasons() -> list[str | None]:
    """How the trips to Amazon ended."""
    with reading() as session:
        return list(session.scalars(sa.select(Attempt.reason).order_by(Attempt.id)))


def events() -> list[tuple[str, dict[str, object]]]:
    with reading() as session:
        rows = session.execute(sa.select(Event.kind, Event.details).order_by(Event.id))
        return [(row.kind, row.details) for row in rows]


def assert_failed(customer: Customer, reason: Reason) -> None:
    """The failure's page stands, says what to do and who to ask, and lets try again."""
    assert customer.heading.endswith(words.texts()[reason].heading), customer.text
    assert customer.path.endswith("/problem")
    assert {"What happened", "What to do", "Who to ask"} <= set(customer.seen.headings)
    assert "support@northwind.example" in customer.text
    assert customer.form("Try again")
    assert reasons()[-1] == reason.value
    assert "_" not in customer.text, "a reason's code is nothing for customers"
    assert events()[-1][0] == "attempt_failed"


@pytest.mark.parametrize(
    ("who", "behaviour", "reason"),
    [
        ("nordlicht", "never-advertised", Reason.NEVER_ADVERTISED),
        ("nordlicht", "view-only", Reason.VIEW_ONLY),
        ("nordlicht", "agency-profile-only", Reason.AGENCY_PROFILE),
        ("nordlicht", "manager-viewer", Reason.MANAGER_VIEWER),
        ("nordlicht", "cancels", Reason.CANCELLED),
        ("nordlicht", "malformed", Reason.AMAZON_OUTAGE),
        ("nordlicht", "forbidden", Reason.AMAZON_OUTAGE),
        (EVERYTHING, "forbidden", Reason.AMAZON_OUTAGE),
        (EVERYTHING, "malformed", Reason.AMAZON_OUTAGE),
        (EVERYTHING, "secret-refused", Reason.OUR_SECRET_REFUSED),
    ],
)
def test_advertising_fails_with_its_own_page_and_works_the_next_time(
    at_advertising: Customer, amazon: Sandbox, who: str, behaviour: str, reason: Reason
) -> None:
    customer = at_advertising
    amazon.behave(who, behaviour)

    customer.sign_in("nordlicht")
    assert_failed(customer, reason)
    assert grants(accounts()[0]) == {}

    amazon.reset()
    customer.press("Try again").at_amazon("nordlicht")
    assert customer.heading == "Choose marketplaces"


def test_throttling_asks_for_patience(at_advertising: Customer, amazon: Sandbox) -> None:
    amazon.behave("nordlicht", "throttled", seconds=60)

    at_advertising.sign_in("nordlicht")

    assert_failed(at_advertising, Reason.THROTTLED)


def test_server_errors_of_amazon_s_are_amazon_s(at_advertising: Customer, amazon: Sandbox) -> None:
    amazon.behave(EVERYTHING, "server-error")

    at_advertising.sign_in("nordlicht")

    assert_failed(at_advertising, Reason.AMAZON_OUTAGE)


def test_slowness_is_waited_for(at_advertising: Customer, amazon: Sandbox) -> None:
    amazon.behave("nordlicht", "slow", seconds=0.2)

    at_advertising.sign_in("nordlicht")

    assert at_advertising.heading == "Choose marketplaces"


def test_a_login_of_another_region_is_told_so(at_advertising: Customer) -> None:
    at_advertising.sign_in("tiny-toys")

    assert_failed(at_advertising, Reason.WRONG_REGION)
    assert "go back to Add account" in at_advertising.text


@pytest.mark.parametrize(
    "behaviour", ["partial-consent", "no-permission-on-one-profile", "suspended", "payment-failure"]
)
def test_what_is_reached_can_be_connected(
    at_advertising: Customer, amazon: Sandbox, behaviour: str
) -> None:
    amazon.behave("nordlicht", behaviour)

    at_advertising.sign_in("nordlicht").choose("Germany")

    assert at_advertising.heading == "Connect Selling Partner"


@pytest.mark.parametrize(
    ("who", "behaviour", "reason"),
    [
        ("nordlicht", "wrong-login", Reason.MERCHANT_MISMATCH),
        ("nordlicht", "merchant-mismatch", Reason.MERCHANT_MISMATCH),
        ("nordlicht", "malformed", Reason.AMAZON_OUTAGE),
        ("nordlicht", "forbidden", Reason.AMAZON_OUTAGE),
        (EVERYTHING, "secret-refused", Reason.OUR_SECRET_REFUSED),
    ],
)
def test_selling_partner_fails_with_its_own_page_and_works_the_next_time(
    at_selling_partner: Customer, amazon: Sandbox, who: str, behaviour: str, reason: Reason
) -> None:
    customer = at_selling_partner
    amazon.behave(who, behaviour)

    customer.confirm("nordlicht")
    assert_failed(customer, reason)
    assert grants(accounts()[0]).keys() == {"AAA"}

    amazon.reset()
    customer.press("Try again").at_amazon("nordlicht", "confirm")
    assert "Selling Partner connected" in customer.text


@pytest.mark.parametrize("behaviour", ["error-page", "individual-plan", "cancels"])
def test_who_never_comes_back_from_amazon_finds_out_why(
    at_selling_partner: Customer, amazon: Sandbox, behaviour: str
) -> None:
    customer = at_selling_partner
    amazon.behave("nordlicht", behaviour)
    customer.press("Confirm", agree="yes")
    answer = amazon.decide(customer.page.headers["location"], "nordlicht", "confirm")
    assert answer.status_code != 302

    with transaction() as session:
        session.execute(sa.update(Attempt).values(expires_at=Attempt.created_at))
    assert ending.abandon() == 1

    assert written("help_needed") == ["ana@acme.example"]
    customer.get("/setup/1")
    assert_failed(customer, Reason.ABANDONED)
    assert "Professional selling plan" in customer.text


def test_help_is_offered_once_however_often_a_customer_stays_away(
    at_selling_partner: Customer, amazon: Sandbox
) -> None:
    customer = at_selling_partner
    for _ in range(2):
        customer.get("/setup/1/selling-partner")
        customer.press("Confirm", agree="yes")
        with transaction() as session:
            session.execute(sa.update(Attempt).values(expires_at=Attempt.created_at))
        assert ending.abandon() == 1

    assert written("help_needed") == ["ana@acme.example"]


def written(kind: str) -> list[str]:
    """To whom messages of a kind were written."""
    with reading() as session:
        return list(session.scalars(sa.select(Message.email).where(Message.kind == kind)))


def test_a_country_that_is_not_sold_in_is_named(
    customer: Customer, invitation: Callable[..., SecretStr]
) -> None:
    customer.open(invitation()).press("Next", type="seller", region="NA", name="Cascade")
    customer.sign_in("cascade").choose("United States")
    with transaction() as session:
        account = session.scalars(sa.select(Account)).one()
        brazil = AccountMarketplace(
            account_id=account.id, marketplace_id="A2Q3Y263D00KWC", sort_name=account.sort_name
        )
        session.add(brazil)

    customer.confirm("cascade")

    assert_failed(customer, Reason.MARKETPLACE_NOT_JOINED)
    assert "Brazil" in customer.text


def test_a_seller_of_another_region_is_told_so(
    customer: Customer, invitation: Callable[..., SecretStr], amazon: Sandbox
) -> None:
    customer.open(invitation()).press("Next", type="seller", region="EU", name="Globetrotter")
    customer.sign_in("globetrotter").choose("Germany").press("Confirm", agree="yes")
    answer = amazon.decide(customer.page.headers["location"], "cascade", "confirm")

    assert answer.status_code == 403


def test_a_merchant_connected_elsewhere_is_refused_without_saying_where(
    customer: Customer, invitation: Callable[..., SecretStr], amazon: Sandbox
) -> None:
    connected(customer, invitation, name="First of all")
    other = Customer(amazon).open(invitation("Globex"))
    other.press("Next", type="seller", region="EU", name="Second")

    other.sign_in("nordlicht")
    assert other.profile("Germany") in other.seen.disabled
    assert "Acme" not in other.page.text
    assert "First of all" not in other.page.text

    fields = other.form("Next").fields | {"profile": [other.profile("Germany")]}
    other.post(other.path, fields)
    assert other.page.status_code == 422
    assert len(grants(accounts()[1])) == 0


def test_a_merchant_taken_meanwhile_is_refused_on_its_own_page(
    customer: Customer, invitation: Callable[..., SecretStr], amazon: Sandbox
) -> None:
    customer.open(invitation()).press("Next", type="seller", region="EU", name="One")
    customer.sign_in("nordlicht")
    other = Customer(amazon).open(invitation("Globex"))
    other.press("Next", type="seller", region="EU", name="Two").sign_in("nordlicht")
    other.choose("Germany")

    customer.choose("Germany")

    assert customer.page.status_code == 409
    assert customer.heading.endswith("This merchant is already connected")
    assert "Globex" not in customer.page.text


def test_a_wrong_login_is_refused_and_the_good_token_stays(
    customer: Customer, invitation: Callable[..., SecretStr], amazon: Sandbox
) -> None:
    account = connected(customer, invitation, name="Nordlicht")
    before = tokens(account)
    lose(account, Channel.AAA)
    lose(account, Channel.SP_API)

    customer.open(links.relaunch(COMMAND_LINE, account.id, list(Channel)).url)
    customer.sign_in("atelier")

    assert_failed(customer, Reason.WRONG_LOGIN)
    assert "a different Amazon account" in customer.text
    assert tokens(account) == before

    customer.press("Try again").at_amazon("nordlicht")
    amazon.behave("nordlicht", "wrong-login")
    customer.confirm("nordlicht")
    assert_failed(customer, Reason.WRONG_LOGIN)
    assert tokens(account)["SP-API"] == before["SP-API"]


@pytest.mark.parametrize("behaviour", ["partial-consent", "no-permission-on-one-profile"])
def test_a_relaunch_that_does_not_cover_all_marketplaces_names_those_missing(
    customer: Customer, invitation: Callable[..., SecretStr], amazon: Sandbox, behaviour: str
) -> None:
    customer.open(invitation()).press("Next", type="seller", region="EU", name="Nordlicht")
    customer.sign_in("nordlicht").choose("Germany", "Netherlands").confirm("nordlicht")
    account = accounts()[0]
    before = tokens(account)
    lose(account, Channel.AAA)
    amazon.behave("nordlicht", behaviour)

    customer.open(links.relaunch(COMMAND_LINE, account.id, [Channel.AAA]).url)
    customer.sign_in("nordlicht")

    assert_failed(customer, Reason.PARTIAL_CONSENT)
    assert "It is about: Netherlands." in customer.text
    assert tokens(account) == before


@pytest.mark.parametrize("behaviour", ["revokes-later", "lapsed"])
def test_a_consent_that_dies_later_is_given_anew(
    customer: Customer, invitation: Callable[..., SecretStr], amazon: Sandbox, behaviour: str
) -> None:
    account = connected(customer, invitation, name="Nordlicht")
    before = tokens(account)
    amazon.behave("nordlicht", behaviour)
    lose(account, Channel.SP_API)

    customer.open(links.relaunch(COMMAND_LINE, account.id, [Channel.SP_API]).url)
    customer.confirm("nordlicht")

    assert "Selling Partner connected" in customer.text
    assert tokens(account)["SP-API"] != before["SP-API"]
    assert accounts()[0].sp_api_status == "Connected"


def test_amazon_failing_while_marketplaces_are_looked_up_is_said(
    customer: Customer, invitation: Callable[..., SecretStr], amazon: Sandbox
) -> None:
    account = connected(customer, invitation, name="Nordlicht")
    customer.open(links.add_marketplace(COMMAND_LINE, account.id).url)
    amazon.behave("nordlicht", "malformed")

    customer.press("Find marketplaces")
    assert customer.page.status_code == 503
    assert customer.heading.endswith("Amazon does not answer")

    amazon.reset()
    customer.click("Try again").press("Find marketplaces").choose("Italy")
    assert customer.heading == "Syncing"


def test_all_that_is_connected_already_is_explained(
    customer: Customer, invitation: Callable[..., SecretStr]
) -> None:
    customer.open(invitation()).press("Next", type="seller", region="NA", name="Tiny")
    customer.sign_in("tiny-toys").choose("United States").confirm("tiny-toys")

    customer.open(links.add_marketplace(COMMAND_LINE, accounts()[0].id).url)
    customer.press("Find marketplaces")

    assert "All of these are connected already" in customer.text
    assert "can take up to 24 hours" in customer.text


def test_a_consent_we_were_only_told_of_leads_to_amazon(
    customer: Customer, amazon: Sandbox
) -> None:
    with transaction() as session:
        organization_id = factories.organization(session)
        account_id = factories.account(session, organization_id)

    customer.open(links.add_marketplace(COMMAND_LINE, account_id).url).press("Find marketplaces")

    assert customer.heading == "Connect Amazon Advertising"


def tokens(account: Account) -> dict[str, str]:
    """The refresh tokens of an account, by channel."""
    with reading() as session:
        sealed = {
            channel: session.get_one(Grant, grant_id).refresh_token
            for channel, grant_id in grants(account).items()
        }
    return {
        channel: open_sealed(text).get_secret_value() for channel, text in sealed.items() if text
    }
