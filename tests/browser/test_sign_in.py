"""Signing in and out, against a real OpenID Connect provider and the real process."""

import re
from collections.abc import Callable

import sqlalchemy as sa
from playwright.sync_api import BrowserContext, Page, expect

from dashboard.actions import staff
from dashboard.db.engine import reading
from dashboard.db.history import Event
from dashboard.db.models import StaffMember
from dashboard.queries.staff import member
from dashboard.roles import COMMAND_LINE, Role

ANA = {"sub": "ana", "email": "Ana@Northwind.example", "name": "Ana Ruiz"}
BEN = {"sub": "ben", "email": "ben@northwind.example", "name": "Ben Okafor"}
EVE = {"sub": "eve", "email": "eve@elsewhere.example", "name": "Eve"}
FIRST = {"sub": "first", "email": "first@northwind.example", "name": "Fay First"}


def sign_in(tab: Page, who: dict[str, str]) -> None:
    tab.get_by_role("button", name="Sign in").click()
    tab.get_by_role("button", name=who["sub"], exact=True).click()


def menu(tab: Page):
    return tab.get_by_test_id("stSidebarNav")


def test_a_deep_link_shows_only_the_sign_in_and_leads_on_after_it(
    signed_web: Callable[..., str], tab: Page
) -> None:
    base = signed_web(ANA)
    staff.add(COMMAND_LINE, ANA["email"], ANA["name"], Role.ADMIN)

    tab.goto(f"{base}/accounts?headline=Stuck")
    expect(tab.get_by_role("button", name="Sign in")).to_be_visible()
    assert tab.get_by_test_id("stSidebarNav").count() == 0
    expect(tab.get_by_role("heading")).to_have_text(["Switchboard"])

    sign_in(tab, ANA)
    expect(tab.get_by_role("heading", name="Accounts")).to_be_visible()
    expect(tab).to_have_url(f"{base}/accounts?headline=Stuck")
    expect(tab.get_by_text("Ana Ruiz")).to_be_visible()


def test_signing_out_ends_it(signed_web: Callable[..., str], tab: Page) -> None:
    base = signed_web(ANA)
    staff.add(COMMAND_LINE, ANA["email"], ANA["name"], Role.ADMIN)
    tab.goto(f"{base}/staff")
    sign_in(tab, ANA)

    tab.get_by_role("button", name="Sign out").click()
    tab.get_by_role("button", name="End session").click()
    expect(tab.get_by_role("button", name="Sign in")).to_be_visible()

    tab.goto(f"{base}/staff")
    expect(tab.get_by_role("button", name="Sign in")).to_be_visible()
    expect(tab.get_by_role("heading")).to_have_text(["Switchboard"])


def test_a_removed_member_is_out_at_the_next_click(
    signed_web: Callable[..., str], tab: Page
) -> None:
    base = signed_web(BEN)
    staff.add(COMMAND_LINE, ANA["email"], ANA["name"], Role.ADMIN)
    ben = staff.add(COMMAND_LINE, BEN["email"], BEN["name"], Role.SUPPORT)
    tab.goto(base)
    sign_in(tab, BEN)
    expect(menu(tab)).to_be_visible()

    staff.deactivate(COMMAND_LINE, ben)
    menu(tab).get_by_role("link", name="Activity").click()

    expect(tab.get_by_text("not on the staff list")).to_be_visible()
    expect(tab.get_by_role("heading")).to_have_text(["Switchboard"])
    expect(menu(tab)).to_have_count(0)


def test_a_removed_admin_cannot_even_finish_what_is_open_on_the_screen(
    signed_web: Callable[..., str], tab: Page
) -> None:
    base = signed_web(ANA)
    ana = staff.add(COMMAND_LINE, ANA["email"], ANA["name"], Role.ADMIN)
    staff.add(COMMAND_LINE, FIRST["email"], FIRST["name"], Role.ADMIN)
    tab.goto(f"{base}/staff")
    sign_in(tab, ANA)
    tab.get_by_role("button", name="Add a person").click()
    dialog = tab.get_by_role("dialog")
    dialog.get_by_label("Name").fill(EVE["name"])
    dialog.get_by_label("E-mail they sign in with").fill(EVE["email"])

    staff.deactivate(COMMAND_LINE, ana)
    dialog.get_by_role("button", name="Add", exact=True).click()

    expect(dialog.get_by_text("not on the staff list")).to_be_visible()
    with reading() as session:
        assert member(session, EVE["email"]) is None


def test_a_stranger_sees_only_whom_to_ask(signed_web: Callable[..., str], tab: Page) -> None:
    base = signed_web(EVE)
    tab.goto(f"{base}/accounts")
    sign_in(tab, EVE)

    expect(tab.get_by_text(re.compile("ask the platform team"))).to_be_visible()
    expect(tab.get_by_role("button", name="Sign out")).to_be_visible()
    expect(tab.get_by_role("heading")).to_have_text(["Switchboard"])
    expect(menu(tab)).to_have_count(0)


def test_an_unverified_address_does_not_pass_for_the_member_it_names(
    signed_web: Callable[..., str], tab: Page
) -> None:
    base = signed_web(ANA | {"email_verified": False})
    staff.add(COMMAND_LINE, ANA["email"], ANA["name"], Role.ADMIN)
    tab.goto(base)
    sign_in(tab, ANA)

    expect(tab.get_by_text("not on the staff list")).to_be_visible()


def test_the_first_admin_enters_an_empty_table_and_the_entry_is_recorded(
    signed_web: Callable[..., str], tab: Page
) -> None:
    base = signed_web(FIRST)
    tab.goto(f"{base}/staff")
    sign_in(tab, FIRST)

    expect(tab.get_by_role("button", name="Add a person")).to_be_visible()
    with reading() as session:
        entered = session.scalars(sa.select(StaffMember)).one()
        event = session.scalars(sa.select(Event)).one()
    assert (entered.email, entered.role, entered.active) == (FIRST["email"], "admin", True)
    assert (event.kind, event.details["email"]) == ("staff_added", FIRST["email"])


def test_a_role_that_the_sign_in_names_lets_in_unless_the_staff_table_says_otherwise(
    signed_web: Callable[..., str], tab: Page, person: BrowserContext
) -> None:
    groups = ["everyone", "support", "viewer"]
    base = signed_web(BEN | {"groups": groups}, role_claim="groups")
    tab.goto(base)
    sign_in(tab, BEN)
    expect(tab.get_by_test_id("stSidebar").get_by_text("Support")).to_be_visible()
    expect(menu(tab).get_by_role("link", name="Import")).to_be_visible()

    ben = staff.add(COMMAND_LINE, BEN["email"], BEN["name"], Role.VIEWER)
    tab.reload()
    expect(tab.get_by_test_id("stSidebar").get_by_text("Viewer")).to_be_visible()
    expect(menu(tab).get_by_role("link", name="Import")).to_have_count(0)

    staff.deactivate(COMMAND_LINE, ben)
    tab.reload()
    expect(tab.get_by_text("not on the staff list")).to_be_visible()


def test_a_planted_cookie_does_not_lead_away_from_the_app(
    signed_web: Callable[..., str], tab: Page, person: BrowserContext
) -> None:
    base = signed_web(FIRST)
    tab.goto(base)
    tab.get_by_role("button", name="Sign in").click()
    tab.get_by_role("button", name="first", exact=True).wait_for()
    person.add_cookies(
        [
            {
                "name": "switchboard_next",
                "value": "%2F%2Fevil.example",
                "url": f"{base}/oauth2callback",
            }
        ]
    )
    tab.get_by_role("button", name="first", exact=True).click()

    expect(menu(tab)).to_be_visible()
    expect(tab).to_have_url(f"{base}/")


def test_the_sign_in_cookie_is_for_the_server_only(
    signed_web: Callable[..., str], tab: Page, person: BrowserContext
) -> None:
    base = signed_web(FIRST)
    tab.goto(base)
    sign_in(tab, FIRST)
    expect(menu(tab)).to_be_visible()

    cookies = {each["name"]: each for each in person.cookies()}
    assert cookies["_streamlit_user"]["httpOnly"]
    assert cookies["_streamlit_user"]["sameSite"] == "Lax"
    assert "switchboard_next" not in cookies
