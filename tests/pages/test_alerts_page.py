"""The Alerts page, through the real entrypoint: for admins, and no secret on it."""

import pytest
from pydantic import SecretStr
from streamlit.testing.v1 import AppTest

from dashboard.actions.alerting import gathering, notifying, routes, watching
from dashboard.actions.alerting.routes import Wish
from dashboard.db.engine import reading, transaction
from dashboard.queries import alerting
from dashboard.roles import COMMAND_LINE, Role
from tests import factories
from tests.pages.opening import opened, text
from tests.turning import BROKEN, turn

pytestmark = pytest.mark.usefixtures("database")

SLACK = "slack://T0HUSH000/B0HUSH000/HUSHHUSHHUSHHUSHHUSHHUSH"


def route(name: str = "Ops", target: str = SLACK) -> int:
    return routes.add(COMMAND_LINE, SecretStr(target), Wish(name, ("Needs reconnect",)))


def fill(app: AppTest, name: str, target: str) -> AppTest:
    app.text_input(key="route_name").set_value(name)
    app.text_input(key="route_target").set_value(target)
    app.multiselect(key="route_headlines").set_value(["Stuck", "Late"])
    return app


def chosen(app: AppTest) -> AppTest:
    """Choose the first route of the list."""
    app.dataframe[0].set_value({"selection": {"rows": [0]}})
    return app.run()


@pytest.mark.parametrize("role", [each for each in Role if each is not Role.ADMIN])
def test_it_is_for_admins(role: Role) -> None:
    route()
    app = opened("alerts", role)
    assert "may not change who is alerted" in text(app)
    assert not app.dataframe


def test_a_route_is_added_and_its_secret_not_shown_again() -> None:
    app = opened("alerts")
    assert "Nobody is told of anything yet" in text(app)
    fill(app.button(key="add").click().run(), "Ops", SLACK)
    app.button(key="route_save").click().run()
    assert not app.exception
    with reading() as session:
        listing = alerting.routes(session)
    assert listing.iloc[0][["name", "shown"]].tolist() == ["Ops", "slack://…"]
    assert app.dataframe[0].value["shown"].tolist() == ["slack://…"]
    app.run()
    assert "HUSH" not in text(app) + repr(app.session_state)


@pytest.mark.parametrize("target", ["file:///etc/passwd", "json://127.0.0.1/x", "nobody", ""])
def test_where_alerts_may_not_go_is_said_in_the_form(target: str) -> None:
    app = opened("alerts")
    fill(app.button(key="add").click().run(), "Ops", target)
    app.button(key="route_save").click().run()
    assert len(app.error) == 1
    assert not app.exception
    with reading() as session:
        assert alerting.routes(session).empty


def test_messages_show_what_became_of_them() -> None:
    route(target="ops@northwind.example")
    with transaction() as session:
        acme = factories.account(session, factories.organization(session, "Acme GmbH"))
    turn(BROKEN, acme)
    watching.watch()
    gathering.gather()
    notifying.notify()
    app = opened("alerts", Role.ADMIN, show="Messages")
    row = app.dataframe[0].value.iloc[0]
    assert row["title"] == "Needs reconnect: Acme EU (Acme GmbH)"
    assert "No mail server is set" in row["failure"]
    assert "Not delivered" in row["state"][0]


def test_who_gets_a_digest_is_chosen() -> None:
    with transaction() as session:
        ana = factories.staff(session, "Ana Berg")
        acme = factories.organization(session, strategist_id=ana)
        factories.account(session, acme, strategist_id=ana)
    app = opened("alerts", Role.ADMIN, show="Daily digest")
    assert app.multiselect(key="digest_readers").value == [ana]
    app.multiselect(key="digest_readers").set_value([])
    app.button(key="digest_save").click().run()
    assert not app.exception
    with reading() as session:
        assert [each.digest for each in alerting.readers(session)] == [False]
