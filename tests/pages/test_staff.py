"""The staff page: who is on the list, and what it says before anybody is."""

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.actions import staff
from dashboard.roles import COMMAND_LINE, Role
from dashboard.settings import ROOT

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def app(database: str) -> AppTest:
    """The staff page, as the local operator of a demo sees it."""
    opened = AppTest.from_file(str(ROOT / "dashboard" / "app.py"), default_timeout=30)
    return opened.switch_page("../pages/staff.py").run()


def test_before_anybody_is_listed_it_says_what_to_do(app: AppTest) -> None:
    assert "Add the people who may use Switchboard" in app.info[0].value


def test_people_who_left_are_shown_without_access(app: AppTest) -> None:
    staff.add(COMMAND_LINE, "ana@northwind.example", "Ana", Role.ADMIN)
    ben = staff.add(COMMAND_LINE, "ben@northwind.example", "Ben", Role.VIEWER)
    staff.deactivate(COMMAND_LINE, ben)

    app.button(key="refresh").click().run()

    assert list(app.dataframe[0].value["active"]) == [["Active"], ["No access"]]
