"""The Metrics page: views, periods and filters in the address, and what it says without a past."""

from datetime import timedelta

import pytest

from dashboard import clock
from dashboard.actions import past
from dashboard.db.engine import transaction
from dashboard.diagnosis import Reason, playbook
from dashboard.status import Headline
from tests import factories
from tests.factories import REVOKED
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


@pytest.mark.usefixtures("fleet")
def test_an_address_that_makes_no_sense_is_left_aside() -> None:
    app = opened("metrics", view="Sideways", period="forever", region="MOON", type="'; DROP")
    assert not app.error
    day = opened("metrics", view="Replay", day="1066-10-14", hour="99")
    assert not day.error
