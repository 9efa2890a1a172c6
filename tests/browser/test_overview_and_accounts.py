"""Overview and Accounts in use: what is clicked opens what it counts, and addresses are views."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Page, expect

from dashboard import clock
from dashboard.db.engine import transaction
from dashboard.db.models import StaffMember
from tests import factories
from tests.browser.test_history import HEADINGS, ROW, click_cell
from tests.browser.test_sign_in import ANA, sign_in
from tests.factories import REVOKED, Sync

OLD = Sync(age=timedelta(days=3))


@pytest.fixture
def base(web: Callable[..., str]) -> str:
    """A served dashboard with 62 accounts in Europe, one of them broken, and one in America."""
    base = web()
    with transaction() as session:
        acme = factories.organization(session, "Acme GmbH", external_id="ORG-A")
        factories.account(session, acme, "Acme EU", marketplaces=["FR"], sp_api=REVOKED, sync=OLD)
        factories.account(session, acme, "Acme US", region="NA", marketplaces=["US"])
        for number in range(61):
            customer = factories.organization(session, f"Customer {number:02d}")
            factories.account(session, customer, f"Account {number:02d}")
    return base


def stands_at(tab: Page, path: str, **query: str) -> None:
    """Wait until the address is this, in whatever order its parameters are."""

    def is_there(address: str) -> bool:
        parts = urlsplit(address)
        return (parts.path, dict(parse_qsl(parts.query))) == (path, query)

    tab.wait_for_url(is_there)


def total(tab: Page, said: str) -> None:
    expect(tab.get_by_text(said, exact=True)).to_be_visible()


def choose(tab: Page, label: str, option: str) -> None:
    # A list that is opened while the page is still being drawn is closed by what comes.
    expect(tab.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    # By keyboard: the list moves with the page that is drawn under it, and a click may miss.
    tab.get_by_label(label, exact=True).first.fill(option)
    expect(tab.get_by_role("option", name=option, exact=True)).to_be_visible()
    tab.keyboard.press("Enter")
    tab.keyboard.press("Escape")


def test_what_is_chosen_stands_in_the_address_and_the_address_shows_it_again(
    base: str, tab: Page
) -> None:
    tab.goto(f"{base}/accounts")
    total(tab, "63 accounts")
    tab.get_by_placeholder("Search name, id, e-mail").fill("acme")
    tab.keyboard.press("Enter")
    total(tab, "2 accounts")
    choose(tab, "Status", "Needs reconnect")
    total(tab, "1 account")
    stands_at(tab, "/accounts", search="acme", headline="Needs reconnect")

    tab.goto("about:blank")
    tab.goto(f"{base}/accounts?search=acme&headline=Needs+reconnect")

    total(tab, "1 account")
    tab.get_by_role("button", name="Clear filters").click()
    total(tab, "63 accounts")
    stands_at(tab, "/accounts")


def test_pages_stand_in_the_address_and_a_new_filter_begins_at_the_first(
    base: str, tab: Page
) -> None:
    tab.goto(f"{base}/accounts?page=2&sort=oldest")
    total(tab, "63 accounts")
    expect(tab.get_by_role("button", name="Page 2", exact=True)).to_have_attribute(
        "aria-current", "page"
    )

    choose(tab, "Region", "EU")

    total(tab, "62 accounts")
    stands_at(tab, "/accounts", sort="oldest", region="EU")


def test_names_open_the_organization_and_the_account(base: str, tab: Page) -> None:
    tab.goto(f"{base}/accounts?search=acme")
    total(tab, "2 accounts")
    click_cell(tab, row=0, right=90)
    stands_at(tab, "/organization", id="1")

    tab.goto(f"{base}/accounts?search=acme")
    total(tab, "2 accounts")
    click_cell(tab, row=0, right=230)
    stands_at(tab, "/account", id="1")
    expect(tab.get_by_text("The customer must act.")).to_be_visible()


def test_a_group_opens_its_accounts(base: str, tab: Page) -> None:
    tab.goto(f"{base}/accounts?group=marketplace")
    total(tab, "63 accounts")

    click_cell(tab, row=0)

    total(tab, "61 accounts")
    stands_at(tab, "/accounts", marketplace="DE")


def test_selected_rows_are_counted_and_do_not_pass_to_other_accounts(base: str, tab: Page) -> None:
    tab.goto(f"{base}/accounts")
    total(tab, "63 accounts")
    for row in (0, 2):
        tab.get_by_test_id("stDataFrame").click(
            position={"x": 18, "y": HEADINGS + ROW * row + ROW // 2}
        )
        tab.wait_for_timeout(300)
    total(tab, "2 selected")

    tab.get_by_placeholder("Search name, id, e-mail").fill("customer")
    tab.keyboard.press("Enter")

    total(tab, "61 accounts")
    expect(tab.get_by_text("2 selected")).to_have_count(0)


def test_numbers_bars_and_tiles_open_the_accounts_they_count(base: str, tab: Page) -> None:
    tab.goto(base)
    tab.get_by_role("link", name="Needs customer").click()
    total(tab, "1 account")
    stands_at(tab, "/accounts", actor="Customer")

    # Twice: a chart must not remember what was clicked before.
    for _ in range(2):
        tab.get_by_role("link", name="Overview").click()
        click_mark(tab, chart=0, number=-1)
        total(tab, "1 account")
        stands_at(tab, "/accounts", region="EU", age="2-7 d")

    tab.get_by_role("link", name="Overview").click()
    click_mark(tab, chart=1, number=-1)
    total(tab, "1 account")
    stands_at(tab, "/accounts", marketplace="FR")


def click_mark(tab: Page, chart: int, number: int) -> None:
    """Click the bar or tile of this number in a chart."""
    drawn = tab.locator(".js-plotly-plot").nth(chart)
    expect(drawn.locator(".barlayer .point").last).to_be_visible()
    tab.wait_for_timeout(500)
    marks = drawn.locator(".barlayer .point")
    box = marks.nth(number if number >= 0 else marks.count() + number).bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    tab.mouse.move(x, y)
    tab.wait_for_timeout(300)
    tab.mouse.click(x, y)


def test_a_strategist_sees_the_own_accounts_first_and_goes_on_with_them(
    signed_web: Callable[..., str], tab: Page
) -> None:
    base = signed_web(ANA)
    with transaction() as session:
        ana = StaffMember(
            email=ANA["email"].lower(), name=ANA["name"], role="strategist", active=True,
            created_at=clock.now(),
        )  # fmt: skip
        session.add(ana)
        session.flush()
        mine = factories.organization(session, "Mine GmbH", strategist_id=ana.id)
        factories.account(session, mine, "Mine EU", sp_api=REVOKED)
        factories.account(session, factories.organization(session), "Other", sp_api=REVOKED)
    tab.goto(base)
    sign_in(tab, ANA)
    expect(tab.get_by_text("Needs reconnect 1")).to_be_visible()

    tab.get_by_role("radio", name="all").click()
    expect(tab.get_by_text("Needs reconnect 2")).to_be_visible()
    stands_at(tab, "/", scope="all")
    tab.get_by_role("radio", name="mine").click()
    expect(tab.get_by_text("Needs reconnect 1")).to_be_visible()
    tab.get_by_role("link", name="Needs customer").click()

    total(tab, "1 account")
    stands_at(tab, "/accounts", actor="Customer", strategist=ANA["name"])


def test_an_export_is_a_file_of_all_that_is_filtered(base: str, tab: Page) -> None:
    tab.goto(f"{base}/accounts?region=EU")
    total(tab, "62 accounts")
    tab.get_by_role("button", name="Export").click()
    tab.get_by_role("button", name="Make a CSV file").click()
    with tab.expect_download() as download:
        tab.get_by_role("button", name=re.compile("Download 62 accounts")).click()

    assert re.fullmatch(r"accounts-\d{4}-\d\d-\d\d-\d{4}\.csv", download.value.suggested_filename)
    lines = Path(download.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == 63
    assert lines[1].startswith("Acme GmbH,Acme EU,")
