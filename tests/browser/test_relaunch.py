"""Relaunching an account on its page, and seeing what the customer does with the link."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from pydantic import SecretStr

from dashboard.actions.connecting import links, walking
from dashboard.db.engine import transaction
from dashboard.roles import COMMAND_LINE
from tests import factories
from tests.factories import REVOKED


@pytest.fixture
def base(web: Callable[..., str]) -> str:
    """A served dashboard whose first account needs its SP-API connected again."""
    base = web()
    with transaction() as session:
        acme = factories.organization(session, "Acme GmbH", contacts=["zoe@acme.example"])
        factories.account(session, acme, sp_api=REVOKED)
    return base


def test_a_link_is_made_and_its_opening_and_end_show_without_a_reload(base: str, tab: Page) -> None:
    tab.goto(f"{base}/account?id=1")
    tab.get_by_role("button", name="Relaunch").click()
    dialog = tab.get_by_role("dialog")
    expect(dialog.get_by_role("checkbox", name="AAA")).to_be_disabled()
    dialog.get_by_role("button", name="Make the link").click()

    opener = dialog.get_by_role("link", name="Open here")
    expect(opener).to_have_attribute("target", "_blank")
    address = opener.get_attribute("href")
    assert address is not None
    expect(dialog.get_by_test_id("stCode")).to_have_text(address)
    assert "/l/" not in tab.url
    token = SecretStr(address.rpartition("/")[2])
    opened = walking.open_link(token)
    expect(dialog.get_by_text("Opened")).to_be_visible()

    links.revoke(COMMAND_LINE, opened)
    expect(dialog.get_by_text("This link was withdrawn")).to_be_visible()
    expect(opener).to_have_count(0)

    tab.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(tab.get_by_role("heading", name="Acme EU")).to_be_visible()
    expect(tab.get_by_text("Link withdrawn")).to_be_visible()


def test_the_message_is_sent_from_the_dialog_and_read_under_activity(base: str, tab: Page) -> None:
    tab.goto(f"{base}/account?id=1")
    tab.get_by_role("button", name="Relaunch").click()
    dialog = tab.get_by_role("dialog")
    dialog.get_by_role("button", name="Make the link").click()
    dialog.get_by_text("Send by e-mail").click()
    dialog.get_by_role("button", name="Send", exact=True).click()
    expect(dialog.get_by_text("Written to zoe")).to_be_visible()

    tab.goto(f"{base}/activity?show=Messages")

    expect(tab.get_by_text("No mail server is set")).to_be_visible()
    table = tab.get_by_test_id("stDataFrame")
    # The table draws itself as text too, for screen readers; once that is there, so is the canvas.
    table.get_by_test_id("glide-cell-1-0").wait_for(state="attached")
    box = table.bounding_box()
    assert box is not None
    tab.mouse.click(box["x"] + 12, box["y"] + 50)
    expect(tab.get_by_text("To zoe@acme.example")).to_be_visible()
    expect(tab.get_by_role("link", name="Open the link")).to_have_attribute("target", "_blank")
