"""Organization, Account and Activity in use."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, Position, expect

from dashboard.db.engine import reading, transaction
from dashboard.queries import activity
from dashboard.queries.activity import Wanted
from tests import factories
from tests.factories import REVOKED

HEADINGS, ROW = 35, 30
"""Pixels of a table's headings and rows; it is drawn on a canvas, so clicks go by place."""


@pytest.fixture
def base(web: Callable[..., str]) -> str:
    """A served dashboard whose first organization and account are Acme's."""
    base = web()
    with transaction() as session:
        acme = factories.organization(session, "Acme GmbH", contacts=["zoe@acme.example"])
        account = factories.account(
            session, acme, "Acme EU", marketplaces=("DE", "FR"), sp_api=REVOKED
        )
        for stream in factories.streams(session, account):
            factories.run(session, stream, timedelta(hours=2))
        about = {"organization_id": acme, "account_id": account}
        for number in range(120):
            kind = "noted" if number % 2 else "relaunched"
            factories.event(session, kind, timedelta(hours=number), text=f"note {number}", **about)
    return base


def click_cell(tab: Page, row: int, right: int = 60) -> None:
    """Click into the first table of the page."""
    table = tab.get_by_test_id("stDataFrame").first
    expect(table.locator("canvas").first).to_be_visible()
    place: Position = {"x": right, "y": HEADINGS + ROW * row + ROW // 2}
    # A cell becomes a button once the pointer rests on it.
    table.hover(position=place)
    tab.wait_for_timeout(300)
    table.click(position=place)


def test_a_name_in_the_tree_opens_what_it_stands_for_in_the_same_tab(base: str, tab: Page) -> None:
    tab.goto(f"{base}/organization?id=1&country=Italy")
    expect(tab.get_by_text("Add marketplace", exact=True)).to_be_visible()

    click_cell(tab, row=2)

    expect(tab.get_by_text("The customer must act.")).to_be_visible()
    expect(tab).to_have_url(f"{base}/account?id=1")
    tab.get_by_role("link", name="Acme GmbH").click()
    expect(tab.get_by_text("zoe@acme.example")).to_be_visible()
    expect(tab).to_have_url(re.compile(r"/organization\?id=1"))
    click_cell(tab, row=1)
    expect(tab.get_by_role("heading", name="Accounts")).to_be_visible()
    expect(tab).to_have_url(re.compile(r"/accounts\?search=ORG-\d+&region=EU$"))


def test_a_copied_link_shows_the_same_history(base: str, tab: Page) -> None:
    tab.goto(f"{base}/activity?account=1")
    tab.get_by_role("combobox", name=re.compile("What")).click()
    tab.get_by_role("option", name="Note").click()
    expect(tab).to_have_url(f"{base}/activity?account=1&kind=Note")
    expect(tab.locator('[data-test-script-state="notRunning"]')).to_be_visible()
    tab.get_by_role("button", name="Older").click()
    expect(tab).to_have_url(re.compile(r"account=1&kind=Note&before=\d+$"))

    copy = tab.context.new_page()
    copy.goto(tab.url)

    expect(copy.get_by_role("button", name="Newest", exact=True)).to_be_visible()
    expect(copy.get_by_role("combobox", name=re.compile("What"))).to_have_value("Note")
    copy.get_by_role("button", name="Only account Acme EU").click()
    expect(copy).to_have_url(f"{base}/activity?kind=Note")


def test_an_export_holds_what_the_filters_choose_and_leaves_an_event(base: str, tab: Page) -> None:
    tab.goto(f"{base}/activity?kind=Note")
    tab.get_by_role("button", name="Export", exact=True).click()
    tab.get_by_role("button", name="Make a CSV file").click()
    with tab.expect_download() as download:
        tab.get_by_role("button", name="Download 60 events").click()
    lines = download.value.path().read_text("utf-8-sig").splitlines()

    assert lines[0].startswith("When (UTC),What,Details,Who,Organization")
    assert len(lines) == 61
    assert lines[1].split(",")[1:5] == ["Note", "note 1", "Ana Berg", "Acme GmbH"]
    with reading() as session:
        (event,) = activity.page(session, Wanted(kind="exported")).events.to_dict("records")
    assert event["details"]["filters"] == {"kind": "noted"}
    assert event["details"]["rows"] == 60


def test_a_name_from_outside_is_no_link(base: str, tab: Page) -> None:
    name = "[Click](https://evil.example) www.evil.example"
    with transaction() as session:
        organization = factories.organization(session, name)
        factories.account(session, organization, name)

    tab.goto(f"{base}/account?id=2")

    shown = tab.get_by_role("heading", name="Click")
    expect(shown).to_be_visible()
    assert shown.inner_text().replace("\N{WORD JOINER}", "") == name
    expect(tab.locator("a[href*=evil]")).to_have_count(0)


def test_times_are_the_readers_own(base: str, chromium: Browser) -> None:
    for zone, name in (("Asia/Tokyo", "JST"), ("Africa/Nairobi", "EAT")):
        context = chromium.new_context(timezone_id=zone)
        tab = context.new_page()
        tab.goto(f"{base}/account?id=1")
        tab.get_by_text("for 3 d").first.hover()
        expect(tab.get_by_text(re.compile(rf"\d\d:\d\d:\d\d {name}$"))).to_be_visible()
        context.close()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("path", ["/organization?id=1&country=Italy", "/account?id=1", "/activity"])
def test_nothing_is_wider_than_the_screen(base: str, tab: Page, width: int, path: str) -> None:
    tab.set_viewport_size({"width": width, "height": 900})
    tab.goto(base + path)
    expect(tab.locator('[data-test-script-state="notRunning"]')).to_be_visible()
    expect(tab.get_by_test_id("stDataFrame").first).to_be_visible()

    page = tab.get_by_test_id("stMain")

    assert page.evaluate("each => each.scrollWidth - each.clientWidth") == 0
