"""The Overview page: numbers that lead to their accounts, charts, and what became worse."""

from datetime import date, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import clock
from dashboard.db.counts import EVERYONE, DailyAge
from dashboard.db.engine import transaction
from dashboard.db.models import StaffMember
from dashboard.diagnosis import Actor, Reason, playbook
from dashboard.roles import Role
from dashboard.settings import ROOT
from dashboard.status import Headline
from tests import factories
from tests.factories import MISSING, NEVER, REVOKED, Sync, Wire
from tests.pages.opening import PATIENCE, opened, text
from tests.production import set_production

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def fleet(database: str) -> int:
    """Accounts of a strategist, whose id is given back, and of nobody."""
    with transaction() as session:
        ana = factories.staff(session, "Ana Berg")
        acme = factories.organization(session, "Acme GmbH", strategist_id=ana)
        other = factories.organization(session, "Zeta Ltd")
        broken = factories.account(
            session, acme, "Acme EU", marketplaces=["DE", "FR"], sp_api=REVOKED,
            since=clock.now() - timedelta(hours=5),
        )  # fmt: skip
        factories.spell(session, broken, Headline.HEALTHY, timedelta(days=40), timedelta(hours=5))
        factories.account(session, acme, "Acme US", region="NA", marketplaces=["US"])
        factories.account(
            session, other, "Zeta JP", region="FE", marketplaces=["JP"], aaa=MISSING,
            sp_api=MISSING, sync=NEVER,
        )  # fmt: skip
        late = Wire(consent_age=timedelta(hours=60))
        working = Sync(age=None, state="running", progress_age=timedelta(minutes=5))
        factories.account(session, other, "Zeta EU", aaa=late, sp_api=late, sync=working)
    return ana


def tiles(app: AppTest) -> dict[str, str]:
    assert not app.exception
    return {each.label: each.value for each in app.metric}


def links(app: AppTest) -> dict[str, str]:
    """The query of each link of the page, by its words."""
    return {each.label: each.query_string for each in app.get("page_link")}


def test_before_there_are_accounts_the_page_says_how_to_get_some() -> None:
    app = opened("overview")
    assert "no accounts yet" in text(app)
    assert "Import accounts" in links(app)
    assert not app.metric
    assert not app.get("plotly_chart")


@pytest.mark.usefixtures("fleet")
def test_accounts_are_counted_by_who_acts_and_by_headline() -> None:
    app = opened("overview")

    assert tiles(app) == {
        "Needs us": "1", "Needs customer": "2", "Needs Amazon": "0", "Nobody must act": "1",
    }  # fmt: skip
    words = " ".join(links(app))
    for headline in ("Needs reconnect", "Not connected", "Late", "Healthy"):
        assert f"{headline} **1**" in words
    assert "Stuck" not in words


@pytest.mark.usefixtures("fleet")
def test_cases_that_wait_lead_to_triage() -> None:
    with transaction() as session:
        stuck = Sync(state="running", progress_age=timedelta(hours=90))
        acme = factories.organization(session, "Late Ltd")
        factories.account(session, acme, sync=stuck, since=clock.now() - timedelta(hours=80))
    found = links(opened("overview"))
    assert found["Triage **2** cases"] == ""
    assert found["**1** over their time"] == "view=late"


@pytest.mark.usefixtures("fleet")
def test_every_number_leads_to_the_accounts_it_counts() -> None:
    found = links(opened("overview"))
    late = playbook()[Reason.FIRST_SYNC_OVERDUE].title.replace(" ", "+")

    queries = set(found.values())
    assert {f"actor={actor}" for actor in Actor} <= queries
    assert "headline=Needs+reconnect" in queries
    assert f"reason={late}" in queries


@pytest.mark.usefixtures("fleet")
def test_each_chart_is_there_and_says_what_it_is() -> None:
    with transaction() as session:
        for age in range(3):
            day = date.today() - timedelta(days=age)  # noqa: DTZ011
            session.add(
                DailyAge(day=day, strategist_id=EVERYONE, accounts=4, median=3600, p90=7200)
            )
    app = opened("overview")

    assert [each.proto.alt for each in app.get("plotly_chart")] == [
        "Accounts by region and sync age",
        "Accounts by marketplace, and the share broken",
        "Median and 90th percentile of sync age by day",
        "First syncs in flight by the time they have left, and by status",
    ]


def test_when_no_first_sync_is_in_flight_the_page_says_so() -> None:
    with transaction() as session:
        factories.account(session, factories.organization(session))

    assert "No first sync is in flight." in text(opened("overview"))


@pytest.mark.usefixtures("fleet")
def test_without_kept_days_the_trend_says_so() -> None:
    assert "Nothing is kept of past days yet" in text(opened("overview"))


@pytest.mark.usefixtures("fleet")
def test_what_became_worse_since_yesterday_is_told_with_its_reason() -> None:
    (row,) = opened("overview").dataframe[0].value.to_dict("records")

    assert (row["organization"], row["account"]) == ("Acme GmbH", "Acme EU")
    assert (row["before"], row["after"]) == (["✓ Healthy"], ["✕ Needs reconnect"])
    assert row["why"] == playbook()[Reason.CONSENT_REVOKED].title
    assert row["who"].endswith("Customer")
    assert row["since"] == "5 h"


def test_when_nothing_became_worse_the_page_says_so() -> None:
    with transaction() as session:
        factories.account(session, factories.organization(session))
    app = opened("overview")
    assert "No account has become worse" in text(app)
    assert not app.dataframe


@pytest.mark.usefixtures("fleet")
def test_whoever_looks_after_no_account_has_no_choice_of_scope() -> None:
    app = opened("overview", Role.STRATEGIST)
    assert not app.get("button_group")


def signed_in(monkeypatch: pytest.MonkeyPatch, staff_id: int, **address: str) -> AppTest:
    """The Overview as that member of staff sees it, signed in."""
    with transaction() as session:
        member = session.get_one(StaffMember, staff_id)
        email = member.email
    set_production(monkeypatch)
    app = AppTest.from_file(str(ROOT / "dashboard" / "app.py"), default_timeout=PATIENCE)
    app.user = {"is_logged_in": True, "email": email, "iat": int(clock.now().timestamp())}
    for name, value in address.items():
        app.query_params[name] = value
    app.switch_page("../pages/overview.py").run()
    assert not app.exception
    return app


def test_a_strategist_sees_the_own_accounts_first_and_all_on_demand(
    fleet: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = signed_in(monkeypatch, fleet)
    assert tiles(app)["Needs customer"] == "1"
    assert tiles(app)["Needs us"] == "0"
    assert "actor=Customer&strategist=Ana+Berg" in links(app).values()

    app = signed_in(monkeypatch, fleet, scope="all")
    assert tiles(app)["Needs customer"] == "2"
    assert "actor=Customer" in links(app).values()


def test_a_scope_in_the_address_that_makes_no_sense_is_left_aside(
    fleet: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert tiles(signed_in(monkeypatch, fleet, scope="theirs"))["Needs us"] == "0"
