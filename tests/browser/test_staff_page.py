"""Changing who is staff, as an admin does it on the screen."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from dashboard.actions import staff
from dashboard.db.engine import reading
from dashboard.queries.staff import Member, member
from dashboard.roles import COMMAND_LINE, Role


def known(email: str) -> Member | None:
    with reading() as session:
        return member(session, email)


def fill_in(tab: Page, name: str, email: str) -> None:
    dialog = tab.get_by_role("dialog")
    dialog.get_by_label("Name").fill(name)
    dialog.get_by_label("E-mail they sign in with").fill(email)
    dialog.get_by_role("button", name="Add", exact=True).click()


def test_a_person_is_added_after_a_refusal_said_what_was_wrong(
    web: Callable[..., str], tab: Page
) -> None:
    tab.goto(f"{web()}/staff")
    expect(tab.get_by_text("Nobody is on the list yet")).to_be_visible()
    tab.get_by_role("button", name="Add a person").click()

    fill_in(tab, "Ana Ruiz", "ana at northwind")
    expect(tab.get_by_role("dialog").get_by_text("not an e-mail address")).to_be_visible()

    fill_in(tab, "Ana Ruiz", "ana@northwind.example")
    expect(tab.get_by_text("Ana Ruiz can sign in now.")).to_be_visible()
    expect(tab.get_by_role("dialog")).to_have_count(0)
    expect(tab.get_by_test_id("stDataFrame")).to_be_visible()
    found = known("ana@northwind.example")
    assert found is not None
    assert found.staff.role is Role.VIEWER


def test_a_person_is_chosen_and_deactivated(web: Callable[..., str], tab: Page) -> None:
    base = web()
    staff.add(COMMAND_LINE, "ana@northwind.example", "Ana", Role.ADMIN)
    staff.add(COMMAND_LINE, "ben@northwind.example", "Ben", Role.SUPPORT)
    tab.goto(f"{base}/staff")

    choose(tab, row=1)
    expect(tab.get_by_role("link", name="ben@northwind.example")).to_be_visible()
    tab.get_by_role("button", name="Deactivate").click()

    expect(tab.get_by_text("Ben is out from their next click on.")).to_be_visible()
    ben = known("ben@northwind.example")
    assert ben is not None
    assert not ben.active


def choose(tab: Page, row: int) -> None:
    """Tick a row of the table, which is drawn on a canvas: by where it must be."""
    table = tab.get_by_test_id("stDataFrame")
    # The table draws itself as text too, for screen readers; once that is there, so is the canvas.
    table.get_by_test_id(f"glide-cell-1-{row}").wait_for(state="attached")
    box = table.bounding_box()
    assert box is not None
    line = 35
    tab.mouse.click(box["x"] + 12, box["y"] + line * (row + 1) + line / 2)
