"""Working the queue: by keyboard alone, and two people on one case."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from playwright.sync_api import BrowserContext, Page, expect

from dashboard import clock
from dashboard.actions import staff
from dashboard.db.connecting import Message
from dashboard.db.engine import reading, transaction
from dashboard.db.triage import Case, CaseNote
from dashboard.roles import COMMAND_LINE, Role
from tests import factories
from tests.browser.test_sign_in import ANA, BEN, sign_in
from tests.factories import REVOKED, Sync

NAMES = ("Birch", "Cedar", "Dogwood", "Elder", "Fir")


def stuck(name: str, hours: int) -> None:
    """An account that stalled so many hours ago."""
    with transaction() as session:
        home = factories.organization(session, f"{name} Group", contacts=["zoe@acme.example"])
        since = clock.now() - timedelta(hours=hours)
        late = Sync(state="running", progress_age=timedelta(hours=5))
        factories.account(session, home, name, sync=late, since=since)


def on_the_desk(tab: Page, name: str) -> None:
    """Wait until this account's case is on the desk, and the page has settled."""
    desk = tab.locator(".st-key-desk")
    expect(desk.get_by_role("link", name=name, exact=True)).to_be_visible()
    settled(tab)


def settled(tab: Page) -> None:
    """Wait until the page's script has run."""
    expect(tab.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


@pytest.fixture
def base(web: Callable[..., str]) -> str:
    base = web()
    for number, name in enumerate(NAMES):
        stuck(name, 90 - 10 * number)
    with transaction() as session:
        home = factories.organization(session, "Gorse Group", contacts=["zoe@acme.example"])
        since = clock.now() - timedelta(days=40)
        factories.account(session, home, "Gorse", sp_api=REVOKED, since=since)
    return base


def test_the_first_cases_are_worked_by_keyboard_alone(base: str, tab: Page) -> None:
    tab.goto(f"{base}/triage")
    on_the_desk(tab, "Gorse")

    tab.keyboard.press("m")
    dialog = tab.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Send")).to_be_visible()
    tab.keyboard.press("Control+Enter")
    expect(tab.get_by_text("Written to zoe")).to_be_visible()
    expect(dialog).to_have_count(0)

    tab.keyboard.press("j")
    on_the_desk(tab, "Birch")
    tab.keyboard.press("a")
    expect(tab.get_by_role("button", name="Undo: took it")).to_be_visible()
    tab.keyboard.press("s")
    on_the_desk(tab, "Cedar")
    tab.keyboard.press("a")
    expect(tab.get_by_role("button", name="Undo: took it")).to_be_visible()
    tab.keyboard.press("u")
    expect(tab.get_by_text("nobody's yet")).to_be_visible()
    tab.keyboard.press("j")
    on_the_desk(tab, "Dogwood")
    tab.keyboard.press("k")
    on_the_desk(tab, "Cedar")

    tab.keyboard.press("f")
    # Enter does what its button does, once that is there.
    expect(dialog.get_by_role("button", name="Search")).to_be_visible()
    settled(tab)
    dialog.get_by_role("textbox").fill("fir")
    tab.keyboard.press("Enter")
    on_the_desk(tab, "Fir")
    tab.keyboard.press("l")
    expect(tab.get_by_role("dialog").get_by_text("Fir Group")).to_be_visible()
    tab.keyboard.press("Escape")
    expect(tab.get_by_role("dialog")).to_have_count(0)

    with reading() as session:
        assert session.scalars(sa.select(Message.email)).all() == ["zoe@acme.example"]
        owners = dict(session.execute(sa.select(Case.id, Case.owner_name)).all())  # type: ignore[arg-type]
        assert owners[1] == "Local operator"
        assert owners[2] == ""
        assert session.scalar(sa.select(Case.place).where(Case.id == 1)) == "snoozed"


def test_two_people_on_one_case_see_what_the_other_does(
    signed_web: Callable[..., str], person: BrowserContext
) -> None:
    base = signed_web(ANA, BEN)
    for each in (ANA, BEN):
        staff.add(COMMAND_LINE, each["email"], each["name"], Role.SUPPORT)
    stuck("Birch", 9)
    tabs = []
    browser = person.browser
    assert browser is not None
    other = browser.new_context(viewport={"width": 1280, "height": 800})
    for context, who in ((person, ANA), (other, BEN)):
        tab = context.new_page()
        tab.goto(f"{base}/triage?case=1")
        sign_in(tab, who)
        on_the_desk(tab, "Birch")
        tabs.append(tab)
    anas, bens = tabs

    anas.get_by_role("button", name="Assign to me").click()
    expect(bens.locator(".st-key-desk").get_by_text("Ana Ruiz")).to_be_visible()
    bens.get_by_placeholder("A note in Markdown").fill("I have seen this **before**.")
    bens.get_by_role("button", name="Add note").click()
    expect(anas.get_by_text("I have seen this before.")).to_be_visible()

    other.close()
    with reading() as session:
        assert session.scalars(sa.select(CaseNote.staff_name)).all() == ["Ben Okafor"]
        assert session.scalar(sa.select(Case.owner_name)) == "Ana Ruiz"
