"""What every page of the customer's app holds to, whatever it is asked."""

import logging
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from pydantic import SecretStr
from starlette.routing import Mount, Route

from dashboard import clock
from dashboard.actions.connecting import links, visits
from dashboard.actions.connecting.visits import LIMITS
from dashboard.connect.app import create_app
from dashboard.db.connecting import Link, Message, Visit
from dashboard.db.engine import reading, transaction
from dashboard.flow import FlowStep
from dashboard.roles import COMMAND_LINE
from dashboard.settings import settings
from tests.connect.customer import Customer
from tests.production import set_production
from tests.sandboxes import Sandbox

PATHS = {
    "/setup/{link_id:int}": ["/setup/1"],
    "/setup/{link_id:int}/problem": ["/setup/1/problem"],
    "/setup/{link_id:int}/from-amazon": ["/setup/1/from-amazon"],
    "/setup/{link_id:int}/{step}": [f"/setup/1/{each}" for each in FlowStep],
    "/l/{secret}": ["/l/short", "/l/" + "x" * 43],
}
"""Real addresses of the routes that have parameters."""


def addresses(method: str) -> list[str]:
    """Every address that answers a method: of every route there is."""
    found: list[str] = []
    for route in create_app().routes:
        if isinstance(route, Route) and method in (route.methods or ()):
            found += PATHS.get(route.path, [route.path])
        elif isinstance(route, Mount) and method == "GET":
            found += [f"{route.path}/style.css", f"{route.path}/none.css"]
    assert not [each for each in found if "{" in each], "give PATHS the new route's addresses"
    return sorted(set(found))


@pytest.fixture
def inside(customer: Customer, invitation: Callable[..., SecretStr]) -> Customer:
    """A customer half-way through."""
    customer.open(invitation()).press("Next", type="seller", region="EU", name="Nordlicht")
    return customer.sign_in("nordlicht")


def test_every_answer_protects_the_browser(inside: Customer) -> None:
    for path in [*addresses("GET"), "/none", "/setup/2", "/setup/99999999999999999999", "/%00"]:
        headers = inside.http.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"] or path == "/logo", path
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-frame-options"] == "DENY"
        assert headers["x-content-type-options"] == "nosniff"
        assert "camera=()" in headers["permissions-policy"]
        assert headers["cache-control"] == "no-store" or path.startswith("/static/style"), path


def test_pages_hold_nothing_inline_and_nothing_of_others(inside: Customer) -> None:
    for path in addresses("GET"):
        text = inside.get(path).page.text
        assert not re.search(r"<script|style=|<style|\son\w+=|javascript:", text), path
        assert not re.search(r'(src|href|action)="(?!/|#|mailto:|")', text), path


def test_every_form_is_refused_without_its_token(inside: Customer) -> None:
    for path in addresses("POST"):
        answer = inside.http.post(path, data={"name": "x", "email": "eve@evil.example"})
        assert answer.status_code == 403, path
    with reading() as session:
        assert session.scalars(sa.select(Message)).all() == []


def test_a_form_of_another_page_or_browser_is_refused(inside: Customer, amazon: Sandbox) -> None:
    token = inside.form("Next").fields["token"][0]
    start = Customer(amazon).get("/start")
    foreign = start.form("Confirm").fields["token"][0]

    assert inside.http.post("/start", data={"token": token}).status_code == 403
    for given in (foreign, "", "\N{SNOWMAN}"):
        answer = inside.http.post("/setup/1/marketplaces", data={"token": given})
        assert answer.status_code == 403


@pytest.mark.parametrize(
    "header", [{"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}]
)
def test_a_form_from_elsewhere_is_refused(inside: Customer, header: dict[str, str]) -> None:
    fields = inside.form("Next").fields
    answer = inside.http.post("/setup/1/marketplaces", data=fields, headers=header)
    assert answer.status_code == 403
    answer = inside.http.post("/setup/1/marketplaces", data=fields, headers={"origin": "null"})
    assert answer.status_code == 422


def test_another_host_is_not_answered(inside: Customer) -> None:
    answer = inside.http.get("/start", headers={"host": "evil.example"})
    assert answer.status_code == 421
    assert "evil" not in answer.text
    assert inside.http.get("/healthz", headers={"host": "10.0.0.3"}).status_code == 200


@pytest.mark.parametrize("announced", [True, False])
def test_too_large_a_body_is_refused(inside: Customer, *, announced: bool) -> None:
    body = b"x" * 70_000
    content = body if announced else (body[:50_000] for _ in range(2))
    kind = {"content-type": "application/x-www-form-urlencoded"}
    answer = inside.http.post("/setup/1/marketplaces", content=content, headers=kind)
    assert answer.status_code == 413


@pytest.mark.parametrize("body", [b"\xff\xfe", b"&".join([b"a=1"] * 3000), b"{}"])
def test_a_body_that_is_no_form_is_refused(inside: Customer, body: bytes) -> None:
    answer = inside.http.post("/setup/1/marketplaces", content=body)
    assert answer.status_code in {400, 403}


def test_a_later_step_leads_back_to_the_present_one(inside: Customer) -> None:
    assert inside.get("/setup/1/syncing").heading == "Choose marketplaces"
    assert inside.get("/setup/1/organization").heading == "Choose marketplaces"
    assert inside.get("/setup/1/nonsense").page.status_code == 404


def test_another_link_s_pages_stay_shut(
    inside: Customer, invitation: Callable[..., SecretStr], amazon: Sandbox
) -> None:
    other = Customer(amazon).open(invitation("Globex"))
    other.http.cookies.set("link-1", other.http.cookies["link-2"], path="/setup/1")
    assert other.get("/setup/1").page.status_code == 404
    assert Customer(amazon).get("/setup/1").page.status_code == 404


def test_the_link_s_secret_stands_in_no_page_and_only_in_its_own_cookie(
    customer: Customer, invitation: Callable[..., SecretStr]
) -> None:
    link = invitation().get_secret_value()
    secret = link.rpartition("/")[2]
    answer = customer.http.get(f"/l/{secret}")

    assert answer.headers["location"] == "/setup/1"
    cookies = answer.headers.get_list("set-cookie")
    assert len(cookies) == 3
    for each in cookies:
        assert "HttpOnly" in each
        assert "SameSite=lax" in each
    assert ["Path=/setup/1" in each for each in cookies if secret in each] == [True]
    assert secret not in customer.get("/setup/1").page.text


@pytest.mark.parametrize("end", ["revoked", "expired"])
def test_a_link_that_has_ended_says_so(
    customer: Customer, invitation: Callable[..., SecretStr], end: str
) -> None:
    link = invitation()
    customer.open(link)
    if end == "revoked":
        links.revoke(COMMAND_LINE, 1)
    else:
        with transaction() as session:
            session.execute(sa.update(Link).values(expires_at=clock.now() - timedelta(days=1)))

    for page in (customer.open(link), customer.get("/setup/1/account")):
        assert page.page.status_code == 410
        assert page.heading == "This link no longer works"


def test_get_started_says_the_same_to_everybody(
    customer: Customer, invitation: Callable[..., SecretStr]
) -> None:
    invitation()
    pages = {
        customer.get("/start").press("Confirm", email=email).text
        for email in ("ana@acme.example", "nobody@new.example", *["ana@acme.example"] * 4)
    }
    assert len(pages) == 1


def test_get_started_can_be_turned_off(customer: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    customer.get("/start")
    fields = customer.form("Confirm").fields | {"email": ["ana@acme.example"]}
    monkeypatch.setenv("DASHBOARD_GET_STARTED", "false")
    settings.cache_clear()

    assert "Get started" not in customer.get("/").text
    assert customer.get("/start").page.status_code == 403
    assert customer.post("/start", fields).page.status_code == 403


def test_an_address_that_is_none_is_said_to_be_none(customer: Customer) -> None:
    customer.get("/start").press("Confirm", email="<b>ana")

    assert customer.page.status_code == 422
    assert 'role="alert"' in customer.page.text
    assert "&lt;b&gt;ana" in customer.page.text


@pytest.mark.parametrize(
    ("what", "path"),
    [("link", "/l/" + "x" * 43), ("callback", "/callback/aaa"), ("callback", "/callback/sp-api")],
)
def test_an_address_that_calls_too_often_has_to_wait(
    customer: Customer, what: str, path: str
) -> None:
    for _ in range(LIMITS[what]):
        assert customer.http.get(path).status_code in {400, 404}
    answer = customer.http.get(path)

    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 600
    assert "try again in" in answer.text


def test_signing_up_too_often_has_to_wait(customer: Customer) -> None:
    for number in range(LIMITS["sign_up"]):
        customer.get("/start").press("Confirm", email=f"person{number}@acme.example")
        assert customer.heading == "Look for our message"
    customer.get("/start").press("Confirm", email="one-more@acme.example")

    assert customer.page.status_code == 429


@pytest.mark.parametrize(
    ("trusted", "said", "counted"),
    [
        ("", "198.51.100.1", "203.0.113.7"),
        ("203.0.113.0/24", "198.51.100.1", "198.51.100.1"),
        ("203.0.113.7", "1.2.3.4, 198.51.100.1", "198.51.100.1"),
        ("203.0.113.7,10.0.0.1", "198.51.100.1, 10.0.0.1", "198.51.100.1"),
        ("203.0.113.7", "nonsense", "203.0.113.7"),
        ("203.0.113.7", "2001:db8::1:2", "2001:db8::/64"),
        ("nonsense", "198.51.100.1", "203.0.113.7"),
    ],
)
def test_only_our_own_proxies_say_who_calls(
    customer: Customer, monkeypatch: pytest.MonkeyPatch, trusted: str, said: str, counted: str
) -> None:
    monkeypatch.setenv("DASHBOARD_TRUSTED_PROXIES", trusted)
    settings.cache_clear()
    customer.http.get("/callback/aaa", headers={"x-forwarded-for": said})
    visits.count("callback", counted)

    with reading() as session:
        assert session.scalars(sa.select(Visit.count)).all() == [2]


def test_over_https_cookies_are_for_https_and_this_host_only(
    amazon: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DASHBOARD_CONNECT_URL", "https://connect.northwind.example")
    settings.cache_clear()
    answer = Customer(amazon).http.get("/start")

    assert "__Host-browser=" in answer.headers["set-cookie"]
    assert "Secure" in answer.headers["set-cookie"]
    assert answer.headers["strict-transport-security"].startswith("max-age=")


def test_in_production_forms_may_lead_to_amazon_and_nowhere_else(
    inside: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_production(monkeypatch, connect_url=settings().connect_base)
    policy = inside.http.get("/setup/1/advertising").headers["content-security-policy"]
    targets = policy.partition("form-action ")[2].split()

    assert targets[0] == "'self'"
    assert "https://*.amazon.com" in targets
    assert "https://*.amazon.co.uk" in targets
    assert all(re.fullmatch(r"https://(\*\.)?amazon\.[a-z.]+", each) for each in targets[1:])


def test_metrics_are_for_those_inside_only(customer: Customer, amazon: Sandbox) -> None:
    assert customer.http.get("/metrics").status_code == 404
    customer.http = customer.http.__class__(
        create_app(), base_url=settings().connect_base, client=("10.0.0.9", 1)
    )
    customer.http.get("/start")
    figures = customer.http.get("/metrics").text

    assert 'route="/start"' in figures
    assert 'switchboard_workers{state="working"} 0.0' in figures
    assert 'switchboard_due{kind="sync"} 0.0' in figures
    assert customer.http.get("/metrics", headers={"x-forwarded-for": "1.2.3.4"}).status_code == 404


def test_a_failure_of_ours_shows_a_reference_and_no_traceback(
    inside: Customer, caplog: pytest.LogCaptureFixture
) -> None:
    with transaction() as session:
        session.execute(sa.update(Link).values(steps=["no such step"]))

    inside.get("/setup/1")

    assert inside.page.status_code == 500
    reference = re.search(r"reference: ([0-9a-f]{8})", inside.text)
    assert reference is not None
    assert "Traceback" not in inside.page.text
    assert reference[1] in caplog.text


def test_what_is_wrong_with_our_settings_is_not_told_to_customers(
    inside: Customer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    inside.get("/setup/1/advertising")
    monkeypatch.setenv("DASHBOARD_VAULT_KEYS", "nonsense")
    settings.cache_clear()

    inside.press("Connect Amazon Advertising")

    assert inside.page.status_code == 500
    assert "DASHBOARD_" not in inside.page.text
    assert "ConfigurationError" in caplog.text


def test_health_says_when_the_database_is_away(
    customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert customer.http.get("/healthz").text == "ok\n"
    monkeypatch.setenv("DASHBOARD_DATABASE_URL", "sqlite:////nowhere/at/all.sqlite")
    settings.cache_clear()

    assert customer.http.get("/healthz").status_code == 503


def test_the_company_s_name_logo_and_contact_are_shown(
    amazon: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    logo = tmp_path / "logo.svg"
    logo.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    monkeypatch.setenv("DASHBOARD_COMPANY", "Fabrikam & Sons")
    monkeypatch.setenv("DASHBOARD_CUSTOMER_SUPPORT", "help@fabrikam.example")
    monkeypatch.setenv("DASHBOARD_LOGO_FILE", str(logo))
    settings.cache_clear()
    customer = Customer(amazon).get("/")

    assert 'alt="Fabrikam &amp; Sons"' in customer.page.text
    assert 'href="mailto:help@fabrikam.example"' in customer.page.text
    assert customer.http.get("/logo").headers["content-type"].startswith("image/svg+xml")
    logo.with_suffix(".txt").write_text("secret")
    monkeypatch.setenv("DASHBOARD_LOGO_FILE", str(logo.with_suffix(".txt")))
    settings.cache_clear()
    assert customer.http.get("/logo").status_code == 404


def test_no_secret_reaches_a_log(
    customer: Customer,
    invitation: Callable[..., SecretStr],
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("httpcore2", "httpx2"):  # these log what the test's own browser asks for
        logging.getLogger(name).setLevel(logging.WARNING)
    link = invitation()
    secrets = [link.get_secret_value().rpartition("/")[2]]
    customer.open(link).press("Next", type="seller", region="EU", name="Nordlicht")
    for member, decision in (("tiny-toys", "allow"), ("nordlicht", "allow")):
        customer.get("/setup/1/advertising").press("Connect Amazon Advertising")
        back = customer.decide(member, decision)
        secrets += [each.partition("=")[2] for each in back.partition("?")[2].split("&")][:2]
        customer.get(back).get(back)
    secrets += [value for value in customer.http.cookies.values() if value]

    logged = caplog.text + "".join(capfd.readouterr())
    assert len([each for each in secrets if len(each) >= 24]) >= 6
    for each in secrets:
        if len(each) >= 24:
            assert each not in logged
