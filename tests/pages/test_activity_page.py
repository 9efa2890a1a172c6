"""The history of everything, through the real entrypoint."""

from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import clock
from dashboard.db.engine import transaction
from dashboard.roles import Role
from tests import factories
from tests.pages.opening import opened, text

pytestmark = pytest.mark.usefixtures("database")

DAY = timedelta(days=1)


def kinds(app: AppTest) -> list[str]:
    assert not app.exception
    return list(app.dataframe[0].value["kind"]) if app.dataframe else []


@pytest.fixture
def history(database: str) -> tuple[int, int]:
    """Three things that were done; the ids of the organization and account they are about."""
    with transaction() as session:
        organization = factories.organization(session, "Acme GmbH")
        account = factories.account(session, organization, "Acme EU")
        about = {"organization_id": organization, "account_id": account}
        factories.event(session, "relaunched", 3 * DAY, channels=["SP-API"], **about)
        factories.event(
            session, "exported", 5 * DAY, staff_name="Bo Lind", what="accounts", rows=1204,
            filters={"region": ["EU", "NA"], "type": []},
        )  # fmt: skip
        factories.event(session, "unheard_of", 9 * DAY, organization_id=organization, shape="odd")
    return organization, account


def test_an_empty_history_says_what_to_do() -> None:
    assert "Nothing has happened yet" in opened("activity").info[0].value


def test_events_say_what_was_done_by_whom_and_to_what(history: tuple[int, int]) -> None:
    shown = opened("activity").dataframe[0].value

    assert list(shown["kind"]) == ["Link to reconnect made", "Exported", "Unheard of"]
    assert list(shown["told"]) == [
        "SP-API", "accounts, 1,204 rows, filters: region: EU, NA", "shape: odd",
    ]  # fmt: skip
    assert list(shown["who"]) == ["Ana Berg", "Bo Lind", "Ana Berg"]
    assert list(shown["about"]) == ["Acme EU", "", "Acme GmbH"]
    assert list(shown["ago"]) == ["3 d ago", "5 d ago", "9 d ago"]


def test_filters_in_the_address_show_what_the_link_was_copied_from(
    history: tuple[int, int],
) -> None:
    organization, account = history
    today = clock.now().date()

    assert kinds(opened("activity", kind="Exported")) == ["Exported"]
    assert kinds(opened("activity", by="Bo Lind")) == ["Exported"]
    assert kinds(opened("activity", since=today - 6 * DAY, until=today - 4 * DAY)) == ["Exported"]
    assert kinds(opened("activity", account=account)) == ["Link to reconnect made"]
    assert len(kinds(opened("activity", organization=organization))) == 2


def test_filters_that_are_no_filters_are_left_out(history: tuple[int, int]) -> None:
    assert len(kinds(opened("activity", kind="Nonsense", by="'; --", since="garbage"))) == 3


def test_the_history_of_one_account_says_so_and_leads_back_to_all(
    history: tuple[int, int],
) -> None:
    app = opened("activity", account=history[1])
    assert app.button(key="all_account").label.replace("\\", "") == "Only account Acme EU"

    app.button(key="all_account").click().run()

    assert len(kinds(app)) == 3


def test_no_match_offers_to_clear_the_filters(history: tuple[int, int]) -> None:
    app = opened("activity", kind="Exported", by="Ana Berg", account=history[1])
    assert "No event matches" in app.info[0].value

    app.button(key="clear").click().run()

    assert len(kinds(app)) == 3
    assert app.selectbox(key="kind").value is None


def test_older_and_newer_lead_through_the_pages(database: str) -> None:
    with transaction() as session:
        for number in range(120):
            factories.event(session, "noted", timedelta(minutes=number), text=f"note {number}")

    app = opened("activity")
    first = list(app.dataframe[0].value["told"])
    app.button(key="older").click().run()
    app.button(key="older").click().run()
    last = list(app.dataframe[0].value["told"])
    app.button(key="newer").click().run()
    middle = list(app.dataframe[0].value["told"])
    app.button(key="newest").click().run()

    assert [*first, *middle, *last] == [f"note {number}" for number in range(120)]
    assert list(app.dataframe[0].value["told"]) == first
    assert "newer" not in {each.key for each in app.button}


def test_another_filter_begins_at_the_newest_page(database: str) -> None:
    with transaction() as session:
        for number in range(120):
            kind = "noted" if number % 2 else "exported"
            factories.event(session, kind, timedelta(minutes=number), text=f"{number}")

    app = opened("activity")
    app.button(key="older").click().run()
    app.selectbox(key="kind").set_value("noted").run()

    assert app.dataframe[0].value["told"][0] == "1"


@pytest.mark.parametrize("cursor", ["abc", "999999", "-1", "9" * 40])
def test_a_place_in_the_pages_that_is_none_shows_the_newest(
    history: tuple[int, int], cursor: str
) -> None:
    assert len(kinds(opened("activity", before=cursor))) == 3
    assert len(kinds(opened("activity", after=cursor))) == 3


@pytest.mark.parametrize("kind", ["account", "organization"])
def test_an_id_that_is_none_is_said_in_a_sentence(history: tuple[int, int], kind: str) -> None:
    missing = opened("activity", **{kind: "999"})
    nonsense = opened("activity", **{kind: "x"})

    assert f"There is no {kind} 999" in missing.error[0].value
    assert f"names no {kind}" in nonsense.error[0].value


def test_who_may_not_export_is_not_offered_it(history: tuple[int, int]) -> None:
    assert "export" in {each.key for each in opened("activity", Role.SUPPORT).button}
    assert "export" not in {each.key for each in opened("activity", Role.VIEWER).button}


def test_a_period_that_ends_before_it_begins_is_said_in_a_sentence() -> None:
    app = opened("activity", since="2026-02-02", until="2026-02-01")

    assert "ends before it begins" in app.error[0].value
    assert "Nothing has happened" not in text(app)
