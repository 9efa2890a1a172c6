"""The main paths of the connection flow, as customers walk them in a real browser."""

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pydantic import SecretStr

from dashboard.actions.connecting import links
from dashboard.db.connecting import Message
from dashboard.db.engine import reading, transaction
from dashboard.db.models import Account
from dashboard.diagnosis import Channel
from dashboard.roles import COMMAND_LINE
from dashboard.settings import settings
from dashboard.vault import open_sealed
from tests import factories
from tests.browser.conftest import PATIENCE, free_port, process

COLOURS = ("light", "dark")


@pytest.fixture
def connect(
    sqlite_template: Path,
    tmp_path: Path,
    use_database: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[str]:
    """``dashboard connect`` beside a stand-in Amazon, on an empty database; its address."""
    file = tmp_path / "connect.sqlite"
    shutil.copy(sqlite_template, file)
    use_database(f"sqlite:///{file}")
    chosen = {
        "database_url": f"sqlite:///{file}",
        "data_dir": tmp_path,
        "connect_port": free_port(),
        "sandbox_port": free_port(),
    }
    for name in ("connect_port", "sandbox_port"):
        monkeypatch.setenv(f"DASHBOARD_{name.upper()}", str(chosen[name]))
    settings.cache_clear()
    base, amazon = settings().connect_base, settings().sandbox_base
    with ExitStack() as running:
        for name, health in (("connect", f"{base}/healthz"), ("sandbox", f"{amazon}/")):
            command = [sys.executable, "-m", "dashboard", name]
            running.enter_context(process(command, tmp_path, health, chosen))
        yield base


@pytest.fixture
def without_script(chromium: Browser) -> Iterator[Page]:
    """A phone on which JavaScript is off."""
    context = chromium.new_context(
        viewport={"width": 390, "height": 844}, java_script_enabled=False
    )
    context.set_default_timeout(PATIENCE * 1000)
    yield context.new_page()
    context.close()


def organization(name: str = "Acme GmbH") -> int:
    with transaction() as session:
        return factories.organization(session, name, contacts=["ana@acme.example"])


def mailed() -> str:
    with reading() as session:
        sealed = session.scalars(sa.select(Message.sealed_link)).one()
    assert sealed is not None
    return open_sealed(sealed).get_secret_value()


def opened(tab: Page, link: SecretStr) -> None:
    tab.goto(link.get_secret_value())


def press(tab: Page, name: str) -> None:
    tab.get_by_role("button", name=name, exact=True).click()


def describe(tab: Page, kind: str, region: str, name: str) -> None:
    tab.get_by_label(kind).check()
    tab.get_by_label(region).check()
    tab.get_by_label("Name of the account").fill(name)
    press(tab, "Next")


def at_amazon(tab: Page, member: str, decision: str) -> None:
    """Sign in as this member, unless the browser is signed in already, and decide."""
    if tab.get_by_role("heading", name="Who signs in?").is_visible():
        press(tab, member)
    press(tab, decision)


def sign_in(tab: Page, member: str) -> None:
    press(tab, "Connect Amazon Advertising")
    at_amazon(tab, member, "Allow")


def confirm(tab: Page, member: str) -> None:
    tab.get_by_label("I allow Northwind Growth").check()
    press(tab, "Confirm")
    at_amazon(tab, member, "Confirm")


def expect_heading(tab: Page, name: str) -> None:
    expect(tab.get_by_role("heading", level=1, name=name)).to_be_visible()


def only_account() -> Account:
    with reading() as session:
        return session.scalars(sa.select(Account)).one()


def connected(tab: Page, organization_id: int) -> Account:
    opened(tab, links.add_account(COMMAND_LINE, organization_id).url)
    describe(tab, "Seller", "Europe", "Nordlicht")
    sign_in(tab, "Nordlicht Lampen GmbH")
    tab.get_by_label("Germany").check()
    press(tab, "Next")
    confirm(tab, "Nordlicht Lampen GmbH")
    tab.get_by_role("link", name="Next").click()
    expect_heading(tab, "Syncing")
    return only_account()


def test_a_new_seller_walks_from_get_started_to_syncing_without_javascript(
    connect: str, without_script: Page
) -> None:
    tab = without_script
    tab.goto(connect)
    tab.get_by_role("link", name="Get started").click()
    tab.get_by_label("Your e-mail address").fill("jana@nordlicht.example")
    press(tab, "Confirm")
    expect_heading(tab, "Look for our message")

    tab.goto(mailed())
    expect(tab.get_by_text("Step 1 of 6")).to_be_visible()
    tab.get_by_label("Name of your organization").fill("Nordlicht GmbH")
    press(tab, "Next")
    describe(tab, "Seller", "Europe", "Nordlicht")
    expect(tab.get_by_role("listitem").filter(has_text="You have at least one")).to_be_visible()
    sign_in(tab, "Nordlicht Lampen GmbH")
    expect_heading(tab, "Choose marketplaces")
    for country in ("Germany", "France"):
        tab.get_by_label(country).check()
    press(tab, "Next")
    confirm(tab, "Nordlicht Lampen GmbH")
    expect(tab.get_by_role("heading", name="Selling Partner connected")).to_be_visible()
    tab.get_by_role("link", name="Next").click()

    expect_heading(tab, "Syncing")
    expect(tab.get_by_role("row", name="Germany")).to_be_visible()
    assert "?" not in tab.url
    assert only_account().headline == "First sync"


def test_an_existing_seller_adds_a_marketplace(connect: str, tab: Page) -> None:
    organization_id = organization()
    connected(tab, organization_id)
    opened(tab, links.add_account(COMMAND_LINE, organization_id).url)
    describe(tab, "Seller", "Europe", "Nordlicht once more")

    expect_heading(tab, "Add marketplace instead?")
    press(tab, "Add marketplace to Nordlicht")
    press(tab, "Find marketplaces")
    expect(tab.get_by_label("Germany")).to_be_disabled()
    tab.get_by_label("Italy").check()
    press(tab, "Next")

    expect_heading(tab, "Syncing")
    expect(tab.get_by_role("row", name="Italy")).to_be_visible()


def test_a_vendor_goes_on_without_selling_partner(connect: str, tab: Page) -> None:
    opened(tab, links.add_account(COMMAND_LINE, organization()).url)
    describe(tab, "Vendor", "North America", "Brightwave")
    sign_in(tab, "Brightwave Audio")
    tab.get_by_label("Canada").check()
    press(tab, "Next")
    press(tab, "Go on without Selling Partner")

    expect_heading(tab, "Syncing")
    assert only_account().sp_api_status == "Not required"


def test_relaunching_advertising_after_a_wrong_login_and_a_cancel(connect: str, tab: Page) -> None:
    with transaction() as session:
        organization_id = factories.organization(session)
        account_id = factories.account(
            session, organization_id, "Nordlicht", marketplaces=("DE", "FR"),
            merchant_id=None, aaa=factories.REVOKED,
        )  # fmt: skip
    opened(tab, links.relaunch(COMMAND_LINE, account_id, [Channel.AAA]).url)
    expect(tab.get_by_text("Step 1 of 2")).to_be_visible()

    press(tab, "Connect Amazon Advertising")
    at_amazon(tab, "Nordlicht Lampen GmbH", "Cancel")
    expect_heading(tab, "You cancelled at Amazon")
    press(tab, "Try again")
    press(tab, "Switch account")
    at_amazon(tab, "Polar Knit", "Allow")
    expect_heading(tab, "Not everything was shared")
    press(tab, "Try again")
    press(tab, "Switch account")
    at_amazon(tab, "Nordlicht Lampen GmbH", "Allow")

    expect_heading(tab, "Syncing")
    expect(tab.get_by_text("Amazon Advertising is connected")).to_be_visible()
    assert only_account().aaa_status == "Connected"


def test_an_agency_login_connects_two_of_its_clients(connect: str, tab: Page) -> None:
    organization_id = organization("Summit")
    for client, country in (("Maple and Pine", "Canada"), ("Oakley Home", "United States")):
        opened(tab, links.add_account(COMMAND_LINE, organization_id).url)
        describe(tab, "Seller", "North America", client)
        if client == "Oakley Home":
            expect(tab.get_by_role("heading", name="Add marketplace instead?")).to_be_visible()
            press(tab, "Add account")
        sign_in(tab, "Summit Growth Partners")
        tab.get_by_role("group", name=client).get_by_label(country).check()
        press(tab, "Next")
        tab.get_by_label("I allow Northwind Growth").check()
        press(tab, "Confirm")
        tab.get_by_label(client).check()
        press(tab, "Confirm")
        expect(tab.get_by_role("heading", name="Selling Partner connected")).to_be_visible()

    with reading() as session:
        found = session.scalars(sa.select(Account)).all()
    assert len({each.merchant_id for each in found}) == 2


def test_a_form_filled_in_wrongly_says_so_where_the_reader_is(connect: str, tab: Page) -> None:
    opened(tab, links.add_account(COMMAND_LINE, organization()).url)
    describe(tab, "Seller", "Europe", "  ")

    summary = tab.get_by_role("alert")
    expect(summary).to_be_focused()
    summary.get_by_role("link").click()
    expect(tab.get_by_label("Name of the account")).to_be_focused()
    expect(tab.get_by_label("Seller")).to_be_checked()


def test_the_flow_is_walked_by_keyboard(connect: str, tab: Page) -> None:
    opened(tab, links.add_account(COMMAND_LINE, organization()).url)
    tab.keyboard.press("Tab")
    expect(tab.get_by_role("link", name="Skip to the content")).to_be_focused()
    tab.keyboard.press("Enter")
    for key in ("Tab", "Space", "Tab", "ArrowDown", "Tab"):
        tab.keyboard.press(key)
    expect(tab.get_by_label("Name of the account")).to_be_focused()
    tab.keyboard.type("Nordlicht")
    tab.keyboard.press("Enter")

    expect_heading(tab, "Connect Amazon Advertising")
    assert only_account().region == "EU"


@pytest.mark.parametrize("colours", COLOURS)
def test_pages_fit_a_phone_and_break_no_rule_of_ours(
    connect: str, person: BrowserContext, colours: str
) -> None:
    tab = person.new_page()
    tab.emulate_media(color_scheme="dark" if colours == "dark" else "light")
    tab.set_viewport_size({"width": 320, "height": 700})
    complaints: list[str] = []
    tab.on("console", lambda said: complaints.append(said.text))
    link = links.add_account(COMMAND_LINE, organization("A" * 100)).url.get_secret_value()
    for address in (connect, f"{connect}/start", link):
        tab.goto(address)
        assert tab.evaluate("document.documentElement.scrollWidth") <= 320, address
        shades = tab.evaluate(
            "[getComputedStyle(document.body).color,"
            " getComputedStyle(document.body).backgroundColor]"
        )
        assert contrast(*shades) >= 7
    assert complaints == []


def contrast(one: str, other: str) -> float:
    """How well one colour is read on another (WCAG 2)."""

    def brightness(colour: str) -> float:
        parts = [int(each) / 255 for each in colour[4:-1].split(",")]
        red, green, blue = (
            each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light, dark = sorted([brightness(one), brightness(other)], reverse=True)
    return (light + 0.05) / (dark + 0.05)
