"""Renewals: what lapses when, from the address, and renewed by a few clicks."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from dashboard import clock
from dashboard.actions import renewals
from dashboard.db.connecting import Link, Message
from dashboard.db.engine import reading, transaction
from dashboard.roles import Role
from tests import factories
from tests.factories import Wire
from tests.pages.opening import opened, text

pytestmark = pytest.mark.usefixtures("database")


def lapsing(*days: int) -> None:
    """Accounts of one organization whose consents lapse in so many days."""
    with transaction() as session:
        acme = factories.organization(session, "Acme *GmbH*", contacts=["zoe@acme.example"])
        for each in days:
            wire = Wire(consent_age=timedelta(days=365 - each), ends_in=timedelta(days=each))
            factories.account(session, acme, name=f"Acme {each}", sp_api=wire)
    renewals.count()


def rows(app: AppTest) -> list[str]:
    return [name for each in app.dataframe for name in each.value["account"]]


def press(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click().run()
    assert not app.exception
    return app


def test_where_nothing_lapses_the_page_says_so_and_shows_our_own_secrets() -> None:
    said = text(opened("renewals"))

    assert "No consent lapses in this time" in said
    assert "Our own client secrets" in said
    assert "DASHBOARD_SP_API_CLIENT_SECRET_SINCE" in said


@pytest.mark.parametrize(
    ("address", "shown", "said"),
    [
        ({}, ["Acme 3", "Acme 20"], "2 consents lapse within 30 days"),
        ({"due": "7"}, ["Acme 3"], "1 consent lapses within 7 days"),
        ({"due": "overdue"}, ["Acme -5"], "1 consent lapsed"),
        ({"due": "nonsense"}, ["Acme 3", "Acme 20"], "2 consents"),
        ({"due": "90", "region": "FE"}, [], "No consent lapses"),
        ({"due": "90", "strategist": "Nobody"}, ["Acme 3", "Acme 20", "Acme 80"], "3 consents"),
    ],
)
def test_the_address_says_what_is_listed(
    address: dict[str, str], shown: list[str], said: str
) -> None:
    lapsing(3, 20, 80, -5)
    app = opened("renewals", **address)

    assert rows(app) == shown
    assert said in text(app).replace("**", "")


def test_a_month_is_listed_whole() -> None:
    lapsing(3, 200)
    month = f"{clock.now() + timedelta(days=200):%Y-%m}"
    app = opened("renewals", due=month)
    assert rows(app) == ["Acme 200"]

    app.selectbox(key="month").set_value(None).run()
    assert rows(app) == ["Acme 3"]
    assert "due" not in app.query_params


def test_a_strategist_renews_all_that_lapses_in_three_clicks() -> None:
    lapsing(3, 20, 80)
    app = opened("renewals", Role.STRATEGIST, due="90")
    press(app, "renew")
    press(app, "send_many")

    with reading() as session:
        made = session.scalars(sa.select(Link).order_by(Link.id)).all()
        mails = session.scalars(sa.select(Message.email)).all()
    assert [each.channels for each in made] == [["SP-API"]] * 3
    assert mails == ["zoe@acme.example"] * 3


@pytest.mark.parametrize("role", [Role.VIEWER, Role.MANAGER])
def test_who_may_not_relaunch_is_offered_no_renewal(role: Role) -> None:
    lapsing(3)
    app = opened("renewals", role)

    assert rows(app) == ["Acme 3"]
    assert "renew" not in {each.key for each in app.button}
