"""What staff see of an incident: a banner while one is open, and why an account waits."""

from datetime import timedelta

import pytest

from dashboard.db.engine import reading, transaction
from dashboard.diagnosis import Channel, Reason
from dashboard.queries import incidents
from dashboard.ui.read import fresh
from tests import factories
from tests.factories import Wire
from tests.pages.opening import opened, text

pytestmark = pytest.mark.usefixtures("database")

WAITING = Wire(problem=Reason.AMAZON_OUTAGE, incident=True)


@pytest.fixture(autouse=True)
def _fresh() -> None:
    fresh()


def account(name: str = "Acme EU", region: str = "EU", **wires: Wire) -> int:
    with transaction() as session:
        acme = factories.organization(session)
        return factories.account(session, acme, name, region=region, **wires)


def test_a_banner_says_what_is_going_on_and_that_nobody_need_be_asked() -> None:
    for name in ("One", "Two"):
        account(name, sp_api=WAITING)
    account("Three")
    with transaction() as session:
        factories.incident(session)
        factories.incident(session, Channel.AAA, "NA", customers=1, share=0.4)

    said = opened("overview").warning

    assert len(said) == 1
    words = said[0].value.replace("\\", "")
    assert "Amazon refuses calls although the consents are good" in words
    assert "SP-API in Europe for 12 min" in words
    assert "14 customers, 2 accounts, up to 92% of checks" in words
    assert "AAA in North America" in words
    assert "1 customer, no account at this moment" in words
    assert "nothing to ask of customers" in words


def test_a_fault_of_ours_is_said_apart_with_what_to_do() -> None:
    account(sp_api=Wire(problem=Reason.OUR_SECRET_REFUSED))
    with transaction() as session:
        factories.incident(session, outcome="ClientRefused", ours=True)

    said = opened("overview").error[0].value.replace("\\", "")

    assert "Amazon refuses our own credentials" in said
    assert "1 account" in said
    assert "developer console" in said


def test_without_an_open_incident_there_is_no_banner() -> None:
    account()
    with transaction() as session:
        factories.incident(session, age=timedelta(days=2), lasted=timedelta(hours=3))
    page = opened("overview")
    assert not page.warning
    assert not page.error


def test_an_account_that_waits_says_for_which_incident() -> None:
    waiting = account(sp_api=WAITING)
    well = account("Fine EU")
    with transaction() as session:
        factories.incident(session)
        factories.incident(session, Channel.AAA, "FE")

    said = text(opened("account", id=waiting))

    assert "Part of an incident" in said
    assert "SP-API in Europe" in said
    assert "Far East" not in said
    assert "Part of an incident" not in text(opened("account", id=well))


def test_an_account_that_still_waits_after_its_incident_says_so() -> None:
    assert "No incident is open here any more" in text(
        opened("account", id=account(sp_api=WAITING))
    )


def test_history_tells_of_the_newest_first() -> None:
    with transaction() as session:
        factories.incident(session, age=timedelta(days=3), lasted=timedelta(minutes=25))
        factories.incident(session, Channel.AAA, outcome="ClientRefused", ours=True)
    with reading() as session:
        found = incidents.history(session)
    assert list(found["failure"]) == ["ClientRefused", "AccessRefused"]
    assert found["closed_at"].isna().tolist() == [True, False]
    assert list(found.columns) == list(incidents.HISTORY)


def test_the_system_page_says_where_there_was_no_incident() -> None:
    assert "There has been no incident" in text(opened("system"))


def test_the_system_page_tells_of_past_incidents() -> None:
    with transaction() as session:
        factories.incident(session, age=timedelta(days=3), lasted=timedelta(minutes=25))

    said = text(opened("system"))

    assert "SP-API in Europe" in said
    assert "25 min" in said
