"""The Accounts page: what it shows, how it is narrowed and arranged, and what leaves it."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from dashboard.db.engine import reading, transaction
from dashboard.db.history import Event
from dashboard.db.models import StaffMember
from dashboard.diagnosis import Reason, playbook
from dashboard.roles import Role
from dashboard.ui import files
from tests import factories
from tests.factories import FRESH, MISSING, NEVER, REVOKED, Sync, Wire
from tests.pages.opening import opened, text

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def fleet(database: str) -> None:
    """Four accounts of two customers."""
    with transaction() as session:
        ana = factories.staff(session, "Ana Berg")
        acme = factories.organization(
            session, "Acme GmbH", external_id="ORG-A", strategist_id=ana,
            contacts=["jo.berg@acme.example"],
        )  # fmt: skip
        other = factories.organization(session, "*Zeta* [Ltd](http://x)", external_id="ORG-Z")
        factories.account(
            session, acme, "Acme EU", external_id="ACC-1", marketplaces=["DE", "FR"],
            merchant_id="A1ACME", sp_api=REVOKED, sync=Sync(age=timedelta(days=3)),
        )  # fmt: skip
        factories.account(session, acme, "Acme US", region="NA", marketplaces=["US"])
        factories.account(
            session, other, "Zeta vendor", type="vendor", marketplaces=["IT"], sp_api=MISSING
        )
        factories.account(
            session, other, "Zeta JP", region="FE", marketplaces=["JP"], aaa=MISSING,
            sp_api=MISSING, sync=NEVER,
        )  # fmt: skip


def names(app: AppTest) -> list[str]:
    """The accounts in the table, in its order."""
    assert not app.exception
    return list(app.dataframe[0].value["account"]) if app.dataframe else []


EVERY = ["Zeta JP", "Zeta vendor", "Acme EU", "Acme US"]


def test_before_there_are_accounts_the_page_says_how_to_get_some() -> None:
    app = opened("accounts")
    assert "no accounts yet" in text(app)
    assert "Import accounts" in [each.label for each in app.get("page_link")]
    assert not app.dataframe
    assert "export" not in [each.key for each in app.button]

    viewer = opened("accounts", Role.VIEWER)
    assert "Import accounts" not in [each.label for each in viewer.get("page_link")]


@pytest.mark.usefixtures("fleet")
def test_every_account_is_shown_in_words() -> None:
    app = opened("accounts")

    assert "**4 accounts**" in text(app)
    table = app.dataframe[0].value
    assert sorted(table["account"]) == sorted(EVERY)
    acme = table[table["account"] == "Acme EU"].iloc[0]
    assert acme["organization"] == "Acme GmbH"
    assert acme["marketplaces"] == "DE FR"
    assert acme["status"] == ["✕ Needs reconnect"]
    assert acme["aaa"] == ["✓ Connected"]
    assert acme["who"].endswith("Customer")
    assert acme["why"] == playbook()[Reason.CONSENT_REVOKED].title
    assert acme["age"] == "3 d"
    assert acme["strategist"] == "Ana Berg"
    assert (acme["type"], acme["region"]) == ("seller", "EU")
    jp = table[table["account"] == "Zeta JP"].iloc[0]
    assert jp["age"] == "never"


@pytest.mark.usefixtures("fleet")
@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ({"search": "acme u"}, {"Acme US"}),
        ({"search": "jo.berg"}, {"Acme EU", "Acme US"}),
        ({"search": "a1ac"}, {"Acme EU"}),
        ({"search": " , "}, set(EVERY)),
        ({"region": "EU"}, {"Acme EU", "Zeta vendor"}),
        ({"region": ["EU", "FE"]}, {"Acme EU", "Zeta vendor", "Zeta JP"}),
        ({"marketplace": "FR"}, {"Acme EU"}),
        ({"marketplace": ["FR", "IT"]}, {"Acme EU", "Zeta vendor"}),
        ({"headline": "Needs reconnect"}, {"Acme EU"}),
        ({"actor": "Customer"}, {"Acme EU", "Zeta JP"}),
        ({"type": "vendor"}, {"Zeta vendor"}),
        ({"aaa": "Not connected"}, {"Zeta JP"}),
        ({"sp_api": "Needs reconnect"}, {"Acme EU"}),
        ({"age": "2-7 d"}, {"Acme EU"}),
        ({"age": "never"}, {"Zeta JP"}),
        ({"reason": playbook()[Reason.CONSENT_REVOKED].title}, {"Acme EU"}),
        ({"strategist": "Ana Berg"}, {"Acme EU", "Acme US"}),
        ({"strategist": "Unassigned"}, {"Zeta vendor", "Zeta JP"}),
        ({"region": "NA", "search": "acme", "strategist": "Ana Berg"}, {"Acme US"}),
    ],
)
def test_the_address_narrows_what_is_shown(
    address: dict[str, str | list[str]], shown: set[str]
) -> None:
    app = opened("accounts", **address)

    assert set(names(app)) == shown


@pytest.mark.usefixtures("fleet")
@pytest.mark.parametrize(
    "address",
    [
        {"headline": "Nope"}, {"region": ["EU'; --", "mars"]}, {"strategist": "Nobody known"},
        {"sort": "sideways"}, {"group": "price"}, {"page": "-7"}, {"page": "seven"},
        {"page": "100000000000000000000"}, {"marketplace": "XX"}, {"reason": "consent"},
    ],
)  # fmt: skip
def test_what_makes_no_sense_in_the_address_is_left_aside(address: dict[str, str]) -> None:
    app = opened("accounts", **address)

    assert sorted(names(app)) == sorted(EVERY)
    assert not app.error


@pytest.mark.usefixtures("fleet")
def test_when_nothing_matches_the_filters_can_be_cleared() -> None:
    app = opened("accounts", search="zzz", region="EU", type="vendor")
    assert "No account matches" in text(app)
    assert not app.dataframe

    app.button(key="clear").click().run()

    assert len(names(app)) == 4
    assert app.text_input(key="search").value == ""
    assert app.multiselect(key="type").value == []
    assert "clear" not in [each.key for each in app.button]


@pytest.mark.usefixtures("fleet")
def test_filters_and_search_are_used_on_the_page() -> None:
    app = opened("accounts")

    app.multiselect(key="actor").set_value(["Customer"]).run()
    assert set(names(app)) == {"Acme EU", "Zeta JP"}
    app.text_input(key="search").set_value("zeta").run()
    assert names(app) == ["Zeta JP"]
    assert "**1 account**" in text(app)


@pytest.mark.usefixtures("fleet")
def test_the_order_is_as_chosen() -> None:
    assert names(opened("accounts", sort="oldest"))[0] == "Acme EU"
    assert names(opened("accounts", sort="account")) == sorted(EVERY)
    assert names(opened("accounts", sort="urgency"))[0] == "Acme EU"


@pytest.mark.usefixtures("fleet")
def test_accounts_are_grouped_with_the_share_that_is_broken() -> None:
    app = opened("accounts", group="region")

    table = app.dataframe[0].value.set_index("name")
    assert dict(table["accounts"]) == {
        "EU · Europe": 2,
        "NA · North America": 1,
        "FE · Far East": 1,
    }
    assert table.loc["EU · Europe", "broken"] == 1
    assert table.loc["EU · Europe", "share"] == 50


@pytest.mark.usefixtures("fleet")
def test_a_group_counts_what_the_filters_and_the_search_allow() -> None:
    narrowed = opened("accounts", group="marketplace", strategist="Ana Berg", search="acme")
    assert set(narrowed.dataframe[0].value["name"]) == {
        "DE · Germany",
        "FR · France",
        "US · United States",
    }
    several = opened("accounts", group="headline", marketplace=["DE", "FR"])
    assert list(several.dataframe[0].value["accounts"]) == [2]
    assert "once for each chosen marketplace" in text(several)


@pytest.mark.usefixtures("fleet")
def test_accounts_are_grouped_by_organization() -> None:
    app = opened("accounts", group="organization")

    table = app.dataframe[0].value
    assert list(table["organization"]) == ["*Zeta* [Ltd](http://x)", "Acme GmbH"]
    assert list(table["accounts"]) == [2, 2]
    assert table["status"][1] == ["✕ Needs reconnect"]
    assert "**2 organizations**" in text(app)


def test_pages_of_fifty_hold_every_account_once_and_a_new_filter_begins_at_the_first() -> None:
    with transaction() as session:
        for number in range(60):
            organization = factories.organization(session, f"Customer {number:02d}")
            factories.account(
                session, organization, f"Account {number:02d}", sync=FRESH if number % 2 else NEVER
            )
    first, second = opened("accounts"), opened("accounts", page=2)
    assert names(first) + names(second) == [f"Account {number:02d}" for number in range(60)]
    assert len(names(first)) == 50
    assert second.pagination(key="page").value == 2

    second.multiselect(key="region").set_value(["EU"]).run()

    assert second.pagination(key="page").value == 1
    assert names(second) == names(first)


@pytest.mark.usefixtures("fleet")
def test_whoever_may_not_export_has_no_button_for_it() -> None:
    keys = {role: [each.key for each in opened("accounts", role).button] for role in Role}
    assert {role for role, found in keys.items() if "export" in found} == {
        Role.STRATEGIST,
        Role.SUPPORT,
        Role.MANAGER,
        Role.ADMIN,
    }


@pytest.mark.usefixtures("fleet")
def test_an_export_holds_what_is_filtered_and_leaves_an_event() -> None:
    app = opened("accounts", region="EU", sort="oldest")

    app.button(key="export").click().run()
    # AppTest runs the whole page again, in which the dialog has to be opened again.
    app.button(key="export").click()
    app.button(key="export_csv").click().run()

    made = app.session_state[files.MADE]
    lines = made.file.read().decode("utf-8-sig").splitlines()
    assert not app.exception
    assert lines[0].startswith("Organization,Account,Account id,Type,Region,Marketplaces")
    assert [line.split(",")[1] for line in lines[1:]] == ["Acme EU", "Zeta vendor"]
    assert playbook()[Reason.CONSENT_REVOKED].title in lines[1]
    with reading() as session:
        (event,) = session.scalars(sa.select(Event))
    assert (event.kind, event.staff_name) == ("exported", "Local operator")
    assert event.details["filters"] == {"region": ["EU"]}
    assert event.details["rows"] == 2


@pytest.mark.usefixtures("fleet")
def test_two_strategists_of_one_name_are_told_apart() -> None:
    with transaction() as session:
        twin = factories.staff(session, "Ana Berg")
        organization = factories.organization(session, "Twin Ltd", strategist_id=twin)
        factories.account(session, organization, "Twin EU", aaa=Wire())
        first = sa.select(StaffMember.id).where(StaffMember.name == "Ana Berg")
        ana = session.scalars(first.order_by(StaffMember.id).limit(1)).one()
    options = opened("accounts").multiselect(key="strategist").options
    assert options == [f"Ana Berg ({ana})", f"Ana Berg ({twin})", "Unassigned"]
    assert names(opened("accounts", strategist=f"Ana Berg ({twin})")) == ["Twin EU"]
