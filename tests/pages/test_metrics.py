"""The Metrics page: views, periods and filters in the address, and what it says without a past."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from dashboard import clock
from dashboard.actions import past
from dashboard.db.engine import reading, transaction
from dashboard.db.history import Event
from dashboard.db.past import Onboarding
from dashboard.diagnosis import Reason, playbook
from dashboard.roles import Role
from dashboard.status import Headline
from tests import factories
from tests.factories import MISSING, REVOKED
from tests.pages.opening import opened, text

pytestmark = pytest.mark.usefixtures("database")

DAYS = timedelta(days=1)


@pytest.fixture
def fleet(database: str) -> None:
    """An account that lost its consent five days ago, and one that is well, for a month."""
    now = clock.now()
    with transaction() as session:
        ana = factories.staff(session, "Ana Berg")
        acme = factories.organization(session, "Acme GmbH", strategist_id=ana)
        zeta = factories.organization(session, "Zeta Ltd")
        broken = factories.account(
            session, acme, marketplaces=["DE"], sp_api=REVOKED, since=now - 5 * DAYS
        )
        factories.spell(session, broken, Headline.HEALTHY, 30 * DAYS, 5 * DAYS)
        factories.account(session, zeta, region="NA", marketplaces=["US"], since=now - 30 * DAYS)
    past.note(now, most=40)


@pytest.mark.parametrize("view", ["Health", "Replay"])
def test_without_a_past_each_view_says_where_it_will_come_from(view: str) -> None:
    assert "workers" in text(opened("metrics", view=view))


@pytest.mark.usefixtures("fleet")
def test_health_says_how_many_are_healthy_and_what_went_wrong() -> None:
    app = opened("metrics", view="Health", period="4 weeks")

    assert {each.label: each.value for each in app.metric}["Healthy"] == "50.0 %"
    assert "Needs reconnect **1**" in text(app)
    (figure,) = [each for each in app.get("plotly_chart") if "trouble" in each.proto.alt]
    assert playbook()[Reason.CONSENT_REVOKED].title in figure.proto.spec


@pytest.mark.usefixtures("fleet")
@pytest.mark.parametrize(
    "address",
    [{"strategist": "Unassigned"}, {"region": "NA"}, {"marketplace": "US"}],
    ids=lambda address: next(iter(address)),
)
def test_filters_come_from_the_address(address: dict[str, str]) -> None:
    app = opened("metrics", view="Health", period="4 weeks", **address)
    assert {each.label: each.value for each in app.metric}["Healthy"] == "100.0 %"


@pytest.mark.usefixtures("fleet")
def test_replay_shows_the_fleet_as_it_was_at_an_hour() -> None:
    now = clock.now()
    long_ago = opened("metrics", view="Replay", day=(now - 10 * DAYS).date(), hour=12)
    assert "Healthy **2**" in text(long_ago)

    late = opened("metrics", view="Replay", day=(now - 2 * DAYS).date(), hour=12)
    assert "Healthy **1**" in text(late)
    assert "Needs reconnect **1**" in text(late)
    assert "nobody noted those" in text(late)


@pytest.fixture
def customers(database: str) -> None:
    """Three who were invited this month: two never opened their link, an account got further."""
    now = clock.now()
    with transaction() as session:
        ours = factories.organization(session, "Acme GmbH")
        account = factories.account(session, ours, "Acme _EU_", aaa=MISSING, sp_api=MISSING)
        for known in (None, None, account):
            opened_at = now - 2 * DAYS if known else None
            session.add(
                Onboarding(
                    account_id=known, email="jo@acme.example", confirms=False, chooses=True,
                    day=now.date(), invited_at=now - 20 * DAYS, opened_at=opened_at,
                    waits_for="aaa" if known else "opened", due_at=now,
                    waits_since=opened_at or now - 20 * DAYS,
                )
            )  # fmt: skip
    past.note(now, most=40)


@pytest.mark.usefixtures("customers")
def test_the_funnel_names_its_worst_step_and_opens_who_stopped_there() -> None:
    app = opened("metrics", period="This month")
    assert "Worst step: Link opened" in app.warning[0].value
    assert "2 of the 3 who came this far" in app.warning[0].value
    assert app.dataframe[0].value["organization"].tolist() == ["jo@acme.example"] * 2

    step = opened("metrics", period="This month", step="AAA connected")
    assert step.dataframe[0].value["account"].tolist() == ["Acme _EU_"]


@pytest.mark.usefixtures("customers")
def test_a_cohort_nobody_is_in_says_so() -> None:
    assert "Nobody was invited" in text(opened("metrics", period="Last month"))
    times = opened("metrics", view="Times", period="This month")
    assert "nobody whom these filters count has connected" in text(times)


@pytest.mark.usefixtures("fleet")
def test_load_counts_for_each_strategist() -> None:
    rows = opened("metrics", view="Load").dataframe[0].value
    assert rows["strategist"].tolist() == ["Ana Berg", "Unassigned"]
    assert rows["accounts"].tolist() == [1, 1]


@pytest.mark.usefixtures("customers", "fleet")
@pytest.mark.parametrize("view", ["Funnel", "Times", "Health", "Load", "Replay"])
def test_every_view_can_be_taken_as_a_file_by_whoever_may_export(view: str) -> None:
    app = opened("metrics", view=view, period="This month")
    app.button(key="export").click().run()
    app.button(key="export").click()
    app.button(key="export_csv").click().run()
    assert not app.exception
    assert not app.error
    made = app.session_state["export_made"]
    assert made.rows > 0 or view == "Times"
    with reading() as session:
        told = session.scalars(sa.select(Event.details).where(Event.kind == "exported")).one()
    assert (told["what"], told["filters"]["view"]) == ("figures", view)

    assert not [each for each in opened("metrics", Role.VIEWER).button if each.key == "export"]


@pytest.mark.usefixtures("fleet")
def test_an_address_that_makes_no_sense_is_left_aside() -> None:
    app = opened("metrics", view="Sideways", period="forever", region="MOON", type="'; DROP")
    assert not app.error
    day = opened("metrics", view="Replay", day="1066-10-14", hour="99")
    assert not day.error
