"""Asking for something on many accounts: asked about first, followed, found in another tab."""

import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from dashboard import clock
from dashboard.actions import requests
from dashboard.db.engine import reading, transaction
from dashboard.db.history import Event
from dashboard.db.models import Account, Grant
from dashboard.db.requests import Kind, Request
from dashboard.queries.choice import Choice
from dashboard.roles import Role, Staff
from dashboard.status import Headline
from dashboard.ui.administering import WISH, Wish
from tests import factories
from tests.pages.opening import opened, text

pytestmark = pytest.mark.usefixtures("database")

MENU = "Sync, check, pause"
OPERATOR = Staff(id=None, email="", name="Local operator", role=Role.ADMIN)


@pytest.fixture
def ids(database: str) -> list[int]:
    """Three accounts, of which one is disconnected."""
    with transaction() as session:
        owner = factories.organization(session, "Acme GmbH")
        made = [factories.account(session, owner, f"Acme {each}") for each in "AB"]
        gone = factories.account(session, owner, "Gone", disconnected_at=clock.now())
        session.execute(sa.update(Grant).values(refresh_token="sealed", version=1))  # noqa: S106
    return [*made, gone]


def menus(app: AppTest) -> list[str]:
    return [each.proto.label for each in app.get("menu_button")]


def wished(page: str, wish: Wish, **address: object) -> AppTest:
    """The page with a dialog that asks about this."""
    app = opened(page, **address)
    app.session_state[WISH] = wish
    return app.run()


def test_all_that_match_are_asked_about_and_then_followed(ids: list[int]) -> None:
    app = wished("accounts", Wish("accounts", Kind.PAUSE, 3, choice=Choice(region=("EU",))))
    assert "**3 accounts.**" in text(app)
    assert "until they are resumed" in text(app)

    app.button(key="wish").click().run()

    assert not app.exception
    said = text(app)
    assert "3 accounts" in said
    with reading() as session:
        headlines = session.scalars(sa.select(Account.headline).order_by(Account.id)).all()
    assert headlines == [Headline.PAUSED, Headline.PAUSED, Headline.DISCONNECTED]
    again = opened("accounts")
    table = next(each.value for each in again.dataframe if "said" in each.value)
    assert table["account"].tolist()[0] == "Gone", "what went wrong comes first"
    assert table["said"].tolist()[0].startswith("It is disconnected")
    assert again.get("progress")[0].proto.text == "2 of 3 done, 1 not possible"
    again.button(key="close_request").click().run()
    assert not again.get("progress")


def test_of_too_many_the_first_are_taken_and_the_page_says_so(ids: list[int]) -> None:
    app = wished("accounts", Wish("accounts", Kind.SYNC, 5000, choice=Choice()))

    assert f"At most {requests.MOST:,} at once" in text(app)
    assert "2,000 accounts" in app.button(key="wish").label


def test_an_organizations_accounts_are_checked_at_once(ids: list[int]) -> None:
    with reading() as session:
        owner = session.get_one(Account, ids[0]).organization_id
    place = f"organization {owner}"

    app = wished("organization", Wish(place, Kind.CHECK, 3, organization_id=owner), id=owner)
    app.button(key="wish").click().run()

    with reading() as session:
        kinds = session.scalars(sa.select(Event.kind)).all()
        assert kinds == ["check_asked", "check_asked"]
        assert session.scalars(sa.select(Request.accounts)).all() == [3]
    assert app.get("progress")[0].proto.text == "0 of 3 done, 1 not possible"


def test_what_was_wished_for_on_one_page_does_not_open_on_another(ids: list[int]) -> None:
    app = wished("accounts", Wish("organization 1", Kind.PAUSE, 3, organization_id=1))

    assert WISH not in app.session_state
    assert "wish" not in [each.key for each in app.button]


@pytest.mark.parametrize("role", Role)
def test_only_some_roles_are_offered_it_and_shown_what_came_of_it(
    ids: list[int], role: Role
) -> None:
    requests.ask(OPERATOR, Kind.PAUSE, ids)
    may = role in {Role.STRATEGIST, Role.SUPPORT, Role.ADMIN}

    app = opened("accounts", role)

    assert (MENU in menus(app)) is may
    assert bool(app.get("progress")) is may
