"""Sellers whom Amazon sends to us, from its Appstore or to renew; and whoever only says so."""

from collections.abc import Callable
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from dashboard import vault
from dashboard.actions import outbox
from dashboard.amazon import appstore
from dashboard.db.connecting import Message
from dashboard.db.engine import reading
from dashboard.db.models import AccountChannel, Grant
from dashboard.diagnosis import Channel
from dashboard.marketplaces import Region
from dashboard.settings import settings
from tests.connect.customer import Customer
from tests.production import set_production
from tests.sandboxes import Sandbox

SELLER = "any-A1APPSTORE-seller-DE-FR"
APP = "amzn1.sp.solution.1"
ASKED = {
    "amazon_callback_uri": f"https://sellercentral-europe.amazon.com/apps/authorize/confirm/{APP}",
    "amazon_state": "MTYx==",
    "selling_partner_id": "A1APPSTORE",
}


@pytest.fixture
def sent(amazon: Sandbox) -> Callable[..., str]:
    """Makes the path at which Amazon's Appstore opens us for a seller."""

    def make(member: str = SELLER, country: str = "DE") -> str:
        page = f"/sellercentral/{country}/apps/store"
        answer = amazon.http.post(page, data={"member": member, "decision": "authorize"})
        assert answer.status_code == 302, answer.text
        login = urlsplit(answer.headers["location"])
        return f"{login.path}?{login.query}"

    return make


@pytest.fixture
def ready(customer: Customer, invitation: Callable[..., SecretStr]) -> Customer:
    """A seller who has come as far as Selling Partner."""
    customer.open(invitation()).press("Next", type="seller", region="EU", name="Nordlicht")
    return customer.sign_in(SELLER).choose("Germany")


def goes_on(customer: Customer, amazon: Sandbox) -> Customer:
    """Press Confirm, and come back from where Amazon waits, which asks nothing more."""
    customer.press("Confirm", agree="yes")
    onward = customer.page.headers["location"]
    assert "/apps/authorize/confirm/" in onward, onward
    back = urlsplit(amazon.http.get(onward).headers["location"])
    return customer.get(f"{back.path}?{back.query}")


def test_a_seller_from_the_appstore_goes_on_where_amazon_waits(
    ready: Customer, sent: Callable[..., str], amazon: Sandbox
) -> None:
    ready.get(sent())

    assert ready.path == "/setup/1/selling-partner"
    assert ready.page.request.url.query == b""
    assert "Amazon waits for you" in ready.text
    goes_on(ready, amazon)
    assert "Selling Partner connected" in ready.text
    with reading() as session:
        assert session.scalars(sa.select(Grant.identity).where(Grant.channel == "SP-API")).all()
    assert "from-amazon" not in ready.http.cookies


def test_who_has_steps_to_take_first_goes_on_there_when_they_are_taken(
    customer: Customer, invitation: Callable[..., SecretStr], sent: Callable[..., str],
    amazon: Sandbox,
) -> None:  # fmt: skip
    customer.open(invitation()).get(sent())

    assert customer.heading == "Add account"
    customer.press("Next", type="seller", region="EU", name="Nordlicht")
    customer.sign_in(SELLER).choose("Germany")
    assert "Selling Partner connected" in goes_on(customer, amazon).text


def test_who_has_no_link_is_told_how_to_go_on_and_goes_on_when_it_has_come(
    customer: Customer, invitation: Callable[..., SecretStr], sent: Callable[..., str]
) -> None:
    customer.get(sent())

    assert customer.path == "/login"
    assert "Open it in this browser within 15 minutes" in customer.text
    customer.open(invitation()).press("Next", type="seller", region="EU", name="Nordlicht")
    customer.sign_in(SELLER).choose("Germany")
    assert "Amazon waits for you" in customer.text


def test_who_is_known_is_mailed_a_link_that_renews(
    ready: Customer, sent: Callable[..., str], amazon: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready.confirm(SELLER)
    later = Customer(amazon).get(sent())
    later.click("Get started").press("Confirm", email="ana@acme.example")
    with reading() as session:
        mail = session.scalars(sa.select(Message).where(Message.kind == "renewal")).one()
        before = session.scalars(sa.select(Grant.version).order_by(Grant.id)).all()

    assert "Nordlicht" in mail.subject
    later.open(vault.open_sealed(mail.sealed_link or ""))
    assert later.path.endswith("/selling-partner")
    goes_on(later, amazon)

    assert "Selling Partner connected" in later.text
    with reading() as session:
        after = session.scalars(sa.select(Grant.version).order_by(Grant.id)).all()
        users = session.scalars(
            sa.select(AccountChannel.grant_id).where(AccountChannel.channel == Channel.SP_API)
        ).all()
    assert len(after) == len(before)
    assert sum(after) == sum(before) + 1
    assert None not in users
    assert outbox.deliver() == 0


def test_who_is_not_a_contact_of_that_seller_gets_the_usual_link(
    ready: Customer, sent: Callable[..., str], amazon: Sandbox
) -> None:
    ready.confirm(SELLER)
    stranger = Customer(amazon).get(sent())
    stranger.click("Get started").press("Confirm", email="eve@evil.example")

    with reading() as session:
        assert session.scalars(sa.select(Message.kind).where(Message.email.like("eve@%"))).all() \
            == ["confirm"]  # fmt: skip


def test_who_was_sent_for_another_seller_is_told_and_goes_the_usual_way(
    ready: Customer, sent: Callable[..., str]
) -> None:
    ready.get(sent("any-A1OTHER-seller-DE"))

    assert "Amazon sent you here for another account" in ready.text
    ready.press("Confirm", agree="yes")
    assert "/apps/authorize/consent" in ready.page.headers["location"]


def test_who_was_sent_for_another_region_goes_the_usual_way(
    ready: Customer, sent: Callable[..., str]
) -> None:
    ready.get(sent("any-A1APPSTORE-seller-US", "US")).press("Confirm", agree="yes")

    assert "/apps/authorize/consent" in ready.page.headers["location"]


def test_a_link_that_has_ended_leads_nobody_in_a_circle(
    ready: Customer, sent: Callable[..., str]
) -> None:
    ready.confirm(SELLER).click("Next").get(sent())

    assert ready.heading == "Amazon has sent you to us"
    assert ready.page.status_code == 200


HOSTILE = {
    "another host": "https://evil.example/apps/authorize/confirm/{app}",
    "another host that looks like it": "https://sellercentral.amazon.com.evil.example/apps"
    "/authorize/confirm/{app}",
    "Amazon as a name": "https://sellercentral.amazon.com@evil.example/apps/authorize/confirm/{app}",
    "Amazon before a backslash": "https://sellercentral.amazon.com\\@evil.example/apps/authorize"
    "/confirm/{app}",
    "without encryption": "http://sellercentral.amazon.com/apps/authorize/confirm/{app}",
    "a script": "javascript:alert(1)//apps/authorize/confirm/{app}",
    "no scheme": "//sellercentral.amazon.com/apps/authorize/confirm/{app}",
    "another page of Amazon's": "https://sellercentral.amazon.com/ap/signin",
    "another app": "https://sellercentral.amazon.com/apps/authorize/confirm/amzn1.sp.solution.9",
    "a way up": "https://sellercentral.amazon.com/apps/authorize/confirm/{app}/../../../ap/signin",
    "more parameters": "https://sellercentral.amazon.com/apps/authorize/confirm/{app}?state=x",
    "a line break": "https://sellercentral.amazon.com/apps/authorize/confirm/{app}\r\nx: y",
    "a port": "https://sellercentral.amazon.com:8443/apps/authorize/confirm/{app}",
    "nothing": "",
    "very long": "https://sellercentral.amazon.com/" + "x" * 4000,
}


@pytest.mark.parametrize("uri", HOSTILE.values(), ids=HOSTILE)
def test_only_amazon_s_own_page_for_our_app_is_gone_on_to(
    ready: Customer, monkeypatch: pytest.MonkeyPatch, uri: str
) -> None:
    set_production(monkeypatch, connect_url=settings().connect_base, sp_api_application_id=APP)
    asked = ASKED | {"amazon_callback_uri": uri.format(app=APP)}
    ready.get(f"/login?{urlencode(asked)}")

    assert ready.page.status_code == 400
    assert "from-amazon" not in ready.http.cookies
    assert "evil" not in ready.page.text


@pytest.mark.parametrize(
    "wrong",
    [
        {"amazon_state": ""},
        {"amazon_state": "two words"},
        {"amazon_state": "x" * 5000},
        {"amazon_state": "\N{SNOWMAN}"},
        {"selling_partner_id": "<script>"},
        {"selling_partner_id": ""},
    ],
)
def test_what_amazon_never_sends_is_refused(customer: Customer, wrong: dict[str, str]) -> None:
    page = f"{settings().sandbox_base}/sellercentral/DE/apps/authorize/confirm"
    asked = ASKED | {"amazon_callback_uri": f"{page}/{settings().application_id}"}
    assert customer.get(f"/login?{urlencode(asked)}").page.status_code == 200
    for given in (urlencode(asked | wrong), f"{urlencode(asked)}&amazon_state=y"):
        answer = customer.get(f"/login?{given}").page
        assert answer.status_code == 400
        assert "<script>" not in answer.text


@pytest.mark.parametrize("cookie", ["x", "bnVsbA==", "WyIxIl0=", "W1siYSJdLCAyLCAzXQ==", "%00"])
def test_a_cookie_that_is_not_ours_is_nothing(ready: Customer, cookie: str) -> None:
    ready.http.cookies.set("from-amazon", cookie, path="/")

    assert "Amazon waits" not in ready.get("/setup/1/selling-partner").text
    ready.press("Confirm", agree="yes")
    assert "/apps/authorize/consent" in ready.page.headers["location"]


def test_a_handover_is_for_one_region_and_merchant_only(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_production(monkeypatch, sp_api_application_id=APP)
    eu = appstore.received(*ASKED.values())
    bare = appstore.received(f"https://amazon.com/apps/authorize/confirm/{APP}", "s", "A1")

    assert eu is not None
    assert eu.region is Region.EU
    assert bare is not None
    assert bare.region is None
    assert "MTYx" not in repr(eu)


@pytest.mark.parametrize("draft", [True, False])
def test_a_draft_of_the_app_stays_one(monkeypatch: pytest.MonkeyPatch, *, draft: bool) -> None:
    set_production(monkeypatch, sp_api_application_id=APP, sp_api_draft=str(draft))
    known = appstore.received(*ASKED.values())
    assert known is not None
    url = appstore.confirm_url(known, state=SecretStr("ours"), redirect_uri="https://c.example/x")

    asked = parse_qs(urlsplit(url).query)
    assert url.startswith(ASKED["amazon_callback_uri"] + "?")
    assert asked.pop("version", []) == (["beta"] if draft else [])
    assert asked == {
        "amazon_state": ["MTYx=="], "state": ["ours"], "redirect_uri": ["https://c.example/x"]
    }  # fmt: skip
    assert quote("==", safe="") in url
